import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { sorted, matrix, chosen } = await load("evaluation_report");

const turn = (number, gold, predicted) => [number, 1, "s", gold, predicted, 0, 0.5, 2, "ask"];
const view = { wrong: 2500, turns: [turn(0, "a", "b"), turn(1, "b", "c"), turn(2, "a", "b")] };

test("a table is ordered by any column, equal rows stay as they were", () => {
  const rows = [["b", 0.5, 3], ["a", 0.5, 1], ["c", 0.25, 2]];
  assert.deepEqual(sorted(rows, { by: 1, down: true }).map((r) => r[0]), ["b", "a", "c"]);
  assert.deepEqual(sorted(rows, { by: 2, down: false }).map((r) => r[0]), ["a", "c", "b"]);
  assert.equal(rows[0][0], "b");
});

test("the matrix has a place for every pair of the names and leaves others out", () => {
  assert.deepEqual(matrix(["a", "b"], [["a", "b", 3], ["b", "b", 2], ["a", "z", 9]]), [[0, 3], [0, 2]]);
});

test("all wrong turns are counted, also those that were not sent", () => {
  assert.deepEqual(chosen(view, {}, {}), { turns: view.turns, count: 2500 });
});

test("a cell leaves its turns, an action those where it was wanted or predicted", () => {
  assert.equal(chosen(view, { cell: ["a", "b"] }, {}).count, 2);
  assert.deepEqual(chosen(view, { action: "c" }, {}).turns.map((t) => t[0]), [1]);
});

test("what Python says is behind a cell counts, if it is that cell", () => {
  const behind = { cell: ["a", "a"], turns: [turn(7, "a", "a")], count: 40 };
  assert.deepEqual(chosen(view, { cell: ["a", "a"] }, behind), { turns: behind.turns, count: 40 });
  assert.equal(chosen(view, { cell: ["b", "c"] }, behind).count, 1);
});
