// All windows of a training set, one below the other; see views/feature_heatmap.py. The cells are
// painted on a canvas above the element that scrolls, and only those that are in sight.

/** The state so many turns before a step, -1 for padding.
 * @param {any} data @param {number} step @param {number} back */
function stateOf(data, step, back) {
  return back > data.turns[step] ? -1 : data.steps[step - back];
}

/** Where the columns stand: those of a group together.
 * @param {any[]} columns @param {number[]} shown @param {number} wide */
function layout(columns, shown, wide) {
  const at = columns.map(() => -1);
  let width = 0;
  const x = shown.map((c, i) => {
    if (i && columns[c].group !== columns[shown[i - 1]].group) width += 5;
    at[c] = i;
    return (width += wide) - wide;
  });
  return { shown, at, x, width };
}

/** What is special about a window: what contradicts it, an equal one before it, how often it occurs.
 * @param {any} data @param {number} i */
function marksOf({ same, times, ways }, i) {
  return (ways[i] > 1 ? ` ≠${ways[i]}` : "") + (same[i] >= 0 ? ` =${same[i] + 1}` : times[i] > 1 ? ` ×${times[i]}` : "");
}

/** The arrays of a message: whole numbers, but for the values. @param {any} packed */
function unpack(packed) {
  return Object.fromEntries(Object.entries(packed).filter((pair) => pair[1].buffer).map(([key, bytes]) => [key,
    new (key === "values" ? Float32Array : Int32Array)(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))]));
}

