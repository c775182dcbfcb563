import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { layout, stepTo } = await load("contradiction_matrix");
const many = (count) => Array.from({ length: count }, (_, i) => `n${i}`);
const view = (rules = 2, stories = 3) => ({
  rules: many(2).map((name) => ({ name, kind: "rule" })),
  stories: many(3).map((name) => ({ name, kind: "story" })),
  others: { rules: many(rules), stories: many(stories) },
  cells: [
    { rule: 0, story: 0 }, { rule: 0, story: 2 }, { rule: 1, story: 1 }, { rule: 1, story: 2 },
  ],
});

test("only what disagrees is drawn unless everything is wanted", () => {
  const few = layout(view(), false);
  assert.deepEqual([few.rows.length, few.columns.length, few.left], [2, 3, [0, 0]]);
  const all = layout(view(), true);
  assert.deepEqual([all.rows.length, all.columns.length, all.left], [4, 6, [0, 0]]);
  assert.equal(few.cells.get("1 2").story, 2);
});

test("of very many only the first are drawn, and the rest is counted", () => {
  const plan = layout(view(300, 5), true);
  assert.deepEqual([plan.rows.length, plan.columns.length, plan.left], [60, 8, [242, 0]]);
});

test("arrows go along the cells of rows and to the nearest of other rows", () => {
  const { cells } = view();
  const [a, b, c, d] = cells;
  assert.equal(stepTo(cells, a, "ArrowRight"), b);
  assert.equal(stepTo(cells, b, "ArrowRight"), c);
  assert.equal(stepTo(cells, a, "ArrowLeft"), undefined);
  assert.equal(stepTo(cells, a, "ArrowDown"), c);
  assert.equal(stepTo(cells, d, "ArrowUp"), b);
  assert.equal(stepTo(cells, d, "Home"), a);
  assert.equal(stepTo(cells, a, "End"), d);
  assert.equal(stepTo(cells, a, "x"), undefined);
});
