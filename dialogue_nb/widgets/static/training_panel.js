// Curves of training runs, the runs side by side, the settings of the next one; what is in the view
// is said in views/training_panel.py, what points and axes are in views/training_curves.py.

const DN_MEASURES = ["loss", "accuracy"];

/** A chart of a measure (0 loss, 1 accuracy): paths, runs' numbers at their ends, ticks.
 * @param {{number: number, hue: string, points: (number | null)[][]}[]} lines
 * @param {any} axes @param {number} measure @param {number} width in pixels; the height is 150 */
function layout(lines, axes, measure, width) {
  const high = axes[DN_MEASURES[measure]];
  const x = (epoch) => 34 + ((epoch - 1) / Math.max(1, axes.last - 1)) * (width - 52);
  const y = (value) => 132 - (value / high[high.length - 1]) * 126;
  const paths = [];
  const ends = [];
  for (const { number, hue, points } of lines) {
    for (const held of [0, 1]) {
      const place = 1 + measure + 2 * held;
      const at = points.filter((p) => p[place] !== null).map((p) => [x(p[0]), y(p[place])]);
      if (!at.length) continue;
      const d = at.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join("L");
      paths.push({ hue, held, d: `M${d}${at.length > 1 ? "" : "h.1"}` });
      if (!held) ends.push({ hue, number, x: at[at.length - 1][0] + 5, y: at[at.length - 1][1] });
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
  const { offline } = stage;
  const hidden = new Set();
  const undo = [];
  let view = model.get("view");
  let series = [];
  let axes = {};
  let progress = null;
  let cursor = 0;

  const button = (key, text, click, more = "") =>
    h("button", { class: `dn-button ${more}`, data: { key }, on: { click } }, text);
  const title = h("div", { class: "dn-heading" });
  const press = () => stage.request("train").catch(() => {});
  const train = button("train", "Train", press, "dn-primary");
  const line = h("p", { class: "dn-training__line" });
  const bar = h("i");
  const stale = h("p", { class: "dn-training__stale" }, "The stories have changed since this was learnt: train again.");
  const empty = h("p", { class: "dn-empty" });

  // --- Stop goes over the comm of RunControl, on which no cell ever speaks
  let control = model;
  let late = 0;
  const ask = (type) => control.send({ id: type, type });
  const hear = ({ id }) => id === "stop" && clearTimeout(late);
  const stop = button("stop", "Stop", () => {
    stage.say("Stopping");
    late = setTimeout(() => (line.textContent = "The kernel is busy in a cell: interrupt that, then the training stops."), 1000);
    ask("stop");
  });
  const manager = model.widget_manager;
  const found = (id) => (offline || !manager || !manager.get_model ? Promise.reject() : manager.get_model(id));
  found(model.get("control")).then((other) => {
    control = other;
    control.on("msg:custom", hear);
    // an answer tells the kernel which thread listens; the first message comes too early for that
    const wakes = [0, 300, 600].map((ms) => setTimeout(ask, ms, "hello"));
    undo.push(() => control.off("msg:custom", hear), () => wakes.forEach(clearTimeout));
  }).catch(() => {});
  // the settings are a widget of their own, shown in this one
  const settings = h("details", { hidden: true }, h("summary", null, "Settings of the next run"));
  found(model.get("settings")).then((other) => manager.create_view(other)).then((child) => {
    settings.append(child.el);
    settings.hidden = false;
    undo.push(() => child.remove());
  }).catch(() => {});

  // --- curves
  const charts = h("div", { class: "dn-training__charts", tabindex: 0, role: "slider", "aria-label": "Epoch",
    "aria-valuemin": 1, on: { mouseleave: () => moveTo(0), blur: () => moveTo(0), keydown: (event) => {
      const to = stepOf(event, (cursor || last()) - 1, last());
      if (to !== null) event.preventDefault(), moveTo(to + 1);
    } } });
  const read = h("p", { class: "dn-training__read" });
  const last = () => Math.max(1, ...Object.values(axes).map((one) => one.last));
  const linesOf = (place) => view.runs.map(({ number, hue }, i) => (
    { number, hue, points: (series[i] || {})[place] || [] })).filter((one) => one.points.length && !hidden.has(one.number));
  const text = (props, ...inside) => h("svg:text", props, ...inside);
  const chart = (place, measure, width) => {
    const plan = layout(linesOf(place), axes[place], measure, width);
    const at = cursor && plan.x(Math.min(cursor, axes[place].last));
    const name = `${Object.keys(axes).length > 1 ? `${axes[place].label} ` : ""}${DN_MEASURES[measure]}`;
    return h("div", { on: { mousemove: (event) => moveTo(plan.epochOf(event.offsetX)) } }, h("bdi", null, name),
      h("svg:svg", null,
        plan.high.map(([value, y]) => [h("svg:path", { class: "dn-training__grid", d: `M34,${y}H${width - 18}` }),
          text({ x: 29, y: y + 3, "text-anchor": "end" }, value)]),
        plan.across.map(([value, x]) => text({ x, y: 146, "text-anchor": "middle" }, value)),
        plan.paths.map(({ hue, held, d }) => h("svg:path", { class: `dn-${hue}`, d, "stroke-dasharray": held && "4 3" })),
        plan.ends.map(({ hue, number, x, y }) => text({ class: `dn-training__end dn-${hue}`, x, y: y + 4 }, number)),
        at ? h("svg:path", { d: `M${at},6V132` }) : ""));
  };
  const drawCharts = () => {
    const places = Object.keys(axes);
    charts.hidden = legend.hidden = read.hidden = !places.length;
    const width = Math.max(200, charts.clientWidth > 470 ? (charts.clientWidth - 16) / 2 : charts.clientWidth);
    charts.replaceChildren(...places.flatMap((place) => [chart(place, 0, width), chart(place, 1, width)]));
    const at = cursor || last();
    const told = places.flatMap((place) => linesOf(place).map(({ number, points }) => {
      const p = points[Math.min(at, points.length) - 1];
      const pair = (i) => [p[i], p[i + 2]].map((v) => (v === null ? "" : v.toFixed(2))).filter(Boolean).join(", held out ");
      return `run ${number}: loss ${pair(1)}, accuracy ${pair(2)}`;
    }));
    const values = { now: at, max: last(), text: `Epoch ${at}. ${told.join("; ")}` };
    for (const [key, value] of Object.entries(values)) charts.setAttribute(`aria-value${key}`, value);
    read.textContent = cursor ? values.text : "";
  };
  const moveTo = (epoch) => {
    cursor = Math.max(0, Math.min(last(), epoch));
    drawCharts();
  };
  const legend = h("p", { class: "dn-training__legend" }, h("i"), "training", h("i"), "held-out stories");

  // --- runs side by side; the round number shows and hides the curves of a run
  const table = h("table");
  const chip = ({ hue, number }) => h("button", { class: `dn-k dn-${hue}`, "aria-pressed": String(!hidden.has(number)),
    "aria-label": `Curves of run ${number}`, data: { key: `run-${number}` }, on: { click: () => {
      if (!hidden.delete(number)) hidden.add(number);
      draw();
    } } }, number);
  const row = (run) => (policy, i) => h("tr", null,
    i ? "" : h("th", { scope: "row", rowspan: run.policies.length }, chip(run), " ", run.head),
    h("td", null, letter(policy), " ", named(policy.label)),
    policy.cells.map((cell) => h("td", { colspan: policy.cells.length > 1 ? null : 5 }, cell)),
    i ? "" : h("td", { rowspan: run.policies.length }, run.differs.map((one) => h("bdi", null, one))));
  const drawRuns = () => {
    table.hidden = !view.runs.length;
    table.replaceChildren(h("thead", null, h("tr", null, view.columns.map((name) => h("th", { scope: "col" }, name)))),
      ...view.runs.map((run) => h("tbody", null, run.policies.map(row(run)))));
  };

  // --- news
  const notes = h("div", { class: "dn-muted" });
  const drawLine = () => {
    const { going, text: said, share, stopping } = progress || {};
    line.textContent = said ? `Run ${view.runs.length}: ${said}` : "";
    bar.parentNode.hidden = !going;
    bar.style.width = `${100 * (share || 0)}%`;
    train.disabled = Boolean(going || view.problem);
    stop.disabled = !going || stopping;
  };
  const take = (news, at) => news.every(({ policy, start, points }) => {
    const known = (series[at] = series[at] || {})[policy] || [];
    series[at][policy] = [...known.slice(0, start), ...points];
    return start <= known.length;
  });
  const follow = (message) => {
    if (progress && message.progress.state !== progress.state) stage.say(message.progress.state);
    ({ axes, progress } = message);
    drawLine();
    drawCharts();
  };
  const all = (answer) => {
    series = [];
    answer.series.forEach(take);
    follow(answer);
  };
  const hello = () => (offline ? all(model.get("curves")) : stage.request("hello").then(all, () => {}));
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
    stale.hidden = !model.get("stale");
    empty.hidden = view.runs.length > 0;
    empty.textContent = view.problem || "Nothing is trained yet. Press Train: the curves grow here while the bot learns.";
    notes.replaceChildren(...view.notes.map((one) => h("p", null, one)));
    drawRuns();
    drawLine();
    drawCharts();
  };
  stage.body.append(h("div", { class: "dn-training__head" }, title, h("span", { class: "dn-space" }), offline ? "" : [train, stop]),
    line, h("div", { class: "dn-training__bar" }, bar), stale, empty, legend, charts, read, table, notes, settings);
  const sizes = new ResizeObserver(drawCharts);
  sizes.observe(stage.body);
  stage.onClose(() => [() => sizes.disconnect(), () => clearTimeout(late), ...undo].forEach((fn) => fn()));
  stage.drawOn(["view", "stale"], draw);
  hello();
  return stage.close;
}

export { layout };
export default { render };
