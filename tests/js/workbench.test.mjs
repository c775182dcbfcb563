import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { layout, points } = await load("workbench");

test("what training changed stands in words", () => {
  assert.equal(layout({ changes: [], changed: 0 }), "no prediction changed");
  assert.equal(layout({ changes: [{}], changed: 1 }), "1 prediction changed");
  assert.equal(layout({ changes: [{}], changed: 312 }), "312 predictions changed");
});

test("where there was nothing before, nothing changed", () => {
  assert.equal(layout({ changes: null, changed: 0 }), "");
});

test("a curve fills its box from left to right, the highest value at the top", () => {
  assert.equal(points([2, 1, 0], 2, 80, 10), "0.0,0.0 40.0,5.0 80.0,10.0");
  assert.equal(points([1], 2, 80, 10), "0.0,5.0");
});
