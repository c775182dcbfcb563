// What can be completed at a place, from the names of the domain. Needs no browser and no kernel.
import { bare, kindOfKey, kindOfValue, partsOf, pathAbove } from "./yaml_context.js";

/** @typedef {{intents: string[], entities: Record<string, string[]>, actions: Record<string, string>,
 *   slots: Record<string, {type: string, values: any[]}>, forms: string[], checkpoints: string[]}} Names
 * @typedef {{label: string, kind: string, insert?: string, about?: string, rank?: number}} Option
 * @typedef {{from: number, options: Option[], quote?: boolean}} Completion what is inserted takes the
 *   place of the text from `from` on; with `quote`, of the double quotes around it too */

const EVENTS = ["restart", "rewind", "undo", "pause", "resume", "reset_slots", "export"];
const SLOT_TYPES = ["text", "bool", "categorical", "float", "list", "any"];
const MAPPING_TYPES = ["from_entity", "from_intent", "from_text", "from_trigger_intent", "custom"];

/** The options of a kind.
 * @param {Names} names @param {string} kind @param {(name: string) => string} [write] how it is inserted
 * @returns {Option[]} */
function options(names, kind, write = (name) => name) {
  const all = {
    intent: names.intents.map((label) => ({ label, about: "" })),
    entity: Object.keys(names.entities).map((label) => ({ label, about: names.entities[label].join(", ") })),
    slot: Object.keys(names.slots).map((label) => ({ label, about: names.slots[label].type })),
    action: Object.keys(names.actions).map((label) => ({ label, about: names.actions[label] })),
    form: names.forms.map((label) => ({ label, about: "" })),
    checkpoint: names.checkpoints.map((label) => ({ label, about: "" })),
    role: [...new Set(Object.values(names.entities).flat())].map((label) => ({ label, about: "" })),
  }[kind];
  return (all || []).map((option) => ({
    ...option, kind, insert: write(option.label),
    // What every bot can do is seldom written in stories.
    rank: kind === "action" && /^action_|^\.\.\.$/.test(option.label) && !option.about ? -1 : 0,
  }));
}

/** @param {string} kind @param {string[]} labels @param {(label: string) => string} [write] */
function words(kind, labels, write = (label) => label) {
  return labels.map((label) => ({ label, kind, insert: write(label), about: "", rank: 0 }));
}

// --- Markdown -------------------------------------------------------------------------------------

