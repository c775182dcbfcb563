// All stories as one graph; see views/story_graph.py for what is in the view.

/** The boxes by number, those of a chosen story in order, and the keys of its boxes and lines.
 * @param {any} view @param {string | null | undefined} name */
function layout(view, name) {
  const byId = new Map(view.nodes.map((node) => [node.id, node]));
  const story = view.paths.find((path) => path.name === name);
  const path = story ? story.nodes : [];
  const on = new Set(path.flatMap((id, i) => [`${id}`, `${path[i - 1]} ${id}`]));
  return { byId, path, on };
}

/** Where a key leads from a box; along the chosen story, if there is one.
 * @param {any} plan @param {any} node @param {string} key */
function stepTo({ byId, path }, node, key) {
  const at = path.indexOf(node.id);
  const along = at < 0 ? {} : {
    ArrowRight: path[at + 1], ArrowLeft: path[at - 1], Home: path[0], End: path[path.length - 1],
  };
  return byId.get(along[key] ?? node.go[key]);
}

/** The boxes that have a text in their name or in what is said before them.
 * @param {any[]} nodes @param {string} text */
function finds(nodes, text) {
  const wanted = text.trim().toLowerCase();
  return nodes.filter(({ says, find }) => wanted
    && says.slice(0, find).join("\n").toLowerCase().includes(wanted));
}

