import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { visible, digits, stepOf } = await load();

test("control characters can be seen and marks that turn text do nothing", () => {
  assert.equal(visible("a\u0000b\u202ec\u007f\n"), "a\u2400b\ufffdc\u2421\n");
  assert.equal(visible(null), "");
  assert.equal(visible(0), "0");
});

test("a confidence below one never reads 1.00", () => {
  assert.deepEqual([1, 0.9999, 0.994, 0].map(digits), ["1.00", "0.99", "0.99", "0.00"]);
});

test("arrows move by one, Home and End to the ends, and stop there", () => {
  const at = (key, from = 3) => stepOf({ key }, from, 7);
  assert.deepEqual(
    ["ArrowLeft", "ArrowRight", "Home", "End", "PageDown", "x"].map((key) => at(key)),
    [2, 4, 0, 6, 6, null],
  );
  assert.equal(at("ArrowRight", 6), 6);
  assert.equal(stepOf({ key: "PageUp" }, 6, 7, { page: 4 }), 2);
  assert.equal(stepOf({ key: "ArrowLeft", ctrlKey: true }, 3, 7), null);
  assert.equal(stepOf({ key: "ArrowLeft" }, 0, 0), null);
});
