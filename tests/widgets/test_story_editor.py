"""The story editor without a browser: edits come in, what has changed goes out."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue_nb import bots
from dialogue_nb.core.domain import Domain
from dialogue_nb.views.story_editor import document_state, story_editor_view
from dialogue_nb.widgets.base import View, close_all
from dialogue_nb.widgets.story_editor import StoryEditor
from dialogue_nb.widgets.text_edits import (
    StaleEditError,
    checksum,
    edited,
    stories_change,
    view_change,
)

STORIES = "## a\n* order\n    - utter_tea\n\n## b\n* leave\n    - utter_bye\n"
DOMAIN = "intents: [order, leave]\nresponses:\n  utter_bye:\n  - text: Bye\n"
texts = st.text(st.sampled_from("a\n#*- 😀é\ud83d"), max_size=12)


@pytest.fixture(autouse=True)
def no_widget_is_left():
    yield
    close_all()
    assert not View.alive


@pytest.fixture
def editor():
    return StoryEditor(STORIES, DOMAIN)


def edit(editor, start, end, insert, document=0, **more):
    """What the browser sends when [start, end) is replaced."""
    text = editor.documents[document]["text"]
    format = editor.documents[document]["format"]
    message = {"document": document, "start": start, "end": end, "insert": insert}
    message |= {"base": checksum(text), "format": format} | more
    answer = editor.answer({"id": 1, "type": "edit", **message})
    return json.loads(json.dumps(answer))


# --- the text -------------------------------------------------------------------------------------


@given(before=texts, insert=texts, places=st.tuples(st.integers(0, 30), st.integers(0, 30)))
def test_an_edit_counts_as_browsers_do(before, insert, places):
    units = before.encode("utf-16-le", "surrogatepass")
    start, end = sorted(min(place, len(units) // 2) for place in places)
    raw = insert.encode("utf-16-le", "surrogatepass")
    wanted = (units[: 2 * start] + raw + units[2 * end :]).decode("utf-16-le", "surrogatepass")
    assert edited(before, start, end, insert, checksum(before)) == wanted


def test_an_edit_of_another_text_is_refused():
    with pytest.raises(StaleEditError, match="another text"):
        edited("abc", 0, 1, "x", checksum("abd"))


def test_the_editor_is_told_to_send_all_of_a_text_that_is_not_the_one_here(editor):
    assert edit(editor, 0, 0, "x", base=7) == {"id": 1, "stale": True}
    assert editor.value == STORIES
    edit(editor, 0, 0, "## new\n", base=None)
    assert editor.value == "## new\n"


# --- what changes ---------------------------------------------------------------------------------


def test_an_edit_changes_value_project_and_diagnostics(editor):
    heard, values = [], []
    editor.on_change(lambda project: heard.append([story.name for story in project.stories]))
    editor.observe(lambda change: values.append(change["new"]), "value")
    before = editor.project
    edit(editor, 3, 4, "tea time")
    assert editor.value == STORIES.replace("## a", "## tea time")
    assert heard == [["tea time", "b"]]
    assert values == [editor.value]
    assert editor.texts["stories.md"] == editor.documents[0]["text"] == editor.value
    assert [story.name for story in before.stories] == ["a", "b"]
    assert [d.code for d in editor.diagnostics] == ["S404"]


def test_only_what_changed_is_answered(editor):
    at = STORIES.index("utter_tea")
    answer = edit(editor, at, at + 9, "utter_bye")
    assert answer["documents"][1] is None
    stories = answer["documents"][0]["stories"]
    assert (stories["at"], stories["remove"], len(stories["insert"])) == (0, 1, 1)
    assert answer["documents"][0]["problems"] == []
    assert "vocabulary" not in answer
    added = edit(editor, 0, 0, "intents: [order, leave, pay]\n", document=1, base=None)
    assert "pay" in added["vocabulary"]["intents"]


def test_a_line_more_moves_the_stories_below(editor):
    answer = edit(editor, STORIES.index("\n\n## b"), STORIES.index("\n\n## b"), "\n")
    assert answer["documents"][0]["stories"] == {"at": 1, "remove": 0, "insert": [], "shift": 1}


@given(edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3), texts), max_size=5))
@settings(max_examples=40, deadline=None)
def test_after_any_edits_the_view_is_that_of_the_text(edits):
    editor = StoryEditor(STORIES, DOMAIN)
    mirror = copy.deepcopy(editor.view)
    for place, removed, insert in edits:
        length = len(editor.value.encode("utf-16-le", "surrogatepass")) // 2
        start = round(place * length)
        answer = edit(editor, start, min(start + removed, length), insert)
        for index, change in enumerate(answer["documents"]):
            take(mirror["documents"][index], change)
    fresh = StoryEditor(editor.value, DOMAIN, format="markdown")
    assert editor.view == fresh.view
    assert mirror["documents"] == json.loads(json.dumps(fresh.view))["documents"]
    close_all()


def take(view, change):
    """What `withAnswer` does in the browser."""
    if not change:
        return
    if found := change.get("stories"):
        behind = view["stories"][found["at"] + found["remove"] :]
        moved = [{**story, "line": story["line"] + found["shift"]} for story in behind]
        view["stories"] = [*view["stories"][: found["at"]], *found["insert"], *moved]
    view |= {key: change[key] for key in ("problems", "counts") if key in change}


def test_nothing_new_is_no_change():
    view = {"stories": [{"name": "a", "line": 1}], "problems": [], "counts": {}}
    assert view_change(view, copy.deepcopy(view)) is None
    assert stories_change([], []) is None


def test_python_can_replace_texts(editor):
    editor.value = "## c\r\n* order\r\n"
    assert editor.project.stories[0].name == "c"
    assert editor.documents[0]["text"] == editor.value == "## c\n* order\n"
    editor.set_text("domain.yml", "intents: [pay]")
    assert [d.code for d in editor.diagnostics] == ["S401"]
    with pytest.raises(KeyError, match=r"stories\.md, domain\.yml, got 'x'"):
        editor.set_text("x", "")


def test_an_error_in_a_callback_is_shown_and_the_edit_is_kept(editor):
    def fail(project):
        raise ZeroDivisionError("in my callback")

    forget = editor.on_change(fail)
    answer = edit(editor, 3, 4, "z")
    assert "error" not in answer
    assert "in my callback" in editor.error["message"]
    assert editor.value.startswith("## z")
    forget()
    edit(editor, 3, 4, "y")
    assert editor.error["message"]  # stays until somebody has read it


# --- commands -------------------------------------------------------------------------------------


def test_a_name_is_added_to_the_text_of_the_domain(editor):
    message = {"type": "add_to_domain", "section": "responses", "name": "utter_tea"}
    answer = editor.answer({"id": 1, **message})
    assert answer["document"] == 1
    assert Domain.from_yaml(answer["text"]).responses.keys() == {"utter_bye", "utter_tea"}
    assert editor.texts["domain.yml"] == DOMAIN  # the browser changes it, so that it can undo
    editor.set_text("domain.yml", "[")
    assert "by hand" in editor.answer({"id": 2, **message})["error"]


def test_stories_are_rewritten_in_the_other_format(editor):
    answer = editor.answer({"id": 1, "type": "convert", "document": 0, "to": "yaml"})
    assert (answer["losses"], answer["errors"]) == ([], [])
    done = edit(editor, 0, 0, answer["text"], base=None, format="yaml")
    assert done["names"] == ["stories.yml", "domain.yml"]
    assert [story.name for story in editor.project.stories] == ["a", "b"]


def test_what_cannot_be_read_is_not_laid_out(editor):
    edit(editor, 0, 0, "no mark\n")
    answer = editor.answer({"id": 1, "type": "tidy", "document": 0})
    assert answer["text"] == editor.value
    assert "1: error S103: Expected a line" in answer["errors"][0]
    edit(editor, 0, 0, "x\n" * 20)
    answer = editor.answer({"id": 1, "type": "tidy", "document": 0})
    assert answer["errors"][-1] == "and 13 more"
    assert editor.answer({"id": 1, "type": "tidy", "document": 1})["text"].startswith("version")


def test_ctrl_enter_is_heard(editor):
    heard = []
    forget = editor.on_submit(lambda project: heard.append(len(project.stories)))
    editor.answer({"id": 1, "type": "submit"})
    forget()
    editor.answer({"id": 2, "type": "submit"})
    assert heard == [2]


# --- a project, and a life without a front end ----------------------------------------------------


def test_a_project_opens_with_a_tab_for_each_file():
    project = bots.load("moodbot")
    editor = StoryEditor(project)
    assert list(editor.texts) == ["data/stories.yml", "data/rules.yml", "domain.yml"]
    assert set(editor.project.stories) == set(project.stories)
    assert editor.project.folder == project.folder
    assert editor.view == story_editor_view(editor._live)
    assert editor.documents == [document_state(each) for each in editor._live.documents]


def test_it_says_what_it_is_without_a_front_end(editor):
    assert editor.summary == "StoryEditor(stories.md, domain.yml: 2 stories, 0 rules, 1 errors)"
    bundle, _ = editor._repr_mimebundle_()
    assert bundle["text/plain"] == editor.summary
    assert "The domain has no action &#x27;utter_tea&#x27;." in bundle["text/html"]


def test_a_large_text_is_answered_in_time():
    many = "\n".join(
        f"## s{n}\n" + "* order\n    - utter_bye\n" * 7 + f"* leave\n    - utter_{n}"
        for n in range(350)
    )
    editor = StoryEditor(many, DOMAIN)
    at = many.index("## s170")
    answer = edit(editor, at + 3, at + 3, "x")
    assert len(json.dumps(answer["documents"][0]["stories"])) < 2_000
