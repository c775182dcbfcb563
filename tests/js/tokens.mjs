// Cuts a text into the coloured pieces that the editor shows: lines of [kind, text].
import { markdownMode } from "../../dialogue_nb/widgets/frontend/markdown_mode.js";
import { yamlMode } from "../../dialogue_nb/widgets/frontend/yaml_mode.js";

/** As much of CodeMirror's StringStream as the modes use. */
class Stream {
  constructor(string) {
    Object.assign(this, { string, pos: 0, start: 0 });
  }

  sol = () => this.pos === 0;
  eol = () => this.pos >= this.string.length;
  peek = () => this.string.charAt(this.pos) || undefined;
  next = () => (this.eol() ? undefined : this.string.charAt(this.pos++));
  skipToEnd = () => void (this.pos = this.string.length);
  current = () => this.string.slice(this.start, this.pos);

  eat(wanted) {
    const c = this.peek();
    const isIt = c !== undefined && (typeof wanted === "string" ? c === wanted : wanted.test(c));
    return isIt ? this.next() : undefined;
  }

  eatSpace() {
    const from = this.pos;
    while (/\s/.test(this.peek() || "")) this.pos += 1;
    return this.pos > from;
  }

  match(wanted, consume = true) {
    if (typeof wanted === "string") {
      if (!this.string.startsWith(wanted, this.pos)) return false;
      if (consume) this.pos += wanted.length;
      return true;
    }
    const found = this.string.slice(this.pos).match(wanted);
    if (!found || found.index > 0) return null;
    if (consume) this.pos += found[0].length;
    return found;
  }
}

export function tokens(text, format) {
  const mode = format === "markdown" ? markdownMode : yamlMode;
  const state = mode.startState();
  return text.split("\n").map((line) => {
    const stream = new Stream(line);
    const found = [];
    while (!stream.eol()) {
      stream.start = stream.pos;
      const kind = mode.token(stream, state);
      if (stream.pos <= stream.start) throw new Error(`The ${format} mode stands still in ${line}`);
      if (kind) found.push([kind, stream.current()]);
    }
    return found;
  });
}

// `node tokens.mjs` answers JSON `[[text, format], ...]` on its input with JSON.
if (process.argv[1] && import.meta.url.endsWith(process.argv[1].split("/").pop())) {
  const given = [];
  for await (const chunk of process.stdin) given.push(chunk);
  const asked = JSON.parse(Buffer.concat(given).toString("utf8"));
  process.stdout.write(JSON.stringify(asked.map(([text, format]) => tokens(text, format))));
}
