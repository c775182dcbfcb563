// Problems in the editor: underlined, in the gutter, in words below the line, with what mends them.
import { lintGutter, linter, setDiagnostics } from "@codemirror/lint";
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, WidgetType } from "@codemirror/view";
import { offsetOf } from "./wire.js";

const setMessages = StateEffect.define();

/** Where a problem is in a text, whatever has become of the text since.
 * @param {import("@codemirror/state").Text} doc @param {any} problem */
export function placeOf(doc, problem) {
  const line = doc.line(Math.min(Math.max(problem.line, 1), doc.lines));
  const from = Math.min(line.from + offsetOf(line.text, problem.from), line.to);
  const to = Math.min(line.from + offsetOf(line.text, problem.to), line.to);
  return { from, to: Math.max(from, to) };
}

/** The transaction that shows problems found in `doc`, an earlier text, in the present one.
 * @param {import("@codemirror/state").EditorState} state @param {any[]} problems
 * @param {import("@codemirror/state").Text} doc the text they were found in
 * @param {import("@codemirror/state").ChangeDesc | null} changes what has happened to it since
 * @param {(problem: any, fix: any, from: number, to: number) => void} mend */
export function withProblems(state, problems, doc, changes, mend) {
  const placed = problems.map((problem) => {
    const { from, to } = placeOf(doc, problem);
    const [a, b] = changes ? [changes.mapPos(from, 1), changes.mapPos(to, -1)] : [from, to];
    return { problem, from: Math.min(a, state.doc.length), to: Math.max(a, b), mend };
  });
  const diagnostics = placed.map(({ problem, from, to }) => ({
    from, to, severity: problem.severity, source: problem.code,
    message: textOf(problem),
    actions: problem.fixes.map((fix) => ({
      name: fix.label,
      apply: (_, from, to) => mend(problem, fix, from, to),
    })),
  }));
  const spec = setDiagnostics(state, diagnostics);
  const messages = placed.filter(({ problem }) => problem.severity !== "info");
  return { effects: [...[spec.effects].flat(), setMessages.of(messages)] };
}

/** What is wrong, and what to do unless the buttons say it. */
function textOf({ message, hint, fixes }) {
  return fixes.length || !hint ? message : `${message} ${hint}`;
}

/** A message below the line it is about. */
class Message extends WidgetType {
  constructor(problem, mend) {
    super();
    this.problem = problem;
    this.mend = mend;
    this.key = JSON.stringify([problem.severity, problem.code, problem.message, problem.fixes]);
  }

  eq(other) {
    return this.key === other.key;
  }

  get estimatedHeight() {
    return 24;
  }

  toDOM(view) {
    const { problem } = this;
    const root = h("div", { class: `dn-problem dn-problem-${problem.severity}` });
    const buttons = problem.fixes.map((fix) =>
      h("button", { type: "button", class: "dn-link dn-fix", tabindex: "-1", on: {
        click: () => this.apply(view, root, fix),
        keydown: (event) => walk(event, root, view),
      } }, fix.label));
    root.append(
      h("span", { class: "dn-problem-code" }, problem.code), " ",
      h("span", { dir: "auto" }, textOf(problem)), " ",
      ...buttons.flatMap((button) => [button, " "]),
    );
    return root;
  }

  apply(view, root, fix) {
    let found = null;
    const at = view.posAtDOM(root);
    view.state.field(shown).messages.forEach((one) => {
      const isHere = view.state.doc.lineAt(one.from).number === view.state.doc.lineAt(at).number;
      if (isHere && new Message(one.problem, null).key === this.key) found = found || one;
    });
    if (found) this.mend(found.problem, fix, found.from, found.to);
    view.focus();
  }

  ignoreEvent() {
    return true;
  }
}

function walk(event, root, view) {
  const all = [...root.closest(".cm-content").querySelectorAll(".dn-fix")];
  const to = stepOf(event, all.indexOf(event.target), all.length);
  if (event.key === "Escape") view.focus();
  else if (to !== null) all[to].focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

const shown = StateField.define({
  create: () => ({ messages: [], decorations: Decoration.none }),
  update(value, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(setMessages)) return decorate(effect.value, transaction.state.doc);
    }
    if (!transaction.docChanged) return value;
    const messages = value.messages.map((one) => ({
      ...one,
      from: transaction.changes.mapPos(one.from, 1),
      to: transaction.changes.mapPos(one.to, -1),
    }));
    return decorate(messages, transaction.state.doc);
  },
  provide: (field) => EditorView.decorations.from(field, (value) => value.decorations),
});

function decorate(messages, doc) {
  const placed = messages
    .map((one) => {
      const widget = new Message(one.problem, one.mend);
      const place = doc.lineAt(Math.min(one.from, doc.length)).to;
      return Decoration.widget({ widget, block: true, side: 1 }).range(place);
    })
    .sort((a, b) => a.from - b.from);
  return { messages, decorations: Decoration.set(placed) };
}

/** Goes to the buttons that mend what is wrong in the line of the cursor. */
export function goToFix(view) {
  const line = view.state.doc.lineAt(view.state.selection.main.head).number;
  const buttons = [...view.contentDOM.querySelectorAll(".dn-problem")]
    .filter((root) => view.state.doc.lineAt(view.posAtDOM(root)).number === line)
    .map((root) => root.querySelector(".dn-fix"));
  const first = buttons.find(Boolean);
  if (first) first.focus();
  return Boolean(first);
}

// What stands below its line need not pop up over it as well.
const isOnlyMarked = (found) => found.filter(({ severity }) => severity === "info");

export const problems = [linter(null, { tooltipFilter: isOnlyMarked }), lintGutter(), shown];
