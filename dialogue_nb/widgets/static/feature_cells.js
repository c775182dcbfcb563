// What the two forms of the heatmap share: a cell in words, what stands above and beside it.

/** What a state has in a column; 0 for nothing.
 * @param {any} data @param {number} state @param {number} column */
function valueOf(data, state, column) {
  for (let i = data.offsets[state]; i < data.offsets[state + 1]; i++) {
    if (data.places[i] === column) return data.values[i];
  }
  return 0;
}

/** A value as it is written; no value is padding.
 * @param {number | null} value @param {string[] | null} texts what numbers stand for */
function written(value, texts) {
  return texts ? texts[value] || "–" : value === null ? "-1" : String(+value.toFixed(2));
}

/** A cell in a sentence. @param {any} column @param {number | null} value @param {string[] | null} texts */
function inWords({ on, off }, value, texts) {
  if (value === null) return "padding: before the conversation began";
  return value ? on.replace("#", () => written(value, texts)) : off;
}

/** How far a key leads up or down, undefined when it leads elsewhere. */
function keyDown({ key, ctrlKey }, page) {
  const far = ctrlKey ? { Home: -1e9, End: 1e9 } : { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Enter: 0 };
  return far[key];
}

/** The frame of the view: `fill` shows what there is to say of a cell, `tools` what can be set. */
function openHeat(context, ...main) {
  const { model } = context;
  const stage = openStage(context, { name: "heat", label: "Features" });
  const [heading, tools, slide, note] = ["heading", "heat__tools", "heat__tools", "heat__note"].map(
    (name) => h("div", { class: `dn-${name}` }));
  const side = h("dl", { class: "dn-heat__side" });
  stage.body.append(heading, slide, tools, h("div", { class: "dn-heat__main" }, h("div", { class: "dn-heat__frame" }, main), side), note);
  const field = (tag, key, props, read, ...inside) => h(tag, { ...props, data: { key }, disabled: stage.offline,
    on: { input: ({ target }) => stage.latest("look", { change: { [key]: read(target.value) } }) } }, inside);
  return Object.assign(stage, {
    /** Opens the line of the story that made the selected cell, if there is one. */
    open: () => stage.offline || stage.latest("open", { selection: model.get("selection") }),
    /** Says what there is to say of a cell; without one, how to get to one. */
    fill: (column, value, texts, hover, pairs, made) => {
      const from = made?.source;
      side.replaceChildren(...[
        [hover ? "CELL" : "SELECTED CELL", column ? h("b", null, `${column.name} = ${written(value, texts)}`)
          : "none: point at one or use arrow keys"],
        ...pairs || [],
        made && ["made by", made.text],
        from && ["written in", h("button", { class: "dn-link", on: { click: stage.open } },
          `${from.story}, line ${from.line}`)],
      ].filter(Boolean).flatMap(([term, text]) => [h("dt", null, term), h("dd", null, h("bdi", null, text))]));
    },
    tools: ({ title, about, counted, max_history, hint, longest, choices }) => keepFocus(stage.root, () => {
      heading.replaceChildren("FEATURES", h("span", null, title));
      note.textContent = visible(about);
      const shown = (n) => (n > longest ? "all" : n);
      const slider = field("input", "max_history", { type: "range", min: 1, max: longest + 1, value: max_history || longest + 1, title: hint },
        (value) => ((number.textContent = shown(value)), value > longest ? null : +value));
      const number = h("b", null, shown(slider.value));
      // who moves the slider keeps it in the hand
      if (!slide.querySelector(":focus")) slide.replaceChildren(h("label", null, "max_history", slider, number), hint);
      tools.replaceChildren(
        h("span", { class: "dn-muted", role: "status" }, counted),
        ...choices.map(([key, name, values, chosen]) => h("label", null, name, field("select", key, { class: "dn-field" },
          String, values.map((v) => h("option", { selected: v === chosen }, v))))));
    }),
  });
}
