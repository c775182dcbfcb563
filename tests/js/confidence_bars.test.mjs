import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { layout } = await load("confidence_bars");
const row = (action, ...values) => ({ action, values });
const view = {
  k: 2,
  rows: [row("a", 0.5, 0), row("b", 0.25, 1), row("c", 0.125, 0), row("d", 0.0625, 0)],
  others: { count: 3, values: [0.0625, 0] },
  policies: [{ confidence: 0.5 }, { confidence: 1 }, { confidence: 0 }],
};

test("the first k are shown and the rest is summed, with what the view leaves out", () => {
  const plan = layout(view, false);
  assert.deepEqual(plan.shown.map((r) => r.action), ["a", "b"]);
  assert.deepEqual(plan.rest, { count: 5, values: [0.25, 0] });
  assert.equal(plan.more, true);
});

test("all rows are shown on request", () => {
  const plan = layout(view, true);
  assert.equal(plan.shown.length, 4);
  assert.deepEqual(plan.rest, { count: 3, values: [0.0625, 0] });
  assert.equal(layout({ ...view, others: undefined }, true).rest, null);
});

test("a policy without an opinion is not the same as one that says zero", () => {
  assert.deepEqual(layout(view, false).silent, [false, false, true]);
});
