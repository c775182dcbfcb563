import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { layout, points } = await load("workbench");
const view = { sentence: "", seconds: 0.93, state: "finished", changes: [], changed: 0 };

test("what training took and changed stands in words", () => {
  assert.deepEqual(layout(view), { text: "0.9 s", changed: "no prediction changed" });
  assert.equal(layout({ ...view, changes: [{}], changed: 1 }).changed, "1 prediction changed");
  assert.equal(layout({ ...view, changes: [{}], changed: 312 }).changed, "312 predictions changed");
});

test("where there was nothing before, nothing changed, and a run has no duration yet", () => {
  const first = { ...view, changes: null, state: "running", sentence: "It is learning." };
  assert.deepEqual(layout(first), { text: "It is learning.", changed: "" });
});

test("a curve fills its box from left to right, the highest value at the top", () => {
  assert.equal(points([2, 1, 0], 2, 80, 10), "0.0,0.0 40.0,5.0 80.0,10.0");
  assert.equal(points([1], 2, 80, 10), "0.0,5.0");
});
