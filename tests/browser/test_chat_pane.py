"""The chat in a browser: talking, completing, buttons, forks, the keyboard, hostile words."""

from __future__ import annotations

import pytest

from dialogue_nb.core.events import ActionExecuted, BotUttered, UserUttered
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.widgets.chat_pane import ChatPane
from dialogue_nb.widgets.tracker_timeline import TrackerTimeline
from tests.chats import greenhouse
from tests.forms import (
    begins,
    filled_talk,
    interrupted_talk,
    open_talk,
    prefix,
    says,
    talk,
)
from tests.talks import HOSTILE, bakery_talk, hostile_talk, long_talk, restarted_talk


@pytest.fixture
def chat():
    return ChatPane(greenhouse())


def field(view):
    return view.get_by_role("combobox")


def say(view, text):
    before = view.locator(".dn-chat__user:visible").count()
    field(view).fill(text)
    field(view).press("Escape")
    field(view).press("Enter")
    view.page.wait_for_function(
        "(n) => document.querySelectorAll('.dn-chat__user:not(.dn-chat__sent)').length > n",
        arg=before,
    )


def shown(view):
    return view.locator("[role=log] .dn-chat__bot:visible .dn-chat__words").all_inner_texts()


def selected(view):
    return view.locator("[aria-current=true]").get_attribute("title")


def test_what_is_said_is_answered_and_shows_who_decided(notebook, chat):
    view = notebook.show(chat)
    view.get_by_role("button", name="/hello").click()
    view.get_by_text("Shall I water something?").wait_for()
    said = view.locator(".dn-chat__user p").all_inner_texts()
    assert said == ["/hello", "hello 1.00"]
    assert "Memoization 1.00" in view.locator("[aria-current=true]").inner_text()
    assert selected(view) == "turn 2: utter_hello"
    assert view.get_by_text("Nothing has been said").count() == 0
    assert notebook.accessibility() == []


def test_a_button_of_a_response_says_its_message_and_an_image_is_a_link(notebook, chat):
    view = notebook.show(chat)
    say(view, "/hello")
    view.get_by_role("button", name="The fern").click()
    link = view.get_by_role("link", name="image: https://example.org/fern.png")
    link.wait_for()
    assert link.get_attribute("rel") == "noreferrer"
    assert view.locator("img").count() == 0
    assert chat.tracker.get_slot("plant") == "fern"
    assert field(view).input_value() == ""


def test_words_are_completed_with_the_keyboard_alone_while_the_kernel_is_busy(notebook, chat):
    view = notebook.show(chat)
    notebook.page.evaluate("window.kernel = 'busy'")
    keys = notebook.page.keyboard
    keys.press("Tab")
    field(view).focus()
    keys.type("/wa")
    assert view.get_by_role("option", selected=True).inner_text() == "water"
    keys.press("Enter")
    keys.type("{")
    keys.press("ArrowDown")
    assert view.get_by_role("option", selected=True).inner_text() == '"plant"'
    active = field(view).get_attribute("aria-activedescendant")
    assert view.get_by_role("option", selected=True).get_attribute("id") == active
    keys.press("Tab")
    assert field(view).input_value() == '/water{"plant": '
    assert field(view).get_attribute("aria-expanded") == "true"
    keys.type("c")
    keys.press("Enter")
    assert field(view).input_value() == '/water{"plant": "cactus"}'
    assert field(view).get_attribute("aria-expanded") == "false"
    assert notebook.sent("say") == []


def test_a_word_is_chosen_with_the_mouse_and_the_field_keeps_the_focus(notebook, chat):
    view = notebook.show(chat)
    field(view).focus()
    notebook.page.keyboard.type("/h")
    view.get_by_role("option", name="how_warm").click()
    assert field(view).input_value() == "/how_warm"
    assert field(view).evaluate("node => document.activeElement === node")


