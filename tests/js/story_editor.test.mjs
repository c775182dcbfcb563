// The parts of the story editor that need no browser: colours, completion, what travels.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkpointsIn, completeMarkdown, completeYaml, quoted,
} from "../../dialogue_nb/widgets/frontend/completion.js";
import {
  checksum, difference, offsetOf, withAnswer, withChange,
} from "../../dialogue_nb/widgets/frontend/wire.js";
import { partsOf, pathAbove } from "../../dialogue_nb/widgets/frontend/yaml_context.js";
import { tokens } from "./tokens.mjs";

// --- colours

test("a Markdown story has the colours of its parts", () => {
  const text = [
    "## tea <!-- hot -->", "> start{\"vip\": true}", "* order{\"drink\": \"tea\"} OR /greet@0.5",
    "* bye: see [you](who), OR not", "  - slot{\"n\": 3}", "  - form{\"name\": null}", "- utter_x",
    "<!-- a", "* b --> - utter_y", "oops",
  ].join("\n");
  const [header, checkpoint, user, words, slot, form, action, comment, after, wrong] = tokens(text, "markdown");
  assert.deepEqual(header, [["mark", "##"], ["name", "tea "], ["comment", "<!--"], ["comment", " hot -->"]]);
  assert.deepEqual(checkpoint.slice(0, 4), [["mark", ">"], ["checkpoint", "start"], ["mark", "{"], ["slot", '"vip"']]);
  assert.deepEqual(user.filter(([kind]) => kind !== "mark"), [
    ["intent", "order"], ["entity", '"drink"'], ["value", '"tea"'], ["keyword", "OR"], ["intent", "/greet"], ["atom", "@0.5"],
  ]);
  assert.deepEqual(words.filter(([kind]) => kind === "entity" || kind === "intent"), [["intent", "bye"], ["entity", "](who)"]]);
  assert.ok(words.some(([kind, text]) => kind === "words" && text.includes("OR not")));
  assert.deepEqual(slot.slice(1, 4), [["slot", "slot"], ["mark", "{"], ["slot", '"n"']]);
  assert.deepEqual(form.slice(1, 4).map(([kind]) => kind), ["form", "mark", "form"]);
  assert.deepEqual(action, [["mark", "-"], ["action", "utter_x"]]);
  assert.deepEqual(comment.map(([kind]) => kind), ["comment", "comment"]);
  assert.equal(after[0][0], "comment");
  assert.deepEqual(wrong, [["invalid", "oops"]]);
});

test("YAML stories and rules have the colours of their parts", () => {
  const text = `version: "3.1"  # a
stories:
- story: tea
  steps:
  - intent: order
    entities:
    - drink: tea
  - slot_was_set:
    - size: L
    - paid
  - or:
    - intent: leave
  - active_loop: null
  - user: |
      a [tea](drink)
      - please
  - action: utter_x
rules:
  - rule: r
    steps: [{intent: a}, {action: utter_y}]`;
  const lines = tokens(text, "yaml");
  const find = (kind) => lines.flat().filter((token) => token[0] === kind).map((token) => token[1].trim());
  assert.deepEqual(find("name"), ["tea", "r"]);
  assert.deepEqual(find("intent"), ["order", "leave"]);
  assert.deepEqual(find("entity"), ["drink"]);
  assert.deepEqual(find("slot"), ["size", "paid"]);
  assert.deepEqual(find("action"), ["utter_x"]);
  assert.deepEqual(find("comment"), ["# a"]);
  assert.deepEqual(find("atom"), ["null"]);
  assert.deepEqual(find("words"), ["a [tea](drink)", "- please"]);
});

test("a domain has the colours of its parts, also behind a text of several lines", () => {
  const text = `intents:
- greet:
    use_entities: [city]
slots:
  city:
    type: text
    mappings:
    - type: from_entity
      entity: city
responses:
  utter_hi:
  - text: |-
      # no comment
    buttons:
    - title: x
forms:
  book:
    required_slots:
    - city`;
  const lines = tokens(text, "yaml");
  const at = (line) => lines[line].filter(([kind]) => kind !== "mark");
  assert.deepEqual(at(1), [["intent", "greet"]]);
  assert.deepEqual(at(2), [["keyword", "use_entities"], ["entity", "city"]]);
  assert.deepEqual(at(4), [["slot", "city"]]);
  assert.deepEqual(at(8), [["keyword", "entity"], ["entity", "city"]]);
  assert.deepEqual(at(10), [["action", "utter_hi"]]);
  assert.deepEqual(at(12), [["words", "      # no comment"]]);
  assert.deepEqual(at(13), [["keyword", "buttons"]]);
  assert.deepEqual(at(16), [["form", "book"]]);
  assert.deepEqual(at(18), [["slot", "city"]]);
});

test("no text stops the modes", () => {
  const pieces = ["- ", "* ", "{", "}", "[", "](", '"', "'", ":", " OR ", "<!--", "-->", "#", "|", "é😀", "\t", "a", " ", "@", "&x", "\n"];
  let seed = 7;
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
  for (let run = 0; run < 3000; run++) {
    const text = Array.from({ length: 1 + random(14) }, () => pieces[random(pieces.length)]).join("");
    for (const format of ["markdown", "yaml"]) {
      assert.equal(tokens(text, format).length, text.split("\n").length, text);
    }
  }
});

