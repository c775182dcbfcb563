import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { layout, conditions } = await load("rule_matcher");
const rule = (name, action, ...turns) => ({ places: [["r.yml", 1, name]], action, turns });
const rules = [
  rule("Greeting", "utter_hi", [["after", "action_listen"], ["intent", "greet"]]),
  rule("parting words", "utter_bye", [["after", "action_listen"]], [["after", "utter_ask"]]),
  rule("other", "utter_hi", [["start of the conversation", ""]]),
];
const view = { rows: [
  { rule: 1, state: "won", met: "11" },
  { rule: 0, state: "failed", met: "10" },
  { rule: 2, state: "failed", met: "0" },
] };
const names = (plan) => plan.rows.map((row) => rules[row.rule].places[0][2]);

test("without a filter all rows stay in their order", () => {
  assert.deepEqual(names(layout(rules, view, {})), ["parting words", "Greeting", "other"]);
});

test("the text is looked for in names, actions and conditions, every word of it, in any case", () => {
  assert.deepEqual(names(layout(rules, view, { text: "greet" })), ["Greeting"]);
  assert.deepEqual(names(layout(rules, view, { text: " UTTER_HI oth" })), ["other"]);
  assert.deepEqual(names(layout(rules, view, { text: "greeting bye" })), []);
});

test("a state leaves only its rows", () => {
  assert.deepEqual(names(layout(rules, view, { state: "failed" })), ["Greeting", "other"]);
  assert.deepEqual(names(layout(rules, view, { state: "failed", text: "hi" })), ["Greeting", "other"]);
});

test("only so many rows are drawn, and only their turns need columns", () => {
  const plan = layout(rules, view, { most: 1 });
  assert.deepEqual([plan.rows.length, plan.shown.length, plan.columns], [3, 1, 2]);
  assert.equal(layout(rules, view, { text: "other" }).columns, 1);
  assert.equal(layout([], { rows: [] }, {}).columns, 1);
});

test("each condition knows whether it holds and what was there at its turn", () => {
  const found = [[["after", "utter_ask"], ["intent", "hm"]], [["after", "utter_go"]]];
  assert.deepEqual(conditions(rules[1], "01", found), [
    [["after", "action_listen", false, "utter_go"]],
    [["after", "utter_ask", true, "utter_ask"]],
  ]);
  assert.deepEqual(conditions(rules[1], "01", [found[0]])[0][0][3], undefined);
});