function render(context) {
  const { model } = context;
  const id = `dn-${Math.random()}`;
  const canvas = h("canvas", { "aria-hidden": "true" });
  const spoken = h("div", { role: "gridcell", id });
  const sizer = h("div", { role: "presentation" }, h("div", { role: "row", class: "dn-sr" }, spoken));
  const grid = h("div", { class: "dn-heat__grid", role: "grid", tabindex: "0", "aria-label": "Windows and features",
    "aria-activedescendant": id, data: { key: "grid" } }, sizer);
  const stage = openHeat(context, grid, canvas);
  const pen = canvas.getContext("2d");
  const color = {};
  let view, columns, data, plan, size, count, planned = 0;
  let cursor = null, hover = null, cause = {};

  // --- paint
  const tile = (...strokes) => {
    const node = h("canvas", { width: 6, height: 6 });
    const brush = node.getContext("2d");
    brush.fillStyle = color["fg-2"];
    for (const stroke of strokes) brush.fillRect(...stroke);
    return pen.createPattern(node, "repeat");
  };
  const readColors = () => {
    const style = getComputedStyle(stage.root);
    for (const name of ["bg", "bg-3", "fg", "fg-2", "accent", "accent-bg", "heat", "warn"]) {
      color[name] = style.getPropertyValue(`--dn-${name}`);
    }
    color.font = `11px ${style.fontFamily}`;
    color.hatch = tile(...[0, 1, 2, 3, 4, 5].map((n) => [n, 5 - n, 1, 1]));
    color.dots = tile([1, 1, 2, 2], [4, 4, 2, 2]);
    plot();
  };
  const write = (text, x, y, room, ink = "fg-2") => {
    const letters = [...visible(text)];
    const most = Math.floor(room / 5.6);
    pen.fillStyle = color[ink];
    pen.fillText(letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : letters.join(""), x, y, room);
  };
  const box = (x, y, w, high, fill) => ((pen.fillStyle = fill), pen.fillRect(x, y, w, high));
  const labelOf = (i) => model.get("columns").actions[data.labels[data.rows[i]]];

  const paintLine = (i, back, x0, y) => {
    const { line, wide, left } = size;
    const state = stateOf(data, data.rows[i], back);
    box(x0, y, plan.width - 1, line - 1, state < 0 ? color.hatch : color["bg-3"]);
    for (let k = data.offsets[state]; k < data.offsets[state + 1]; k++) {
      const [place, value] = [data.places[k], data.values[k]];
      const x = x0 + plan.x[plan.at[place]];
      if (x < left - wide || x > size.across) continue;
      box(x, y, wide - 1, line - 1, view.texts ? color["accent-bg"] : place >= view.size ? color.dots
        : `rgb(${color.heat} / ${0.35 + 0.6 * Math.min(1, Math.abs(value))})`);
      if (view.texts) write(view.texts[value], x + 4, y + 11, wide - 10, "fg");
    }
  };
  const paint = () => {
    planned = 0;
    if (!size) return;
    const { head, left, block, line, wide, across, down } = size;
    pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    pen.font = color.font;
    box(0, 0, across, down, color.bg);
    const top = head - grid.scrollTop;
    const x0 = left - grid.scrollLeft;
    for (let i = Math.floor(grid.scrollTop / block); i < count && top + i * block < down; i++) {
      const y = top + i * block;
      const ground = cursor && cursor.i === i ? color["accent-bg"] : color.bg;
      box(0, y - 3, across, block, ground);
      for (let t = 0; t < view.width; t++) {
        const at = y + t * line;
        if (at > head - line && at < down) paintLine(i, view.width - 1 - t, x0, at);
      }
      box(0, y - 3, left - 4, block, ground);
      const marks = marksOf(data, i);
      const room = marks.length * 7;
      write(data.numbers[i] + 1, 2, y + 11, 38);
      write(labelOf(i), 42, y + 11, left - 52 - room, "fg");
      write(marks, left - 10 - room, y + 11, room + 9, data.ways[i] > 1 ? "warn" : "fg-2");
    }
    for (const [cell, ink] of [[hover, "fg-2"], [cursor, "accent"]]) {
      if (!cell) continue;
      pen.strokeStyle = color[ink];
      pen.lineWidth = 2;
      pen.strokeRect(x0 + plan.x[plan.at[cell.c]] - 1, top + cell.i * block + (view.width - 1 - cell.back) * line - 1,
        wide + 1, line + 1);
    }
    // the names stand still while the cells move under them
    box(0, 0, across, head - 3, color.bg);
    plan.shown.forEach((c, i) => {
      const x = x0 + plan.x[i];
      if (x < left - wide || x > across) return;
      pen.save();
      pen.translate(x + (view.texts ? 4 : wide / 2 + 3), head - 8);
      if (!view.texts) pen.rotate(-Math.PI / 2);
      write(columns[c].name, 0, 0, view.texts ? wide - 6 : head - 12);
      pen.restore();
    });
    box(0, 0, left - 4, head - 3, color.bg);
    write("window, what follows", 2, head - 8, left - 10);
  };
  const plot = () => (planned = planned || requestAnimationFrame(paint));

  const measure = () => {
    if (!data) return;
    const wide = view.texts ? 124 : 13;
    const line = view.texts ? 16 : 6;
    const block = Math.max(18, view.width * line + 6);
    plan = layout(columns, shownOf(data, columns, stage.all), wide);
    const head = view.texts ? 24 : 136;
    const left = Math.min(210, Math.max(130, grid.offsetWidth * 0.3));
    sizer.style.cssText = `width:${left + plan.width}px;height:${head + count * block}px`;
    const [across, down] = [grid.clientWidth, grid.clientHeight];
    size = { wide, line, block, head, left, across, down };
    canvas.width = across * devicePixelRatio;
    canvas.height = down * devicePixelRatio;
    canvas.style.cssText = `width:${across}px;height:${down}px`;
    grid.ariaRowCount = count;
    grid.ariaColCount = plan.shown.length;
    paint();
  };

  // --- a cell
  const inspect = () => {
    plot();
    const cell = hover || cursor;
    if (!cell) return stage.fill([["CELL", "Point at a cell, or move with the arrow keys."]]);
    const { i, back, c } = cell;
    const step = data.rows[i];
    const state = stateOf(data, step, back);
    const [title, words] = inWords(columns[c], state < 0 ? null : valueOf(data, state, c), view.texts, c >= view.size);
    const line = `${state < 0 ? ago(back) : `turn ${data.turns[step] - back}`}, ${words}`;
    if (cell === cursor) spoken.textContent = visible(`window ${data.numbers[i] + 1}, ${line}`);
    return stage.fill([[hover ? "CELL" : "SELECTED CELL", h("b", null, title)], [ago(back), line],
      [`window ${data.numbers[i] + 1}${marksOf(data, i)}`, `${labelOf(i)} follows`]], cell === cause.cell && cause.made);
  };
  const cellAt = (event) => {
    const frame = grid.getBoundingClientRect();
    const x = event.clientX - frame.left - size.left + grid.scrollLeft;
    const y = Math.max(0, event.clientY - frame.top - size.head) + grid.scrollTop;
    const i = Math.floor(y / size.block);
    const t = Math.floor((y - i * size.block) / size.line);
    const c = plan.shown[Math.max(0, plan.x.findLastIndex((left) => left <= x))];
    return i < count && c >= 0 ? { i, back: Math.max(0, view.width - 1 - t), c } : null;
  };
  const choose = (cell, click) => {
    const { i, back, c } = cell;
    const row = data.numbers[i];
    hover = null;
    stage.select({ row, back, feature: columns[c].name });
    cursor = cell;
    const x = size.left + plan.x[plan.at[c]];
    const y = i * size.block + (view.width - 1 - back) * size.line;
    grid.scrollLeft = Math.min(x - size.left, Math.max(grid.scrollLeft, x + size.wide + 4 - size.across));
    grid.scrollTop = Math.min(y, Math.max(grid.scrollTop, y + size.head + size.line + 4 - size.down));
    inspect();
    stage.say(spoken.textContent);
    if (stage.offline || stateOf(data, data.rows[i], back) < 0) return;
    stage.request("cause", { row, back, part: columns[c].part }).then(({ made }) => {
      cause = { cell, made };
      inspect();
      if (click) stage.open(made);
    }, () => {});
  };
  const follow = () => {
    if (!data) return;
    const { feature, back = 0, row } = model.get("selection");
    const c = columns.findIndex((column) => column.name === feature);
    const i = data.numbers.indexOf(row);
    const same = cursor && cursor.i === i && cursor.back === back && cursor.c === c;
    if (!same) cursor = i < 0 || !(plan.at[c] >= 0) || back >= view.width ? null : { i, back, c };
    inspect();
  };
  const on = (name, fn) => grid.addEventListener(name, (event) => count && fn(event));
  on("scroll", plot);
  on("mousemove", (event) => ((hover = cellAt(event)), inspect()));
  on("mouseleave", () => ((hover = null), inspect()));
  on("click", (event) => cellAt(event) && choose(cellAt(event), true));
  on("keydown", (event) => {
    const { width } = view;
    const page = 10 * width;
    const down = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Enter: 0 }[event.key]
      ?? (event.ctrlKey ? { Home: -1e9, End: 1e9 }[event.key] : undefined);
    const { i, back, c } = cursor || { i: 0, back: width - 1, c: plan.shown[0] };
    const x = down === undefined ? stepOf(event, plan.at[c], plan.shown.length) : plan.at[c];
    if (x === null) return;
    event.preventDefault();
    event.stopPropagation();
    const to = Math.max(0, Math.min(count * width - 1, (i + 1) * width - 1 - back + (down || 0)));
    choose({ i: Math.floor(to / width), back: width - 1 - (to % width), c: plan.shown[x] }, event.key === "Enter");
  });

  const show = (packed) => {
    data = { ...data, ...unpack(packed), fixed: packed.fixed };
    count = data.rows.length;
    columns = columnsOf(model.get("columns"), view.extra);
    const redraw = () => {
      measure();
      stage.tools(new Set(data.places).size, columns.length, redraw);
      follow();
    };
    redraw();
  };
  stage.drawOn(["view", "columns"], () => {
    view = model.get("view");
    if (stage.offline) return show(model.get("cells"));
    const { version } = view;
    stage.request("cells", { have: data ? data.fixed : 0 }).then((answer) => version === view.version && show(answer), () => {});
  });
  stage.drawOn(["selection"], follow);
  stage.onTheme(readColors);
  readColors();
  const sizes = new ResizeObserver(measure);
  sizes.observe(stage.root);
  stage.onClose(() => (sizes.disconnect(), cancelAnimationFrame(planned)));
  return stage.close;
}

export { layout, marksOf, stateOf, unpack };
export default { render };
