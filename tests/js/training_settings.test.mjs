import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { layout } = await load("training_settings");
const control = await load("run_control");

test("each kind of parameter has the field that fits it", () => {
  const field = (kind, value, choices = []) => layout({ kind, value, choices });
  assert.deepEqual(field("switch", true).kind, "checkbox");
  assert.deepEqual(field("choice", "adam", ["adam", "sgd"]).kind, "select");
  assert.deepEqual(field("whole", null), { kind: "text", mode: "decimal", value: "" });
  assert.deepEqual(field("number", 0), { kind: "text", mode: "decimal", value: "0" });
  assert.deepEqual(field("text", "a").mode, "text");
});

test("the control says what the run does, and that a kernel is deaf", () => {
  assert.deepEqual(control.layout(null, false), { going: false, text: "" });
  assert.deepEqual(control.layout({ going: true, text: "LSTM learns" }, false), { going: true, text: "LSTM learns" });
  assert.match(control.layout({ going: true, text: "" }, true).text, /interrupt/);
});
