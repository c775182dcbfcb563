"""Browser tests run where there is a Chromium (`apt-get install chromium`), else not at all."""

from __future__ import annotations

import pytest
from playwright.sync_api import sync_playwright

from dialogue_nb.widgets.base import close_all
from tests.browser.harness import Notebook, chromium, launch, wired

collect_ignore_glob = [] if chromium() else ["test_*.py"]


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture
def open_notebook(browser):
    """Opens a page to show widgets in; afterwards nothing may have asked for the network."""
    opened = []
    with wired():

        def open_one(theme="light", width=1280, height=720):
            context = browser.new_context(device_scale_factor=1)
            notebook = Notebook(context.new_page(), theme, width, height)
            opened.append((notebook, context))
            return notebook

        yield open_one
        close_all()
    for notebook, context in opened:
        context.close()
        assert notebook.strays == []
        assert notebook.problems == []


@pytest.fixture
def notebook(open_notebook):
    return open_notebook()
