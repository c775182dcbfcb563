// The state of one document in CodeMirror: everything that an editor of stories can do.
import {
  acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, pickedCompletion,
} from "@codemirror/autocomplete";
import {
  defaultKeymap, history, historyKeymap, indentWithTab, invertedEffects,
} from "@codemirror/commands";
import { bracketMatching, codeFolding, foldGutter, foldKeymap, indentUnit } from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState, Prec, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration, EditorView, drawSelection, dropCursor, highlightActiveLine, highlightActiveLineGutter,
  highlightSpecialChars, keymap, lineNumbers, placeholder,
} from "@codemirror/view";
import { completeMarkdown, completeYaml } from "./completion.js";
import { coloured, languageOf } from "./language.js";
import { problems } from "./problems.js";

/** Marks transactions that bring in what was written somewhere else. */
export const fromOutside = Annotation.define();

/** Changes the format of the text; undo changes it back. */
export const setFormat = StateEffect.define();

/** The lines that are selected somewhere else: {first, last}, or null. */
export const setSelected = StateEffect.define();

export const format = StateField.define({
  create: () => "markdown",
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(setFormat)) return effect.value;
    return value;
  },
});

const selected = StateField.define({
  create: () => Decoration.none,
  update(value, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(setSelected)) return selectedLines(transaction.state.doc, effect.value);
    }
    return value.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

function selectedLines(doc, lines) {
  if (!lines) return Decoration.none;
  const ranges = [];
  for (let number = lines.first; number <= Math.min(lines.last, doc.lines); number++) {
    ranges.push(Decoration.line({ class: "dn-selected-line" }).range(doc.line(number).from));
  }
  return Decoration.set(ranges);
}

function formatSupport(first) {
  const language = new Compartment();
  return [
    format.init(() => first),
    language.of(languageOf(first)),
    EditorState.transactionExtender.of((transaction) => {
      const effect = transaction.effects.find((one) => one.is(setFormat));
      return effect ? { effects: language.reconfigure(languageOf(effect.value)) } : null;
    }),
    invertedEffects.of((transaction) =>
      transaction.effects.some((one) => one.is(setFormat))
        ? [setFormat.of(transaction.startState.field(format))] : []),
  ];
}

const KIND_NAMES = {
  intent: "intent", action: "action", slot: "slot", entity: "entity", form: "form",
  checkpoint: "checkpoint", keyword: "", value: "value", role: "role",
};

/** Where the names to complete come from is asked anew each time: they change with the domain. */
function completion(names) {
  const source = (context) => {
    const { state, pos, explicit } = context;
    const line = state.doc.lineAt(pos);
    const isMarkdown = state.field(format) === "markdown";
    const found = isMarkdown
      ? completeMarkdown(line.text.slice(0, pos - line.from), names(state))
      : completeYaml((number) => state.doc.line(number + 1).text, line.number - 1, pos - line.from, names(state));
    if (!found || (!explicit && !isWanted(line.text.slice(0, pos - line.from), found.from))) return null;
    return {
      from: line.from + found.from,
      validFor: /^["']?[^\s{}()[\],:"']*$/,
      options: found.options.map((option) => ({
        label: option.label, apply: found.quote ? insteadOfQuotes(option.insert) : option.insert, type: option.kind, boost: option.rank * 50,
        detail: KIND_NAMES[option.kind], about: option.about,
      })),
    };
  };
  return autocompletion({
    override: [source], icons: false, tooltipClass: () => "dn-completions",
    optionClass: (option) => `dn-code-${option.type}`,
    addToOptions: [{
      position: 90,
      render: (option) => option.about ? h("bdi", { class: "dn-completion-about" }, option.about) : null,
    }],
  });
}

/** Inserts a text with quotes of its own in the place of a word in quotes. */
const insteadOfQuotes = (insert) => (view, completion, from, to) => {
  const end = view.state.sliceDoc(to, to + 1) === '"' ? to + 1 : to;
  view.dispatch({
    changes: { from: from - 1, to: end, insert }, selection: { anchor: from - 1 + insert.length },
    annotations: pickedCompletion.of(completion), userEvent: "input.complete",
  });
};

/** Nothing pops up at the beginning of an empty line, nor behind what is complete. */
function isWanted(before, from) {
  return from < before.length || /\S/.test(before);
}

/** @param {{text: string, format: string, label: string, names: Function, theme: any,
 *   onUpdate: Function, commands: import("@codemirror/view").KeyBinding[], readOnly: boolean}} options */
export function makeState(options) {
  return EditorState.create({
    doc: options.text,
    extensions: [
      lineNumbers(), foldGutter({ openText: "⌄", closedText: "›" }), codeFolding({ placeholderText: "…" }),
      highlightSpecialChars(), history(), drawSelection(), dropCursor(),
      EditorState.allowMultipleSelections.of(true), EditorState.readOnly.of(options.readOnly),
      indentUnit.of("  "), EditorView.lineWrapping, bracketMatching(), closeBrackets(),
      EditorState.languageData.of(() => [{ closeBrackets: { brackets: ["(", "[", "{", '"'] } }]),
      highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(), search({ top: true }),
      formatSupport(options.format), coloured, problems, selected, completion(options.names),
      placeholder(options.placeholder),
      keymap.of([
        { key: "Tab", run: acceptCompletion },
        ...options.commands, ...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...searchKeymap,
        ...foldKeymap, ...historyKeymap, ...defaultKeymap, indentWithTab,
      ]),
      EditorView.contentAttributes.of({
        "aria-label": options.label, tabindex: "0", spellcheck: "false", autocapitalize: "off", translate: "no",
        "aria-description": "Escape, then Tab leaves the editor.",
      }),
      // Whatever else Escape does: Tab leaves the editor for two seconds.
      Prec.highest(EditorView.domEventHandlers({
        keydown: (event, view) => void (event.key === "Escape" && view.setTabFocusMode(2000)),
      })),
      options.theme,
      EditorView.updateListener.of(options.onUpdate),
    ],
  });
}
