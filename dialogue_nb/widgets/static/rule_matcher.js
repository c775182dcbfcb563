// Every rule at one turn; see views/rule_matcher.py for what is in the view and in the rules.

const PAGE = 30;

/** The rows that a filter leaves, those of them that are drawn, and how many turns they reach back.
 * @param {any[]} rules @param {any} view
 * @param {{text?: string, state?: string, most?: number}} filter */
function layout(rules, view, { text = "", state = "", most = PAGE }) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const says = ({ places, action, turns }) => [places.map((p) => p[2]), action, turns]
    .flat(4).join(" ").toLowerCase();
  const rows = view.rows.filter((row) => {
    if (state && row.state !== state) return false;
    const whole = words.length ? says(rules[row.rule]) : "";
    return words.every((word) => whole.includes(word));
  });
  const shown = rows.slice(0, most);
  const columns = Math.max(1, ...shown.map((row) => rules[row.rule].turns.length));
  return { rows, shown, columns };
}

/** The conditions of a rule turn by turn, oldest first: [label, value, whether met, what was there].
 * @param {any} rule @param {string} met @param {string[][][]} found */
function conditions(rule, met, found) {
  let at = 0;
  return rule.turns.map((said, i) => {
    const there = new Map(found[rule.turns.length - 1 - i] || []);
    return said.map(([label, value]) => [label, value, met[at++] === "1", there.get(label)]);
  });
}

