"""One file that shows widgets without a kernel: the same JavaScript on a model that only remembers.

Everything is in the file: no request is made, and it may be opened from disk or sent by mail.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dialogue_nb.views.html import escape
from dialogue_nb.widgets.messages import sendable

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:;
 style-src 'unsafe-inline'; script-src 'unsafe-inline' blob:">
<style>
body {{ margin: 16px; background: Canvas; color: CanvasText; font-family: system-ui, sans-serif }}
main > div {{ margin-bottom: 16px }}
{css}</style></head>
<body><main id="views"></main>
<noscript>{fallback}</noscript>
<script type="application/json" id="parts">{parts}</script>
<script type="module">
{script}</script></body></html>
"""

_SCRIPT = """
const read = (value) => {
  if (Array.isArray(value)) return value.map(read);
  if (!value || typeof value !== "object") return value;
  if (typeof value.base64 === "string") {
    const bytes = Uint8Array.from(atob(value.base64), (c) => c.charCodeAt(0));
    return new DataView(bytes.buffer);
  }
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, read(v)]));
};
const models = [];
const makeModel = (part) => {
  const state = { ...read(part.state), _offline: true };
  const listeners = new Map();
  const set = (key, value) => {
    if (JSON.stringify(state[key]) === JSON.stringify(value)) return;
    state[key] = value;
    for (const fn of [...(listeners.get(`change:${key}`) || [])]) fn();
    if (key === "selection") follow(value);
  };
  const follow = (selection) => {
    const frame = part.frames[String(selection.turn)];
    for (const [key, value] of Object.entries(frame || {})) set(key, read(value));
    for (const other of models) other.set("selection", selection);
  };
  return {
    get: (key) => state[key], set, save_changes() {}, send() {},
    on: (name, fn) => listeners.set(name, [...(listeners.get(name) || []), fn]),
    off: (name, fn) => listeners.set(name, (listeners.get(name) || []).filter((f) => f !== fn)),
  };
};
for (const part of JSON.parse(document.getElementById("parts").textContent)) {
  const url = URL.createObjectURL(new Blob([part.esm], { type: "text/javascript" }));
  const { default: widget } = await import(url);
  const model = makeModel(part);
  models.push(model);
  const el = document.getElementById("views").appendChild(document.createElement("div"));
  await widget.render({ model, el });
}
"""


@dataclass(frozen=True)
class OfflinePart:
    """One widget of a page.

    Args:
        esm: Its JavaScript.
        css: Its style sheet.
        state: Its traits by name; bytes are allowed.
        frames: What its traits become when a turn is selected: `{turn: {trait: value}}`.
    """

    esm: str
    css: str
    state: Mapping[str, Any]
    frames: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


def offline_page(title: str, parts: Sequence[OfflinePart], fallback: str = "") -> str:
    """The page as text. All parts share one selection.

    Args:
        title: What the browser shows as its name.
        parts: The widgets, from top to bottom.
        fallback: HTML for readers without JavaScript.
    """
    bodies = [
        {"esm": part.esm, "state": _packed(part.state), "frames": _packed(part.frames)}
        for part in parts
    ]
    # "<" never stands in the data as it is, so that no text in it can end the script
    data = json.dumps(bodies, ensure_ascii=False).replace("<", "\\u003c")
    css = "\n".join(dict.fromkeys(part.css for part in parts))
    return _PAGE.format(title=escape(title), css=css, fallback=fallback, parts=data, script=_SCRIPT)


def _packed(value: Any) -> Any:
    """The value with bytes as base64, ready for JSON."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"base64": base64.b64encode(bytes(value)).decode("ascii")}
    if isinstance(value, Mapping):
        return {sendable(str(key)): _packed(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_packed(item) for item in value]
    return sendable(value)
