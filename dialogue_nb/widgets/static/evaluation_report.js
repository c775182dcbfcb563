// What came out of a test; see views/evaluation_report.py for what is in the view.

const PAGE = 25;

/** Rows of the table of actions in the chosen order; equal ones stay as they were.
 * @param {any[][]} rows @param {{by: number, down: boolean}} order */
function sorted(rows, { by, down }) {
  const way = down ? -1 : 1;
  return [...rows].sort((a, b) => way * (a[by] < b[by] ? -1 : +(a[by] > b[by])));
}

/** The matrix of confusions: for each of the names a row with a count for each of them.
 * @param {string[]} names @param {any[][]} cells */
function matrix(names, cells) {
  const at = new Map(names.map((name, i) => [name, i]));
  const rows = names.map(() => names.map(() => 0));
  for (const [gold, predicted, count] of cells) {
    if (at.has(gold) && at.has(predicted)) rows[at.get(gold)][at.get(predicted)] = count;
  }
  return rows;
}

/** The turns that a selection leaves: those behind a cell, those of an action, or all wrong ones.
 * @param {any} view @param {any} selection @param {any} behind */
function chosen(view, { cell, action }, behind) {
  if (cell) {
    const [gold, predicted] = cell;
    const here = behind.cell && behind.cell[0] === gold && behind.cell[1] === predicted;
    if (here) return { turns: behind.turns, count: behind.count };
    const turns = view.turns.filter((t) => t[3] === gold && t[4] === predicted);
    return { turns, count: turns.length };
  }
  if (!action) return { turns: view.turns, count: view.wrong };
  const turns = view.turns.filter((t) => t[3] === action || t[4] === action);
  return { turns, count: turns.length };
}