function render(context) {
  const { model } = context;
  const stage = openStage(context, { name: "graph", label: "Story graph" });
  const cls = (names) => names.split(" ").map((name) => `dn-graph__${name}`).join(" ");
  const ask = (type, payload) => (stage.offline ? new Promise(() => {})
    : stage.request(type, payload)).catch(() => ({}));
  // boxes and lines by their keys
  const boxes = new Map();
  let view = model.get("view");
  let plan = layout(view);
  let scale = 0;
  let listed = "";

  // --- what stands around the picture
  const part = (tag, label, on, props, ...inside) => h(tag, {
    class: tag === "button" ? "dn-button" : "dn-field", "aria-label": label, title: label, on, ...props,
  }, inside);
  const button = (text, label, click) => part("button", label, { click }, {}, text);
  const count = h("span");
  const change = () => setMode();
  const mode = part("select", "What is one box", { change }, {},
    h("option", { value: "" }, "the paths that exist"),
    h("option", { value: "1" }, "what a policy tells apart"));
  const history = part("input", "max_history", { change }, { type: "number", min: 1, max: 99 });
  const historyLabel = h("label", null, "max_history ", history);
  const story = part("select", "Story", { change: () => {
    stage.select({ path: story.value || null, node: null });
  } });
  const search = part("input", "Search: Enter goes on, Shift+Enter back", {
    input: () => seek(0), keydown: ({ key, shiftKey }) => key === "Enter" && seek(shiftKey ? -1 : 1),
  }, { type: "search", placeholder: "search" });
  const hits = h("span", { class: "dn-muted", role: "status" });
  const foldAll = button("Fold", "Fold again what was opened", () => ask("fold"));
  const frame = h("div", { class: cls("frame") });
  const about = h("p", { class: cls("detail") });
  const gap = () => h("span", { class: "dn-space" });
  stage.body.append(
    h("div", { class: "dn-heading" }, "STORY GRAPH", count, gap(), mode, historyLabel),
    h("div", { class: cls("bar") }, story, search, hits, gap(), foldAll,
      button("−", "Smaller", () => zoom(0.8)), button("+", "Larger", () => zoom(1.25)),
      button("Fit", "Fit into the view", () => zoom(0))),
    frame, about,
    h("p", { class: cls("legend") }, view.legend),
  );

  const setMode = () => {
    const merged = Boolean(mode.value);
    const modes = model.get("modes");
    if (!modes) return stage.latest("mode", { merged, max_history: Math.round(+history.value) || null });
    stage.select({ node: null });
    model.set("view", modes[merged ? "merged" : "exact"]);
  };
  const chosen = () => plan.byId.get(model.get("selection").node);

  // --- the frame scrolls, so wheel, touch and scroll bars move the picture as everywhere
  const zoom = (factor, x = frame.clientWidth / 2, y = frame.clientHeight / 2) => {
    const svg = frame.firstChild;
    const whole = Math.min(frame.clientWidth / view.width, frame.clientHeight / view.height, 1);
    const next = Math.max(0.1, Math.min(3, factor ? scale * factor : whole));
    const [left, top] = [frame.scrollLeft + x, frame.scrollTop + y].map((at) => at * next / scale);
    scale = next;
    svg.setAttribute("width", view.width * scale);
    svg.setAttribute("height", view.height * scale);
    frame.scrollTo(left - x, top - y);
  };
  const onFrame = (name, fn) => frame.addEventListener(name, fn, { passive: false });
  onFrame("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const { left, top } = frame.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY / 400), event.clientX - left, event.clientY - top);
  });
  let held = false;
  onFrame("pointerdown", (event) => {
    held = !event.button && event.pointerType !== "touch" && !event.target.closest("[role=option]");
    if (held) frame.setPointerCapture(event.pointerId);
  });
  onFrame("pointermove", (event) => held && frame.scrollBy(-event.movementX, -event.movementY));
  onFrame("lostpointercapture", () => (held = false));
  const reveal = (node) => {
    if (!node) return;
    const along = (at, size, from, room) =>
      Math.min(Math.max(from, (at + size) * scale + 40 - room), Math.max(0, at * scale - 40));
    frame.scrollTo(along(node.x, node.w, frame.scrollLeft, frame.clientWidth),
      along(node.y, 24, frame.scrollTop, frame.clientHeight));
  };

  const show = () => reveal(chosen() || plan.byId.get(plan.path[1]));

  // --- what is done with boxes
  const select = (node) => {
    if (!node) return;
    stage.select({ node: node.id });
    mark();
    boxes.get(`${node.id}`).focus({ preventScroll: true });
    reveal(node);
  };
  const use = (node) => {
    select(node);
    if (node.kind !== "fold") return void ask("source", { node: node.id });
    // what was hidden takes the place of the fold
    ask("open", { node: node.parent }).then(({ first }) => select(plan.byId.get(first)));
  };
  onFrame("keydown", (event) => {
    const at = event.target.closest("[role=option]");
    if (!at || event.altKey || event.ctrlKey || event.metaKey) return;
    const node = plan.byId.get(+at.dataset.key);
    const { key } = event;
    if (key === "Enter" || key === " ") use(node);
    else if (/^[-+=0]$/.test(key)) zoom({ "-": 0.8, 0: 0 }[key] ?? 1.25);
    else if (key in node.go) select(stepTo(plan, node, key));
    else return;
    event.preventDefault();
  });
  const seek = (step) => {
    const text = search.value.trim();
    const found = finds(view.nodes, text);
    const tell = (at, of) => {
      if (search.value.trim() === text) {
        hits.textContent = !text ? "" : at ? `${at} of ${of}` : `${of} found`;
      }
    };
    for (const node of view.nodes) {
      boxes.get(`${node.id}`).classList.toggle(cls("found"), found.includes(node));
    }
    let at = found.indexOf(chosen());
    if (step && stage.offline && found.length) {
      at = (at + step + found.length) % found.length;
      stage.select({ node: found[at].id });
    }
    tell(at + 1, found.length);
    // what is folded away is searched too
    if (text) ask("search", { text, step }).then((all) => tell(all.at, all.count));
  };

  // --- the picture
  const shape = (tag, name, props, ...inside) => h(`svg:${tag}`, { class: cls(name), ...props }, inside);
  const drawBox = (node) => {
    const said = node.says.join("; ");
    const box = shape("g", `box ${node.look}`, {
      role: "option", "aria-label": said, data: { key: node.id },
      transform: `translate(${node.x} ${node.y})`, on: { click: () => use(node) },
    },
    h("svg:title", null, said),
    h("svg:rect", { width: node.w, height: 24, rx: node.round }),
    h("svg:text", { x: 10, y: 16 }, node.conflict && shape("tspan", "odd", {}, "≠"),
      h("svg:tspan", { dx: node.conflict ? 6 : 0 }, node.text),
      node.number && shape("tspan", "count", { dx: 6 }, node.number)),
    node.ends > 0 && shape("path", "end", { d: `M${node.w - 13} 9h6v6h-6z` }));
    boxes.set(`${node.id}`, box);
    return box;
  };
  const drawLine = (edge) => {
    const { label } = edge;
    const line = shape("g", edge.back ? "line back" : "line", {},
      h("svg:title", null, edge.says.join("\n")),
      shape("path", "way", { d: edge.d, "stroke-width": edge.width }),
      shape("path", "tip", { d: edge.tip }),
      label && h("svg:text", label.at, label.text));
    boxes.set(`${edge.from} ${edge.to}`, line);
    return line;
  };
  const mark = () => {
    const { path } = model.get("selection");
    plan = layout(view, path);
    const node = chosen();
    story.value = path || "";
    for (const one of view.nodes) {
      const box = boxes.get(`${one.id}`);
      box.setAttribute("aria-selected", one === node);
      box.setAttribute("tabindex", one === (node || view.nodes[0]) ? 0 : -1);
    }
    for (const [key, part] of boxes) part.classList.toggle(cls("on"), plan.on.has(key));
    about.replaceChildren(node ? "" : view.hint);
    if (!node) return;
    const through = view.paths.filter(({ nodes }) => nodes.includes(node.id)).slice(0, 4);
    about.append(...node.says.flatMap((text, i) => [i ? " · " : "", h("bdi", null, text)]),
      ...through.map(({ name }) => h("button", { class: "dn-button", data: { key: `path ${name}` },
        on: { click: () => stage.select({ path: name }) } }, named(name))));
  };

  stage.drawOn(["view"], () => {
    const known = chosen();
    view = model.get("view");
    boxes.clear();
    count.textContent = view.count;
    mode.value = view.merged ? "1" : "";
    history.value = model.get("max_history") || "";
    historyLabel.hidden = !view.merged || stage.offline;
    foldAll.hidden = !view.opened;
    const names = JSON.stringify(view.paths.map(({ name }) => name));
    if (listed !== names) {
      story.replaceChildren(h("option", { value: "" }, "all stories"),
        ...view.paths.map(({ name, label }) => h("option", { value: name }, label || name)));
    }
    listed = names;
    scale ||= Math.max(0.8, Math.min(1, (frame.clientWidth || 1e6) / view.width));
    const [left, top] = [frame.scrollLeft, frame.scrollTop];
    frame.replaceChildren(view.nodes.length ? h("svg:svg", { width: view.width * scale,
      height: view.height * scale, viewBox: `0 0 ${view.width} ${view.height}` },
    h("svg:g", { "aria-hidden": "true" }, view.edges.map(drawLine),
      view.bands.map(({ y, text }) => shape("text", "band", { x: 14, y }, text))),
    h("svg:g", { role: "listbox", "aria-label": "Steps of the stories" }, view.nodes.map(drawBox)))
      : h("p", { class: "dn-empty" }, view.note));
    frame.scrollTo(left, top);
    mark();
    if (!known) show();
    if (search.value) seek(0);
  });
  stage.drawOn(["selection"], () => (mark(), show()));
  return stage.close;
}

export { finds, layout, stepTo };
export default { render };