/** @param {string} before the line up to the cursor @param {Names} names @returns {Completion | null} */
export function completeMarkdown(before, names) {
  const mark = /^\s*(\*|-|>>|>|#+)\s*/.exec(before);
  if (!mark) {
    const from = /\S*$/.exec(before).index;
    return before.trim().length > 2 ? null : { from, options: beginnings() };
  }
  const body = before.slice(mark[0].length);
  const at = mark[0].length;
  const json = openObject(body);
  if (mark[1] === "*") return userLine(body, at, json, names);
  if (mark[1] === ">") {
    if (json) return inObject(json, at, "slot", names);
    return body.includes("{") ? null : { from: at, options: options(names, "checkpoint") };
  }
  if (mark[1] !== "-") return null;
  if (json) {
    if (json.head === "slot") return inObject(json, at, "slot", names);
    return /^(form|active_loop)$/.test(json.head) ? inForm(json, at, names) : null;
  }
  return body.includes("{") ? null : { from: at, options: eventOptions(names) };
}

function beginnings() {
  return [
    { label: "## story", kind: "keyword", insert: "## ", about: "a story begins", rank: 0 },
    { label: "* intent", kind: "keyword", insert: "* ", about: "what the user says", rank: 0 },
    { label: "- action", kind: "keyword", insert: "    - ", about: "what the bot does", rank: 0 },
    { label: "> checkpoint", kind: "keyword", insert: "> ", about: "where stories meet", rank: 0 },
    { label: ">> rule", kind: "keyword", insert: ">> ", about: "a rule begins", rank: 0 },
  ];
}

function eventOptions(names) {
  return [
    ...options(names, "action"),
    ...options(names, "form").filter(({ label }) => !(label in names.actions)),
    { label: "slot", kind: "slot", insert: 'slot{"', about: "a slot gets a value", rank: 0 },
    { label: "form", kind: "form", insert: 'form{"name": "', about: "a form begins or ends", rank: 0 },
    ...words("keyword", EVENTS).map((option) => ({ ...option, rank: -1 })),
  ];
}

function userLine(body, at, json, names) {
  if (json) return inObject(json, at, "entity", names);
  const mark = /\]\(([^):]*)$/.exec(body);
  if (mark) return { from: at + body.length - mark[1].length, options: options(names, "entity") };
  const alternative = body.lastIndexOf(" OR ");
  const start = alternative < 0 ? 0 : alternative + 4;
  const word = body.slice(start);
  const space = word.length - word.trimStart().length;
  if (/:(\s|$)/.test(word) || /[{@]/.test(word)) return null;
  if (/\S\s+\S*$/.test(word)) {
    const from = at + body.length - /\S*$/.exec(word)[0].length;
    return { from, options: words("keyword", ["OR"], () => "OR ") };
  }
  return { from: at + start + space, options: options(names, "intent") };
}

/** The JSON object that is open at the end of a line: what stands before it, and what is in it. */
function openObject(body) {
  const start = body.indexOf("{");
  if (start < 0) return null;
  let depth = 0;
  let quote = -1;
  for (let i = start; i < body.length; i++) {
    const c = body[i];
    if (quote >= 0) {
      if (c === "\\") i += 1;
      else if (c === '"') quote = -1;
    } else if (c === '"') quote = i;
    else if (c === "{" || c === "[") depth += 1;
    else if (c === "}" || c === "]") depth -= 1;
  }
  if (depth < 1) return null;
  return { head: body.slice(0, start).trim(), body, start, quote };
}

/** The key or value that is being written in `{"key": value}`. */
function openEntry({ body, start, quote }) {
  const begin = quote >= 0 ? quote : body.length - /[^\s{,:[]*$/.exec(body)[0].length;
  const key = /"((?:[^"\\]|\\.)*)"\s*:\s*\[?\s*$/.exec(body.slice(start, begin));
  const isKey = /[{,]\s*$/.test(body.slice(start, begin));
  return { from: quote >= 0 ? begin + 1 : begin, key: key ? key[1] : null, isKey, quote: quote >= 0 };
}

function inObject(json, at, kind, names) {
  const { from, key, isKey, quote } = openEntry(json);
  if (isKey && !key) {
    const found = options(names, kind, (name) => `${JSON.stringify(name)}: `);
    return { from: at + from, quote, options: found };
  }
  const slot = key !== null && names.slots[key];
  if (kind !== "slot" || !slot) return null;
  const found = [...slot.values, null].map((value) => ({
    label: String(value), kind: "value", insert: JSON.stringify(value), about: "", rank: 0,
  }));
  return { from: at + from, quote, options: found };
}

function inForm(json, at, names) {
  const { from, key, quote } = openEntry(json);
  if (key === null) return { from: at + from, quote, options: words("keyword", ["name"], () => '"name": ') };
  const found = [...options(names, "form", JSON.stringify), ...words("value", ["null"])];
  return { from: at + from, quote, options: found };
}

// --- YAML -----------------------------------------------------------------------------------------

const STEPS = {
  intent: "what the user says", action: "what the bot does", slot_was_set: "slots and their values",
  active_loop: "the form that is active", checkpoint: "where stories meet", or: "one of several",
  user: "the words of the user", bot: "the words of the bot",
};
const LISTS = new Set([
  "steps", "slot_was_set", "or", "entities", "condition", "intents", "actions", "mappings", "values",
  "required_slots", "responses", "slots", "forms", "stories", "rules", "use_entities",
  "ignore_entities", "ignored_intents", "roles", "groups", "conditions", "buttons", "e2e_actions",
]);
const KEYS = {
  "": ["version", "stories", "rules", "intents", "entities", "slots", "responses", "actions", "forms",
    "session_config", "e2e_actions"],
  intents: ["use_entities", "ignore_entities"],
  entities: ["roles", "groups", "influence_conversation"],
  slots: ["type", "influence_conversation", "initial_value", "mappings", "values", "min_value", "max_value"],
  mappings: ["type", "entity", "intent", "not_intent", "value", "role", "group", "conditions"],
  conditions: ["active_loop", "requested_slot"],
  responses: ["text", "buttons", "image", "custom", "channel", "condition", "metadata"],
  buttons: ["title", "payload"],
  condition: ["type", "name", "value"],
  forms: ["required_slots", "ignored_intents"],
  session_config: ["session_expiration_time", "carry_over_slots_to_new_session"],
};

/** @param {(line: number) => string} lineAt @param {number} number from 0
 * @param {number} column where the cursor is @param {Names} names @returns {Completion | null} */
export function completeYaml(lineAt, number, column, names) {
  const before = lineAt(number).slice(0, column);
  if (/(^|\s)#/.test(before)) return null;
  const { dashes, key, column: at, value } = partsOf(before);
  const dash = dashes.length ? dashes[dashes.length - 1] : -1;
  const path = pathAbove(lineAt, number, dash >= 0 ? dashes[0] : at, dash >= 0);
  if (key !== null) {
    return before.length < value ? null : valueAt(path, key, before.slice(value), value, names);
  }
  const found = [...itemOptions(path, dash >= 0, names), ...keyOptions(path, dash >= 0, lineAt, number, at, names)];
  return found.length ? { from: at, options: found } : null;
}

function valueAt(path, key, text, from, names) {
  const mark = /\]\(([^):]*)$/.exec(text);
  const kind = kindOfValue(path, key);
  if (kind === "words") {
    return mark ? { from: from + text.length - mark[1].length, options: options(names, "entity") } : null;
  }
  const list = /^\[(?:[^\],]*,)*\s*([^\],]*)$/.exec(text);
  const start = list ? from + text.length - list[1].length : from;
  const above = path[path.length - 1];
  let found = [];
  if (above === "slot_was_set") found = slotValues(names.slots[key]);
  else if (kind === "type") found = words("value", above === "mappings" ? MAPPING_TYPES : above === "condition" ? ["slot"] : SLOT_TYPES);
  else if (/^(influence_conversation|conversation_start|wait_for_user_input|carry_over|.*_conversation$)/.test(key)) {
    found = words("value", ["true", "false"]);
  } else if (kind === "action") found = [...options(names, "action", quoted), ...options(names, "form", quoted)];
  else if (kind === "form") found = [...options(names, "form", quoted), ...words("value", ["null"])];
  else found = options(names, kind, quoted);
  const unique = [...new Map(found.map((option) => [option.label, option])).values()];
  return unique.length ? { from: start, options: unique } : null;
}

