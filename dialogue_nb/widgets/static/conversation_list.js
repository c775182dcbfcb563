// Conversations that were kept; see views/conversation_list.py for what is in the view.

/** What a screen reader hears of a row.
 * @param {{name: string, about: string, latest: string, current: boolean}} row */
function layout({ name, about, latest, current }) {
  const parts = [visible(name), about, latest && `last: ${visible(latest)}`, current && "open"];
  return parts.filter(Boolean).join(", ");
}

function render(context) {
  const { model } = context;
  const stage = openStage(context, { name: "talks", label: "Conversations" });
  const cls = (name) => `dn-talks__${name}`;
  let [focused, asked] = ["", ""];
  const ask = (type, payload) => stage.request(type, payload).catch(() => null);
  const button = (text, click, props) => h("button", { class: "dn-button", on: { click }, ...props }, text);

  const count = h("span", { role: "status" });
  const field = h("input", { class: "dn-field", type: "search", "aria-label": "Search conversations",
    placeholder: "words, intent:greet, slot:city=Oslo", spellcheck: "false", autocomplete: "off",
    title: "All of it must be in a conversation: words, intent:NAME, slot:NAME or slot:NAME=VALUE",
    on: { input: () => stage.latest("search", { text: field.value }) } });
  const list = h("ul", { "aria-label": "Conversations" });
  const empty = h("p", { class: "dn-empty" });
  const more = button("", () => ask("more"), { data: { key: "more" } });
  const where = h("p", { class: `dn-muted ${cls("where")}` });
  stage.body.append(h("div", { class: "dn-heading" }, "CONVERSATIONS", count),
    stage.offline ? "" : h("div", { class: cls("tools") }, field, button("New", () => ask("begin")),
      button("Look again", () => ask("refresh"))), empty, list, more, where);

  // --- a row: what opens it, and what deletes it once it has been asked twice
  const put = (key) => list.querySelector(`[data-key="${key}"]`)?.focus();
  const question = (key) => {
    asked = key;
    draw();
    put(key ? `no ${key}` : focused);
  };
  const remove = (row, next) => ask("delete", { key: row.key }).then((answer) => {
    asked = "";
    if (answer) stage.say(`Deleted: ${row.name}`);
    focused = next?.key || "";
    draw();
    put(focused);
  });
  const walk = (rows, i) => (event) => {
    const key = { ArrowDown: "ArrowRight", ArrowUp: "ArrowLeft" }[event.key] || event.key;
    const { altKey, ctrlKey, metaKey } = event;
    const to = stepOf({ key, altKey, ctrlKey, metaKey }, i, rows.length);
    if (key === "Delete" && !stage.offline) question(rows[i].key);
    else if (to !== null) {
      focused = rows[to].key;
      draw();
      put(focused);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const item = (row, i, rows) => {
    const { key } = row;
    const isFocused = key === focused || (i === 0 && !rows.some((one) => one.key === focused));
    const open = h("button", { class: cls("open"), "aria-current": row.current ? "true" : null,
      "aria-label": layout(row), tabindex: isFocused ? 0 : -1, data: { key }, disabled: stage.offline,
      on: { click: () => (focused = key, ask("reopen", { key })), keydown: walk(rows, i) } },
    h("b", null, named(row.name)), h("span", { class: "dn-muted" }, row.about, row.current ? " · open" : ""),
    named(row.latest, cls("latest")));
    const sure = [h("span", null, "Delete it for good?"),
      button("Delete", () => remove(row, rows[i + 1] || rows[i - 1]), { "aria-label": `Delete ${visible(row.name)} for good`, data: { key: `yes ${key}` } }),
      button("Keep", () => question(""), { data: { key: `no ${key}` } })];
    const leave = ({ key: pressed }) => pressed === "Escape" && asked && question("");
    return h("li", { on: { keydown: leave } }, open, stage.offline ? ""
      : asked === key ? h("div", { class: cls("sure"), role: "group" }, sure)
        : button("Delete", () => (focused = key, question(key)), { "aria-label": `Delete ${visible(row.name)}`, tabindex: isFocused ? 0 : -1 }));
  };
  const draw = () => {
    const view = model.get("view");
    count.textContent = view.count;
    if (stage.root.getRootNode().activeElement !== field) field.value = view.search;
    list.replaceChildren(...view.rows.map(item));
    list.hidden = !view.rows.length;
    empty.textContent = view.empty;
    empty.hidden = !view.empty;
    more.textContent = `Show more (${view.more})`;
    more.hidden = !view.more || stage.offline;
    where.textContent = view.where;
    where.title = view.where;
  };
  stage.drawOn(["view"], draw);
  return stage.close;
}

export { layout };
export default { render };
