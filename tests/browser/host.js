// A stand-in for the widget manager of a notebook: models whose messages go to Python at once.
const models = new Map();

// what JupyterLab's widget manager knows of the kernel
const watchers = new Set();
const kernel = {
  statusChanged: {
    connect: (fn) => watchers.add(fn),
    disconnect: (fn) => watchers.delete(fn),
    emit: (status) => watchers.forEach((fn) => fn(kernel, status)),
    count: () => watchers.size,
  },
};
window.statusChanged = kernel.statusChanged;

function makeModel(id, state) {
  const listeners = new Map();
  const buffered = new Set();
  const trigger = (name, ...args) => {
    for (const [fn] of [...(listeners.get(name) || [])]) fn(...args);
  };
  const set = (changes) => {
    const changed = Object.keys(changes).filter(
      (key) => JSON.stringify(state[key]) !== JSON.stringify(changes[key]),
    );
    Object.assign(state, changes);
    changed.forEach((key) => trigger(`change:${key}`, model, state[key]));
    return changed;
  };
  const model = {
    get: (key) => state[key],
    set: (key, value) => set({ [key]: value }).forEach((name) => buffered.add(name)),
    save_changes() {
      const changes = Object.fromEntries([...buffered].map((key) => [key, state[key]]));
      buffered.clear();
      talk(id, { method: "update", state: changes });
    },
    send(content) {
      window.sent.push(content);
      if (window.kernel === "alive") talk(id, { method: "custom", content });
    },
    on: (name, fn) => listeners.set(name, [...(listeners.get(name) || []), [fn]]),
    off: (name, fn) =>
      listeners.set(name, (listeners.get(name) || []).filter(([other]) => other !== fn)),
    listeners: () => [...listeners.values()].reduce((sum, list) => sum + list.length, 0),
    receive(message) {
      if (message.method === "custom") {
        trigger("msg:custom", message.content, decode(message.buffers || []));
      } else set(decode(message.state));
    },
    trigger,
    widget_manager: { kernel, get_model: found, create_view: viewOf },
  };
  return model;
}

// as a widget manager finds other widgets, and shows them inside one
async function found(id) {
  if (!models.has(id)) throw new Error(`no model ${id}`);
  return models.get(id);
}

async function viewOf(model) {
  const el = document.createElement("div");
  const cleanup = await (await moduleOf(model)).render({ model, el });
  return { el, remove: () => (cleanup(), el.remove()) };
}

async function moduleOf({ esm, css }) {
  const style = document.head.appendChild(document.createElement("style"));
  style.textContent = css;
  const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  return (await import(url)).default;
}

// bytes come as {base64}
function decode(value) {
  if (Array.isArray(value)) return value.map(decode);
  if (!value || typeof value !== "object") return value;
  if (typeof value.base64 === "string") {
    return new DataView(Uint8Array.from(atob(value.base64), (c) => c.charCodeAt(0)).buffer);
  }
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, decode(v)]));
}

async function talk(id, message) {
  deliver(await window.python(id, message));
}

function deliver(messages) {
  for (const { id, message } of messages) {
    const model = models.get(id);
    if (model && message.method !== "close") model.receive(message);
    if (model && message.method === "close") model.trigger("comm:close");
  }
}

window.sent = [];
window.kernel = "alive";
window.deliver = deliver;
window.models = models;
window.cleanups = [];

// A box of ipywidgets, to show widgets in. Like JupyterLab, it is put into the page last.
const boxes = new Map();
window.box = (id, parent, classes) => {
  const el = document.createElement("div");
  if (parent) boxes.get(parent).append(el);
  boxes.set(id, el);
  el.className = `widget-box ${classes}${parent ? "" : " output"}`;
};
window.attach = (id) => document.getElementById("outputs").append(boxes.get(id));

// Makes a widget known that others may find.
window.know = (id, state, esm, css) => {
  if (!models.has(id)) models.set(id, Object.assign(makeModel(id, decode(state)), { esm, css }));
};

// Shows a widget in a new place; a widget may be shown in several.
window.show = async (id, state, esm, css, parent) => {
  window.know(id, state, esm, css);
  const widget = await moduleOf({ esm, css });
  const place = parent ? boxes.get(parent) : document.getElementById("outputs");
  const el = place.appendChild(document.createElement("div"));
  el.className = parent ? "widget" : "output";
  const cleanup = await widget.render({ model: models.get(id), el });
  window.cleanups.push(cleanup);
};
