// Every policy's confidence in every action; see views/confidence_bars.py for what is in the view.

/** The rows to draw: the first k and the sum of the rest, or all.
 * @param {any} view @param {boolean} all */
function layout(view, all) {
  const shown = all ? view.rows : view.rows.slice(0, view.k);
  const rest = view.rows.slice(shown.length);
  const others = view.others || { count: 0, values: [] };
  const values = others.values.map(
    (sum, i) => rest.reduce((total, row) => total + row.values[i], sum));
  const count = rest.length + others.count;
  const silent = view.policies.map((policy) => policy.confidence === 0);
  return { shown, silent, rest: count ? { count, values } : null, more: view.rows.length > view.k };
}

function render(context) {
  const { model } = context;
  const stage = openStage(context, { name: "bars", label: "Confidence of the policies" });
  const heading = h("div", { class: "dn-heading" });
  const head = h("tr");
  const bodyRows = h("tbody");
  const table = h("table", null, h("thead", null, head), bodyRows);
  const frame = h("div", { class: "dn-bars__frame" }, table);
  const legend = h("p", { class: "dn-bars__legend" });
  const why = h("div", { class: "dn-bars__why", "aria-live": "polite" });
  const form = h("div", { class: "dn-bars__form" });
  const whatIf = h("details", { class: "dn-bars__whatif" }, h("summary", null, "What if …"), form);
  stage.body.append(heading, frame, legend, why, whatIf);
  const rows = new Map();
  let all = false;
  let view = model.get("view");
  let chosen = null;
  let drawn = "";

  // --- bars: rows are kept by action, so that a bar grows from what it was
  const rowOf = (key) => {
    if (!rows.has(key)) rows.set(key, { node: h("tr", null, h("th", { scope: "row" })), cells: [] });
    return rows.get(key);
  };
  const fill = (row, values, silent) => {
    while (row.cells.length > values.length) row.cells.pop().td.remove();
    values.forEach((value, i) => {
      if (!row.cells[i]) {
        const bar = h("span", { class: "dn-bars__bar" });
        const text = h("span", { class: "dn-bars__number" });
        const track = h("span", { class: "dn-bars__track" }, bar);
        const td = h("td", null, h("span", { class: "dn-bars__cell" }, track, text));
        row.cells[i] = { td, bar, text, track };
        row.node.append(td);
      }
      const { td, bar, text, track } = row.cells[i];
      td.className = `dn-${view.policies[i].hue}`;
      track.classList.toggle("dn-bars__silent", silent[i]);
      bar.style.width = `${Math.min(1, value) * 100}%`;
      text.textContent = value ? digits(value) : "";
    });
  };
  const toggle = (text) => h("button", { class: "dn-link", data: { key: "all" },
    "aria-expanded": String(all), on: { click: () => ((all = !all), drawBars()) } }, text);

  const place = (wanted) => {
    for (const [key, row] of rows) if (!wanted.includes(row)) row.node.remove(), rows.delete(key);
    wanted.forEach(({ node }, i) => {
      if (bodyRows.children[i] === node) return;
      const move = node.isConnected && bodyRows.moveBefore ? "moveBefore" : "insertBefore";
      bodyRows[move](node, bodyRows.children[i] || null);
    });
  };

  const drawBars = () => keepFocus(stage.root, () => {
    const { shown, silent, rest, more } = layout(view, all);
    const wanted = shown.map((data) => rowOf(`a:${data.action}`));
    const last = rest || more ? rowOf("others") : null;
    // rows move before they change: a browser forgets to restyle what changed before it moved
    place(last ? [...wanted, last] : wanted);
    shown.forEach((data, i) => {
      const { node } = wanted[i];
      node.className = data.won ? "dn-bars__won" : data.refused ? "dn-bars__refused" : "";
      node.firstChild.replaceChildren(named(data.action),
        data.won ? h("span", { class: "dn-sr" }, " chosen") : data.refused ? " refused" : "");
      node.toggleAttribute("data-named", model.get("selection").action === data.action);
      fill(wanted[i], data.values, silent);
    });
    if (!last) return;
    const text = rest ? `${rest.count} more` : `only the first ${view.k}`;
    last.node.firstChild.replaceChildren(more ? toggle(text) : text);
    fill(last, rest ? rest.values : [], silent);
  });

  const drawWhy = () => {
    const winner = view.policies[view.winner];
    why.className = `dn-bars__why dn-${winner ? winner.hue : "grey"}`;
    // the quotes around a story stand in its link, so that no line ends between them
    const part = (at) => view.why[at] || { text: "" };
    const quoted = (at) => part(at).kind === "story"
      && part(at - 1).text.endsWith("'") && part(at + 1).text.startsWith("'");
    why.replaceChildren(...view.why.map(({ text, kind }, i) => (kind === "policy" ? h("b", null, text)
      : !kind ? h("span", null, text.slice(+quoted(i - 1), quoted(i + 1) ? -1 : undefined))
        : h("button", { class: "dn-link", on: { click: () => stage.select({ [kind]: text }) } },
          quoted(i) && "'", h("bdi", null, text), quoted(i) && "'"))));
  };

  // --- what if: every change asks anew, the latest answer counts
  const ask = () => stage.latest("probe", { what: chosen });
  // a field that writes what is typed or chosen into `place()[name]`; a slot that nobody touched
  // shows what it has come to be
  const field = (place, name, key, label, names, type) => {
    const value = () => place()[name] ?? view.input.slots[name] ?? "";
    const on = { input: () => {
      place()[name] = node.value;
      if (key === "intent") drawForm();
      ask();
    } };
    const more = { class: "dn-field", "aria-label": label, data: { key }, on };
    const node = names ? h("select", more, ["", ...names].map((one) => h("option",
      { value: one, selected: one === value() }, one || "none")))
      : h("input", { ...more, value: value(), type, step: "any", placeholder: "none" });
    node.refresh = () => (node.value = value());
    return node;
  };
  const slotField = ({ name, values, type }) => h("label", null, named(name), field(() => chosen.slots,
    name, `s-${name}`, null, values || (type === "bool" && ["true", "false"]), type === "float" && "number"));
  const entityField = (_, i) => h("span", { class: "dn-bars__entity" },
    field(() => chosen.entities[i], "entity", `e-${i}`, "entity", model.get("options").entities),
    field(() => chosen.entities[i], "value", `v-${i}`, "its value"),
    h("button", { class: "dn-button", "aria-label": "remove this entity",
      on: { click: () => (chosen.entities.splice(i, 1), drawForm(), ask()) } }, "×"));

  // which fields there are
  const shapeOf = (input) => JSON.stringify([input.entities.length, !input.intent, model.get("options")]);
  const drawForm = () => keepFocus(stage.root, () => {
    const { intents, entities, slots } = model.get("options");
    drawn = shapeOf(chosen);
    const group = (label, ...inside) => [h("span", null, label),
      h("div", { role: "group", "aria-label": label }, inside)];
    const add = () => {
      chosen.entities.push({ entity: "", value: "" });
      drawForm();
    };
    form.replaceChildren(
      ...group("the user says", field(() => chosen, "intent", "intent", "intent", intents)),
      ...entities.length && chosen.intent ? group("with", chosen.entities.map(entityField),
        h("button", { class: "dn-button", data: { key: "more" }, on: { click: add } }, "Add an entity")) : [],
      ...slots.length ? group("slots", slots.map(slotField)) : [],
      h("button", { class: "dn-button", data: { key: "reset" },
        on: { click: () => stage.latest("probe", { what: null }) } }, "Back to what happened"),
    );
  });

  stage.drawOn(["view", "options"], () => {
    view = model.get("view");
    if (!view.policies) return;
    heading.replaceChildren("CONFIDENCE", h("span", null, h("bdi", null, view.title)),
      view.hypothetical ? h("span", { class: "dn-bars__if" }, "hypothetical") : "");
    head.replaceChildren(h("th", { scope: "col" }, "action"), ...view.policies.map((mark) => h("th",
      { scope: "col", title: mark.name }, h("span", { class: "dn-bars__policy" }, letter(mark), named(mark.label)))));
    frame.hidden = !view.decided;
    const [limit] = view.thresholds;
    table.style.setProperty("--dn-limit", limit ? `${limit.value * 100}%` : "");
    table.style.setProperty("--dn-policies", view.policies.length);
    drawBars();
    legend.replaceChildren(...view.thresholds.map((t) => h("span", null, h("i"), t.text)));
    drawWhy();
    whatIf.hidden = stage.offline || !view.input;
    if (whatIf.hidden) return;
    // what somebody is just typing stays as it is, the fields around it follow
    const active = stage.root.getRootNode().activeElement;
    const typing = view.hypothetical && form.contains(active);
    const { intent, entities, touched } = structuredClone(view.input);
    const same = shapeOf(view.input) === drawn;
    if (!typing || same) chosen = { intent, entities, slots: touched };
    if (same) {
      form.querySelectorAll(".dn-field").forEach((node) => (typing && node === active) || node.refresh());
    } else if (!typing) drawForm();
    form.querySelector('[data-key="reset"]').disabled = !view.hypothetical;
  });
  stage.drawOn(["selection"], () => view.policies && drawBars());
  return stage.close;
}

export { layout };
export default { render };
