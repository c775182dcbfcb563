// A conversation as a chat; see views/chat_pane.py for what is in the view.

/** What can be typed next, and which of it Enter takes (-1: what is typed is whole).
 * @param {string} text what is typed so far
 * @param {{intents: string[], entities: Record<string, string[]>}} words values are JSON */
function complete(text, { intents, entities }) {
  const offer = (typed, names, write) => {
    const rank = (name) => name.toLowerCase().indexOf(typed.toLowerCase());
    const found = names.filter((name) => name !== typed && rank(name) >= 0);
    found.sort((a, b) => rank(a) - rank(b));
    const head = text.slice(0, text.length - typed.length);
    const options = found.slice(0, 8).map((name) => [name, head + write(name)]);
    return { options, active: found.length && !names.includes(typed) ? 0 : -1 };
  };
  const intent = /^\/([^{@\s]*)$/.exec(text);
  if (intent) return offer(intent[1], intents, (name) => name);
  const value = /^\/.*"([^"]+)"\s*:\s*("[^"]*|[^\s",\]}]*)$/.exec(text);
  if (value) return offer(value[2], entities[value[1]] || [], (one) => `${one}}`);
  const key = /^\/.*[{,]\s*("?[^"{},:\s]*)$/.exec(text);
  const free = Object.keys(entities).map((name) => `"${name}"`).filter((name) => !text.includes(name));
  return key ? offer(key[1], free, (name) => `${name}: `) : { options: [], active: -1 };
}

