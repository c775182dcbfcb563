// The strip of chips beside the text: one for each thing that happens in a story.

const PAGE = 20; // stories
const LONG = 42; // characters of a chip; the whole is its title

/** Cut here and not by the style sheet: thousands of chips with a clip of their own are slow to paint. */
function short(text) {
  const characters = [...text];
  return characters.length > LONG ? `${characters.slice(0, LONG - 1).join("")}…` : text;
}

/** All that is to be said of a chip. */
const saysOf = (chip) => (chip.about ? `${chip.label}\n${chip.about}` : chip.label);
const keyOf = (story) => JSON.stringify([story.name, story.kind, story.chips]);

/** @param {{select: (line: number, focus: boolean) => void, focus: () => void, begin: () => void}} host
 * @returns {{root: HTMLElement, draw: Function, mark: Function}} */
export function structurePane(host) {
  const list = h("div", { class: "dn-stories", role: "list" });
  const advice = h("p");
  const begin = h("button", { type: "button", class: "dn-button", on: { click: host.begin } }, "Begin with an example");
  const empty = h("div", { class: "dn-empty" }, advice, begin);
  const count = h("span");
  const root = h(
    "section", { class: "dn-structure", "aria-label": "Structure" },
    h("h3", { class: "dn-heading" }, "STRUCTURE", count), empty, list,
  );
  /** what is drawn: story -> its element, in the order of the text */
  let drawn = [];
  let current = { story: null, chips: [] };
  let problems = [];
  let entrance = null;

  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) host.select(lineOf(button), event.detail > 1);
  });
  list.addEventListener("keydown", (event) => {
    const all = [...list.querySelectorAll("button")];
    const at = all.indexOf(event.target);
    if (at < 0) return;
    let to = stepOf(event, at, all.length, { rtl: getComputedStyle(list).direction === "rtl" });
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const here = drawn.findIndex((one) => one.node === event.target.closest(".dn-story"));
      const next = drawn[here + (event.key === "ArrowDown" ? 1 : -1)];
      to = next ? all.indexOf(next.node.querySelector("button")) : at;
    }
    if (event.key === "Escape" || event.key === "Enter") {
      if (event.key === "Enter") host.select(lineOf(event.target), true);
      else host.focus();
    } else if (to !== null) {
      all[to].focus();
      host.select(lineOf(all[to]), false);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  function lineOf(button) {
    const item = drawn.find((one) => one.node === button.closest(".dn-story"));
    return item.story.line + Number(button.dataset.at || 0);
  }

  /** Draws stories; what has not changed stays as it is. */
  function draw(stories, found) {
    problems = found.filter(({ severity }) => severity === "error");
    const known = new Map(drawn.map((one) => [one.story, one]));
    // Only asked where stories have moved or changed.
    let byKey = null;
    const used = new Set();
    const next = stories.map((story) => {
      let one = known.get(story);
      let key = one && one.key;
      if (!one) {
        byKey = byKey || new Map(drawn.map((old) => [old.key, old]));
        key = keyOf(story);
        one = byKey.get(key);
      }
      if (!one || used.has(one)) one = { node: item(story), key, wrong: false };
      used.add(one);
      return Object.assign(one, { story, end: Infinity });
    });
    next.forEach((one, index) => (one.end = index + 1 < next.length ? next[index + 1].story.line : Infinity));
    for (const one of drawn) if (!used.has(one)) one.node.remove();
    place(next.map((one) => one.node));
    next.forEach(underline);
    drawn = next;
    const of = (kind) => stories.filter((story) => story.kind === kind).length;
    count.textContent = [[of("story"), "story", "stories"], [of("rule"), "rule", "rules"]]
      .filter(([n]) => n).map(([n, one, many]) => `${n} ${n === 1 ? one : many}`).join(" · ");
    list.hidden = !stories.length;
    empty.hidden = Boolean(stories.length);
    if (!entrance || !entrance.isConnected) enterBy(list.querySelector("button"));
  }

  /** Puts nodes into pages of the list: the browser passes over whole pages that are out of sight. */
  function place(nodes) {
    for (let page = 0; page * PAGE < nodes.length; page++) {
      if (!list.children[page]) list.append(h("div", { class: "dn-page", role: "presentation" }));
      const here = list.children[page];
      const wanted = nodes.slice(page * PAGE, (page + 1) * PAGE);
      wanted.forEach((node, index) => {
        if (here.children[index] !== node) here.insertBefore(node, here.children[index] || null);
      });
      if (page === Math.floor((nodes.length - 1) / PAGE)) {
        while (here.children.length > wanted.length) here.lastChild.remove();
      }
    }
    while (list.children.length > Math.ceil(nodes.length / PAGE)) list.lastChild.remove();
  }

  /** The one button that Tab leads to. */
  function enterBy(button) {
    if (entrance) entrance.tabIndex = -1;
    entrance = button;
    if (button) button.tabIndex = 0;
  }

  function item(story) {
    const chips = story.chips.map((chip) =>
      h("li", null, h("button", {
        type: "button", class: `dn-chip dn-chip-${chip.kind}`, tabindex: "-1", data: { at: chip.at },
        title: saysOf(chip),
      }, h("span", { class: "dn-sr" }, `${chip.kind}: `), h("bdi", null, short(chip.label)))));
    return h("div", { class: `dn-story dn-story-${story.kind}`, role: "listitem" },
      h("button", { type: "button", class: "dn-story-name", tabindex: "-1", title: story.name },
        story.kind === "rule" ? h("span", { class: "dn-story-kind" }, "rule ") : "",
        h("bdi", null, story.name || "without a name")),
      h("ol", { class: "dn-strip", "aria-label": `Steps of ${story.name}` }, chips));
  }

  /** Chips whose line has an error are marked: those that the error names, else all of the line. */
  function underline(one) {
    const { story, node } = one;
    const mine = problems.filter(({ line }) => line >= story.line && line < one.end);
    if (!mine.length && !one.wrong) return;
    one.wrong = mine.length > 0;
    // A problem below the line of an item, as in the entities of a message, is one of that item.
    const lines = [...new Set(story.chips.map((chip) => chip.at))].sort((a, b) => a - b);
    const placed = mine.map(({ line, name }) => ({ at: lines.findLast((at) => at <= line - story.line), name }));
    const isNamed = (chip, { at, name }) => at === chip.at && Boolean(name) && saysOf(chip).includes(name);
    const buttons = node.querySelectorAll(".dn-chip");
    story.chips.forEach((chip, index) => {
      const isWrong = placed.some((problem) => isNamed(chip, problem)
        || (problem.at === chip.at && !story.chips.some((other) => isNamed(other, problem))));
      buttons[index].classList.toggle("dn-wrong", isWrong);
      buttons[index].toggleAttribute("aria-invalid", isWrong);
    });
  }

  /** Marks the story and the chips of a line, and brings them into view.
   * @param {number} line @param {number} last */
  function mark(line, last = line) {
    const at = drawn.findLastIndex((one) => one.story.line <= line);
    const one = at < 0 ? null : drawn[at];
    const buttons = one ? [...one.node.querySelectorAll(".dn-chip")] : [];
    const until = Math.max(last, line);
    const hit = buttons.filter((button) => {
      const here = one.story.line + Number(button.dataset.at);
      return here >= line && here <= until;
    });
    const chips = hit.length || !one || line === one.story.line ? hit : above(buttons, line - one.story.line);
    const isSame = current.story === one && current.chips.length === chips.length
      && chips.every((chip, index) => chip === current.chips[index]);
    if (isSame) return;
    if (current.story && current.story !== one) current.story.node.removeAttribute("aria-current");
    for (const chip of current.chips) chip.removeAttribute("aria-current");
    if (one) one.node.setAttribute("aria-current", "true");
    for (const chip of chips) chip.setAttribute("aria-current", "true");
    current = { story: one, chips };
    if (!one) return;
    enterBy(chips[0] || one.node.querySelector("button"));
    reveal(chips[0] || one.node);
  }

  /** The chips of the item that a line in the middle of it belongs to. */
  function above(buttons, offset) {
    const before = buttons.filter((button) => Number(button.dataset.at) <= offset && button.dataset.at !== "0");
    const at = before.length ? before[before.length - 1].dataset.at : null;
    return before.filter((button) => button.dataset.at === at);
  }

  function reveal(node) {
    const frame = list.getBoundingClientRect();
    const box = node.getBoundingClientRect();
    if (box.top < frame.top) list.scrollTop += box.top - frame.top - 24;
    else if (box.bottom > frame.bottom) list.scrollTop += box.bottom - frame.bottom + 24;
  }

  // a notebook makes this view before it has a size: what is marked is brought into view then
  new ResizeObserver(() => {
    if (current.story) reveal(current.chips[0] || current.story.node);
  }).observe(list);

  return { root, draw, mark, say: (text) => void (advice.textContent = text) };
}