def test_escape_closes_the_words_and_then_leaves_the_field(notebook, chat):
    view = notebook.show(chat)
    say(view, "/hello")
    field(view).focus()
    notebook.page.keyboard.type("/h")
    notebook.page.keyboard.press("Escape")
    assert view.get_by_role("option").count() == 0
    assert field(view).evaluate("node => document.activeElement === node")
    notebook.page.keyboard.press("Escape")
    assert view.locator(":focus").get_attribute("title") == "turn 2: utter_hello"
    field(view).fill("")
    view.locator("[aria-current=true]").focus()
    notebook.page.keyboard.press("/")
    assert field(view).evaluate("node => document.activeElement === node")
    assert field(view).input_value() == "/"


def test_the_arrows_bring_back_what_was_said_and_what_was_being_typed(notebook, chat):
    chat.say("/hello")
    chat.say("/bye")
    view = notebook.show(chat)
    field(view).fill("half a")
    values = []
    for key in ("ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown"):
        field(view).press(key)
        values.append(field(view).input_value())
    assert values == ["/bye", "/hello", "/hello", "/bye", "half a"]


def test_what_cannot_be_read_stays_in_the_field_with_a_hint(notebook, chat):
    view = notebook.show(chat)
    field(view).fill("watr the fern")
    field(view).press("Enter")
    hint = view.get_by_role("status").filter(has_text="This bot reads intents, not words")
    hint.wait_for()
    assert field(view).input_value() == "watr the fern"
    assert notebook.accessibility() == []
    hint.get_by_role("button", name="Send anyway").click()
    view.get_by_text("not understood").wait_for()
    assert view.get_by_text("reads intents").is_hidden()
    assert chat.error == {}


def test_an_action_that_fails_is_a_problem_in_the_pane(notebook, chat):
    view = notebook.show(chat)
    say(view, "/break_it")
    problem = view.locator(".dn-chat__problem")
    assert problem.inner_text().startswith("Problem: The action 'action_break' failed")
    assert notebook.accessibility() == []


def test_a_message_on_its_way_is_seen_while_the_kernel_is_busy(notebook, chat):
    view = notebook.show(chat)
    notebook.page.evaluate("window.kernel = 'busy'")
    field(view).fill("/hello")
    field(view).press("Escape")
    field(view).press("Enter")
    assert view.locator(".dn-chat__sent").inner_text() == "/hello"
    view.get_by_text("The kernel is busy").wait_for()
    (asked,) = notebook.sent("say")
    notebook.page.evaluate(
        "(id) => [...window.models.values()][0].trigger('msg:custom', { id, error: 'no' })",
        asked["id"],
    )
    view.locator(".dn-chat__sent").wait_for(state="detached")
    assert field(view).input_value() == "/hello"


def test_an_agent_that_is_not_trained_says_so(notebook):
    agent = greenhouse()
    agent.is_trained = False
    view = notebook.show(ChatPane(agent))
    view.get_by_role("button", name="/hello").click()
    view.get_by_text("The bot has not learnt anything yet").wait_for()
    assert view.get_by_role("button", name="Send anyway").count() == 0
    assert field(view).input_value() == "/hello"


def test_turns_are_selected_with_a_click_the_arrows_and_from_python(notebook, chat):
    for text in ("/hello", '/water{"plant": "fern"}', "/bye"):
        chat.say(text)
    view = notebook.show(chat)
    view.get_by_text("The fern has had").click()
    assert selected(view) == "turn 4: utter_watered"
    turns = []
    for key in ("ArrowUp", "ArrowUp", "ArrowDown", "End", "Home"):
        notebook.page.keyboard.press(key)
        turns.append(view.locator(":focus").get_attribute("title"))
    assert [title.split(":")[0] for title in turns] == [
        "turn 2",
        "turn 2",
        "turn 4",
        "turn 6",
        "turn 2",
    ]
    assert view.locator("[role=button][tabindex='0']").count() == 1
    notebook.page.wait_for_timeout(50)
    assert chat.selection == {"turn": 2, "branch": 0}
    chat.selection = {"turn": 3}
    notebook.sync()
    assert selected(view) == "turn 3: action_listen"
    chat.selection = {"turn": 4, "branch": 1}
    notebook.sync()
    assert view.locator("[aria-current=true]").count() == 0
    assert view.locator("[role=button][tabindex='0']").count() == 1


