// The window before one turn as a table of turns and features; see views/feature_heatmap.py.

/** The rows and cells of the table. @param {any} view */
function layout({ cells, rows, columns }) {
  const padding = rows.length - cells.steps;
  return rows.map((row, i) => ({
    ...row,
    cells: columns.map((column, c) => {
      const value = i < padding ? null : valueOf(cells, i - padding, c);
      const kind = value === null ? "pad" : !value ? "zer" : column.unseen ? "not" : "set";
      return { c, row, column, value, kind, key: `${row.ago}-${column.name}` };
    }),
  }));
}

function render(context) {
  const { model } = context;
  const head = h("thead");
  const body = h("tbody");
  const table = h("table", { role: "grid", "aria-label": "Turns and features" }, head, body);
  const stage = openHeat(context, table);
  table.parentNode.classList.add("dn-heat__table");
  stage.body.append(h("p", { class: "dn-heat__legend" }, ["zero", "set", "padding", "not in the vector"].map(
    (text) => h("span", null, h("i", { class: `dn-heat__${text.slice(0, 3)}` }), text))));
  let view, rows = [], chosen = null, hover = null, nodes = new Map();

  const turnOf = ({ row }) => (row.turn === null ? ago(row.ago) : `turn ${row.turn}`);
  const wordsOf = ({ column, value }) => inWords(column, value, view.texts);
  const madeOf = ({ column, row }) => row.made[column.part];
  const inspect = () => {
    const cell = hover || chosen;
    if (!cell) return stage.fill();
    const { column, value, row } = cell;
    const seen = view.training && value !== null ? (view.training.seen[column.name] || [])[row.ago] : undefined;
    const before = row.turn === null ? "" : "before ";
    return stage.fill(column, value, view.texts, hover, [
      [before + turnOf(cell), wordsOf(cell)],
      ...seen >= 0 ? [["the same in training", `${seen} of ${view.training.windows} windows`]] : [],
    ], madeOf(cell));
  };
  const choose = (cell, click) => {
    hover = null;
    stage.select({ feature: cell.column.name, back: cell.row.ago });
    mark();
    nodes.get(cell).focus();
    if (click) stage.open();
  };
  const cellOf = ({ target }) => {
    const node = target.closest("td");
    return (node && rows[node.parentNode.sectionRowIndex] || { cells: [] }).cells[node && node.cellIndex - 1];
  };
  table.addEventListener("click", (event) => cellOf(event) && choose(cellOf(event), true));
  table.addEventListener("mouseover", (event) => ((hover = cellOf(event)), inspect()));
  table.addEventListener("mouseleave", () => ((hover = null), inspect()));
  table.addEventListener("keydown", (event) => {
    const cell = cellOf(event);
    if (!cell) return;
    const down = keyDown(event, 1e9);
    const x = down === undefined ? stepOf(event, cell.c, view.columns.length) : cell.c;
    if (x === null) return;
    event.preventDefault();
    event.stopPropagation();
    const y = rows.findIndex((row) => row.ago === cell.row.ago) + (down || 0);
    choose(rows[Math.max(0, Math.min(rows.length - 1, y))].cells[x], event.key === "Enter");
  });

  const mark = () => {
    const { feature, back } = model.get("selection");
    const cells = rows.flatMap((row) => row.cells);
    chosen = cells.find(({ column, row }) => row.ago === back && column.name === feature);
    const entry = chosen || cells[cells.length - view.columns.length];
    for (const [cell, node] of nodes) {
      node.tabIndex = cell === entry ? 0 : -1;
      node.setAttribute("aria-selected", String(cell === chosen));
    }
    inspect();
  };
  const drawCell = (cell) => {
    const { column, value, kind, key } = cell;
    const node = h("td", { role: "gridcell", "aria-label": `${turnOf(cell)}, ${wordsOf(cell)}`, data: { key },
      class: column.first && "dn-heat__gap" },
    h("div", { class: `dn-heat__${kind} ${value < 0.7 ? "dn-heat__faint" : ""}`, style: { "--dn-part": Math.max(0, Math.min(1, view.texts ? 1 : value)) } },
      kind === "set" && named(written(value, view.texts))));
    nodes.set(cell, node);
    return node;
  };
  stage.drawOn(["view"], () => {
    view = model.get("view");
    if (!view.rows) return;
    rows = layout(view);
    hover = null;
    nodes = new Map();
    table.classList.toggle("dn-heat__nested", Boolean(view.texts));
    head.replaceChildren(h("tr", null, h("td"), view.columns.map((column) => h("th",
      { scope: "col", class: column.first && "dn-heat__gap" }, named(column.name)))));
    body.replaceChildren(...rows.map((row) => h("tr", { class: !row.ago && "dn-heat__now" },
      h("th", { scope: "row" }, ago(row.ago)), row.cells.map(drawCell))));
    stage.tools(view);
    mark();
  });
  stage.drawOn(["selection"], () => view.rows && mark());
  return stage.close;
}

export default { render };
