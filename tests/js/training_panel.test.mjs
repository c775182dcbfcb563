import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { layout } = await load("training_panel");
const axes = { last: 5, x: [1, 5], loss: [0, 1, 2], accuracy: [0, 0.5, 1] };
const points = [[1, 2, 0, 1.5, null], [2, 1, 0.5, null, null], [5, 0, 1, 1, null]];

test("a curve goes from corner to corner of its axes", () => {
  const plan = layout([{ number: 1, hue: "green", points }], axes, 0, 300);
  assert.deepEqual(plan.paths.map((p) => p.held), [0, 1]);
  assert.equal(plan.paths[0].d, "M34.0,6.0L96.0,69.0L282.0,132.0h.1");
  assert.deepEqual(plan.high, [[0, 132], [1, 69], [2, 6]]);
  assert.deepEqual(plan.across, [[1, 34], [5, 282]]);
});

test("what was not measured is left out, a curve of nothing too", () => {
  const plan = layout([{ number: 1, hue: "green", points }], axes, 1, 300);
  assert.equal(plan.paths.length, 1);
  assert.equal(layout([], axes, 0, 300).paths.length, 0);
});

test("the numbers of runs that end in the same place do not lie on each other", () => {
  const lines = [1, 2, 3].map((number) => ({ number, hue: "green", points }));
  const ys = layout(lines, axes, 0, 300).ends.map((end) => end.y).sort((a, b) => a - b);
  assert.ok(ys[1] - ys[0] >= 10 && ys[2] - ys[1] >= 10);
});

test("a place in the chart is an epoch, and one epoch is no division by zero", () => {
  const plan = layout([{ number: 1, hue: "green", points }], axes, 0, 300);
  assert.deepEqual([34, 96, 282].map(plan.epochOf), [1, 2, 5]);
  const single = layout([{ number: 1, hue: "green", points: [[1, 1, 1, null, null]] }], { ...axes, last: 1 }, 0, 300);
  assert.equal(single.paths[0].d, "M34.0,69.0h.1");
});
