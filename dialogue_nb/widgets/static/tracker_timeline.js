// One conversation as a strip of turns; see views/tracker_timeline.py for what is in the view.

/** Where each turn of each branch stands: one row for each branch, equal turns drawn once.
 * @param {any} view */
function layout(view) {
  const rows = view.branches.map((branch, row) => ({
    name: branch.name,
    cells: branch.turns.slice(row ? view.shared : 0).map((turn) => ({
      turn,
      row,
      column: turn.index,
      differs: row > 0 && turn.index === view.shared,
      starts: turn.before.some((item) => item.kind === "user"),
    })),
  }));
  // the loops of a row; a fork shows them from where it differs
  view.branches.forEach(({ spans = [] }, row) => {
    const from = row ? view.shared : 0;
    rows[row].spans = spans.filter((span) => span.last >= from).map(
      (span) => ({ ...span, first: Math.max(span.first, from), starts: span.first >= from }));
  });
  const columns = Math.max(...view.branches.map((branch) => branch.turns.length));
  return { rows, columns, skipped: view.branches.length > 1 ? view.shared : 0 };
}

/** The cell that is selected, null when there is none. The turns that a fork shares are drawn in
 * the first row. @param {any} plan @param {{turn?: number, branch?: number}} selection */
function cellOf(plan, selection) {
  const { turn, branch = 0 } = selection;
  if (typeof turn !== "number") return null;
  const row = plan.rows[branch] && turn >= (branch ? plan.skipped : 0) ? branch : 0;
  return plan.rows[row].cells.find((cell) => cell.turn.index === turn) || null;
}

/** What stands in a turn's cell. @param {any} turn @param {any[]} policies */
function lines(turn, policies) {
  const line = (cls, ...inside) => h("div", { class: `dn-timeline__line dn-timeline__${cls}` }, inside);
  const struck = (fate) => (fate === "reverted" ? " dn-timeline__struck" : "");
  const items = (list) => list.filter((item) => item.kind !== "bot").map(
    (item) => line(item.kind + struck(item.fate), named(item.text)));
  const done = turn.action;
  return [
    items(turn.before),
    done ? line(`action${struck(turn.fate)}`,
      done.policy !== null && letter(policies[done.policy]),
      done.listens ? h("span", { class: "dn-muted" }, "listen") : named(done.name),
      done.confidence !== null && !done.listens
        && h("span", { class: "dn-timeline__sure" }, digits(done.confidence)))
      : line("note", "next"),
    items(turn.after),
  ];
}