def test_a_line_says_what_the_form_waits_for_until_it_ends(notebook, chat):
    chat.tracker = prefix(filled_talk(), "tell")
    view = notebook.show(chat)
    line = view.locator(".dn-chat__waiting")
    assert line.inner_text() == "hire_form is waiting for: days"
    assert line.get_attribute("role") == "status"
    assert line.locator("bdi").all_inner_texts() == ["hire_form", "days"]
    above, field_box = line.bounding_box(), field(view).bounding_box()
    assert above["y"] + above["height"] <= field_box["y"]
    chat.tracker = open_talk()
    notebook.sync()
    said = "hire_form could not use the last message; still waiting for: days"
    assert line.inner_text() == said
    assert notebook.accessibility() == []
    chat.tracker = filled_talk()
    notebook.sync()
    assert line.inner_text() == ""
    assert line.bounding_box()["height"] == 0


def test_what_a_form_waits_for_is_told_once(notebook, chat):
    chat.tracker = interrupted_talk()
    view = notebook.show(chat)
    line = view.locator(".dn-chat__waiting")
    line.evaluate(
        "node => { window.told = 0; "
        "new MutationObserver(() => window.told++).observe(node, {childList: true}); }"
    )
    chat.refresh()
    notebook.sync()
    assert line.inner_text() == (
        "utter_price answered in between; hire_form is still waiting for: size"
    )
    assert notebook.page.evaluate("window.told") == 0


@pytest.mark.parametrize("width", [480, 1280])
def test_names_of_forms_are_text_that_fits(open_notebook, chat, width):
    notebook = open_notebook("dark", width)
    chat.tracker = talk(says("go"), begins("y" * 200, HOSTILE))
    view = notebook.show(chat)
    line = view.locator(".dn-chat__waiting")
    assert "<img src=x onerror=alert(1)>" in line.inner_text()
    assert view.locator("img").count() == 0
    assert "\u202e" not in line.inner_text()
    assert notebook.page.evaluate("document.documentElement.scrollWidth") <= width
    assert notebook.accessibility() == []


def test_undo_fork_and_restart(notebook, chat):
    view = notebook.show(chat)
    undo = view.get_by_role("button", name="Undo")
    assert undo.is_disabled()
    say(view, "/hello")
    say(view, '/water{"plant": "fern"}')
    undo.click()
    view.get_by_text("The fern has had").wait_for(state="detached")
    assert field(view).input_value() == '/water{"plant": "fern"}'
    field(view).press("Enter")
    view.get_by_text("The fern has had").wait_for()
    view.get_by_role("button", name="Fork before turn 4").click()
    view.get_by_text("fork 1, turn 4 · 1 message").wait_for()
    view.get_by_role("button", name="the conversation").click()
    view.get_by_text("The fern has had").wait_for()
    view.get_by_role("button", name="Restart").click()
    view.get_by_text("restart", exact=True).wait_for()
    assert view.locator("small:visible").filter(has_text="before the new start").count() == 3
    assert notebook.accessibility() == []


def test_the_conversation_is_saved_as_a_story(notebook, chat):
    saved = []
    chat.on_save(lambda text, format: saved.append((text, format)))
    view = notebook.show(chat)
    say(view, "/hello")
    view.get_by_role("button", name="Save as YAML story").click()
    story = view.get_by_role("textbox", name="Story")
    story.wait_for()
    assert "- action: utter_hello" in story.input_value()
    assert saved == [(story.input_value(), "yaml")]
    view.get_by_role("button", name="Save as story").click()
    notebook.page.wait_for_function("document.querySelector('textarea').value.startsWith('##')")
    assert saved[1][1] == "markdown"


def test_an_error_while_saving_is_shown(notebook, chat):
    def full(text, format):
        raise OSError("the disk is full")

    chat.on_save(full)
    view = notebook.show(chat)
    view.get_by_role("button", name="Save as story").click()
    view.get_by_role("alert").get_by_text("OSError: the disk is full").first.wait_for()


