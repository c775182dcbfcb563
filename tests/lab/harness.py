"""A JupyterLab of our own, and a page of it as a person uses it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from playwright.sync_api import Locator, Page, expect

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60
DATA = ".server/data"
"""Where programs keep what they keep for a person: the conversations with packaged bots."""


@contextmanager
def jupyterlab(folder: Path, theme: str = "Light") -> Iterator[str]:
    """A server on a free port for the notebooks of a folder; gives its address.

    Args:
        folder: The folder; settings and runtime files of the server are kept in it too.
        theme: "Light" or "Dark".
    """
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    own = {name: str(folder / ".server" / name.lower()) for name in names}
    own["XDG_DATA_HOME"] = str(folder / DATA)
    own["JUPYTERLAB_SETTINGS_DIR"] = str(_settings(folder / ".server" / "settings", theme))
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0",
        f"--notebook-dir={folder}", "--IdentityProvider.token=",
    ]  # fmt: skip
    log = folder / "server.log"
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(
            command, env=os.environ | own | {"PYTHONPATH": path}, stdout=stream, stderr=stream
        )
    try:
        yield _address(log, process)
    finally:
        process.terminate()
        process.wait(timeout=SECONDS)


def _settings(folder: Path, theme: str) -> Path:
    """No questions about news, and the theme."""
    chosen = {
        "notification": {"fetchNews": "false", "checkForUpdates": False},
        "themes": {"theme": f"JupyterLab {theme}"},
    }
    place = folder / "@jupyterlab" / "apputils-extension"
    place.mkdir(parents=True)
    for name, values in chosen.items():
        (place / f"{name}.jupyterlab-settings").write_text(json.dumps(values), encoding="utf-8")
    return folder


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        found = re.search(r"http://(localhost|127\.0\.0\.1):\d+/", log.read_text(encoding="utf-8"))
        if found:
            return found[0].replace("localhost", "127.0.0.1")
        time.sleep(0.1)
    raise RuntimeError("JupyterLab did not start:\n" + log.read_text(encoding="utf-8"))


def write_notebook(path: Path, *cells: str) -> Path:
    """A notebook with these cells of code."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    notebook = nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel})
    nbformat.write(notebook, path)
    return path


class LabPage:
    """A notebook that is open in JupyterLab.

    Args:
        page: A fresh page of the browser.
        address: Of the server.
        notebook: The path of the notebook in the server's folder.
    """

    def __init__(self, page: Page, address: str, notebook: str):
        self.page = page
        self.strays: list[str] = []
        page.set_default_timeout(SECONDS * 1000)
        page.on("request", lambda r: self._note(r.url, address))
        page.goto(f"{address}lab/workspaces/{Path(notebook).stem}/tree/{notebook}?reset")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        self.wait_idle()

    def _note(self, url: str, address: str) -> None:
        if not url.startswith((address, address.replace("http", "ws"), "blob:", "data:")):
            self.strays.append(url)

    def wait_idle(self) -> None:
        """Waits until the kernel is there and does nothing."""
        idle = self.page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
        idle.first.wait_for(state="attached")

    def cell(self, number: int) -> Locator:
        """A cell, counted from 0."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number)

    def run(self, number: int) -> Locator:
        """Runs a cell of code and waits until it has begun; gives its output."""
        cell = self.cell(number)
        prompt = cell.locator(".jp-InputPrompt").first
        before = prompt.inner_text()
        began = re.compile(r"\[[\d*]+\]")
        for _ in range(5):  # an early keystroke is lost: the session is not listening yet
            cell.locator(".jp-InputArea-editor").first.click()
            self.page.keyboard.press("Control+Enter")
            try:
                expect(prompt).to_have_text(began, timeout=2_000)
                expect(prompt).not_to_have_text(before, timeout=2_000)
                break
            except AssertionError:
                continue
        return cell.locator(".jp-Cell-outputArea")

    def done(self, number: int) -> Locator:
        """Runs a cell and waits until it is over; gives its output."""
        output = self.run(number)
        prompt = self.cell(number).locator(".jp-InputPrompt").first
        expect(prompt).to_have_text(re.compile(r"\[\d+\]"), timeout=SECONDS * 1000)
        return output

    def command(self, label: str) -> None:
        """Chooses a command of the palette."""
        self.page.keyboard.press("Control+Shift+C")
        box = self.page.locator(".jp-ModalCommandPalette input, .lm-CommandPalette-input").first
        box.fill(label)
        self.page.locator(".lm-CommandPalette-item", has_text=label).first.click()

    def restart(self) -> None:
        """Restarts the kernel."""
        self.page.locator(
            '[data-command="notebook:restart-kernel"], [data-command="kernelmenu:restart"]'
        ).first.click()
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        self.wait_idle()

    def shut_down(self) -> None:
        """Ends the kernels of the server, so that they do not stay behind."""
        self.page.evaluate(
            """async () => {
            const base = document.baseURI.split("/lab")[0];
            const token = document.cookie.match(/_xsrf=([^;]*)/);
            const headers = token ? { "X-XSRFToken": token[1] } : {};
            for (const one of await (await fetch(`${base}/api/sessions`)).json())
              await fetch(`${base}/api/sessions/${one.id}`, { method: "DELETE", headers });
            }"""
        )
