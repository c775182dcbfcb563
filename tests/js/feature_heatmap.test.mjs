import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const more = ["feature_cells"];
const { inWords, keyDown, layout, valueOf, written } = await load("feature_heatmap", {
  more, names: ["inWords", "keyDown", "layout", "valueOf", "written"],
});
const { stateOf, unpack } = await load("training_heatmap", { more, names: ["stateOf", "unpack"] });

// two states: the first has 1 in column 2, the second 0.5 in column 0 and 1 in column 1
const cells = { offsets: [0, 1, 3], places: [2, 0, 1], values: [1, 0.5, 1], steps: 2 };
const columns = ["a", "b", "c"].map((name) => ({ name, on: `${name}: #`, off: `no ${name}` }));

test("what is not listed is zero", () => {
  assert.deepEqual([0, 1, 2].map((c) => valueOf(cells, 0, c)), [0, 0, 1]);
  assert.deepEqual([0, 1, 2].map((c) => valueOf(cells, 1, c)), [0.5, 1, 0]);
});

test("zero, padding, a value and what the vector cannot say are four things", () => {
  const rows = [{ ago: 2, turn: null }, { ago: 1, turn: 0 }, { ago: 0, turn: 1 }];
  const unseen = columns.map((column, i) => ({ ...column, unseen: i === 1 }));
  const kinds = layout({ cells, rows, columns: unseen }).map((row) => row.cells.map((cell) => cell.kind));
  assert.deepEqual(kinds, [["pad", "pad", "pad"], ["zer", "zer", "set"], ["set", "not", "zer"]]);
});

test("a value is read in a sentence", () => {
  assert.equal(inWords(columns[0], 0.5, null), "a: 0.5");
  assert.equal(inWords(columns[0], 0, null), "no a");
  assert.equal(inWords(columns[0], 1, ["", "$& <b>"]), "a: $& <b>");
  assert.match(inWords(columns[0], null, null), /^padding/);
  assert.deepEqual([null, 0.1666, 2].map((value) => written(value, null)), ["-1", "0.17", "2"]);
});

test("up, down and pages lead to other turns, other keys do not", () => {
  assert.deepEqual(["ArrowDown", "ArrowUp", "PageUp", "Enter"].map((key) => keyDown({ key }, 30)), [1, -1, -30, 0]);
  assert.equal(keyDown({ key: "ArrowLeft" }, 30), undefined);
  assert.ok(keyDown({ key: "End", ctrlKey: true }, 30) > 1e8);
});

test("the states of a window are steps of its dialogue, and padding before it", () => {
  const data = { steps: [4, 5, 6, 7, 8], turns: [0, 1, 2, 0, 1] };
  assert.deepEqual([3, 2, 1, 0].map((back) => stateOf(data, 2, back)), [-1, 4, 5, 6]);
  assert.deepEqual([2, 1, 0].map((back) => stateOf(data, 4, back)), [-1, 7, 8]);
});

test("numbers come as bytes, wherever they begin", () => {
  const bytes = new Uint8Array(20);
  const values = new DataView(bytes.buffer, 4, 8);
  values.setFloat32(0, 0.5, true);
  values.setFloat32(4, 2, true);
  const rows = new DataView(bytes.buffer, 12, 4);
  rows.setInt32(0, -7, true);
  const made = unpack({ values, rows, marks: { 1: " ×3" } });
  assert.deepEqual([...made.values], [0.5, 2]);
  assert.deepEqual([...made.rows], [-7]);
  assert.deepEqual(made.marks, { 1: " ×3" });
});
