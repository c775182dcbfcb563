// The head of the workbench, which also keeps the panes under it together: what is in the view is
// written in views/workbench.py.

const PANES = ["editor", "chat", "confidence", "timeline", "features", "rules", "training", "graph", "conversations"];
const KEYS = [
  ["← →", "the turn before, the turn after"],
  ["/", "write in the chat"],
  ["Ctrl Enter", "train, from the editor"],
  ["Esc", "leave a field"],
  ["?", "this list"],
];

/** What stands at the right: what the last training changed, in words.
 * @param {any} view */
function layout(view) {
  const n = view.changed;
  if (view.changes === null) return "";
  return n ? `${n} prediction${n === 1 ? "" : "s"} changed` : "no prediction changed";
}

/** The points of a curve in a box, "x,y x,y".
 * @param {number[]} values @param {number} top @param {number} width @param {number} height */
function points(values, top, width, height) {
  const last = Math.max(1, values.length - 1);
  return values.map((value, i) =>
    `${((i / last) * width).toFixed(1)},${(height - (value / top) * height).toFixed(1)}`).join(" ");
}

/** Where typing means text.
 * @param {any} node */
const isField = (node) => Boolean(node.closest && node.closest(
  "input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable=true], .cm-editor"));

function render(context) {
  const { model } = context;
  const stage = openStage(context, { name: "bench", label: "Workbench" });
  const bar = h("div", { class: "dn-bench__bar" });
  const panes = h("div", { class: "dn-bench__panes", role: "group", "aria-label": "Panes" });
  const below = h("div", { class: "dn-bench__below" });
  stage.body.append(bar, panes, below);
  let open = "";

  // --- the box that holds all panes: an ancestor that we did not make
  const box = () => stage.root.closest(".dn-workbench");
  const dress = () => {
    const outer = /** @type {any} */ (box());
    if (!outer) return;
    outer.classList.add("dn");
    outer.dataset.theme = stage.root.dataset.theme;
    const hidden = model.get("hidden");
    PANES.forEach((name) => outer.classList.toggle(`dn-no-${name}`, hidden.includes(name)));
    const right = ["chat", "confidence", "timeline", "features"];
    outer.classList.toggle("dn-no-right", right.every((name) => hidden.includes(name)));
    outer.classList.toggle("dn-no-top", hidden.includes("chat") && hidden.includes("confidence"));
    if (outer === keyed) return;
    undress();
    keyed = outer;
    outer.addEventListener("keydown", onKey);
    outer.setAttribute("data-lm-suppress-shortcuts", "true");
  };
  let keyed = null;
  const undress = () => keyed && keyed.removeEventListener("keydown", onKey);
  stage.onClose(undress);
  stage.onTheme(dress);
  requestAnimationFrame(dress);

  const onKey = (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    const field = isField(event.target);
    if (event.key === "Escape") {
      if (open) toggle("");
      else if (field) stage.root.querySelector("button").focus();
      return;
    }
    if (field) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step && !event.target.closest("input")) {
      const at = (model.get("selection").turn || 0) + step;
      if (at >= 0 && at < model.get("view").turns) stage.select({ turn: at });
    } else if (event.key === "/") {
      const chat = keyed.querySelector(".dn-chat input, .dn-chat textarea");
      if (!chat) return;
      chat.focus();
    } else if (event.key === "?") toggle("keys");
    else return;
    event.preventDefault();
  };

  // --- what opens under the bar
  const toggle = (what) => {
    open = open === what ? "" : what;
    draw();
  };
  const opener = (what, text, more = {}) => h("button", { class: "dn-link", data: { key: what },
    "aria-expanded": String(open === what), on: { click: () => toggle(what) }, ...more }, text);
  const change = (row, i) => {
    const side = (which) => h("td", null, named(row[which]), " ",
      h("span", { class: "dn-muted" }, digits(row[`${which}_confidence`])));
    const right = row.gold === null ? "" : row.now === row.gold ? "✓ as the story"
      : row.before === row.gold ? "✗ the story says otherwise" : "";
    return h("tr", null,
      h("td", null, h("button", { class: "dn-link", data: { key: `c${i}` },
        on: { click: () => stage.latest("go", { change: i }) } },
      named(row.is_conversation ? "this conversation" : row.where))),
      h("td", null, row.turn), side("before"), side("now"), h("td", null, right));
  };
  const changes = (view) => h("table", { class: "dn-bench__changes" },
    h("thead", null, h("tr", null, ["where", "turn", "before", "now", ""].map((text) =>
      h("th", { scope: "col" }, text)))),
    h("tbody", null, view.changes.map(change)));
  const keys = () => h("dl", { class: "dn-bench__keys", "aria-label": "Keys" }, KEYS.map(([key, text]) =>
    h("div", null, h("dt", null, h("kbd", null, key)), h("dd", null, text))));

  const curve = (view) => {
    const { loss = [], val_loss: held = [] } = view.curve;
    if (loss.length < 2) return "";
    const top = Math.max(...loss, ...held) || 1;
    const line = (values, dash) => values.length > 1 && h("svg:polyline",
      { points: points(values, top, 84, 18), class: dash ? "dn-bench__held" : "" });
    return h("svg:svg", { class: "dn-bench__curve", viewBox: "-1 -1 86 20", role: "img",
      "aria-label": "loss by epoch" }, line(loss), line(held, true));
  };

  // --- how far back the policies look
  const number = h("output", { class: "dn-bench__number" });
  const slider = h("input", { type: "range", min: 1, max: 20, "aria-label": "max_history",
    data: { key: "history" }, on: {
      input: () => (number.textContent = slider.value, stage.latest("history", { value: +slider.value })),
    } });
  const history = h("label", { class: "dn-bench__history",
    title: "how many turns the policies look back" }, "max_history", slider, number);

  let state = "";
  const draw = () => keepFocus(stage.root, () => {
    const view = model.get("view");
    if (view.state !== state) document.dispatchEvent(new Event("dn-run"));
    state = view.state;
    const changed = layout(view);
    if (stage.root.getRootNode().activeElement !== slider) slider.value = view.max_history ?? 5;
    slider.max = Math.max(20, view.max_history || 0);
    number.textContent = view.max_history ?? "differs";
    bar.replaceChildren(
      h("b", { class: "dn-bench__name" }, named(view.name)),
      h("span", { class: "dn-muted" }, `${view.windows} windows`),
      ...view.policies.map((mark) => h("span", { class: "dn-bench__policy", title: mark.name },
        letter(mark), named(mark.label))),
      view.notes.length ? opener("notes", `${view.notes.length} left out`) : "",
      view.policies.length ? history : "",
      h("span", { class: "dn-space" }), curve(view),
      h("span", { class: `dn-bench__state dn-bench__${view.state}`, role: "status" },
        view.state === "running" ? "" : view.sentence),
      view.changes && view.changed ? opener("changes", changed, { class: "dn-link dn-bench__changed" })
        : changed ? h("span", { class: "dn-muted" }, changed) : "");
    const hidden = model.get("hidden");
    const flip = (name) => {
      const now = hidden.includes(name) ? hidden.filter((n) => n !== name) : [...hidden, name];
      model.set("hidden", now);
      stage.latest("panes", { hidden: now });
    };
    panes.replaceChildren(...PANES.filter((name) => model.get("panes").includes(name)).map((name) =>
      h("button", { class: "dn-bench__pane", "aria-pressed": String(!hidden.includes(name)),
        data: { key: `p-${name}` }, on: { click: () => flip(name) } },
      name[0].toUpperCase() + name.slice(1))),
    h("span", { class: "dn-space" }), opener("keys", "Keys ?"));
    const made = open === "keys" ? keys() : open === "changes" && view.changed ? changes(view)
      : open === "notes" ? view.notes.map((text) => h("p", null, text)) : "";
    below.hidden = !made;
    below.replaceChildren(...[made].flat());
    dress();
  });
  stage.drawOn(["view", "hidden", "panes"], draw);
  return stage.close;
}

export { layout, points };
export default { render };
