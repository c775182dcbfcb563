import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { layout, cellOf } = await load("tracker_timeline");

const turn = (index, user = false) => ({
  index, before: user ? [{ kind: "user", text: "hi" }] : [], action: null, after: [], says: [],
});
const branch = (name, count) => ({ name, turns: [...Array(count).keys()].map((i) => turn(i, i % 3 === 1)) });

test("one conversation is one row with a column for each turn", () => {
  const plan = layout({ branches: [branch("this", 7)], shared: 0 });
  assert.equal(plan.rows.length, 1);
  assert.equal(plan.columns, 7);
  assert.deepEqual(plan.rows[0].cells.map((c) => c.column), [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(plan.rows[0].cells.filter((c) => c.starts).map((c) => c.column), [1, 4]);
});

test("a fork is drawn from where it differs, in the columns of its turns", () => {
  const plan = layout({ branches: [branch("this", 5), branch("fork", 9)], shared: 3 });
  assert.equal(plan.columns, 9);
  assert.deepEqual(plan.rows[1].cells.map((c) => c.column), [3, 4, 5, 6, 7, 8]);
  assert.deepEqual(plan.rows[1].cells.map((c) => c.differs), [true, false, false, false, false, false]);
  assert.equal(plan.skipped, 3);
});

test("a turn that the fork shares is found in the first row", () => {
  const plan = layout({ branches: [branch("this", 5), branch("fork", 9)], shared: 3 });
  assert.deepEqual([cellOf(plan, { turn: 2, branch: 1 }).row, cellOf(plan, { turn: 4, branch: 1 }).row], [0, 1]);
  assert.equal(cellOf(plan, { turn: 7 }), null);
  assert.equal(cellOf(plan, {}), null);
  assert.equal(cellOf(plan, { turn: 1, branch: 5 }).row, 0);
});

test("a fork shows a loop from where it differs, and none that has ended before", () => {
  const span = (first, last) => ({ name: "f", first, last, lane: 0 });
  const one = { ...branch("this", 9), spans: [span(0, 1), span(2, 6)] };
  const plan = layout({ branches: [one, { ...one, name: "fork" }], shared: 4 });
  assert.deepEqual(plan.rows[0].spans.map((s) => [s.first, s.last, s.starts]), [[0, 1, true], [2, 6, true]]);
  assert.deepEqual(plan.rows[1].spans.map((s) => [s.first, s.last, s.starts]), [[4, 6, false]]);
});