test("a long line of one kind of bracket takes no time", () => {
  for (const piece of ["{", "[", "](", '"', "<!--", "a: "]) {
    const started = Date.now();
    tokens(`* x: ${piece.repeat(20000)}`, "markdown");
    tokens(`a: ${piece.repeat(20000)}`, "yaml");
    assert.ok(Date.now() - started < 4000, piece);
  }
});

// --- completion

const names = {
  intents: ["order", "leave", "a b"], entities: { drink: ["first"], city: [] },
  slots: { size: { type: "categorical", values: ["S", "L"] }, paid: { type: "bool", values: [true, false] } },
  actions: { utter_x: "Hello!", action_listen: "" }, forms: ["book"], checkpoints: ["paid_up"],
};
const labels = (found) => found && found.options.map(({ label }) => label);
const inMarkdown = (before) => completeMarkdown(before, names);
const inYaml = (text) => {
  const lines = text.split("\n");
  return completeYaml((number) => lines[number], lines.length - 1, lines[lines.length - 1].length, names);
};

test("Markdown: intents behind a star, also behind OR", () => {
  assert.deepEqual(labels(inMarkdown("* ")), names.intents);
  assert.deepEqual([inMarkdown("* or").from, inMarkdown("* order OR le").from], [2, 11]);
  assert.deepEqual(labels(inMarkdown("* order O")), ["OR"]);
  assert.equal(inMarkdown("* order: hello th"), null);
});

test("Markdown: entities, slots and their values, forms, checkpoints where each belongs", () => {
  assert.deepEqual(labels(inMarkdown('* order{"')), ["drink", "city"]);
  assert.deepEqual(labels(inMarkdown('* order{"drink": "tea", "')), ["drink", "city"]);
  assert.deepEqual(labels(inMarkdown("* order: from [Oslo](")), ["drink", "city"]);
  assert.deepEqual(labels(inMarkdown('    - slot{"')), ["size", "paid"]);
  assert.deepEqual(labels(inMarkdown('    - slot{"size": ')), ["S", "L", "null"]);
  assert.deepEqual(labels(inMarkdown('    - slot{"size": "')), ["S", "L", "null"]);
  assert.deepEqual(labels(inMarkdown('    - form{"name": ')), ["book", "null"]);
  assert.deepEqual(labels(inMarkdown("> ")), ["paid_up"]);
  assert.deepEqual(labels(inMarkdown('> paid_up{"')), ["size", "paid"]);
  assert.ok(labels(inMarkdown("- ")).includes("utter_x") && labels(inMarkdown("- ")).includes("book"));
  assert.equal(inMarkdown("## my sto"), null);
});

test("Markdown: what is inserted has its quotes", () => {
  const [drink] = inMarkdown("* order{").options;
  assert.equal(drink.insert, '"drink": ');
  const found = inMarkdown('- slot{"size": "');
  assert.deepEqual([found.quote, found.options[0].insert, found.options[2].insert], [true, '"S"', "null"]);
});

const STORY = "stories:\n- story: a\n  steps:\n";

test("YAML: keys of steps, and the names behind them", () => {
  assert.ok(labels(inYaml(`${STORY}  - `)).includes("slot_was_set"));
  assert.deepEqual(labels(inYaml(`${STORY}  - intent: `)), names.intents);
  assert.deepEqual(labels(inYaml(`${STORY}  - action: ut`)), ["utter_x", "action_listen", "book"]);
  assert.deepEqual(labels(inYaml(`${STORY}  - checkpoint: `)), ["paid_up"]);
  assert.deepEqual(labels(inYaml(`${STORY}  - active_loop: `)), ["book", "null"]);
  assert.deepEqual(labels(inYaml(`${STORY}  - slot_was_set:\n    - `)), ["size", "paid"]);
  assert.deepEqual(labels(inYaml(`${STORY}  - slot_was_set:\n    - paid: `)), ["true", "false", "null"]);
  assert.deepEqual(labels(inYaml(`${STORY}  - intent: order\n    entities:\n    - `)), ["drink", "city"]);
  assert.deepEqual(labels(inYaml(`${STORY}  - intent: order\n    entities:\n    - drink: x\n      role: `)), ["first"]);
  assert.deepEqual(labels(inYaml(`${STORY}  - or:\n    - intent: `)), names.intents);
  assert.deepEqual(labels(inYaml(`${STORY}  - intent: order\n    `)), ["entities", "user", "slot_was_set"]);
  assert.deepEqual(labels(inYaml(`${STORY}  - user: to [x](`)), ["drink", "city"]);
  assert.equal(inYaml(`${STORY}  - intent: a  # com`), null);
});

