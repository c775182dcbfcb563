import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { complete } = await load("chat_pane");
const words = {
  intents: ["greet", "inform", "regret", "restart"],
  entities: { city: ['"Oslo"', '"Rome"', '"Løten"'], paid: ["true", "false"], name: [] },
};
const offered = (text) => complete(text, words).options.map(([label]) => label);
const taken = (text, which = 0) => complete(text, words).options[which][1];

test("intents that begin so come before those that have it inside", () => {
  assert.deepEqual(offered("/gre"), ["greet", "regret"]);
  assert.equal(taken("/gre", 1), "/regret");
});

test("all intents are offered behind the slash, and none without it", () => {
  assert.deepEqual(offered("/"), words.intents);
  assert.deepEqual(offered("gre"), []);
  assert.deepEqual(offered(""), []);
});

test("Enter takes the first, unless what is typed is a whole name", () => {
  assert.equal(complete("/inf", words).active, 0);
  assert.equal(complete("/greet", words).active, -1);
  assert.equal(complete("/xyz", words).active, -1);
});

test("entities are offered as keys, those that are there already are not", () => {
  assert.deepEqual(offered("/inform{"), ['"city"', '"paid"', '"name"']);
  assert.deepEqual(offered('/inform{"ci'), ['"city"']);
  assert.deepEqual(offered('/inform{"city": "Oslo", "'), ['"paid"', '"name"']);
  assert.equal(taken('/inform{"ci'), '/inform{"city": ');
  assert.equal(taken("/inform{pa"), '/inform{"paid": ');
});

test("values are offered behind a key, whatever case they are typed in", () => {
  assert.deepEqual(offered('/inform{"city": '), ['"Oslo"', '"Rome"', '"Løten"']);
  assert.deepEqual(offered('/inform{"city": "o'), ['"Oslo"']);
  assert.equal(taken('/inform{"city": "o'), '/inform{"city": "Oslo"}');
  assert.equal(taken('/inform{"city":"Oslo","paid":t'), '/inform{"city":"Oslo","paid":true}');
  assert.deepEqual(offered('/inform{"name": "'), []);
});

test("nothing is offered where a message is over, or a value whole", () => {
  assert.deepEqual(offered('/inform{"city": "Oslo"}'), []);
  assert.deepEqual(offered('/inform{"city": "Oslo"'), []);
  assert.deepEqual(offered("/greet there"), []);
});

test("texts that are long and strange end too", () => {
  for (const text of ['"a": "b", '.repeat(3000), "{".repeat(20000), '"'.repeat(20000)]) {
    assert.ok(complete(`/inform{${text}`, words).options.length <= 8);
  }
});
