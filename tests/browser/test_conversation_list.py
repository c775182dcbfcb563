"""The list of conversations in a browser: keyboard, deleting in two steps, hostile names."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from dialogue_nb.agent.sql_tracker_store import SQLTrackerStore
from dialogue_nb.widgets.chat_pane import ChatPane
from dialogue_nb.widgets.conversation_list import ConversationList
from tests.agent.store_checks import HOSTILE, exchange
from tests.chats import greenhouse


@pytest.fixture
def talks(tmp_path):
    store = SQLTrackerStore(tmp_path / "chats.db")
    for number, name in enumerate(("ann", "bob", "cleo")):
        store.write(name, exchange("hello", float(number)), keep=0, after=None)
    yield ConversationList(ChatPane(greenhouse(tracker_store=store), "bob"))
    store.close()


def focused(view):
    return view.page.evaluate("document.activeElement.getAttribute('aria-label')")


def test_the_keyboard_alone_finds_opens_and_deletes(notebook, talks):
    view = notebook.show(talks)
    keys = notebook.page.keyboard
    rows = view.locator(".dn-talks__open")
    expect(rows).to_have_count(3)
    assert "bob" in view.locator("[aria-current=true]").get_attribute("aria-label")
    rows.first.focus()
    assert focused(view).startswith("cleo, 1 message")
    keys.press("End")
    assert focused(view).startswith("ann")
    keys.press("Enter")
    expect(view.locator("[aria-current=true]")).to_contain_text("ann")
    assert focused(view).endswith("open")
    assert notebook.accessibility() == []
    keys.press("ArrowUp")
    keys.press("Delete")
    expect(view.get_by_text("Delete it for good?")).to_be_visible()
    assert view.locator(":focus").inner_text() == "Keep"
    assert notebook.accessibility() == []
    keys.press("Escape")
    expect(view.get_by_text("Delete it for good?")).to_have_count(0)
    assert focused(view).startswith("bob")
    keys.press("Delete")
    keys.press("Shift+Tab")
    keys.press("Enter")
    expect(rows).to_have_count(2)
    expect(view.locator("[aria-live]")).to_contain_text("Deleted: bob")
    assert "bob" not in talks.trackers


def test_searching_follows_what_is_typed(notebook, talks):
    view = notebook.show(talks)
    view.get_by_role("searchbox").fill("cleo")
    expect(view.locator(".dn-talks__open")).to_have_count(1)
    expect(view.get_by_role("status").filter(has_text="1 of 3 found")).to_be_visible()
    view.get_by_role("searchbox").fill("nobody")
    expect(view.get_by_text("Nothing is found.")).to_be_visible()
    view.get_by_role("searchbox").fill("")
    expect(view.locator(".dn-talks__open")).to_have_count(3)
    view.get_by_role("button", name="New").click()
    assert talks.current == "conversation 1"


@pytest.mark.parametrize(("theme", "width"), [("dark", 480), ("light", 1280)])
def test_hostile_names_and_words_stay_in_their_places(open_notebook, tmp_path, theme, width):
    notebook = open_notebook(theme, width)
    store = SQLTrackerStore(tmp_path / "chats.db")
    for text in HOSTILE:
        store.write(text, exchange(text), keep=0, after=None)
    talks = ConversationList(store)
    view = notebook.show(talks)
    expect(view.locator(".dn-talks__open")).to_have_count(len(HOSTILE))
    assert view.locator("script").count() == 0
    assert view.evaluate("node => node.scrollWidth <= node.clientWidth")
    assert notebook.accessibility() == []
    assert notebook.close_views() == 0
    store.close()


def test_two_views_agree_and_a_file_of_it_only_shows(notebook, talks, tmp_path):
    first, second = notebook.show(talks), notebook.show(talks)
    first.locator(".dn-talks__open").first.click()
    expect(second.locator("[aria-current=true]")).to_contain_text("cleo")
    path = talks.to_html(tmp_path / "talks.html")
    page = notebook.page.context.new_page()
    page.goto(path.as_uri())
    expect(page.locator(".dn-talks__open").first).to_be_disabled()
    assert page.get_by_role("button", name="Delete").count() == 0
