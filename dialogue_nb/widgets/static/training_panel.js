// Curves of training runs, the runs side by side, the settings of the next one; what is in the view
// is said in views/training_panel.py, what points and axes are in views/training_curves.py.

const DN_NAMES = ["loss", "accuracy"];

/** A chart of a measure (0 loss, 1 accuracy): paths, runs' numbers at their ends, ticks.
 * @param {{number: number, hue: string, points: (number | null)[][]}[]} lines
 * @param {any} axes @param {number} measure @param {number} width in pixels; the height is 150 */
function layout(lines, axes, measure, width) {
  const high = axes[DN_NAMES[measure]];
  const x = (epoch) => 34 + ((epoch - 1) / Math.max(1, axes.last - 1)) * (width - 52);
  const y = (value) => 132 - (value / high[high.length - 1]) * 126;
  const paths = [];
  const ends = [];
  for (const { number, hue, points } of lines) {
    for (const held of [0, 1]) {
      const place = 1 + measure + 2 * held;
      const at = points.filter((p) => p[place] !== null).map((p) => [x(p[0]), y(p[place])]);
      if (!at.length) continue;
      const d = at.map((pair) => pair.map((n) => n.toFixed(1))).join("L");
      const [px, py] = at.pop();
      paths.push({ hue, held, d: `M${d}h.1` });
      if (!held) ends.push({ hue, number, x: px + 5, y: py });
    }
  }
  // numbers that would lie on each other move apart, upwards
  ends.sort((a, b) => b.y - a.y).forEach((end, i) => i && (end.y = Math.min(end.y, ends[i - 1].y - 10)));
  const epochOf = (px) => Math.round(1 + ((px - 34) / (width - 52)) * (axes.last - 1));
  return { paths, ends, x, epochOf, high: high.map((v) => [v, y(v)]), across: axes.x.map((v) => [v, x(v)]) };
}