function render(context) {
  const { model } = context;
  const stage = openStage(context, { name: "timeline", label: "Timeline of the conversation" });
  const cells = new Map();
  let plan = { rows: [], columns: 0, skipped: 0 };
  let view = model.get("view");
  const track = h("div", { class: "dn-timeline__track" });
  const about = h("p", { class: "dn-timeline__detail" });
  const heading = h("div", { class: "dn-heading" });
  const fork = h("button", { class: "dn-button", data: { key: "fork" },
    on: { click: () => forkHere() } });
  stage.body.append(heading, track, about);

  const chosen = () => cellOf(plan, model.get("selection"));
  const select = (cell) => stage.select({ turn: cell.turn.index, branch: cell.row });
  const forkHere = () => {
    const cell = chosen();
    if (!cell || stage.offline) return;
    const { index } = cell.turn;
    stage.request("fork", { turn: index, branch: cell.row }).then(
      () => stage.say(`Forked before turn ${index}`), () => {});
  };

  const onKey = (event) => {
    const cell = chosen();
    if (!cell || !event.target.closest("[role=option]")) return;
    const row = plan.rows[cell.row].cells;
    const at = row.indexOf(cell);
    let to = null;
    if (event.key === "PageDown" || event.key === "PageUp") {
      const back = event.key === "PageUp";
      const rest = back ? row.slice(0, at).reverse() : row.slice(at + 1);
      to = rest.find((other) => other.starts) || (back ? row[0] : row[row.length - 1]);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const other = plan.rows[cell.row + (event.key === "ArrowDown" ? 1 : -1)];
      to = other && (other.cells.find((c) => c.column === cell.column) || other.cells[0]);
    } else if (event.key === "f" && !event.ctrlKey && !event.metaKey && !event.altKey) forkHere();
    else {
      const step = stepOf(event, at, row.length);
      if (step === null) return;
      to = row[step];
      if (event.key === "ArrowLeft" && at === 0 && cell.row) to = plan.rows[0].cells[cell.column - 1];
    }
    event.preventDefault();
    if (!to) return;
    select(to);
    mark();
    cells.get(to).focus({ preventScroll: true });
  };
  track.addEventListener("keydown", onKey);

  const drawCell = (cell) => {
    const { turn } = cell;
    const node = h("li", {
      class: "dn-timeline__turn" + (turn.fate ? ` dn-timeline__turn--${turn.fate}` : ""),
      role: "option", tabindex: "-1", "aria-selected": "false", "aria-label": `Turn ${turn.index}. ${turn.says.join("; ")}`,
      data: { key: `${cell.row}-${turn.index}` },
      style: { "grid-column": cell.column + 1 },
      on: { click: () => (select(cell), cells.get(cell).focus({ preventScroll: true })) },
    },
    h("span", { class: "dn-timeline__number" }, turn.index, cell.differs ? " ≠" : "",
      turn.fate ? ` ${turn.says[turn.says.length - 1]}` : ""),
    ...lines(turn, view.policies),
    turn.loops.length ? h("div", { class: "dn-timeline__states" },
      turn.loops.map((mark) => named(mark.text, `dn-timeline__state--${mark.states[0].split(" ")[0]}`))) : null);
    cells.set(cell, node);
    return node;
  };

  // under the turns of a loop: its name, and how it ended
  const drawSpan = (span) => h("li", {
    class: `dn-timeline__span${span.starts ? " dn-timeline__span--first" : ""}${
      span.ending === "open" ? "" : " dn-timeline__span--last"}`,
    role: "presentation", "aria-hidden": "true", title: span.says,
    style: { "grid-area": `${span.lane + 2} / ${span.first + 1} / auto / ${span.last + 2}` },
  }, h("span", { class: "dn-timeline__room" }, named(span.name)), named(span.text));

  const mark = () => {
    const cell = chosen();
    const first = plan.rows[0] && plan.rows[0].cells[0];
    for (const [other, node] of cells) {
      const on = other === cell;
      if (on !== (node.getAttribute("aria-selected") === "true")) {
        node.setAttribute("aria-selected", String(on));
      }
      node.tabIndex = on || (!cell && other === first) ? 0 : -1;
    }
    fork.textContent = cell ? `Fork before turn ${cell.turn.index}` : "Fork";
    fork.disabled = !cell;
    about.replaceChildren();
    if (!cell) return;
    reveal(cells.get(cell));
    about.append(h("b", null, `Turn ${cell.turn.index}`), ...cell.turn.says.flatMap(
      (text) => [h("span", { class: "dn-muted" }, " · "), h("bdi", null, text)]));
  };
  const reveal = (node) => {
    const box = node.getBoundingClientRect();
    const frame = track.getBoundingClientRect();
    const [before, after] = [box.left - frame.left - 24, box.right - frame.right + 24];
    if (before < 0 || after > 0) track.scrollLeft += before < 0 ? before : after;
  };

  // the strip fades at an end that hides turns
  const fade = () => {
    const gone = track.scrollLeft;
    const ends = { start: gone, end: track.scrollWidth - track.clientWidth - gone };
    for (const [end, rest] of Object.entries(ends)) {
      track.style.setProperty(`--dn-fade-${end}`, rest > 4 ? "22px" : "0px");
    }
  };
  track.addEventListener("scroll", fade);
  // a view is often drawn before it stands in the page
  const sizes = new ResizeObserver(() => {
    if (chosen()) reveal(cells.get(chosen()));
    fade();
  });
  sizes.observe(track);
  stage.onClose(() => sizes.disconnect());

  const drawHeading = () => {
    const options = ["", ...view.forks].map((name) => h("option",
      { value: name, selected: name === (view.compared || "") }, name || "nothing"));
    const compare = h("select", { class: "dn-field", data: { key: "compare" }, on: { change: () => {
      stage.request("compare", { fork: compare.value || null }).catch(() => {});
    } } }, options);
    heading.replaceChildren("TIMELINE", h("span", null, view.count), h("span", { class: "dn-space" }));
    if (stage.offline) return;
    if (view.forks.length) heading.append(h("label", { class: "dn-timeline__compare" }, "compare with ", compare));
    heading.append(fork);
  };

  stage.drawOn(["view"], () => {
    view = model.get("view");
    if (!view.branches) return;
    plan = layout(view);
    cells.clear();
    const scrolled = track.scrollLeft;
    track.style.setProperty("--dn-columns", String(plan.columns));
    track.replaceChildren(...plan.rows.map((row, i) => h("ol",
      { class: "dn-timeline__row", role: "listbox", "aria-orientation": "horizontal",
        "aria-label": row.name },
      i ? h("li", { class: "dn-timeline__same", role: "presentation",
        style: { "grid-column": `1 / ${plan.skipped + 1}`, display: plan.skipped ? null : "none" } },
      `${row.name}: the same until here`) : null,
      row.cells.map(drawCell), row.spans.map(drawSpan))));
    track.scrollLeft = scrolled;
    fade();
    drawHeading();
    mark();
  });
  stage.drawOn(["selection"], mark);
  return stage.close;
}

export { cellOf, layout };
export default { render };
