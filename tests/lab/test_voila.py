"""Voila makes an app of a notebook: cells run once, and only what they show is there."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.lab.harness import ROOT, SECONDS, write_notebook

PATIENCE = SECONDS * 1000
WORKBENCH = """
import dialogue_nb as dn

dn.Workbench(dn.bots.load("moodbot"))
"""


@contextmanager
def voila(notebook):
    """A Voila server for one notebook; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    own = {name: str(notebook.parent / name.lower()) for name in names}
    own["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "voila", str(notebook), "--no-browser", f"--port={port}"]
    log = notebook.with_suffix(".log")
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(command, env=os.environ | own, stdout=stream, stderr=stream)
    address = f"http://127.0.0.1:{port}/"
    try:
        end = time.monotonic() + SECONDS
        while not answers(f"{address}voila/api/shutdown/none"):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < end, log.read_text(encoding="utf-8")
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=SECONDS)


def answers(address):
    """Whether somebody is there, whatever they say."""
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    # Voila's own page asks the network for an icon font, and does without
    page.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.abort())
    yield page
    context.close()


def test_the_workbench_trains_and_answers_in_voila(page, tmp_path):
    with voila(write_notebook(tmp_path / "app.ipynb", WORKBENCH)) as address:
        page.goto(address)
        bench = page.locator(".dn-workbench")
        bench.locator(".cm-content").first.wait_for()
        bench.get_by_role("button", name="Train", exact=True).first.click()
        expect(bench.locator(".dn-control")).to_contain_text("finished", timeout=2 * PATIENCE)
        field = bench.locator(".dn-chat input").first
        field.fill("/greet")
        field.press("Enter")
        expect(bench.locator(".dn-chat")).to_contain_text("Hello! How has your day been so far?")
        expect(bench.locator(".dn-bars tbody tr").first).to_contain_text("utter_greet")
        assert page.get_by_text("dn.bots.load").count() == 0  # the code itself is not shown
