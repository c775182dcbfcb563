// The story editor: documents in tabs, the text with its problems, and its structure beside it.
// Bundled by build.mjs; h, named, stepOf and openStage are those of shared.js, which stands in front.
import { redo, redoDepth, undo, undoDepth } from "@codemirror/commands";
import { nextDiagnostic } from "@codemirror/lint";
import { openSearchPanel } from "@codemirror/search";
import { Compartment } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { checkpointsIn } from "./completion.js";
import { format, fromOutside, makeState, setFormat, setSelected } from "./editor.js";
import { goToFix, withProblems } from "./problems.js";
import { questionBar } from "./question.js";
import { structurePane } from "./structure.js";
import { checksum, difference, withAnswer } from "./wire.js";

const WAIT = 12; // ms after an edit before the text is checked: what belongs together goes together
const PACE = 80; // ms between two checks while somebody types
const OTHER = { markdown: "yaml", yaml: "markdown" };
const NAME = { markdown: "Markdown", yaml: "YAML" };

/** What an empty document could begin with. */
function exampleOf(document, format) {
  if (document.is_domain) return "intents:\n- greet\n\nresponses:\n  utter_greet:\n  - text: Hello!\n";
  return format === "markdown" ? "## name of a story\n* greet\n    - utter_greet\n"
    : "stories:\n- story: name of a story\n  steps:\n  - intent: greet\n  - action: utter_greet\n";
}

