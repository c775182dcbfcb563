// Shared by all views: this text stands in front of each of them (see widgets/base.py).
// Plain functions, no exports, no state: several views may live in one page.

const DN_CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g;

/** Text in which every control character can be seen and none does anything.
 * @param {unknown} value */
function visible(value) {
  if (value === null || value === undefined) return "";
  return String(value).replace(DN_CONTROLS, (c) => {
    const code = c.charCodeAt(0);
    return code > 127 ? "\ufffd" : code === 127 ? "\u2421" : String.fromCharCode(0x2400 + code);
  });
}

/** A number of a policy, with two digits; a confidence that is not 1 never reads 1.00.
 * @param {number} value */
function digits(value) {
  return value < 1 && value > 0.995 ? "0.99" : value.toFixed(2);
}

/** An element. Strings become text, never markup; `svg:path` makes an SVG element.
 * @param {string} tag
 * @param {Record<string, any> | null} [props] attributes; besides: on, style, data, value
 * @param {...any} children nodes, strings, arrays of them; null and false are left out
 * @returns {any} */
function h(tag, props, ...children) {
  const svg = tag.startsWith("svg:");
  const node = svg
    ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4))
    : document.createElement(tag);
  if (tag === "button") node.type = "button";
  for (const [key, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "on") {
      for (const [name, fn] of Object.entries(value)) node.addEventListener(name, fn);
    } else if (key === "style") {
      for (const [name, v] of Object.entries(value)) node.style.setProperty(name, String(v));
    } else if (key === "data") Object.assign(node.dataset, value);
    else if (key === "value") node.value = value;
    else node.setAttribute(key, value === true ? "" : visible(value));
  }
  const wanted = children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false);
  node.append(...wanted.map((c) => (c instanceof Node ? c : visible(c))));
  return node;
}

/** The round letter of a policy; a screen reader hears the name beside it instead.
 * @param {{letter: string, hue: string, label: string}} mark */
function letter(mark) {
  const title = mark.label;
  return h("span", { class: `dn-k dn-${mark.hue}`, "aria-hidden": "true", title }, mark.letter);
}

/** A name that may be long or of any script: cut with an ellipsis, whole on hover.
 * @param {unknown} text @param {string} [more] further classes */
function named(text, more = "") {
  return h("bdi", { class: `dn-name ${more}`, title: text }, text);
}

/** A turn counted back from where the conversation stands, in words. */
const ago = (back) => (back ? `${back} turn${back > 1 ? "s" : ""} ago` : "now");

/** Where a key leads in a row of things, null when it leads nowhere.
 * @param {{key: string, altKey?: boolean, ctrlKey?: boolean, metaKey?: boolean}} event
 * @param {number} at @param {number} count @param {{page?: number}} [how] how far PageDown goes */
function stepOf(event, at, count, { page = 10 } = {}) {
  if (event.altKey || event.ctrlKey || event.metaKey || !count) return null;
  const to = {
    ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: count - 1,
    PageDown: at + page, PageUp: at - page,
  }[event.key];
  return to === undefined ? null : Math.max(0, Math.min(count - 1, to));
}

/** "dark" or "light", as the page around a node is: VS Code, Jupyter, Colab, text colour, system.
 * @param {HTMLElement} node */