function render(context) {
  const { model } = context;
  const stage = openStage(context, { name: "chat", label: "Chat with the bot" });
  const id = `dn${Math.random()}`;
  const rows = [];
  let [options, active, back, typed] = [[], -1, 0, ""];
  const ask = (type, payload) => stage.request(type, payload).catch(() => null);
  const div = (name, props, ...inside) => h("div", { class: `dn-chat__${name}`, ...props }, inside);
  const button = (text, click, title) => h("button", { class: "dn-button", dir: "auto", title, on: { click } }, text);
  const speak = (text) => button(text, () => send(text));

  const heading = h("div", { class: "dn-heading" });
  const empty = div("empty");
  const log = div("log", { role: "log", "aria-label": "Conversation" }, empty);
  // always there, so that a screen reader hears what it says
  const waiting = div("waiting", { role: "status" });
  const hint = div("hint", { role: "status", hidden: true });
  const tell = (text, node) => (hint.replaceChildren(h("p", null, text), node), hint.hidden = false);

  // --- the field: words to complete, what was said before
  const list = h("ul", { role: "listbox", id, "aria-label": "Words" });
  const input = h("input", { class: "dn-field", role: "combobox", dir: "auto", "aria-label": "Message",
    "aria-controls": id, autocomplete: "off", spellcheck: "false",
    on: { input: () => (back = 0, suggest(input.value)), blur: () => suggest(""), keydown: type } });
  const suggest = (text) => {
    ({ options, active } = complete(text, model.get("vocabulary")));
    drawList();
  };
  const drawList = () => {
    input.ariaExpanded = !(list.hidden = !options.length);
    input.setAttribute("aria-activedescendant", active < 0 ? "" : id + active);
    list.replaceChildren(...options.map(([label], i) => h("li", { role: "option", id: id + i, "aria-selected": `${i === active}`,
      on: { mousedown: (event) => (event.preventDefault(), accept(i)) } }, named(label))));
  };
  const accept = (i) => {
    input.value = options[i][1];
    suggest(input.value.endsWith(" ") ? input.value : "");
  };
  const send = (text, anyway = false) => {
    if (!text.trim()) return;
    // what is on its way is seen at once, and heard when it has arrived
    const sent = div("user dn-chat__sent", { "aria-hidden": true }, line(["words", text]));
    empty.before(sent);
    log.scrollTop = log.scrollHeight;
    if (input.value === text) input.value = "";
    back = 0;
    suggest("");
    ask("say", { text, anyway }).then((answer) => {
      sent.remove();
      if (!answer || answer.hint) input.value ||= text;
      if (answer?.hint) {
        tell(answer.hint, answer.suggestions ? div("row", null, answer.suggestions.map(speak),
          button("Send anyway", () => send(text, true))) : "");
      }
    });
  };
  function type(event) {
    const [{ key }, count, step] = [event, options.length, { ArrowDown: 1, ArrowUp: -1 }[event.key]];
    if (event.isComposing) return;
    if (key === "Escape") count ? suggest("") : (input.blur(), focusOn());
    else if (step && count) active = (Math.max(active, -step >> 1) + step + count) % count, drawList();
    else if (active >= 0 && /Enter|Tab/.test(key) && !event.shiftKey) accept(active);
    else if (key === "Enter") send(input.value);
    else if (step) {
      const past = model.get("view").turns.flatMap((turn) => turn.said.map(([[, text]]) => text));
      if (!back) typed = input.value;
      back = Math.max(0, Math.min(past.length, back - step));
      input.value = back ? past[past.length - back] : typed;
    } else return;
    event.preventDefault();
  }

  // --- turns
  const chosen = () => {
    const { turn, branch } = model.get("selection");
    return branch ? null : rows[turn]?.target;
  };
  const focusOn = () => chosen()?.focus({ preventScroll: true });
  const select = (turn) => {
    stage.select({ turn, branch: 0 });
    mark();
    focusOn();
  };
  const line = ([kind, text, href]) => h("p", { class: `dn-chat__${kind}`, dir: "auto" },
    href ? h("a", { href, target: "_blank", rel: "noreferrer" }, text) : text);
  const draw = ({ said, bot, before, after, buttons, kind }, key, index) => {
    const on = { click: () => select(index) };
    const users = said.map((lines) => div("user", { on }, lines.map(line)));
    const answer = bot && div("bot", { on, title: bot.title }, bot.lines.map(line),
      h("small", { dir: "auto" }, bot.mark && letter(bot.mark), bot.by));
    const target = answer || users[0];
    if (target) target.role = "button";
    const node = div(kind, null, users, before.map(line), answer,
      div("row", null, buttons.map(([title, text]) => button(title, () => send(text), text))), after.map(line));
    return { key, node, target, quiet: bot?.quiet };
  };
  const mark = () => {
    const now = chosen();
    const last = rows.findLast(({ target, quiet }) => target && !quiet)?.target;
    rows.forEach(({ target, quiet }) => target && Object.assign(target, {
      hidden: quiet && target !== now,
      ariaCurrent: target === now,
      tabIndex: target === (now || last) ? 0 : -1,
    }));
    fork.disabled = !now;
    fork.textContent = now ? `Fork before turn ${model.get("selection").turn}` : "Fork";
    if (!now) return;
    const { offsetTop: top, offsetHeight: height } = now.parentNode;
    log.scrollTop = Math.max(Math.min(log.scrollTop, top - 8), top + height + 8 - log.clientHeight);
  };
  function walk(event) {
    if (event.key === "/" && !event.target.matches("input,textarea")) input.focus();
    const seen = [...log.querySelectorAll("[role=button]:not([hidden])")];
    const at = seen.indexOf(event.target);
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -1e9, End: 1e9, Enter: 0, " ": 0 }[event.key];
    if (at < 0 || step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    seen[Math.max(0, Math.min(seen.length - 1, at + step))].click();
  }
  // a view is often drawn before it stands in the page
  const sizes = new ResizeObserver(mark);
  sizes.observe(log);
  stage.onClose(() => sizes.disconnect());

  // --- what to do with the conversation
  const fork = button("Fork", () => ask("fork", { turn: model.get("selection").turn }));
  const undo = button("Undo", () => ask("undo").then((answer) => answer && (input.value ||= answer.text)));
  const save = (format) => ask("save", { format }).then((answer) => answer && tell(answer.said,
    h("textarea", { readonly: true, rows: 8, "aria-label": "Story" }, answer.text)));
  const kept = h("p", { class: "dn-chat__happened" });
  stage.body.append(heading, log, waiting);
  if (!stage.offline) {
    stage.body.append(hint, div("say", null, input, button("Send", () => send(input.value)), list),
      div("row", null, undo, fork, button("Restart", () => ask("restart")),
        button("Save as story", () => save("markdown"), "writes this conversation as a story in Markdown"),
        button("Save as YAML story", () => save("yaml"), "writes this conversation as a story in YAML, as Rasa 2 and 3 read it")));
  }
  stage.body.append(kept);
  stage.root.addEventListener("keydown", walk);

  stage.drawOn(["view"], () => {
    const view = model.get("view");
    hint.hidden = true;
    heading.replaceChildren("CHAT", h("span", null, view.count), ...view.names.map((name) => button(name, () => ask("switch", { name }))));
    // only what is new or other is drawn, so that a screen reader hears nothing twice
    view.turns.forEach((turn, i) => {
      const [key, old] = [JSON.stringify(turn), rows[i]];
      if (old?.key === key) return;
      const { node } = rows[i] = draw(turn, key, i);
      old ? old.node.replaceWith(node) : empty.before(node);
    });
    rows.splice(view.turns.length).forEach((row) => row.node.remove());
    empty.replaceChildren(view.empty, ...view.starters.map(speak));
    const loop = view.waiting.map(([kind, text]) => (kind ? h("bdi", null, text) : text));
    const said = view.waiting.map(([, text]) => visible(text)).join("");
    if (waiting.textContent !== said) waiting.replaceChildren(...loop);
    input.placeholder = view.placeholder;
    undo.disabled = !view.can_undo;
    kept.replaceChildren(named(view.kept));
    mark();
  });
  stage.drawOn(["selection"], mark);
  drawList();
  return stage.close;
}

export { complete };
export default { render };
