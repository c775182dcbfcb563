// All windows of a training set, one below the other; see views/feature_heatmap.py. The cells are
// painted on a canvas above the element that scrolls, and only those that are in sight.

/** The state so many turns before a step, -1 for padding.
 * @param {any} data @param {number} step @param {number} back */
function stateOf(data, step, back) {
  return back > data.turns[step] ? -1 : data.steps[step - back];
}

/** The arrays of a message: whole numbers, but for the values. @param {any} packed */
function unpack(packed) {
  return Object.fromEntries(Object.entries(packed).map(([key, one]) => [key, !one.buffer ? one
    : new (key === "values" ? Float32Array : Int32Array)(one.buffer.slice(one.byteOffset, one.byteOffset + one.byteLength))]));
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
  // of the view: columns and the words of the nested one; turns of a window; sizes in pixels
  let view, columns, texts, width, left, head, block, line, wide, total;
  // of the message: the cells of the states, the steps of the dialogues, the windows by row
  let data, count = 0;
  let cursor, hover, planned = 0, across, down;

  // --- paint
  const tile = (spots) => {
    const node = h("canvas", { width: 6, height: 6 });
    const brush = node.getContext("2d");
    brush.fillStyle = color["fg-2"];
    for (const [x, y, size] of spots) brush.fillRect(x, y, size, size);
    return pen.createPattern(node, "repeat");
  };
  const readColors = () => {
    const style = getComputedStyle(stage.root);
    for (const name of ["bg", "bg-3", "fg", "fg-2", "accent", "accent-bg", "heat"]) {
      color[name] = style.getPropertyValue(`--dn-${name}`);
    }
    color.font = `11px ${style.fontFamily}`;
    color.hatch = tile([0, 1, 2, 3, 4, 5].map((n) => [n, 5 - n, 1]));
    color.dots = tile([[1, 1, 2], [4, 4, 2]]);
    plot();
  };
  const box = (x, y, w, high, fill) => ((pen.fillStyle = fill), pen.fillRect(x, y, w, high));
  const write = (text, x, y, room, ink = "fg-2") => {
    const [shown, most] = [visible(text), room / 5.6];
    pen.fillStyle = color[ink];
    pen.fillText(shown.length > most ? `${shown.slice(0, most - 1)}…` : shown, x, y, room);
  };
  const labelOf = (i) => view.actions[data.labels[data.rows[i]]];
  const nameOf = (i) => `window ${data.numbers[i] + 1}${data.marks[i] || ""}`;

  const paintLine = (step, back, x0, y) => {
    const state = stateOf(data, step, back);
    box(x0, y, total - 1, line - 1, state < 0 ? color.hatch : color["bg-3"]);
    for (let k = data.offsets[state]; k < data.offsets[state + 1]; k++) {
      const [column, value] = [columns[data.places[k]], data.values[k]];
      const x = x0 + column.x;
      if (x < left - wide || x > across) continue;
      box(x, y, wide - 1, line - 1, texts ? color["accent-bg"] : column.unseen ? color.dots
        : `rgb(${color.heat} / ${0.35 + 0.6 * Math.min(1, Math.abs(value))})`);
      if (texts) write(texts[value], x + 4, y + 11, wide - 10, "fg");
    }
  };
  const paintRow = (i, x0, y) => {
    const ground = cursor && cursor.i === i ? color["accent-bg"] : color.bg;
    const marks = data.marks[i] || "";
    const room = marks.length * 7;
    box(0, y - 3, across, block, ground);
    for (let back = 0; back < width; back++) paintLine(data.rows[i], back, x0, y + (width - 1 - back) * line);
    box(0, y - 3, left - 4, block, ground);
    write(data.numbers[i] + 1, 2, y + 11, 38);
    write(labelOf(i), 42, y + 11, left - 52 - room, "fg");
    write(marks, left - 10 - room, y + 11, room + 9, "fg");
    if (!cursor || cursor.i !== i) return;
    pen.strokeStyle = color.accent;
    pen.lineWidth = 2;
    pen.strokeRect(x0 + columns[cursor.c].x - 1, y + (width - 1 - cursor.back) * line - 1, wide + 1, line + 1);
  };
  const paint = () => {
    planned = 0;
    if (!data) return;
    const ratio = devicePixelRatio;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.font = color.font;
    box(0, 0, across, down, color.bg);
    const x0 = left - grid.scrollLeft;
    for (let i = Math.floor(grid.scrollTop / block), y; i < count && (y = head + i * block - grid.scrollTop) < down; i++) {
      paintRow(i, x0, y);
    }
    // the names stand still while the cells move under them
    box(0, 0, across, head - 3, color.bg);
    for (const { name, x } of columns) {
      if (x0 + x < left - wide || x0 + x > across) continue;
      pen.save();
      pen.translate(x0 + x + (texts ? 4 : wide / 2 + 3), head - 8);
      if (!texts) pen.rotate(-Math.PI / 2);
      write(name, 0, 0, texts ? wide - 6 : head - 12);
      pen.restore();
    }
    box(0, 0, left - 4, head - 3, color.bg);
  };
  const plot = () => (planned = planned || requestAnimationFrame(paint));
  const measure = () => {
    if (!data) return;
    sizer.style.cssText = `width:${left + total}px;height:${head + count * block}px`;
    [across, down] = [grid.clientWidth, grid.clientHeight];
    [canvas.width, canvas.height] = [across * devicePixelRatio, down * devicePixelRatio];
    canvas.style.cssText = `width:${across}px;height:${down}px`;
    paint();
  };

  // --- a cell
  const inspect = () => {
    plot();
    const cell = hover || cursor;
    if (!cell) return stage.fill();
    const { i, back, c } = cell;
    const step = data.rows[i];
    const state = stateOf(data, step, back);
    const value = state < 0 ? null : valueOf(data, state, c);
    const words = `${state < 0 ? ago(back) : `turn ${data.turns[step] - back}`}, ${inWords(columns[c], value, texts)}`;
    if (!hover) spoken.textContent = visible(`${nameOf(i)}, ${words}`);
    const { row, back: past, feature, made } = view.cause || {};
    const known = row === data.numbers[i] && past === back && feature === columns[c].name;
    return stage.fill(columns[c], value, texts, hover, [[ago(back), words], [nameOf(i), `${labelOf(i)} follows`]], known && made);
  };
  const cellAt = (event) => {
    const frame = grid.getBoundingClientRect();
    const x = event.clientX - frame.left - left + grid.scrollLeft;
    const y = Math.max(0, event.clientY - frame.top - head) + grid.scrollTop;
    const i = Math.floor(y / block);
    const c = Math.max(0, columns.findLastIndex((column) => column.x <= x));
    return i < count ? { i, back: Math.max(0, width - 1 - Math.floor((y - i * block) / line)), c } : null;
  };
  const choose = ({ i, back, c }) => {
    hover = null;
    stage.select({ row: data.numbers[i], back, feature: columns[c].name });
    follow();
    stage.say(spoken.textContent);
  };
  const follow = () => {
    if (!data) return;
    const { feature, back = 0, row } = model.get("selection");
    const c = columns.findIndex((column) => column.name === feature);
    const i = data.numbers.indexOf(row);
    cursor = i < 0 || c < 0 || back >= width ? null : { i, back, c };
    if (cursor) {
      const [x, y] = [columns[c].x, i * block + (width - 1 - back) * line];
      grid.scrollLeft = Math.min(x, Math.max(grid.scrollLeft, x + left + wide + 4 - across));
      grid.scrollTop = Math.min(y, Math.max(grid.scrollTop, y + head + line + 4 - down));
    }
    inspect();
  };
  const on = (name, fn) => grid.addEventListener(name, (event) => data && count && fn(event));
  on("scroll", plot);
  on("mousemove", (event) => ((hover = cellAt(event)), inspect()));
  on("mouseleave", () => ((hover = null), inspect()));
  on("click", (event) => {
    const cell = cellAt(event);
    if (cell) choose(cell), stage.open();
  });
  on("keydown", (event) => {
    const { i, back, c } = cursor || { i: 0, back: width, c: 0 };
    const far = keyDown(event, 10 * width);
    const x = far === null ? stepOf(event, c, columns.length) : c;
    if (x === null) return;
    event.preventDefault();
    event.stopPropagation();
    const to = Math.max(0, Math.min(count * width - 1, (i + 1) * width - 1 - back + far));
    choose({ i: Math.floor(to / width), back: width - 1 - (to % width), c: x });
    if (event.key === "Enter") stage.open();
  });

  const show = (packed) => {
    data = { ...data, ...unpack(packed) };
    count = data.rows.length;
    [grid.ariaRowCount, grid.ariaColCount] = [count, columns.length];
    measure();
    stage.tools(view);
    follow();
  };
  stage.drawOn(["view"], () => {
    const wanted = model.get("view");
    const same = view && view.version === wanted.version;
    view = wanted;
    if (same) return inspect();
    ({ columns, texts, width, size: { left, head, block, line, wide, total } } = view);
    if (stage.offline) return show(model.get("cells"));
    data = null;
    stage.request("cells").then((answer) => answer.version === view.version && show(answer), () => {});
  });
  stage.drawOn(["selection"], follow);
  stage.onTheme(readColors);
  readColors();
  const sizes = new ResizeObserver(measure);
  sizes.observe(stage.root);
  stage.onClose(() => (sizes.disconnect(), cancelAnimationFrame(planned)));
  return stage.close;
}

export { stateOf, unpack };
export default { render };
