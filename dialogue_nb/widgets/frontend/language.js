// The two languages of the editor for CodeMirror: colours, folding, and the classes of the colours.
import { HighlightStyle, StreamLanguage, foldService, syntaxHighlighting } from "@codemirror/language";
import { Tag } from "@lezer/highlight";
import { markdownMode } from "./markdown_mode.js";
import { yamlMode } from "./yaml_mode.js";

const KINDS = [
  "name", "mark", "intent", "action", "slot", "entity", "form", "checkpoint", "value", "atom", "words",
  "keyword", "comment", "invalid", "role", "type",
];
const tags = Object.fromEntries(KINDS.map((kind) => [kind, Tag.define()]));

const languages = {
  markdown: StreamLanguage.define({ ...markdownMode, tokenTable: tags }),
  yaml: StreamLanguage.define({ ...yamlMode, tokenTable: tags }),
};
const colours = HighlightStyle.define(
  KINDS.map((kind) => ({ tag: tags[kind], class: `dn-code-${kind}` })),
);

/** Stories fold to their first line: up to the last line that says something. */
const foldMarkdown = foldService.of((state, start) => {
  const first = state.doc.lineAt(start);
  if (!/^\s*(#|>>)/.test(first.text)) return null;
  let end = first.to;
  for (let number = first.number + 1; number <= state.doc.lines; number++) {
    const line = state.doc.line(number);
    if (/^\s*(#|>>)/.test(line.text)) break;
    if (line.text.trim()) end = line.to;
  }
  return end > first.to ? { from: first.to, to: end } : null;
});

/** Everything that is indented further folds to the line above it. */
const foldYaml = foldService.of((state, start) => {
  const first = state.doc.lineAt(start);
  const indent = indentOf(first.text);
  if (indent < 0) return null;
  const isKey = /:\s*(#.*)?$/.test(first.text) && !/^\s*-\s/.test(first.text);
  let end = first.to;
  for (let number = first.number + 1; number <= state.doc.lines; number++) {
    const line = state.doc.line(number);
    const here = indentOf(line.text);
    if (here < 0) continue;
    if (here < indent || (here === indent && !(isKey && /^\s*-(\s|$)/.test(line.text)))) break;
    end = line.to;
  }
  return end > first.to ? { from: first.to, to: end } : null;
});

function indentOf(text) {
  const body = text.trimStart();
  return !body || body.startsWith("#") ? -1 : text.length - body.length;
}

/** What the editor needs for a format. @param {string} format */
export function languageOf(format) {
  return [languages[format], format === "markdown" ? foldMarkdown : foldYaml];
}

export const coloured = syntaxHighlighting(colours);