function render(context) {
  const { model } = context;
  const stage = openStage(context, { name: "training", label: "Training" });
  const hidden = new Set();
  let view = model.get("view");
  let series = [];
  let axes = {};
  let progress = null;
  let state = "";
  let cursor = 0;

  const button = (key, click) => h("button", { class: "dn-button", data: { key }, on: { click } }, key);
  const title = h("div", { class: "dn-heading" });
  const train = button("Train", () => stage.request("train").catch(() => {}));
  const line = h("p", { class: "dn-t-line" });
  const says = h("div");

  // --- Stop goes over the comm of RunControl, on which no cell ever speaks
  let control = model;
  let late = 0;
  const ask = (type) => control.send({ id: type, type });
  const hear = ({ id }) => id === "stop" && clearTimeout(late);
  const stop = button("Stop", () => {
    stage.say("Stopping");
    late = setTimeout(() => (line.textContent = view.busy), 1000);
    ask("stop");
  });
  const found = async (id) => model.widget_manager.get_model(id);
  found(model.get("control")).then((other) => {
    control = other;
    control.on("msg:custom", hear);
    // an answer tells the kernel which thread listens; the first message comes too early for that
    const wakes = [0, 300, 600].map((ms) => setTimeout(ask, ms, "hello"));
    stage.onClose(() => (control.off("msg:custom", hear), wakes.forEach(clearTimeout)));
  }).catch(() => {});
  // the settings are a widget of their own, shown in this one
  const settings = h("details", null, h("summary", null, "Settings of the next run"));
  found(model.get("settings")).then((other) => model.widget_manager.create_view(other)).then((child) => {
    settings.append(child.el);
    stage.onClose(() => child.remove());
  }).catch(() => settings.remove());

  // --- curves
  const charts = h("div", { class: "dn-t-charts", tabindex: 0, role: "slider", "aria-label": "Epoch",
    "aria-valuemin": 1, on: { mouseleave: () => moveTo(0), blur: () => moveTo(0), keydown: (event) => {
      const to = stepOf(event, (cursor || last()) - 1, last());
      if (to !== null) event.preventDefault(), moveTo(to + 1);
    } } });
  const read = h("p", { class: "dn-t-read" });
  const last = () => Math.max(1, ...Object.values(axes).map((one) => one.last));
  const linesOf = (place) => view.runs.map(({ number, hue }, i) => (
    { number, hue, points: (series[i] || {})[place] || [] })).filter((one) => one.points.length && !hidden.has(one.number));
  const text = h.bind(null, "svg:text");
  const chart = (place, measure, width) => {
    const plan = layout(linesOf(place), axes[place], measure, width);
    const at = cursor && plan.x(Math.min(cursor, axes[place].last));
    return h("div", { on: { mousemove: (event) => moveTo(plan.epochOf(event.offsetX)) } }, h("bdi", null, `${axes[place].label}: ${DN_NAMES[measure]}`),
      h("svg:svg", null,
        plan.high.map(([value, y]) => [h("svg:path", { class: "dn-t-grid", d: `M34,${y}H${width - 18}` }),
          text({ x: 29, y: y + 3, "text-anchor": "end" }, value)]),
        plan.across.map(([value, x]) => text({ x, y: 146, "text-anchor": "middle" }, value)),
        plan.paths.map(({ hue, held, d }) => h("svg:path", { class: `dn-${hue}`, d, "stroke-dasharray": held && "4 3" })),
        plan.ends.map(({ hue, number, x, y }) => text({ class: `dn-t-end dn-${hue}`, x, y: y + 4 }, number)),
        at > 0 && h("svg:path", { d: `M${at},6V132` })));
  };
  const drawCharts = () => {
    const places = Object.keys(axes);
    charts.hidden = legend.hidden = read.hidden = !places.length;
    const room = charts.clientWidth;
    const width = room > 470 ? room / 2 - 8 : Math.max(200, room);
    charts.replaceChildren(...places.flatMap((place) => [chart(place, 0, width), chart(place, 1, width)]));
    const at = cursor || last();
    const told = places.flatMap((place) => linesOf(place).map(({ number, points }) => {
      const p = points[Math.min(at, points.length) - 1];
      const values = p.map((v, i) => i > 0 && v !== null && view.columns[i + 2] + " " + v.toFixed(2));
      return "run " + number + ": " + values.filter(Boolean).join(", ");
    }));
    const said = "Epoch " + at + ", " + told.join("; ");
    for (const [key, value] of [["now", at], ["max", last()], ["text", said]]) charts.setAttribute(`aria-value${key}`, value);
    read.textContent = cursor ? said : "";
  };
  const moveTo = (epoch) => {
    cursor = Math.max(0, Math.min(last(), epoch));
    drawCharts();
  };
  const legend = h("p", { class: "dn-t-legend" }, h("i"), "training", h("i"), "held-out stories");

  // --- runs side by side; the round number shows and hides the curves of a run
  const table = h("table");
  const chip = ({ hue, number }) => h("button", { class: `dn-k dn-${hue}`, "aria-pressed": String(!hidden.has(number)),
    "aria-label": `Curves of run ${number}`, data: { key: `run-${number}` }, on: { click: () => {
      if (!hidden.delete(number)) hidden.add(number);
      draw();
    } } }, number);
  // words take the room of the numbers, of which two are not shown where there is little room
  const cellsOf = (cells) => (cells.length > 1 ? cells.map((cell, at) => h("td", { class: `dn-t-cell${at}` }, cell))
    : [h("td", { colspan: 3 }, cells), h("td", { class: "dn-t-cell1" }), h("td", { class: "dn-t-cell3" })]);
  const row = (run) => (policy, i) => h("tr", null,
    i ? "" : h("th", { scope: "row", rowspan: run.policies.length }, chip(run), " ", run.head),
    h("td", null, letter(policy), " ", named(policy.label)),
    cellsOf(policy.cells),
    i ? "" : h("td", { rowspan: run.policies.length }, run.differs.map((one) => h("bdi", null, one))));
  // --- news
  const drawLine = () => {
    const { going, text: said = "", share, stopping } = progress || {};
    line.textContent = said;
    line.style.backgroundSize = `${100 * share}% 2px`;
    train.disabled = going || view.problem !== "";
    stop.disabled = !going || stopping;
  };
  const take = (news, at) => news.every(({ policy, start, points }) => {
    const known = (series[at] = series[at] || {})[policy] || [];
    series[at][policy] = [...known.slice(0, start), ...points];
    return start <= known.length;
  });
  const follow = (message) => {
    ({ axes, progress } = message);
    if (progress && state !== progress.state) stage.say((state = progress.state));
    drawLine();
    drawCharts();
  };
  const all = (answer) => {
    series = [];
    answer.series.forEach(take);
    follow(answer);
  };
  const hello = () => (stage.offline ? all(model.get("curves")) : stage.request("curves").then(all, () => {}));
  stage.listen("msg:custom", (message) => {
    hear(message);
    if (message.type !== "points") return;
    if (take(message.series, message.run)) follow(message);
    else hello();
  });

  const draw = () => {
    view = model.get("view");
    if (!view.runs) return;
    title.replaceChildren("TRAINING", h("span", null, h("bdi", null, view.name)));
    says.replaceChildren(...view.says.map(([kind, text]) => h("p", { class: `dn-t-${kind}` }, text)));
    table.hidden = !view.runs.length;
    table.replaceChildren(h("thead", null, h("tr", null, view.columns.map((name) => h("th", { scope: "col" }, name)))),
      ...view.runs.map((run) => h("tbody", null, run.policies.map(row(run)))));
    drawLine();
    drawCharts();
  };
  stage.body.append(h("div", { class: "dn-t-head" }, title, h("span", { class: "dn-space" }), stage.offline ? "" : [train, stop]),
    line, says, legend, charts, read, table, settings);
  const sizes = new ResizeObserver(drawCharts);
  sizes.observe(stage.body);
  stage.onClose(() => (sizes.disconnect(), clearTimeout(late)));
  stage.drawOn(["view"], draw);
  hello();
  return stage.close;
}

export { layout };
export default { render };
