"""A page in a real browser that shows widgets as a notebook would, and real widgets behind it.

What the page sends goes to the Python widget at once, what the widget sends goes back; there is no
kernel, no server and no network: every request but that for the page itself is refused and noted.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import comm
from comm.base_comm import BaseComm
from ipywidgets import Box, VBox
from playwright.sync_api import Browser, Page, Playwright

HERE = Path(__file__).parent
ORIGIN = "http://notebook.test/"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
GROUND = {"light": ("#ffffff", "#1f2430", "true"), "dark": ("#111111", "#e6e9ef", "false")}
_HOST = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Notebook</title>
<style>body {{ margin: 0; padding: 12px; background: {ground}; color: {text} }}
.output {{ margin-bottom: 12px }}
.widget-box {{ box-sizing: border-box; display: flex; margin: 0; overflow: auto }}
.widget-vbox {{ flex-direction: column }}</style>
<script>{script}</script></head>
<body data-jp-theme-light="{light}"><main id="outputs"></main></body></html>"""


def chromium() -> str | None:
    """Where the browser is, None when there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")


def launch(playwright: Playwright) -> Browser:
    """Starts the browser."""
    return playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))


class Wire(BaseComm):
    """A comm that keeps what is sent until the page fetches it."""

    outbox: ClassVar[list] = []

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        message = dict(data or {}) | ({"method": "close"} if msg_type == "comm_close" else {})
        if msg_type != "comm_open":
            custom = message.get("method") == "custom"
            message["state"] = {} if custom else packed(_with_buffers(message, buffers))
            message["buffers"] = packed(list(buffers or [])) if custom else []
            self.outbox.append({"id": self.comm_id, "message": message})


@contextmanager
def wired() -> Iterator[None]:
    """Widgets made inside talk to the page instead of to a kernel."""
    made = comm.create_comm
    comm.create_comm = lambda *args, **keys: Wire(*args, **keys)
    Wire.outbox = []
    try:
        yield
    finally:
        comm.create_comm = made


def packed(value):
    """The value with bytes as base64, ready for JSON."""
    if isinstance(value, bytes | bytearray | memoryview):
        return {"base64": base64.b64encode(bytes(value)).decode("ascii")}
    if isinstance(value, dict):
        return {key: packed(item) for key, item in value.items()}
    return [packed(item) for item in value] if isinstance(value, list | tuple) else value


def _with_buffers(message, buffers):
    state = dict(message.get("state") or {})
    for path, buffer in zip(message.get("buffer_paths") or [], buffers or [], strict=True):
        place = state
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = buffer
    return state


class Notebook:
    """The page.

    Args:
        page: A fresh page of the browser.
        theme: "light" or "dark".
        width: Of the window, in pixels.
        height: Of the window.
    """

    def __init__(self, page: Page, theme: str = "light", width: int = 1280, height: int = 720):
        self.page = page
        self.strays: list[str] = []
        self.problems: list[str] = []
        self.widgets: dict[str, object] = {}
        ground, text, light = GROUND[theme]
        script = (HERE / "host.js").read_text(encoding="utf-8")
        self._html = _HOST.format(ground=ground, text=text, light=light, script=script)
        page.set_default_timeout(10_000)
        page.set_viewport_size({"width": width, "height": height})
        page.route("**/*", self._serve)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._hear)
        page.expose_function("python", self._receive)
        page.goto(ORIGIN)

    def _serve(self, route):
        if route.request.url == ORIGIN:
            route.fulfill(body=self._html, content_type="text/html; charset=utf-8")
        elif route.request.url.startswith(("blob:", "file:")):
            route.continue_()
        else:
            self.strays.append(route.request.url)
            route.abort()

    def _hear(self, message):
        if message.type == "error":
            self.problems.append(message.text)

    def _receive(self, comm_id, message):
        """What the browser sent goes to the widget; what that sends comes back."""
        widget = self.widgets[comm_id]
        data = message | {"buffer_paths": []}
        widget._handle_msg({"content": {"data": data}, "buffers": []})
        return self._fetch()

    def _fetch(self):
        sent, Wire.outbox = Wire.outbox, []
        return sent

    def show(self, widget):
        """Shows a widget, once more if it is shown already; gives its element."""
        self.sync()
        self._put(widget)
        # by number: "the last one" would be another one after the next call
        return self.page.locator(".output").nth(self.page.locator(".output").count() - 1)

    def _put(self, widget, parent=None):
        """Shows a widget in a box, or at the end of the page; a box with all that is in it."""
        if isinstance(widget, Box):
            kind = "widget-vbox" if isinstance(widget, VBox) else ""
            classes = " ".join([kind, *widget._dom_classes])
            self.page.evaluate("(args) => window.box(...args)", [widget.model_id, parent, classes])
            for child in widget.children:
                self._put(child, widget.model_id)
            if parent is None:
                self.page.evaluate("(id) => window.attach(id)", widget.model_id)
            return
        self.page.evaluate("(args) => window.show(...args)", [*self.know(widget), parent])

    def know(self, widget):
        """Makes a widget known to the page, so that others find it; gives what the page knows."""
        self.widgets[widget.model_id] = widget
        state = packed({k: v for k, v in widget.get_state().items() if k != "layout"})
        about = [widget.model_id, state, state.pop("_esm"), state.pop("_css")]
        self.page.evaluate("(args) => window.know(...args)", about)
        return about

    def sync(self):
        """Brings to the page what the widgets sent on their own."""
        sent = self._fetch()
        if sent:
            self.page.evaluate("(messages) => window.deliver(messages)", sent)

    def sent(self, kind):
        """The messages of a kind that the page sent."""
        return [m for m in self.page.evaluate("window.sent") if m.get("type") == kind]

    def close_views(self):
        """Takes all views away, as closing the notebook does; gives how many listeners are left."""
        return self.page.evaluate(
            """() => { window.cleanups.forEach((fn) => fn());
            const models = [...window.models.values()];
            const left = models.reduce((n, model) => n + model.listeners(), 0);
            return left + window.statusChanged.count(); }"""
        )

    def accessibility(self):
        """What axe-core finds wrong, serious and critical only, one line each."""
        from importlib.resources import files

        script = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
        self.page.evaluate(script)
        found = self.page.evaluate("() => axe.run('.output')")
        return [
            f"{v['id']}: {node['html'][:120]} ({node['failureSummary'][:200]})"
            for v in found["violations"]
            if v["impact"] in ("serious", "critical")
            for node in v["nodes"]
        ]
