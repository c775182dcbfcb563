// Colours of Markdown stories, for CodeMirror's StreamLanguage. Needs no browser.

const EVENTS = /^(slot|form|active_loop|followup|restart|rewind|undo|pause|resume|reset_slots|export|reminder|cancel_reminder|form_validation|loop_interrupted|action_execution_rejected|session_started)\s*(?=\{|<!--|$)/;

export const markdownMode = {
  name: "stories-markdown",
  languageData: { commentTokens: { block: { open: "<!--", close: "-->" } } },

  /** mode: what the rest of the line is; depth: open brackets of its JSON */
  startState: () => ({ comment: false, mode: "start", depth: 0, json: "value" }),
  copyState: (state) => ({ ...state }),

  token(stream, state) {
    if (stream.sol() && !state.comment) Object.assign(state, { mode: "start", depth: 0 });
    if (state.comment) {
      state.comment = !stream.match(/^.*?-->/);
      if (state.comment) stream.skipToEnd();
      return "comment";
    }
    if (stream.eatSpace()) return null;
    if (stream.match("<!--")) {
      state.comment = true;
      return "comment";
    }
    return state.depth ? jsonToken(stream, state) : READ[state.mode](stream, state);
  },
};

/** What the stream holds up to one of the characters, or a comment. */
function until(stream, stop) {
  while (!stream.eol() && !stream.match("<!--", false)) {
    if (stop && stop.test(stream.peek())) return;
    stream.next();
  }
}

function openJson(stream, state, kind) {
  if (stream.peek() !== "{") return false;
  Object.assign(state, { depth: 0, json: kind });
  jsonToken(stream, state);
  return true;
}

function jsonToken(stream, state) {
  if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return stream.match(/^\s*:/, false) ? state.json : "value";
  if (stream.match(/^(?:true|false|null|-?\d[\d.eE+-]*)(?![\w"])/)) return "atom";
  const c = stream.next();
  if (c === "{" || c === "[") state.depth += 1;
  if (c === "}" || c === "]") state.depth -= 1;
  return /[{}[\],:]/.test(c) ? "mark" : "invalid";
}

const READ = {
  start(stream, state) {
    if (stream.match(/^#+/) || stream.match(">>")) state.mode = "name";
    else if (stream.match(">")) state.mode = "checkpoint";
    else if (stream.match("*")) state.mode = "user";
    else if (stream.match("-")) state.mode = "event";
    else {
      stream.skipToEnd();
      return "invalid";
    }
    return "mark";
  },
  name(stream) {
    until(stream);
    return "name";
  },
  checkpoint(stream, state) {
    if (openJson(stream, state, "slot")) return "mark";
    until(stream, /\{/);
    return "checkpoint";
  },
  user(stream, state) {
    if (stream.match(/^OR(?=\s)/)) return "keyword";
    if (openJson(stream, state, "entity")) return "mark";
    if (stream.match(/^:(?=\s|\[|\/|$)/)) {
      state.mode = "words";
      return "mark";
    }
    if (stream.match(/^@[\d.]*/)) return "atom";
    if (!stream.match(/^(?:[^\s{:@<]|:(?![\s[/]|$)|<(?!!--))+/)) stream.next();
    return "intent";
  },
  words(stream, state) {
    if (stream.match(/^\]\(/) || stream.match(/^\]\{/, false) || stream.match(/^\]\[\{/, false)) {
      if (stream.current()) {
        until(stream, /\)/);
        stream.next();
        return "entity";
      }
      stream.next();
      return "mark";
    }
    if (stream.peek() === "{") return openJson(stream, state, "entity"), "mark";
    if (stream.eat("[")) return "mark";
    stream.next();
    until(stream, /[[\]{]/);
    return "words";
  },
  event(stream, state) {
    const event = stream.match(EVENTS);
    if (event) {
      state.mode = "after";
      state.json = event[1] === "slot" ? "slot" : "form";
      return event[1] === "slot" ? "slot" : event[1].includes("form") || event[1] === "active_loop" ? "form" : "keyword";
    }
    state.mode = "after";
    if (openJson(stream, state, "value")) return "mark";
    until(stream, /\{/);
    return "action";
  },
  after(stream, state) {
    if (openJson(stream, state, state.json || "value")) return "mark";
    until(stream, /\{/);
    return "action";
  },
};