function render(context) {
  const { model } = context;
  const stage = openStage(context, { name: "rules", label: "Rules at this turn" });
  const filter = { text: "", state: "", most: PAGE };
  const cls = (name) => `dn-rules__${name}`;
  let view = model.get("view");
  let rules = model.get("rules");

  const title = h("span");
  const step = (by, text, label) => h("button", { class: "dn-button", "aria-label": label,
    data: { key: label }, on: { click: () => stage.select({ turn: view.turn + by }) } }, text);
  const steps = [step(-1, "‹", "Earlier turn"), step(1, "›", "Later turn")];
  const heading = h("div", { class: "dn-heading" }, "RULES", title, h("span", { class: "dn-space" }), steps);
  const why = h("div", { "aria-live": "polite" });
  const change = (more) => {
    Object.assign(filter, { most: PAGE }, more);
    keepFocus(stage.root, drawRows);
  };
  const search = h("input", { class: "dn-field", type: "search", "aria-label": "Filter the rules",
    placeholder: "name, action or intent", on: { input: () => change({ text: search.value }) } });
  const states = h("select", { class: "dn-field", "aria-label": "State of the rules",
    on: { change: () => change({ state: states.value }) } });
  const count = h("span", { class: "dn-muted", role: "status" });
  const bar = h("div", { class: cls("bar") }, search, states, count);
  const head = h("thead", { role: "rowgroup" });
  const body = h("tbody", { role: "rowgroup" });
  const table = h("table", { role: "table", "aria-label": "Rules and their conditions" }, head, body);
  const frame = h("div", { class: cls("frame") }, table);
  const more = h("button", { class: "dn-button", data: { key: "more" },
    on: { click: () => change({ most: filter.most + PAGE }) } });
  const nothing = h("p", { class: "dn-empty" });
  stage.body.append(heading, why, bar, frame, more, nothing);

  // --- one row
  const cell = (turn, ...inside) => h("td", { role: "cell", data: { turn } }, inside);
  const condition = ([label, value, met, there]) => h("div",
    { class: cls(met ? "met" : "unmet") },
    h("span", { "aria-hidden": "true" }, met ? "✓ " : "✗ "),
    h("span", { class: "dn-sr" }, met ? "met: " : "not met: "),
    `${label} `, h("bdi", null, h("b", null, value)),
    met ? "" : h("i", null, value ? " (is " : " (it is not",
      value && h("bdi", null, there || (label.startsWith("slot ") ? "not set" : "none")), ")"));
  const stateCell = (sign, label, text) => h("td", { role: "cell", class: cls("state") },
    h("b", null, h("span", { "aria-hidden": "true" }, `${sign} `), label),
    text ? h("div", { class: "dn-muted" }, h("bdi", null, text)) : "");
  const open = (rule, place, name) => {
    stage.select({ rule: name });
    if (!stage.offline) stage.request("source", { rule, place }).catch(() => {});
  };
  const link = (rule, [file, line, name], place) => {
    const where = [file, line && `line ${line}`].filter(Boolean).join(", ");
    return h("div", null, h("button", { class: "dn-link", tabindex: "-1",
      data: { key: `r${rule}-${place}` }, title: where || name,
      on: { click: () => open(rule, place, name) } }, named(name || "(no name)")),
    where && !place ? h("div", { class: "dn-muted" }, h("bdi", null, where)) : "");
  };
  const nameCell = (...inside) => h("th", { scope: "row", role: "rowheader" }, inside);
  const says = (action) => h("div", { class: cls("says") }, "→ ", named(action));
  const rowOf = (row, columns) => {
    const rule = rules[row.rule];
    const [, sign, label] = view.states.find(([key]) => key === row.state);
    const lacking = row.met.split("0").length - 1;
    const words = row.state === "failed" ? `${lacking} of ${row.met.length} missing` : label;
    const turns = conditions(rule, row.met, view.found);
    const chosen = model.get("selection").rule;
    const blank = Array.from({ length: columns - turns.length }, () =>
      cell("", h("span", { class: "dn-muted" }, "anything")));
    const places = rule.places.slice(0, 3).map((place, i) => link(row.rule, place, i));
    const left = rule.places.length - places.length;
    return h("tr", { role: "row", class: cls(row.state),
      "aria-current": rule.places.some((p) => p[2] === chosen) && "true" },
    stateCell(sign, words, row.text),
    nameCell(rule.in_form ? h("div", { class: "dn-muted" }, "in forms") : "", places,
      left > 0 ? h("div", { class: "dn-muted" }, `and ${left} more`) : "", says(rule.action)),
    blank,
    turns.map((said, i) => cell(ago(turns.length - i - 1), said.map(condition))));
  };
  const builtIn = ({ sign, label, text, name, action }, columns) => h("tr",
    { role: "row", class: cls(label === "decides" ? "won" : "built") },
    stateCell(sign, label, text), nameCell(h("i", null, h("bdi", null, name)), says(action)),
    h("td", { role: "cell", colspan: columns, class: "dn-muted" }, "built in, not a rule"));

  // --- all rows
  const drawHead = (columns) => {
    const backs = Array.from({ length: columns }, (_, i) => columns - i);
    const th = (text, ...rest) => h("th", { scope: "col", role: "columnheader" }, text, rest);
    head.replaceChildren(
      h("tr", { role: "row" }, th("state"), th("rule → what it says"),
        backs.map((back) => th(ago(back - 1)))),
      h("tr", { role: "row", class: cls("talk") },
        h("th", { scope: "row", role: "rowheader", colspan: 2 }, "the conversation"),
        backs.map((back) => cell(ago(back - 1), view.found[back - 1]
          ? view.found[back - 1].map(([label, value]) => h("div", null, `${label} `,
            h("bdi", null, h("b", null, value))))
          : h("span", { class: "dn-muted" }, "had not begun")))));
    table.style.setProperty("--dn-turns", columns);
  };
  const drawRows = () => {
    const { rows, shown, columns } = layout(rules, view, filter);
    drawHead(columns);
    const own = view.built_in && !filter.text && !filter.state;
    body.replaceChildren(...own ? [builtIn(view.built_in, columns)] : [],
      ...shown.map((row) => rowOf(row, columns)));
    const first = body.querySelector(".dn-link");
    if (first) first.tabIndex = 0;
    const left = rows.length - shown.length;
    more.hidden = left <= 0;
    more.textContent = `${Math.min(PAGE, left)} more of ${left}`;
    const whole = view.rows.length;
    count.textContent = rows.length < whole ? `${rows.length} of ${whole}` : "";
    frame.hidden = !own && !rows.length;
    nothing.textContent = view.nothing || (frame.hidden ? "No rule is like that." : "");
    nothing.hidden = !nothing.textContent;
  };
  const reveal = (rule) => {
    Object.assign(filter, { text: "", state: "",
      most: Math.max(PAGE, view.rows.findIndex((row) => row.rule === rule) + 1) });
    search.value = states.value = "";
    drawRows();
    const there = body.querySelector(`[data-key="r${rule}-0"]`);
    if (there) there.focus();
  };
  table.addEventListener("keydown", (event) => {
    const links = [...body.querySelectorAll(".dn-link")];
    const at = links.indexOf(event.target);
    const { key, altKey, ctrlKey, metaKey } = event;
    const along = { ArrowDown: "ArrowRight", ArrowUp: "ArrowLeft" }[key];
    const to = at < 0 || /^Arrow[LR]/.test(key) ? null
      : stepOf({ key: along || key, altKey, ctrlKey, metaKey }, at, links.length);
    if (to === null) return;
    event.preventDefault();
    links[at].tabIndex = -1;
    links[to].tabIndex = 0;
    links[to].focus();
  });

  stage.drawOn(["view", "rules"], () => {
    view = model.get("view");
    rules = model.get("rules");
    // the rows belong to rules that are on their way
    if (view.rows.some((row) => row.rule >= rules.length)) return;
    title.replaceChildren(h("bdi", null, view.title));
    steps.forEach((button, i) => {
      button.hidden = view.turns < 2;
      button.disabled = view.turn === (i ? view.turns - 1 : 0);
    });
    why.className = `${cls("why")} dn-${view.hue}`;
    why.hidden = !view.why.length;
    why.replaceChildren(...view.why.map(([text, kind]) => (kind === "policy" ? h("b", null, text)
      : kind === "" ? h("span", null, text) : h("button", { class: "dn-link",
        on: { click: () => reveal(kind) } }, h("bdi", null, text)))));
    bar.hidden = !view.rows.length;
    if (!view.states.some(([key]) => key === filter.state)) filter.state = "";
    states.replaceChildren(...[["", "", "all rules", view.rows.length], ...view.states].map(
      ([key, sign, label, n]) => h("option", { value: key, selected: key === filter.state },
        `${sign} ${label} (${n})`)));
    drawRows();
  });
  stage.drawOn(["selection"], drawRows);
  return stage.close;
}

export { layout, conditions };
export default { render };