test("YAML: rules, and the keys of stories", () => {
  const rule = "rules:\n  - rule: r\n    ";
  assert.ok(labels(inYaml(rule)).includes("conversation_start"));
  assert.deepEqual(labels(inYaml(`${rule}wait_for_user_input: `)), ["true", "false"]);
  assert.deepEqual(labels(inYaml(`${rule}condition:\n    - `)), ["slot_was_set", "active_loop"]);
  assert.ok(labels(inYaml("sto")).includes("stories"));
});

test("YAML: the domain", () => {
  assert.ok(labels(inYaml("slots:\n  size:\n    ")).includes("influence_conversation"));
  assert.ok(labels(inYaml("slots:\n  size:\n    type: ")).includes("categorical"));
  assert.ok(labels(inYaml("slots:\n  size:\n    mappings:\n    - type: ")).includes("from_entity"));
  assert.deepEqual(labels(inYaml("slots:\n  size:\n    mappings:\n    - entity: ")), ["drink", "city"]);
  assert.deepEqual(labels(inYaml("forms:\n  book:\n    required_slots:\n    - ")), ["size", "paid"]);
  assert.deepEqual(labels(inYaml("intents:\n- order:\n    use_entities: [dri")), ["drink", "city"]);
  assert.ok(labels(inYaml("responses:\n  utter_x:\n  - ")).includes("buttons"));
});

test("YAML: long lists and long lines take no time", () => {
  const started = Date.now();
  inYaml(`slots:\n  s:\n    values: [${"a, ".repeat(400)}] `);
  inYaml(`a${" ".repeat(100000)}`);
  tokens(`a${" ".repeat(100000)}b`, "yaml");
  inMarkdown(`* a{${'"b": "c", '.repeat(2000)}`);
  assert.ok(Date.now() - started < 1000);
  assert.deepEqual(inYaml("intents:\n- order:\n    use_entities: [drink, ci").from, 26);
});

test("names are quoted where YAML needs it", () => {
  assert.deepEqual(
    ["utter_x", "a b", "天气", "yes", "a: b", "- x", "#x", "1e3", ""].map(quoted),
    ["utter_x", "a b", "天气", '"yes"', '"a: b"', '"- x"', '"#x"', '"1e3"', '""'],
  );
});

test("checkpoints are found in both formats", () => {
  assert.deepEqual(checkpointsIn("> a\n  > b{\"x\": 1}\n>> rule\n* >c\n> <x> <!-- y -->", "markdown"), ["a", "b", "<x>"]);
  assert.deepEqual(checkpointsIn("- checkpoint: a\n  - checkpoint: 'b'  # c\n", "yaml"), ["a", "b"]);
});

test("the keys above a line are found whichever way lists are indented", () => {
  const lines = ["stories:", "- story: a", "  steps:", "  - intent: x", "    entities:", "      - city: y", ""];
  const above = (number, column, isItem) => pathAbove((i) => lines[i], number, column, isItem);
  assert.deepEqual(above(6, 6, true), ["stories", "steps", "entities"]);
  assert.deepEqual(above(6, 4, false), ["stories", "steps"]);
  assert.deepEqual(above(6, 2, true), ["stories", "steps"]);
  assert.deepEqual(above(6, 2, false), ["stories"]);
  assert.deepEqual(above(6, 0, true), ["stories"]);
  assert.deepEqual(above(6, 0, false), []);
  assert.deepEqual(partsOf("  - - 'a b': c"), { dashes: [2, 4], key: "a b", column: 6, value: 13 });
});

// --- what travels

test("the difference of two texts turns one into the other", () => {
  const texts = ["", "a", "aa", "aba", "abba", "😀a", "a😀", "xaby", "abab"];
  for (const old of texts) {
    for (const text of texts) {
      const { start, end, insert } = difference(old, text);
      assert.equal(old.slice(0, start) + insert + old.slice(end), text);
    }
  }
});

test("the checksum is Python's", () => {
  assert.equal(checksum("abc"), 77201703);
  assert.equal(checksum(""), 1);
  assert.equal(checksum("\uffff".repeat(5000)), 3055807275);
});

test("stories change as Python says", () => {
  const stories = [{ name: "a", line: 1 }, { name: "b", line: 4 }, { name: "c", line: 9 }];
  const next = withChange(stories, { at: 1, remove: 1, insert: [{ name: "x", line: 4 }, { name: "y", line: 6 }], shift: 2 });
  assert.deepEqual(next.map(({ name, line }) => [name, line]), [["a", 1], ["x", 4], ["y", 6], ["c", 11]]);
  assert.equal(next[0], stories[0]);
  assert.equal(withChange(stories, null), stories);
});

test("an answer changes only the documents that it speaks of", () => {
  const view = { documents: [{ stories: [], problems: [1], counts: {} }, { stories: [], problems: [2], counts: {} }], vocabulary: 1 };
  const next = withAnswer(view, { documents: [null, { problems: [3] }] });
  assert.equal(next.documents[0], view.documents[0]);
  assert.deepEqual(next.documents[1].problems, [3]);
  assert.equal(next.vocabulary, 1);
});

test("columns that count characters become positions that count UTF-16", () => {
  assert.deepEqual([0, 1, 2, 3, 9].map((column) => offsetOf("a😀b", column)), [0, 1, 3, 4, 4]);
});
