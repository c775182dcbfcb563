// All windows of a training set, one below the other; see views/feature_heatmap.py. The cells are
// painted on a canvas above the element that scrolls, and only those that are in sight.

/** The state so many turns before a step, -1 for padding.
 * @param {any} data @param {number} step @param {number} back */
function stateOf(data, step, back) {
  return back > data.turns[step] ? -1 : data.steps[step - back];
}

/** The arrays of a message: whole numbers, but for the values. @param {any} packed */
function unpack(packed) {
  for (const [key, { buffer, byteOffset, byteLength }] of Object.entries(packed)) {
    if (!buffer) continue;
    packed[key] = new (key === "values" ? Float32Array : Int32Array)(buffer.slice(byteOffset, byteOffset + byteLength));
  }
  return packed;
}

function render(context) {
  const { model } = context;
  const canvas = h("canvas");
  const sizer = h("div");
  const grid = h("div", { class: "dn-heat__grid", role: "application", tabindex: 0,
    "aria-label": "Windows" }, sizer);
  const stage = openHeat(context, grid, canvas);
  const pen = canvas.getContext("2d");
  const style = getComputedStyle(stage.root);
  // of the view: columns and the words of the nested one; turns of a window; sizes in pixels
  let view, columns, texts, width, left, head, block, line, wide, total;
  // of the message: the cells of the states, the steps of the dialogues, the windows by row
  let data, count = 0;
  let cursor, hover, across, down;

  // --- paint
  const color = (name) => style.getPropertyValue(`--dn-${name}`);
  const box = (x, y, w, high, fill) => ((pen.fillStyle = fill), pen.fillRect(x, y, w, high));
  const tile = (spots) => {
    const node = h("canvas", { width: 6, height: 6 });
    const brush = node.getContext("2d");
    brush.fillStyle = color("line-2");
    for (const spot of spots) brush.fillRect(...spot);
    return pen.createPattern(node, "repeat");
  };
  const write = (text, x, y, room) => {
    const [shown, most] = [visible(text), room / 5.6];
    pen.fillStyle = color("fg");
    pen.fillText(shown.length > most ? `${shown.slice(0, most - 1)}…` : shown, x, y, room);
  };
  const labelOf = (i) => view.actions[data.labels[data.rows[i]]];
  const markOf = (i) => data.numbers[i] + 1 + (data.marks[i] || "");
  const paint = () => {
    if (!count) return;
    pen.font = `11px ${style.fontFamily}`;
    const [ground, zero, chosen, heat] = ["bg", "bg-3", "accent-bg", "heat"].map(color);
    const hatch = tile([[0, 4, 2, 2], [2, 2, 2, 2], [4, 0, 2, 2]]);
    const dots = tile([[1, 1, 2, 2], [4, 4, 2, 2]]);
    const x0 = left - grid.scrollLeft;
    box(0, 0, across, down, ground);
    for (let i = ~~(grid.scrollTop / block), y; i < count && (y = head + i * block - grid.scrollTop) < down; i++) {
      const here = cursor?.i === i;
      if (here) box(0, y - 3, across, block, chosen);
      for (let back = 0; back < width; back++) {
        const state = stateOf(data, data.rows[i], back);
        const top = y + (width - 1 - back) * line;
        box(x0, top, total - 1, line - 1, state < 0 ? hatch : zero);
        for (let k = data.offsets[state]; k < data.offsets[state + 1]; k++) {
          const { x, unseen } = columns[data.places[k]];
          const value = data.values[k];
          if (x0 + x > across) continue;
          box(x0 + x, top, wide - 1, line - 1, texts ? chosen : unseen ? dots
            : `rgb(${heat} / ${.4 + .55 * Math.min(1, Math.abs(value))})`);
          if (texts) write(texts[value], x0 + x + 4, top + 11, wide - 10);
        }
      }
      box(0, y - 3, left - 4, block, here ? chosen : ground);
      write(markOf(i), 2, y + 11, 66);
      write(labelOf(i), 72, y + 11, left - 78);
      if (!here) continue;
      pen.strokeStyle = color("accent");
      pen.lineWidth = 2;
      pen.strokeRect(x0 + columns[cursor.c].x - 1, y + (width - 1 - cursor.back) * line - 1, wide + 1, line + 1);
    }
    // the names stand still while the cells move under them
    box(0, 0, across, head - 3, ground);
    for (const { name, x } of columns) {
      if (x0 + x > across) break;
      pen.save();
      pen.translate(x0 + x + (texts ? 4 : wide / 2 + 3), head - 8);
      if (!texts) pen.rotate(-1.5708);
      write(name, 0, 0, texts ? wide - 6 : head - 12);
      pen.restore();
    }
    box(0, 0, left - 4, head - 3, ground);
  };
  const measure = () => {
    if (!data) return;
    sizer.style.cssText = `width:${left + total}px;height:${head + count * block}px`;
    [across, down] = [grid.clientWidth, grid.clientHeight];
    [canvas.width, canvas.height] = [across * devicePixelRatio, down * devicePixelRatio];
    canvas.style.cssText = `width:${across}px;height:${down}px`;
    pen.scale(devicePixelRatio, devicePixelRatio);
    paint();
  };

  // --- a cell
  const inspect = () => {
    paint();
    const cell = hover || cursor;
    if (!cell) return stage.fill();
    const { i, back, c } = cell;
    const step = data.rows[i];
    const state = stateOf(data, step, back);
    const value = state < 0 ? null : valueOf(data, state, c);
    const when = state < 0 ? ago(back) : `turn ${data.turns[step] - back}`;
    const words = `${when}, ${inWords(columns[c], value, texts)}`;
    const name = `window ${markOf(i)}`;
    if (!hover) stage.say(`${name}, ${words}`);
    const { key, made } = model.get("cause");
    return stage.fill(columns[c], value, texts, hover, [[ago(back), words], [name, `${labelOf(i)} follows`]],
      key === `${data.numbers[i]} ${back} ${columns[c].name}` && made);
  };
  const cellAt = (event) => {
    const frame = grid.getBoundingClientRect();
    const x = event.clientX - frame.left - left + grid.scrollLeft;
    const y = Math.max(0, event.clientY - frame.top - head) + grid.scrollTop;
    const i = ~~(y / block);
    const c = Math.max(0, columns.findLastIndex((column) => column.x <= x));
    return i < count ? { i, back: Math.max(0, width - 1 - ~~((y % block) / line)), c } : null;
  };
  const choose = ({ i, back, c }, open) => {
    hover = null;
    stage.select({ row: data.numbers[i], back, feature: columns[c].name });
    if (open) stage.open();
  };
  const follow = () => {
    if (!count) return;
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
  const on = (name, fn) => grid.addEventListener(name, (event) => count && fn(event));
  on("scroll", paint);
  on("mousemove", (event) => ((hover = cellAt(event)), inspect()));
  on("mouseleave", () => ((hover = null), inspect()));
  on("click", () => hover && choose(hover, true));
  on("keydown", (event) => {
    const { i, back, c } = cursor || { i: 0, back: width, c: 0 };
    const far = keyDown(event, 10 * width);
    const x = far === undefined ? stepOf(event, c, columns.length) : c;
    if (x === null) return;
    event.preventDefault();
    event.stopPropagation();
    const to = Math.max(0, Math.min(count * width - 1, (i + 1) * width - 1 - back + (far || 0)));
    choose({ i: ~~(to / width), back: width - 1 - (to % width), c: x }, event.key === "Enter");
  });

  const show = (packed) => {
    data = unpack(packed);
    count = data.rows.length;
    measure();
    stage.tools(view);
    follow();
  };
  stage.drawOn(["view"], () => {
    view = model.get("view");
    ({ columns, texts, width, size: { left, head, block, line, wide, total } } = view);
    if (stage.offline) return show(model.get("cells"));
    count = 0;
    stage.request("cells").then((answer) => answer.version === view.version && show(answer), () => {});
  });
  stage.drawOn(["selection", "cause"], follow);
  stage.onTheme(paint);
  const sizes = new ResizeObserver(measure);
  sizes.observe(stage.root);
  stage.onClose(() => sizes.disconnect());
  return stage.close;
}

export default { render };
