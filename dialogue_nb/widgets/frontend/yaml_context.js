// Where one is in a YAML text: the keys above a line, and what a value there is. Needs no browser.

const KEY = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#:'"&*!|>%@`,[\]{}-][^:#]*?|-[^\s:#][^:#]*?)\s*:(?=\s|$)/;

const LONGEST_KEY = 400; // looking further takes long in lines that no person writes

/** The parts of a line: columns of its dashes, its key, what stands behind.
 * @param {string} line
 * @returns {{dashes: number[], key: string | null, column: number, value: number}} */
export function partsOf(line) {
  let column = line.length - line.trimStart().length;
  const dashes = [];
  for (let mark; (mark = /^-(?:\s+|$)/.exec(line.slice(column))); column += mark[0].length) {
    dashes.push(column);
  }
  const found = KEY.exec(line.slice(column, column + LONGEST_KEY));
  if (!found) return { dashes, key: null, column, value: column };
  const behind = column + found[0].length;
  const space = /^\s*/.exec(line.slice(behind))[0].length;
  return { dashes, key: bare(found[1]), column, value: behind + space };
}

/** A key or value without its quotes. @param {string} text */
export function bare(text) {
  return /^".*"$|^'.*'$/.test(text) ? text.slice(1, -1) : text.trim();
}

/** The keys that a line stands under, outermost first.
 * @param {(line: number) => string} lineAt text of a line, counted from 0
 * @param {number} number the line
 * @param {number} column where what stands there begins
 * @param {boolean} isItem whether it is an item of a list (begins with a dash at that column) */
export function pathAbove(lineAt, number, column, isItem) {
  const path = [];
  let limit = column;
  let orEqual = isItem;
  for (let i = number - 1; i >= 0 && (limit > 0 || orEqual); i--) {
    const line = lineAt(i);
    if (!line.trim() || line.trimStart().startsWith("#")) continue;
    const { dashes, key, column: at } = partsOf(line);
    if (key !== null && (at < limit || (orEqual && at === limit && !dashes.includes(at)))) {
      path.unshift(key);
      limit = at;
      orEqual = false;
    }
    for (const dash of [...dashes].reverse()) {
      if (dash < limit) {
        limit = dash;
        orEqual = true;
      }
    }
  }
  return path;
}

const BY_KEY = {
  story: "name", rule: "name", intent: "intent", action: "action", checkpoint: "checkpoint",
  active_loop: "form", user: "words", bot: "words", text: "words", title: "words", examples: "words",
  type: "type", triggers: "action", role: "role", group: "role", entity: "entity",
  not_intent: "intent", payload: "words", image: "words", version: "value",
};
const BY_SECTION = {
  intents: "intent", entities: "entity", actions: "action", slot_was_set: "slot",
  required_slots: "slot", use_entities: "entity", ignore_entities: "entity",
  ignored_intents: "intent", intent: "intent", not_intent: "intent", entity: "entity",
  e2e_actions: "words", forms: "form", slots: "slot", responses: "action", templates: "action",
};
const MAPPINGS = { slots: "slot", responses: "action", templates: "action", forms: "form" };

/** What the value of a key is: "intent", "action", "slot", "words", ... or "value".
 * @param {string[]} path the keys above, outermost first @param {string | null} key its own key */
export function kindOfValue(path, key) {
  const above = path[path.length - 1];
  if (key === null) return BY_SECTION[above] || (above === "examples" ? "words" : "value");
  if (above === "slot_was_set") return "value";
  if (above === "entities") return key === "role" || key === "group" ? "role" : "value";
  if (key === "name" && above === "condition") return "slot";
  return BY_KEY[key] || (BY_SECTION[key] && key !== "slots" ? BY_SECTION[key] : "value");
}

/** What a key is: "keyword", or the kind of thing that it names.
 * @param {string[]} path the keys above @param {string} key */
export function kindOfKey(path, key) {
  const above = path[path.length - 1];
  if (path.length === 1 && MAPPINGS[above]) return MAPPINGS[above];
  if (above === "slot_was_set") return "slot";
  if (above === "required_slots") return "slot";
  if (above === "entities") return key === "role" || key === "group" ? "keyword" : "entity";
  if (path.length === 1 && above === "intents") return "intent";
  if (path.length === 1 && above === "actions") return "action";
  return "keyword";
}
