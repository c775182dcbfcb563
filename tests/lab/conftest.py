"""Tests in a real JupyterLab run where DIALOGUE_NB_LAB=1 is set and a Chromium is there.

Those of Voila also need Voila (`pip install voila`).
"""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from itertools import count

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.harness import chromium, launch
from tests.lab.harness import DATA, LabPage, jupyterlab, write_notebook

wanted = os.environ.get("DIALOGUE_NB_LAB") == "1" and chromium()
collect_ignore_glob = [] if wanted else ["test_*.py"]
if find_spec("voila") is None:
    collect_ignore_glob.append("test_voila.py")
_numbers = count()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The folder of notebooks and the address of its JupyterLab."""
    folder = tmp_path_factory.mktemp("lab")
    with jupyterlab(folder) as address:
        yield folder, address


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture
def open_lab(server, browser):
    """Opens a notebook with these cells; afterwards nothing may have asked for the network."""
    folder, address = server
    opened = []

    def open_one(*cells, notebook=None):
        shutil.rmtree(folder / DATA, ignore_errors=True)  # nobody has talked to the bots yet
        path = notebook or write_notebook(folder / f"scenario_{next(_numbers)}.ipynb", *cells)
        context = browser.new_context(viewport={"width": 1400, "height": 1000})
        lab = LabPage(context.new_page(), address, path.name)
        opened.append((lab, context))
        return lab

    yield open_one
    for lab, context in opened:
        lab.shut_down()
        context.close()
        assert lab.strays == []
