// Rules and stories that disagree; see views/contradiction_matrix.py for what is in the view.

const MOST = 60;

/** The rows and columns to draw, how many are left out, and the cells by their place.
 * @param {any} view @param {boolean} all whether those without a contradiction are drawn too */
function layout(view, all) {
  const lines = (shown, others) => {
    const whole = [...shown, ...(all ? others.map((name) => ({ name, kind: "" })) : [])];
    return { drawn: whole.slice(0, Math.max(MOST, shown.length)), count: whole.length };
  };
  const [rows, columns] = [lines(view.rules, view.others.rules), lines(view.stories, view.others.stories)];
  const cells = new Map(view.cells.map((cell) => [`${cell.rule} ${cell.story}`, cell]));
  return { rows: rows.drawn, columns: columns.drawn, cells,
    left: [rows.count - rows.drawn.length, columns.count - columns.drawn.length] };
}

/** Where a key leads from a cell: along its row, or to the nearest cell of another row.
 * @param {any[]} cells in the order of rows, then columns @param {any} cell @param {string} key */
function stepTo(cells, cell, key) {
  const at = cells.indexOf(cell);
  const by = { ArrowUp: -1, ArrowDown: 1 }[key];
  if (!by) return cells[{ ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: cells.length - 1 }[key]];
  const there = cells.filter(({ rule }) => (rule - cell.rule) * by > 0);
  const near = ({ rule, story }) => Math.abs(rule - cell.rule) * 1e6 + Math.abs(story - cell.story);
  return there.sort((a, b) => near(a) - near(b))[0];
}