function slotValues(slot) {
  const known = slot ? slot.values : [];
  return words("value", [...known.map((v) => (typeof v === "string" ? quoted(v) : String(v))), "null"]);
}

function itemOptions(path, isItem, names) {
  const above = path[path.length - 1];
  if (!isItem || above === "responses" || above === "forms") return [];
  const kind = kindOfValue(path, null);
  if (above === "slot_was_set") return options(names, "slot", (name) => `${quoted(name)}: `);
  if (above === "entities" && path.length > 1) return options(names, "entity", (name) => `${quoted(name)}: `);
  return kind === "words" || kind === "value" || path.length < 2 ? [] : options(names, kind, quoted);
}

function keyOptions(path, isItem, lineAt, number, column, names) {
  const above = path[path.length - 1] || "";
  const write = (key) => `${key}:${LISTS.has(key) || path.length === 0 ? (key === "version" ? " \"3.1\"" : "") : " "}`;
  const listed = (keys, about = {}) =>
    words("keyword", keys, write).map((option) => ({ ...option, about: about[option.label] || "" }));
  if (above === "steps" || above === "or") {
    const keys = isItem ? Object.keys(STEPS) : ["entities", "user", "slot_was_set"];
    return listed(above === "or" ? ["intent", "slot_was_set", "user"] : keys, STEPS);
  }
  if (above === "stories") return listed(isItem ? ["story"] : ["story", "steps", "metadata"]);
  if (above === "rules") {
    return listed(isItem ? ["rule"] : ["rule", "steps", "condition", "conversation_start", "wait_for_user_input"]);
  }
  if (above === "condition" && path[0] === "rules") return listed(["slot_was_set", "active_loop"]);
  if (above === "entities" && path.length > 1) return isItem ? [] : listed(["role", "group"]);
  if (path.length === 0) return isItem ? [] : listed(KEYS[""]);
  const section = path.length === 1 && /^(slots|responses|templates|forms)$/.test(above);
  if (section) return [];
  const parent = KEYS[above] ? above : path.length > 1 && KEYS[path[path.length - 2]] ? path[path.length - 2] : "";
  return parent && parent !== "" ? listed(KEYS[parent]) : [];
}

/** A name as YAML writes it. @param {string} name */
export function quoted(name) {
  const plain = /^[\p{L}_/][\p{L}\p{M}\p{N}_ ./+-]*$/u.test(name) && !/\s$/.test(name);
  return plain && !/^(true|false|null|yes|no|on|off)$/i.test(name) ? name : JSON.stringify(name);
}

// --- names that stand in the text already ---------------------------------------------------------

/** The checkpoints of a text. @param {string} text @param {string} format */
export function checkpointsIn(text, format) {
  const pattern = format === "markdown"
    ? /^[ \t]*>(?!>)[ \t]*((?:(?!<!--)[^\n{])+)/gm
    : /^[ \t]*(?:-[ \t]+)*checkpoint[ \t]*:[ \t]*([^\n#]+)/gm;
  const found = new Set();
  for (const match of text.matchAll(pattern)) found.add(bare(match[1].trim()));
  found.delete("");
  return [...found];
}

/** What the keys and values of a YAML line are, for tests and colours. */
export { kindOfKey, kindOfValue };
