import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { finds, layout, stepTo } = await load("story_graph");

const node = (id, says, find, go = {}) => ({ id, says, find, go });
const view = {
  nodes: [
    node(0, ["start", "2 of 2 dialogues"], 1, { ArrowRight: 1, End: 2, Home: 0 }),
    node(1, ["ask", "after Hello", "2 of 2 dialogues"], 2, { ArrowRight: 2, ArrowLeft: 0, End: 2, Home: 0 }),
    node(2, ["bake", "after yes", "in “hello”"], 2, { ArrowLeft: 1, ArrowDown: 3, End: 2, Home: 0 }),
    node(3, ["wave", "1 of 2 dialogues"], 1, { ArrowLeft: 1, ArrowUp: 2, End: 3, Home: 0 }),
    node(-2, ["+7 more"], 0, { ArrowLeft: 1 }),
  ],
  paths: [{ name: "a", nodes: [0, 1, 2] }, { name: "b", nodes: [0, 1, 3] }],
};

test("a chosen story has its boxes and its lines", () => {
  const plan = layout(view, "b");
  assert.deepEqual(plan.path, [0, 1, 3]);
  for (const key of ["0", "1", "3", "0 1", "1 3"]) assert(plan.on.has(key), key);
  for (const key of ["2", "1 2", "0 3"]) assert(!plan.on.has(key), key);
  assert.equal(plan.byId.get(-2).says[0], "+7 more");
  assert.deepEqual(layout(view, "nobody").path, []);
  assert.deepEqual(layout(view, null).path, []);
});

test("keys go where Python says, and along the chosen story first", () => {
  const all = layout(view);
  const id = (plan, from, key) => (stepTo(plan, plan.byId.get(from), key) || {}).id;
  assert.equal(id(all, 1, "ArrowRight"), 2);
  assert.equal(id(all, 2, "ArrowDown"), 3);
  assert.equal(id(all, 2, "ArrowRight"), undefined);
  const plan = layout(view, "b");
  assert.equal(id(plan, 1, "ArrowRight"), 3);
  assert.equal(id(plan, 3, "ArrowLeft"), 1);
  assert.equal(id(plan, 0, "End"), 3);
  assert.equal(id(plan, 3, "Home"), 0);
  assert.equal(id(plan, 2, "ArrowLeft"), 1);
  assert.equal(id(plan, 1, "ArrowUp"), undefined);
});

test("boxes are found by their name and by what is said before them, not by the rest", () => {
  const ids = (text) => finds(view.nodes, text).map((one) => one.id);
  assert.deepEqual(ids("hello"), [1]);
  assert.deepEqual(ids(" WAVE "), [3]);
  assert.deepEqual(ids("dialogues"), []);
  assert.deepEqual(ids("more"), []);
  assert.deepEqual(ids("  "), []);
});