def test_two_views_agree_and_a_timeline_follows(notebook, chat):
    first, second = notebook.show(chat), notebook.show(chat)
    say(first, "/hello")
    assert shown(second) == ["Hello! Shall I water something?"]
    timeline = TrackerTimeline(chat.tracker)
    strip = notebook.show(timeline)
    chat.observe(lambda change: setattr(timeline, "selection", change["new"]), "selection")
    first.locator("[title='turn 2: utter_hello']").click()
    notebook.page.wait_for_timeout(50)
    assert strip.locator("[aria-selected=true]").get_attribute("data-key") == "0-2"


@pytest.mark.parametrize(("theme", "width"), [("light", 480), ("dark", 1280)])
def test_hostile_and_long_words_are_text_and_fit(open_notebook, chat, theme, width):
    notebook = open_notebook(theme, width)
    talk = hostile_talk()
    button = {"title": HOSTILE, "payload": HOSTILE}
    talk.update(BotUttered(HOSTILE, {"buttons": [button], "image": HOSTILE, "x": "y" * 400}))
    chat.tracker = talk
    view = notebook.show(chat)
    assert view.locator("img").count() == 0
    assert "<img src=x onerror=alert(1)>" in view.locator(".dn-chat__user").first.inner_text()
    assert "\u202e" not in view.inner_text()
    arabic = view.locator(".dn-chat__user .dn-chat__words").nth(1)
    assert arabic.evaluate("node => getComputedStyle(node).direction") == "rtl"
    assert notebook.page.evaluate("document.documentElement.scrollWidth") <= width
    log = view.get_by_role("log")
    assert log.evaluate("node => node.scrollWidth <= node.clientWidth")
    assert notebook.accessibility() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_in_the_way_of_a_screen_reader(open_notebook, chat, theme):
    notebook = open_notebook(theme)
    chat.tracker = restarted_talk()
    notebook.show(chat)
    other = ChatPane(greenhouse(), "bob")
    notebook.show(other)
    assert notebook.accessibility() == []


def test_of_200_turns_only_the_new_one_is_drawn_and_it_is_in_sight(notebook, chat):
    talk = long_talk()
    chat.tracker = DialogueStateTracker("default", chat.agent.domain.slots, talk.events)
    view = notebook.show(chat)
    notebook.page.evaluate("window.rows = [...document.querySelectorAll('.dn-chat__turn')]")
    say(view, "/hello")
    kept = notebook.page.evaluate("window.rows.filter((node) => node.isConnected).length")
    assert notebook.page.evaluate("window.rows.length") - kept <= 1
    box = view.locator("[aria-current=true]").bounding_box()
    frame = view.get_by_role("log").bounding_box()
    assert frame["y"] <= box["y"] <= frame["y"] + frame["height"] - box["height"] + 1
    assert frame["height"] <= 430


def test_a_view_drawn_before_it_stands_in_the_page_shows_the_last_turn(notebook, chat):
    chat.tracker = DialogueStateTracker("default", (), long_talk().events)
    notebook.page.evaluate("document.getElementById('outputs').style.display = 'none'")
    notebook.show(chat)
    notebook.page.evaluate("document.getElementById('outputs').style.display = ''")
    notebook.page.wait_for_function("document.querySelector('[role=log]').scrollTop > 1000")


def test_a_turn_that_waits_for_the_bot_can_be_selected(notebook, chat):
    events = [ActionExecuted("action_listen"), UserUttered.of("hello", text="hi you")]
    chat.tracker = DialogueStateTracker("default", chat.agent.domain.slots, events)
    view = notebook.show(chat)
    view.get_by_text("hi you").click()
    assert "hi you" in view.locator("[aria-current=true]").inner_text()


def test_closing_the_view_leaves_nothing(notebook, chat):
    notebook.show(chat)
    assert notebook.close_views() == 0
    assert notebook.page.locator(".dn").count() == 0


def test_the_file_can_be_walked_through_and_asks_for_nothing(notebook, chat, tmp_path):
    chat.tracker = bakery_talk()
    path = chat.to_html(tmp_path / "chat.html")
    page = notebook.page
    page.goto(path.as_uri())
    assert page.get_by_role("combobox").count() == 0
    page.get_by_text("Good morning! Fresh from the oven.").first.click()
    page.get_by_text("turn 1: what comes after greet").wait_for()
    assert page.locator(".dn-timeline [aria-selected=true]").get_attribute("data-key") == "0-1"
