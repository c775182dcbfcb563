// A question above the text: what would be lost, and whether to go on.

/** @returns {{root: HTMLElement, ask: Function, tell: Function}} */
export function questionBar() {
  const root = h("div", { class: "dn-question", role: "alertdialog", "aria-label": "Question", hidden: true });
  let answer = () => {};

  const open = (title, items, buttons) => {
    answer(false);
    return new Promise((resolve) => {
      answer = (value) => {
        root.hidden = true;
        resolve(value);
      };
      root.replaceChildren(
        h("p", null, title),
        h("ul", null, items.map((item) => h("li", { dir: "auto" }, item))),
        h("div", { class: "dn-question-buttons" }, buttons.map(([label, value, more]) =>
          h("button", { type: "button", class: `dn-button ${more}`, on: { click: () => answer(value) } }, label))),
      );
      root.hidden = false;
      root.querySelector("button").focus();
    });
  };
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    answer(false);
  });
  return {
    root,
    /** Whether to go on. */
    ask: (title, items, yes) => open(title, items, [["Cancel", false, ""], [yes, true, "dn-primary"]]),
    tell: (title, items) => open(title, items, [["Close", false, ""]]),
  };
}