function themeOf(node) {
  const { body, documentElement: html } = document;
  const code = body.dataset.vscodeThemeKind;
  if (code) return /dark|high-contrast$/.test(code) ? "dark" : "light";
  if (body.dataset.jpThemeLight) return body.dataset.jpThemeLight === "false" ? "dark" : "light";
  if (html.getAttribute("theme")) return html.getAttribute("theme") === "dark" ? "dark" : "light";
  const rgb = getComputedStyle(node.parentElement || body).color.match(/[\d.]+/g);
  if (rgb && rgb.length >= 3) {
    const luma = 0.299 * +rgb[0] + 0.587 * +rgb[1] + 0.114 * +rgb[2];
    return luma > 140 ? "dark" : "light";
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Runs `draw` and puts the focus back on the thing with the same data-key.
 * @param {HTMLElement} root @param {() => void} draw */
function keepFocus(root, draw) {
  const active = /** @type {any} */ (root.getRootNode()).activeElement;
  const key = active && root.contains(active) ? active.dataset.key : null;
  draw();
  if (!key) return;
  const again = root.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (again && again !== active) /** @type {HTMLElement} */ (again).focus({ preventScroll: true });
}

/** What every view stands on: its frame, theme, errors, requests, selection, cleanup.
 * @param {{model: any, el: HTMLElement}} context as anywidget gives it to `render`
 * @param {{name: string, label: string}} about
 */
function openStage({ model, el }, { name, label }) {
  const offline = Boolean(model.get("_offline"));
  const body = h("div", { class: "dn-body" });
  const alert = h("div", { class: "dn-error", role: "alert", hidden: true });
  const status = h("p", { class: "dn-status", role: "status", hidden: true });
  const live = h("p", { class: "dn-sr", "aria-live": "polite" });
  const root = h(
    "section",
    // our words are English on any page; what users write stands in <bdi>
    { class: `dn dn-${name}`, lang: "en", dir: "ltr", "aria-label": label,
      data: { lmSuppressShortcuts: "true" } },
    alert, status, body, live,
  );
  el.replaceChildren(root);

  const undo = [];
  const listen = (event, fn) => {
    model.on(event, fn);
    undo.push(() => model.off(event, fn));
  };

  // --- theme
  const themed = [];
  const applyTheme = () => {
    const theme = themeOf(root);
    if (root.dataset.theme === theme) return;
    root.dataset.theme = theme;
    themed.forEach((fn) => fn(theme));
  };
  const watch = new MutationObserver(applyTheme);
  for (const node of [document.documentElement, document.body]) {
    watch.observe(node, { attributes: true });
  }
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", applyTheme);
  undo.push(() => watch.disconnect(), () => system.removeEventListener("change", applyTheme));
  applyTheme();
  // the text colour is known once the view is in the page
  requestAnimationFrame(applyTheme);

  // --- errors: the trait `error`, so that all views of a widget show the same one
  const showError = () => {
    const error = model.get("error") || {};
    alert.hidden = !error.message;
    const close = () => {
      model.set("error", {});
      if (!offline) model.send({ type: "dismiss" });
    };
    alert.replaceChildren(
      h("p", null, error.message),
      error.traceback ? h("details", null, h("summary", null, "Details"),
        h("pre", { tabindex: "0" }, error.traceback)) : "",
      h("button", { class: "dn-button", on: { click: close } }, "Dismiss"),
    );
  };
  listen("change:error", showError);
  if ((model.get("error") || {}).message) showError();

  // --- requests: {id, type, ...} is answered by {id, ...} or {id, error}
  const waiting = new Map();
  const prefix = Math.random();
  let count = 0;
  let gone = false;
  let busyTimer = 0;
  const showStatus = () => {
    const oldest = waiting.size ? [...waiting.values()][0].at : 0;
    const busy = oldest && Date.now() - oldest >= 950;
    const since = busy ? new Date(oldest).toLocaleTimeString() : "";
    status.hidden = !gone && !busy;
    status.textContent = gone
      ? "The kernel no longer knows this view: run its cell again."
      : busy ? `The kernel is busy since ${since}: this view follows when it answers.` : "";
    root.toggleAttribute("data-stale", Boolean(gone || busy));
  };
  const request = (type, payload = {}) => {
    if (offline) return Promise.reject(new Error("there is no kernel"));
    const id = `${prefix}-${count++}`;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject, at: Date.now() });
      clearTimeout(busyTimer);
      busyTimer = setTimeout(showStatus, 1000);
      model.send({ id, type, ...payload });
    });
  };
  listen("msg:custom", (message, buffers) => {
    if (gone) (gone = false), showStatus();
    const one = message && waiting.get(message.id);
    if (!one) return;
    (message.buffers || []).forEach((name, i) => (message[name] = buffers[i]));
    waiting.delete(message.id);
    showStatus();
    if (message.error) one.reject(new Error(message.error));
    else one.resolve(message);
  });
  const setGone = (value) => {
    gone = value;
    showStatus();
  };
  listen("comm:close", () => setGone(true));
  // JupyterLab says when a kernel starts anew
  const { kernel } = model.widget_manager || {};
  const signal = kernel && kernel.statusChanged;
  const onStatus = (_, now) => {
    if (/restarting|dead/.test(now)) setGone(true);
  };
  if (signal && signal.connect) {
    signal.connect(onStatus);
    undo.push(() => signal.disconnect(onStatus));
  }
  listen("comm_live_update", () => request("hello").catch(() => {}));
  undo.push(() => clearTimeout(busyTimer));

  // --- only the latest of a kind: while one is on its way, later ones replace each other
  const lanes = new Map();
  const latest = (type, payload) => {
    if (lanes.has(type)) return void lanes.set(type, payload);
    lanes.set(type, null);
    request(type, payload).catch(() => {}).finally(() => {
      const next = lanes.get(type);
      lanes.delete(type);
      if (next) latest(type, next);
    });
  };

  return {
    root, body, offline, listen, request, latest,
    /** Tells a screen reader. @param {string} text */
    say: (text) => void (live.textContent = visible(text)),
    /** Changes the shared selection; all views of the widget hear `change:selection`. */
    select: (change) => {
      const selection = { ...model.get("selection"), ...change };
      model.set("selection", selection);
      if (!offline) latest("select", { selection });
    },
    /** Calls `fn(theme)` when the theme changes. */
    onTheme: (fn) => void themed.push(fn),
    /** Calls `draw` now and whenever one of the traits changes; errors are shown, not lost. */
    drawOn: (traits, draw) => {
      let planned = false;
      const run = () => {
        planned = false;
        try {
          keepFocus(root, draw);
        } catch (error) {
          model.set("error", { message: `This view cannot be drawn: ${error}`,
            traceback: String(error && error.stack) });
        }
      };
      const plan = () => {
        if (!planned) queueMicrotask(run);
        planned = true;
      };
      traits.forEach((trait) => listen(`change:${trait}`, plan));
      run();
    },
    onClose: (fn) => void undo.push(fn),
    close: () => {
      undo.forEach((fn) => fn());
      root.remove();
    },
  };
}