function render(context) {
  const { model } = context;
  const stage = openStage(context, { name: "report", label: "Test report" });
  const cls = (name) => `dn-report__${name}`;
  const order = { by: 4, down: true };
  let listens = 0;
  let most = PAGE;
  let view = model.get("view");
  let now = model.get("selection");

  const bdi = (text) => h("bdi", null, text);
  const button = (kind, key, click, ...inside) => h("button",
    { class: kind, data: { key }, on: { click } }, inside);
  const empty = (text) => h("p", { class: "dn-empty" }, text);
  const tableOf = (heads, rows, kind) => (rows.length ? h("table", { class: kind },
    h("thead", null, h("tr", null, heads)), h("tbody", null, rows)) : empty("Nothing was tested."));
  const ths = (...titles) => titles.map((title) => h("th", { scope: "col" }, title));
  const rowHead = (...inside) => h("th", { scope: "row" }, inside);
  const numbers = (...values) => values.map((value) => h("td", { class: cls("n") }, value));
  const frame = (label) => h("div",
    { class: cls("frame"), tabindex: "0", role: "region", "aria-label": label });
  const part = (title, ...inside) => h("section", { "aria-label": title },
    h("h3", null, title), inside);
  const two = (...parts) => h("div", { class: cls("two") }, parts);
  const again = () => keepFocus(stage.root, draw);

  const head = h("span");
  const toggle = h("input", { type: "checkbox", on: { change: () => {
    listens = +toggle.checked;
    again();
  } } });
  const scores = h("div");
  const policies = h("ul", { class: cls("policies"), "aria-label": "Who decided" });
  const actions = frame("Scores");
  const confusions = frame("Matrix");
  const left = h("p", { class: cls("filter") });
  const filter = h("p", { class: cls("filter"), role: "status" });
  const list = h("ul", { class: cls("turns"), "aria-label": "Turns" });
  const more = button("dn-button", "more", () => {
    most += PAGE;
    again();
  });
  const detail = h("div", { class: cls("detail"), "aria-live": "polite" });
  stage.body.append(
    h("div", { class: "dn-heading" }, "TEST", head, h("span", { class: "dn-space" }),
      h("label", null, toggle, " count listens too")),
    two(scores, policies),
    two(part("Actions", actions), part("What is taken for what", confusions, left)),
    two(part("Turns", filter, list, more), part("Why", detail)));

  const show = (change) => {
    most = PAGE;
    stage.select({ cell: null, action: null, ...change });
  };

  const drawActions = () => {
    const heads = ["action", "precision", "recall", "F1", "turns"].map((title, by) => h("th",
      { scope: "col", "aria-sort": order.by !== by ? "none"
        : order.down ? "descending" : "ascending" },
      button("dn-link", `sort${by}`, () => {
        Object.assign(order, { by, down: order.by === by ? !order.down : by > 0 });
        again();
      }, title, h("span", { "aria-hidden": "true" },
        order.by === by ? (order.down ? " ▾" : " ▴") : ""))));
    actions.replaceChildren(tableOf(heads, sorted(view.tables[listens], order).map(
      ([name, ...values]) => h("tr", { "aria-current": name === now.action && "true" },
        rowHead(button("dn-link", `a${name}`, () => show({ action: name }), named(name))),
        numbers(...values.map((value, i) => (i < 3 ? digits(value) : value)))))));
  };

  const find = (kind) => confusions.querySelector(kind);
  const drawMatrix = () => {
    const names = view.names[listens];
    const rows = matrix(names, view.cells);
    const worst = Math.max(1, ...rows.flatMap((row, i) => row.filter((_, j) => i !== j)));
    const [gold, predicted] = now.cell || [];
    const cell = (count, i, j) => {
      if (!count) return h("td");
      const right = i === j;
      const here = names[i] === gold && names[j] === predicted;
      const says = right ? `${names[i]}: ${count} right`
        : `${names[j]} instead of ${names[i]}: ${count}`;
      return h("td", { class: cls(right ? "right" : "wrong"),
        style: { "--dn-a": 0.12 + 0.28 * Math.sqrt(count / worst) } },
      h("button", { "aria-label": says, title: says, "aria-pressed": String(here),
        tabindex: "-1", data: { key: `c${i}-${j}`, i, j },
        on: { click: () => show({ cell: here ? null : [names[i], names[j]] }) } }, count));
    };
    confusions.replaceChildren(tableOf([...ths("wanted ↓ predicted →"),
      ...ths(...names.map((name) => h("div", null, named(name))))],
    rows.map((row, i) => h("tr", null, rowHead(named(names[i])), row.map((n, j) => cell(n, i, j)))),
    cls("matrix")));
    const first = find("[aria-pressed=true]") || find("button");
    if (first) first.tabIndex = 0;
    left.textContent = view.notes[listens];
  };
  confusions.addEventListener("keydown", (event) => {
    const { i, j } = event.target.dataset;
    const [di, dj] = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1],
      ArrowLeft: [0, -1] }[event.key] || [];
    if (i === undefined || di === undefined) return;
    event.preventDefault();
    for (let k = 1; k < view.names[listens].length; k++) {
      const next = find(`[data-key="c${+i + k * di}-${+j + k * dj}"]`);
      if (!next) continue;
      event.target.tabIndex = -1;
      next.tabIndex = 0;
      return next.focus();
    }
  });

  const rowOf = ([at, turn, story, gold, predicted, policy, sure, rank, intent]) => {
    const wrong = gold !== predicted;
    const mark = view.policies[policy];
    const row = button(cls("turn"), `t${at}-${turn}`,
      () => stage.select({ number: at, turn, story }),
      h("span", null, named(story),
        h("span", { class: "dn-muted" }, ` turn ${turn}`, intent ? [", ", bdi(intent)] : "")),
      h("span", { class: cls("pair") }, named(gold), wrong ? [h("span", { class: "dn-sr" },
        " wanted, predicted "), h("span", { "aria-hidden": "true" }, "✗"), named(predicted)]
        : " ✓"),
      h("span", null, mark ? [letter(mark), h("span", { class: "dn-sr" }, mark.label),
        digits(sure)] : "nobody",
      wrong && h("span", { class: "dn-muted" },
        rank ? `wanted is no. ${rank}` : "wanted by none")));
    row.setAttribute("aria-pressed", String(now.number === at && now.turn === turn));
    return h("li", null, row);
  };
  const drawTurns = () => {
    const { turns, count } = chosen(view, now, model.get("behind"));
    const [gold, predicted] = now.cell || [];
    const what = now.cell
      ? gold === predicted ? [bdi(gold), " done right"] : [bdi(predicted), " instead of ", bdi(gold)]
      : now.action ? ["wrong ones with ", bdi(now.action)] : ["all wrong ones"];
    filter.replaceChildren(`${count}: `, ...what, " ", now.cell || now.action
      ? button("dn-button", "all", () => show({}), "show all wrong ones") : "");
    list.replaceChildren(...turns.slice(0, most).map(rowOf));
    const rest = turns.length - most;
    more.hidden = rest <= 0;
    more.textContent = `${Math.min(PAGE, rest)} more of ${rest}`;
    if (!view.wrong && !now.cell && !now.action) {
      filter.textContent = view.nothing;
    }
  };

  const drawDetail = () => {
    const one = model.get("detail");
    if (one.number === undefined || one.number !== now.number || one.turn !== now.turn) {
      return detail.replaceChildren(empty(view.has_bot && !stage.offline
        ? "Choose a turn to see what every policy said." : "The bot is not here."));
    }
    const fact = (what, ...value) => [h("dt", null, what), h("dd", null, value)];
    const rows = frame("Policies");
    rows.append(tableOf(ths("policy", "says", "confidence", "in the wanted one"), one.rows.map(
      (row) => h("tr", { "aria-current": row.won && "true" },
        rowHead(letter(row), " ", named(row.label), row.won ? " (won)" : ""),
        h("td", null, row.action ? named(row.action) : "no opinion"),
        numbers(digits(row.confidence), digits(row.wanted))))));
    detail.replaceChildren(
      h("dl", null,
        fact("story", bdi(one.story), ` turn ${one.turn} `, one.place && button("dn-link", "place",
          () => stage.request("source").catch(() => {}), bdi(one.place))),
        one.said && fact("said", bdi(one.said)),
        one.before[0] && fact("before", bdi(one.before.join(", "))),
        fact("wanted", h("b", null, bdi(one.gold)), one.rank && ` (no. ${one.rank})`),
        fact("predicted", h("b", null, bdi(one.predicted)))),
      rows, h("p", { class: cls("why") }, bdi(one.why)));
  };

  const draw = () => {
    view = model.get("view");
    now = model.get("selection");
    head.textContent = view.title;
    scores.replaceChildren(tableOf(ths("counted", "accuracy", "F1", "turns"), view.scores.map(
      ([what, accuracy, f1, n]) => h("tr", null, rowHead(what),
        numbers(accuracy.toFixed(3), f1.toFixed(3), n)))));
    const part = (n, of) => ({ style: { width: `${(100 * n) / Math.max(1, of)}%` } });
    policies.replaceChildren(...view.policies.map((mark) => h("li", { class: `dn-${mark.hue}` },
      letter(mark), named(mark.label), h("span", { class: cls("track"), "aria-hidden": "true" },
        h("span", part(mark.decided, view.actions), h("span", part(mark.right, mark.decided)))),
      h("span", null, `${mark.right} of ${mark.decided} right`))));
    drawActions();
    drawMatrix();
    drawTurns();
    drawDetail();
  };
  stage.drawOn(["view", "selection", "behind", "detail"], draw);
  return stage.close;
}

export { sorted, matrix, chosen };
export default { render };
