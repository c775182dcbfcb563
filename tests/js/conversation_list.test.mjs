import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { layout } = await load("conversation_list");

test("a row is read as one sentence, and what is open is said", () => {
  const row = { name: "ann", about: "2 messages", latest: "Hi", current: true };
  assert.equal(layout(row), "ann, 2 messages, last: Hi, open");
  assert.equal(layout({ ...row, latest: "", current: false }), "ann, 2 messages");
});

test("control characters of a name are seen and do nothing", () => {
  const row = { name: "a\u0000\u202eb", about: "0 messages", latest: "", current: false };
  assert.equal(layout(row), "a\u2400\ufffdb, 0 messages");
});