function render({ model, el }) {
  const stage = openStage({ model, el }, { name: "story-editor", label: "Story editor" });
  // CodeMirror keeps the keys it knows from the notebook; the others, as Ctrl-S, shall reach it.
  stage.root.removeAttribute("data-lm-suppress-shortcuts");
  const dark = new Compartment();
  const darkness = () => EditorView.darkTheme.of(stage.root.dataset.theme === "dark");
  /** for each document: its CodeMirror state, the text that Python knows, what changed since */
  let files = [];
  let current = 0;
  let view = null;

  // --- parts of the page

  const tabs = h("div", { class: "dn-tabs", role: "tablist", "aria-label": "Documents" });
  const tool = (label, title, run) =>
    h("button", { type: "button", class: "dn-tool", title, on: { click: run } }, label);
  const undoTool = tool("Undo", "Undo (Ctrl-Z)", () => (undo(view), view.focus()));
  const redoTool = tool("Redo", "Redo (Ctrl-Shift-Z)", () => (redo(view), view.focus()));
  const findTool = tool("Find", "Find and replace (Ctrl-F)", () => openSearchPanel(view));
  const tidyTool = tool("Format", "Lay out evenly (Shift-Alt-F)", tidy);
  const switchTool = tool("", "", switchFormat);
  const question = questionBar();
  const frame = h("div", { class: "dn-code", role: "tabpanel" });
  const counts = h("button", { type: "button", class: "dn-counts", title: "Go to the next problem (F8)", on: {
    click: () => {
      nextDiagnostic(view);
      view.focus();
    },
  } });
  const note = h("span", { class: "dn-note" });
  const hint = h("span", { class: "dn-hint" }, "Esc, then Tab: leave the editor");
  const structure = structurePane({ select: goTo, focus: () => view.focus(), begin });
  stage.body.append(
    h("div", { class: "dn-editor-bar" }, tabs, h("span", { class: "dn-space" }),
      h("div", { class: "dn-tools", role: "toolbar", "aria-label": "Text" },
        undoTool, redoTool, findTool, tidyTool, switchTool)),
    question.root,
    h("div", { class: "dn-editor-panes" },
      h("div", { class: "dn-editor-text" }, frame,
        h("p", { class: "dn-editor-status" }, counts, note, h("span", { class: "dn-space" }), hint)),
      structure.root),
  );

  // --- documents

  const commands = [
    { key: "Mod-.", run: goToFix },
    { key: "Shift-Alt-f", run: () => (tidy(), true) },
    { key: "Mod-Enter", run: () => (submit(), true) },
    { key: "Mod-s", run: () => (flush(), false) },
  ];

  function openAll() {
    const documents = model.get("documents");
    files = documents.map((document, index) => {
      const state = makeState({
        text: document.text, format: document.format, label: labelOf(document), commands,
        names: () => names(index), theme: dark.of(darkness()), onUpdate: follow, readOnly: false,
        placeholder: exampleOf(document, document.format),
      });
      return { state, known: state.doc, since: null, checkpoints: [null, []] };
    });
    current = Math.min(current, files.length - 1);
    if (view) view.setState(files[current].state);
    else view = new EditorView({ state: files[current].state, parent: frame, root: home() });
    drawTabs();
  }

  // a notebook may make this view before it puts it into the page
  function home() {
    const root = el.getRootNode();
    return root instanceof ShadowRoot ? root : document;
  }

  function labelOf(document) {
    const what = document.is_domain ? "Domain" : `Stories in ${NAME[document.format]}`;
    return `${what}: ${document.name}`;
  }

  const stateOf = (index) => (index === current ? view.state : files[index].state);

  /** Runs a transaction on a document, shown or not. */
  function apply(index, spec) {
    if (index === current) return view.dispatch(spec);
    const file = files[index];
    const transaction = file.state.update(spec);
    file.state = transaction.state;
    note_(index, transaction);
  }

  /** What CodeMirror did: edits are sent, the structure follows the cursor. */
  function follow(update) {
    for (const transaction of update.transactions) note_(current, transaction);
    if (update.selectionSet || update.docChanged) planCursor();
    if (update.docChanged) drawTools();
  }

  function note_(index, transaction) {
    const file = files[index];
    const isFormat = transaction.effects.some((effect) => effect.is(setFormat));
    if (!transaction.docChanged && !isFormat) return;
    if (transaction.annotation(fromOutside)) return;
    file.since = file.since ? file.since.compose(transaction.changes) : transaction.changes;
    plan();
  }

  // --- to Python and back: one edit on its way, later ones wait and go together

  let timer = 0;
  let sentAt = 0;
  let onItsWay = null;

  function plan() {
    if (!timer) timer = setTimeout(flush, Math.max(WAIT, sentAt + PACE - Date.now()));
  }

  /** Sends what has changed; the promise is kept when Python knows all of it. */
  async function flush() {
    clearTimeout(timer);
    timer = 0;
    share();
    if (stage.offline) return drawNote("Not checked: there is no kernel.");
    if (!onItsWay) onItsWay = sendAll().finally(() => (onItsWay = null));
    await onItsWay;
  }

  /** The other views of this widget get the text at once, whatever Python is doing. */
  function share() {
    const documents = model.get("documents");
    const next = documents.map((document, index) => {
      const state = stateOf(index);
      const text = files[index].since ? state.doc.toString() : document.text;
      if (text === document.text && state.field(format) === document.format) return document;
      return { ...document, text, format: state.field(format) };
    });
    if (next.some((document, index) => document !== documents[index])) model.set("documents", next);
  }

  async function sendAll() {
    for (let index = 0; index < files.length; index++) {
      const file = files[index];
      if (!file.since) continue;
      const state = stateOf(index);
      const before = file.known;
      Object.assign(file, { known: state.doc, since: null });
      sentAt = Date.now();
      await sendOne(index, before.toString(), state);
      index = -1; // what was written meanwhile
    }
  }

  async function sendOne(index, before, state) {
    const text = state.doc.toString();
    const edit = { document: index, format: state.field(format) };
    try {
      let answer = await stage.request("edit", { ...edit, ...difference(before, text), base: checksum(before) });
      if (answer.stale) answer = await stage.request("edit", { ...edit, start: 0, end: 0, insert: text, base: null });
      if (answer.names) takeNames(answer.names);
      model.set("view", withAnswer(model.get("view"), answer));
      drawNote("");
    } catch {
      drawNote("Not checked");
    }
  }

  /** A document that changes its format changes its name. */
  function takeNames(names) {
    const documents = model.get("documents");
    model.set("documents", documents.map((document, index) => ({ ...document, name: names[index] })));
  }

  // --- drawing

  function drawTabs() {
    const documents = model.get("documents");
    tabs.replaceChildren(...documents.map((document, index) =>
      h("button", {
        type: "button", role: "tab", class: "dn-tab", "aria-selected": String(index === current),
        tabindex: index === current ? "0" : "-1", title: document.name, data: { key: `tab-${index}` },
        on: { click: () => show(index), keydown: (event) => {
          const to = stepOf(event, index, documents.length);
          if (to === null) return;
          event.preventDefault();
          show(to);
          tabs.children[to].focus();
        } },
      }, h("bdi", { class: "dn-name" }, document.name), h("span", { class: "dn-tab-count" }))));
    frame.setAttribute("aria-label", documents[current].name);
    drawBadges();
    drawTools();
  }

  /** How many errors each document has. */
  function drawBadges() {
    model.get("view").documents.forEach((document, index) => {
      const badge = tabs.children[index] && tabs.children[index].lastChild;
      const errors = document.counts.error;
      if (!badge) return;
      badge.replaceChildren(...(errors ? [String(errors), h("span", { class: "dn-sr" }, " errors")] : []));
    });
  }

  function drawTools() {
    const document = model.get("documents")[current];
    undoTool.disabled = !undoDepth(view.state);
    redoTool.disabled = !redoDepth(view.state);
    const now = view.state.field(format);
    switchTool.hidden = Boolean(document.is_domain);
    switchTool.textContent = now === "markdown" ? "MD ⇄ YAML" : "YAML ⇄ MD";
    switchTool.title = `Rewrite in ${NAME[OTHER[now]]}`;
    switchTool.disabled = tidyTool.disabled = stage.offline;
  }

  function drawNote(text) {
    note.textContent = text;
  }

  let drawnProblems = [];

  /** Draws what Python said, for all documents; only what has changed. */
  function draw() {
    const { documents } = model.get("view");
    documents.forEach((document, index) => {
      if (!files[index]) return;
      if (drawnProblems[index] !== document.problems) {
        const { known, since: changes } = files[index];
        apply(index, withProblems(stateOf(index), document.problems, known, changes, (_, fix, from, to) =>
          mend(index, fix, from, to)));
      }
    });
    drawBadges();
    drawnProblems = documents.map((document) => document.problems);
    drawCounts(documents[current]);
    const isDomain = model.get("documents")[current].is_domain;
    structure.say(isDomain ? "Nothing yet. A domain begins with intents: and their names." : emptyHint());
    structure.draw(documents[current].stories, documents[current].problems);
    drawCursor();
  }

  const emptyHint = () => view.state.field(format) === "markdown"
    ? "No story yet. One begins with ## and its name." : "No story yet. One begins with - story: and its name.";

  let said = "";

  function drawCounts({ counts: found }) {
    const parts = [[found.error, "error"], [found.warning, "warning"], [found.info, "note"]]
      .filter(([n]) => n).map(([n, what]) => `${n} ${what}${n === 1 ? "" : "s"}`);
    counts.textContent = parts.join(" · ") || "No problems";
    counts.dataset.worst = found.error ? "error" : found.warning ? "warning" : "none";
    counts.disabled = !parts.length;
    if (said && said !== counts.textContent) stage.say(counts.textContent);
    said = counts.textContent;
  }

  function show(index) {
    if (index === current) return;
    files[current].state = view.state;
    current = index;
    view.setState(files[current].state);
    view.dispatch({ effects: dark.reconfigure(darkness()) });
    drawTabs();
    draw();
  }

  // --- the cursor, and what is selected elsewhere

  let cursorTimer = 0;
  const planCursor = () => {
    clearTimeout(cursorTimer);
    cursorTimer = setTimeout(() => {
      drawCursor();
      tellCursor();
    }, 30);
  };
  const lineHere = () => view.state.doc.lineAt(view.state.selection.main.head).number;

  function drawCursor() {
    const { file, line, last_line: last } = model.get("selection") || {};
    const isElsewhere = file === model.get("documents")[current].name && !view.hasFocus && line;
    if (isElsewhere) structure.mark(line, last || line);
    else structure.mark(lineHere());
  }

  function tellCursor() {
    const { name } = model.get("documents")[current];
    const { file, line } = model.get("selection") || {};
    if (!view.hasFocus || (file === name && line === lineHere())) return;
    stage.select({ file: name, line: lineHere(), last_line: lineHere() });
  }

  /** Something else selected lines: they are shown here too, without moving a cursor that is in use. */
  function followSelection() {
    const { file, line, last_line: last } = model.get("selection") || {};
    const index = model.get("documents").findIndex((document) => document.name === file);
    if (index < 0 || !line) return void view.dispatch({ effects: setSelected.of(null) });
    const isMine = index === current && line === lineHere() && view.hasFocus;
    if (!isMine && index !== current && !view.hasFocus) show(index);
    if (index !== current) return;
    const first = Math.min(line, view.state.doc.lines);
    const effects = [setSelected.of(isMine ? null : { first, last: Math.max(last || first, first) })];
    if (!isMine && !view.hasFocus) {
      effects.push(EditorView.scrollIntoView(view.state.doc.line(first).from, { y: "nearest", yMargin: 40 }));
    }
    view.dispatch({ effects });
    drawCursor();
  }

  function goTo(line, focus) {
    const here = view.state.doc.line(Math.min(line, view.state.doc.lines));
    view.dispatch({
      selection: { anchor: here.to },
      effects: [EditorView.scrollIntoView(here.from, { y: "center" }), setSelected.of({ first: line, last: line })],
    });
    if (focus) view.focus();
    const { name } = model.get("documents")[current];
    stage.select({ file: name, line, last_line: line });
    drawCursor();
  }

  // --- commands

  /** The names to complete: those of the domain, and the checkpoints of all documents. */
  function names() {
    const checkpoints = files.flatMap((file, index) => {
      const state = stateOf(index);
      if (file.checkpoints[0] !== state.doc) {
        file.checkpoints = [state.doc, checkpointsIn(state.doc.toString(), state.field(format))];
      }
      return file.checkpoints[1];
    });
    return { ...model.get("view").vocabulary, checkpoints: [...new Set(checkpoints)] };
  }

  function replaceText(index, text, effects = []) {
    if (!effects.length && text === stateOf(index).doc.toString()) return;
    const { start, end, insert } = difference(stateOf(index).doc.toString(), text);
    apply(index, { changes: { from: start, to: end, insert }, effects, userEvent: "input.replace" });
  }

  async function mend(index, fix, from, to) {
    if (fix.insert !== undefined) {
      apply(index, { changes: { from, to, insert: fix.insert }, userEvent: "input.fix" });
      return;
    }
    await flush();
    const answer = await ask("add_to_domain", { section: fix.section, name: fix.name });
    if (!answer) return;
    replaceText(answer.document, answer.text);
    drawTabs();
    stage.say(`${fix.name} is in the domain now.`);
    drawNote(`${fix.name} added to ${model.get("documents")[answer.document].name}`);
  }

  const ask = (type, payload) => stage.request(type, payload).catch(() => null);

  /** An example behind what is there, with its name selected. */
  function begin() {
    const { doc } = view.state;
    const text = exampleOf(model.get("documents")[current], view.state.field(format));
    const before = doc.length && doc.line(doc.lines).text ? "\n" : "";
    const at = doc.length + before.length + Math.max(text.indexOf("name of a story"), 0);
    view.dispatch({
      changes: { from: doc.length, insert: before + text }, userEvent: "input",
      selection: text.includes("name of") ? { anchor: at, head: at + 15 } : { anchor: at },
    });
    view.focus();
  }

  async function tidy() {
    await flush();
    const answer = await ask("tidy", { document: current });
    if (answer) await rewrite(answer, "Format all the same", []);
  }

  async function switchFormat() {
    await flush();
    const to = OTHER[view.state.field(format)];
    const answer = await ask("convert", { document: current, to });
    if (answer) await rewrite(answer, `Switch to ${NAME[to]} all the same`, [setFormat.of(to)]);
  }

  async function rewrite(answer, yes, effects) {
    const index = current;
    if (answer.errors.length) {
      await question.tell("First correct what cannot be read:", answer.errors);
      return view.focus();
    }
    if (answer.losses.length && !(await question.ask("This would be lost:", answer.losses, yes))) {
      return view.focus();
    }
    if (index !== current) return;
    if (!effects.length && answer.text === view.state.doc.toString()) drawNote("Nothing to change");
    replaceText(index, answer.text, effects);
    drawTools();
    view.focus();
  }

  async function submit() {
    await flush();
    ask("submit", {});
  }

  // --- life

  function followDocuments() {
    const documents = model.get("documents");
    if (documents.length !== files.length) {
      openAll();
      return draw();
    }
    documents.forEach((document, index) => {
      const state = stateOf(index);
      const old = state.doc.toString();
      const effects = document.format === state.field(format) ? [] : [setFormat.of(document.format)];
      if (old !== document.text || effects.length) {
        const { start, end, insert } = difference(old, document.text);
        apply(index, { changes: { from: start, to: end, insert }, effects, annotations: fromOutside.of(true) });
        Object.assign(files[index], { known: stateOf(index).doc, since: null });
      }
    });
    if (documents.some(({ name }, index) => tabs.children[index].title !== visible(name))) drawTabs();
    else drawTools();
  }

  openAll();
  draw();
  followSelection();
  stage.listen("change:documents", followDocuments);
  stage.listen("change:view", draw);
  stage.listen("change:selection", followSelection);
  stage.onTheme(() => view.dispatch({ effects: dark.reconfigure(darkness()) }));
  const resized = new ResizeObserver(() => view.requestMeasure());
  resized.observe(stage.root);
  return () => {
    clearTimeout(cursorTimer);
    flush();
    resized.disconnect();
    view.destroy();
    stage.close();
  };
}

export default { render };
