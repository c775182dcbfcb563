// Colours of YAML stories, rules and domains, for CodeMirror's StreamLanguage. Needs no browser.
import { kindOfKey, kindOfValue, partsOf } from "./yaml_context.js";

export const yamlMode = {
  name: "stories-yaml",
  languageData: { commentTokens: { line: "#" } },

  /** keys: those above, with their columns; rest: what the rest of the line is; block: the column
   * that the lines of a text block (`|`) stand behind, -1 outside of one */
  startState: () => ({ keys: [], rest: "value", block: -1, flow: 0, key: null, value: 0 }),
  copyState: (state) => ({ ...state, keys: [...state.keys] }),

  token(stream, state) {
    if (stream.sol()) startLine(stream, state);
    if (state.block >= 0) {
      stream.skipToEnd();
      return "words";
    }
    if (stream.eatSpace()) return null;
    if (stream.peek() === "#" && (stream.pos === 0 || /\s/.test(stream.string[stream.pos - 1]))) {
      stream.skipToEnd();
      return "comment";
    }
    if (stream.pos < state.value) return keyToken(stream, state);
    return valueToken(stream, state);
  },
};

function startLine(stream, state) {
  const line = stream.string;
  const indent = line.length - line.trimStart().length;
  if (state.block >= 0) {
    if (!line.trim() || indent > state.block) return;
    state.block = -1;
  }
  if (!line.trim() || state.flow) return;
  const { dashes, key, column, value } = partsOf(line);
  for (const dash of dashes) state.keys = state.keys.filter(([at]) => at <= dash);
  if (key !== null || !dashes.length) state.keys = state.keys.filter(([at]) => at < column);
  const path = state.keys.map(([, name]) => name);
  Object.assign(state, { key, value: key === null ? 0 : value });
  state.keyKind = key === null ? "" : kindOfKey(path, key);
  state.rest = kindOfValue(path, key);
  if (key !== null) state.keys = [...state.keys, [column, key]];
  const isBlock = /(^|[\s:])[|>][+-]?\d?\s*(#.*)?$/.test(line);
  const parent = key !== null ? column : dashes.length ? dashes[dashes.length - 1] : indent;
  state.next = isBlock ? parent : -1;
}

function keyToken(stream, state) {
  if (stream.match(/^-(?=\s|$)/)) return "mark";
  if (stream.match(/^:(?=\s|$)/)) return "mark";
  if (stream.match(/^"(?:[^"\\]|\\.)*"|^'(?:[^']|'')*'/)) return state.keyKind;
  while (stream.pos < state.value && !stream.match(/^\s*:(?=\s|$)/, false)) stream.next();
  return state.keyKind;
}

function valueToken(stream, state) {
  if (stream.match(/^-(?=\s|$)/)) return "mark";
  if (state.next >= 0 && stream.match(/^[|>][+-]?\d?(?=\s|$)/)) {
    state.block = state.next;
    return "mark";
  }
  if (stream.match(/^[[{]/)) return (state.flow += 1), "mark";
  if (state.flow && stream.match(/^[\]}]/)) return (state.flow -= 1), "mark";
  if (state.flow && stream.match(/^[,:]/)) return "mark";
  if (stream.match(/^(?:true|false|null|~)(?=\s*(?:$|#|[,\]}]))/)) return "atom";
  if (stream.match(/^-?\d[\d.]*(?=\s*(?:$|#|[,\]}]))/)) return "atom";
  if (stream.match(/^"(?:[^"\\]|\\.)*"?/) || stream.match(/^'(?:[^']|'')*'?/)) return state.rest;
  if (stream.match(/^[&*!]\S*/)) return "keyword";
  const stop = state.flow ? /[,\]}]/ : null;
  do stream.next();
  while (!stream.eol() && !(stop && stop.test(stream.peek())) && !stream.match(/^\s#/, false));
  return state.rest;
}