function render(context) {
  const { model } = context;
  const stage = openStage(context, { name: "matrix", label: "Rules and stories that disagree" });
  const cls = (name) => `dn-matrix__${name}`;
  let view = model.get("view");
  let all = false;

  const title = h("span");
  const toggle = h("button", { class: "dn-button", on: { click: () => {
    all = !all;
    keepFocus(stage.root, draw);
  } } });
  const head = h("thead", { role: "rowgroup" });
  const body = h("tbody", { role: "rowgroup" });
  const table = h("table", { role: "grid", "aria-label": "Rules and stories" }, head, body);
  const frame = h("div", { class: cls("frame") }, table);
  const detail = h("div", { class: cls("detail"), "aria-live": "polite" });
  const nothing = h("p", { class: "dn-empty" });
  const rest = h("p", { class: "dn-muted" });
  const problems = h("div");
  stage.body.append(h("div", { class: "dn-heading" }, "RULES × STORIES", title), nothing, frame,
    h("div", { class: cls("rest") }, rest, toggle), detail, problems);

  const many = (n, word, words) => `${n} ${n === 1 ? word : words}`;
  const ask = (type, payload) => stage.offline || stage.request(type, payload).catch(() => {});
  const where = ([file, line]) => [file, line && `line ${line}`].filter(Boolean).join(", ");
  const placeLink = (place, key, click) => (place
    ? h("button", { class: "dn-link", data: { key }, on: { click } },
      named(place[2] || "(no name)"), where(place) && h("span", { class: "dn-muted" }, ` ${where(place)}`))
    : h("span", { class: "dn-muted" }, "built in"));
  const chosen = () => {
    const { rule, story } = model.get("selection");
    return view.cells.find((cell) => view.rules[cell.rule].name === rule
      && view.stories[cell.story].name === story) || view.cells[0];
  };
  const choose = (cell) => stage.select({ rule: view.rules[cell.rule].name,
    story: view.stories[cell.story].name });

  // --- the grid
  const heading = ({ name, kind }, props) => h("th", props,
    h("div", null, named(name), kind === "built in" || props.kind === kind
      ? h("span", { class: "dn-muted" }, ` ${kind}`) : ""));
  const button = (cell, isOn) => {
    const turns = cell.items.map((item) => item.turn).join(", ");
    const label = `rule ${view.rules[cell.rule].name}, ${view.stories[cell.story].kind} `
      + `${view.stories[cell.story].name}: contradiction at turn ${turns}`;
    return h("button", { class: cls("mark"), tabindex: isOn ? 0 : -1, "aria-label": label,
      data: { key: `c${cell.rule}-${cell.story}` },
      on: { click: () => choose(cell), keydown: (event) => {
        const to = !event.ctrlKey && !event.metaKey && !event.altKey && stepTo(view.cells, cell, event.key);
        if (!to) return;
        event.preventDefault();
        choose(to);
        body.querySelector(`[data-key="c${to.rule}-${to.story}"]`).focus();
      } } }, "✗ turn ", turns);
  };
  const draw = () => {
    const { rows, columns, cells, left } = layout(view, all);
    const on = chosen();
    head.replaceChildren(h("tr", { role: "row" }, h("td", { role: "gridcell" }),
      columns.map((one) => heading(one, { role: "columnheader", scope: "col", kind: "rule" }))));
    body.replaceChildren(...rows.map((one, r) => h("tr", { role: "row" },
      heading(one, { role: "rowheader", scope: "row" }),
      columns.map((_, s) => {
        const cell = cells.get(`${r} ${s}`);
        return h("td", { role: "gridcell", "aria-selected": cell ? String(cell === on) : null },
          cell ? button(cell, cell === on) : "");
      }))));
    frame.hidden = !view.cells.length;
    rest.textContent = left[0] + left[1] > 0
      ? `Not shown: ${many(left[0], "rule", "rules")}, ${many(left[1], "story", "stories")} more.`
      : all || frame.hidden ? "" : view.rest;
    toggle.textContent = all ? "Only what disagrees" : "Show all rules and stories";
    toggle.hidden = !view.rest || frame.hidden;
    drawDetail(on);
  };

  // --- the two places, side by side
  const turns = (window) => h("ol", null, window.map((state, i) => h("li", null,
    h("span", { class: "dn-muted" }, `${ago(window.length - i - 1)} `),
    view.states[state].map(([label, value]) => h("span", null, `${label} `,
      h("bdi", null, h("b", null, value)))))));
  const side = (label, says, window, link) => h("div", null,
    h("div", { class: "dn-muted" }, label), link, window.length ? turns(window) : "",
    h("div", { class: cls("says") }, "→ ", h("bdi", null, says)));
  const drawDetail = (cell) => {
    detail.hidden = !cell;
    if (!cell) return;
    const [rule, story] = [view.rules[cell.rule], view.stories[cell.story]];
    detail.replaceChildren(...cell.items.map((item, i) => {
      const link = (isRule) => placeLink(item.places[isRule ? 0 : 1], `p${i}${isRule}`,
        () => ask("source", { rule: cell.rule, story: cell.story, item: i, is_rule: isRule }));
      const quoted = (one, kind) => [` ${kind} '`, h("bdi", null, one.name), "' says "];
      return h("div", { class: cls("item") },
        h("p", null, `At turn ${item.turn} the`, quoted(rule, rule.kind === "rule" ? "rule" : "built-in"),
          h("bdi", null, h("b", null, item.says)), ", the", quoted(story, story.kind),
          h("bdi", null, h("b", null, item.does)), "."),
        h("div", { class: cls("sides") },
          side(`${rule.kind} says`, item.says, item.windows[0], link(true)),
          side(`${story.kind} says`, item.does, item.windows[1], link(false))),
        h("p", { class: "dn-muted" }, item.hint));
    }));
  };
  const problem = ({ code, severity, message, hint, place }, i) => h("li", null,
    h("b", { class: cls(severity) }, `${severity === "error" ? "✗" : "!"} ${severity} ${code} `),
    h("bdi", null, message), h("div", { class: "dn-muted" }, hint),
    placeLink(place, `q${i}`, () => ask("problem", { number: i })));

  stage.drawOn(["view"], () => {
    view = model.get("view");
    title.textContent = view.nothing ? "" : view.title;
    nothing.textContent = view.nothing;
    nothing.hidden = !view.nothing;
    problems.replaceChildren(...view.problems.length ? [
      h("div", { class: "dn-heading" }, "OTHER PROBLEMS OF RULES"),
      h("ul", { class: cls("problems") }, view.problems.map(problem))] : []);
    draw();
  });
  stage.drawOn(["selection"], draw);
  return stage.close;
}

export { layout, stepTo };
export default { render };
