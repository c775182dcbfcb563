"""A cell of stories in colours, with what is wrong under the lines; the colours themselves."""

from __future__ import annotations

import json

import pytest

from dialogue_nb.agent.cell_project import CellProject
from dialogue_nb.views.highlight import COLORS, highlight
from dialogue_nb.views.story_cell import (
    HUES,
    story_cell_html,
    story_cell_text,
    story_cell_view,
)
from tests.chats import GREENHOUSE
from tests.talks import HOSTILE
from tests.widgets.test_contrast import contrast

WRONG = '## wrong\n* hello\n- utter_helo\n* water{"plant": "rose"}\n- slot{"pet": 1}\n'


def cell(text, **options):
    cells = CellProject()
    cells.set_domain(GREENHOUSE)
    return cells.add_stories(text, **options)


def kinds(line, format="markdown"):
    return [kind for kind, text in highlight(line, format)[0] if text.strip()]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("## hello", ["header"]),
        (">> a rule", ["header"]),
        ("* greet", ["", "intent"]),
        ('* inform{"city": "Oslo"}', ["", "intent", "slot"]),
        ("* greet OR hello", ["", "intent", "", "intent"]),
        ("  - utter_hi", ["", "action"]),
        ('- slot{"a": 1}', ["", "slot", "slot"]),
        ("> here", ["muted"]),
        ("<!-- note -->", ["muted"]),
        ("words", [""]),
        ("", []),
    ],
)
def test_lines_of_markdown_have_their_colours(line, expected):
    assert kinds(line) == expected


def test_yaml_and_a_domain_have_the_same_colours():
    story = (
        "stories:\n- story: hi\n  steps:\n  - intent: greet # first\n    entities:\n"
        "    - city: Oslo\n  - slot_was_set:\n    - city: Oslo\n  - action: utter_hi"
    )
    found = {text.strip(): kind for line in highlight(story, "yaml") for kind, text in line}
    assert found["greet"] == "intent"
    assert found["utter_hi"] == "action"
    assert found["hi"] == "header"
    assert found["city: Oslo"] == "slot" or found["city"] == "slot" or found["Oslo"] == "slot"
    assert any(kind == "muted" and "first" in text for kind, text in
               [piece for line in highlight(story, "yaml") for piece in line])  # fmt: skip
    domain = (
        "intents:\n- greet\nslots:\n  city:\n    type: text\nresponses:\n  utter_hi:\n  - text: Hi"
    )
    found = {text.strip(): kind for line in highlight(domain, "domain") for kind, text in line}
    assert (found["greet"], found["city"], found["utter_hi"]) == ("intent", "slot", "action")
    assert found["intents:"] == "header"
    assert found["type"] == "muted"


@pytest.mark.parametrize("format", ["markdown", "yaml", "domain"])
@pytest.mark.parametrize("text", [WRONG, GREENHOUSE, HOSTILE, "", "\n\n", "- - :\n\t{[#"])
def test_the_pieces_of_a_line_are_the_line(text, format):
    assert ["".join(t for _, t in line) for line in highlight(text, format)] == text.split("\n")


def test_what_is_wrong_stands_under_its_line():
    view = story_cell_view(cell(WRONG))
    json.dumps(view)
    lines = story_cell_text(view).split("\n")
    assert lines[2:5] == [
        "3  - utter_helo",
        "     ^^^^^^^^^^",
        "   error S404: The domain has no action 'utter_helo'. Did you mean 'utter_hello'?",
    ]
    assert lines[-1].startswith("1 story was read with 2 errors")


def test_the_table_marks_the_word_and_says_what_to_do():
    html = story_cell_html(story_cell_view(cell(WRONG)))
    assert "underline wavy #cf4536" in html
    assert ">utter_helo</span>" in html
    assert "Did you mean &#x27;utter_hello&#x27;?" in html
    assert "<style" not in html


@pytest.mark.parametrize("ground", ["#ffffff", "#111418", "#1e1e1e"])
def test_every_colour_can_be_read_on_light_and_on_dark_ground(ground):
    for color in filter(None, [*COLORS.values(), *HUES.values()]):
        assert contrast(color, ground) >= (4.5 if ground == "#ffffff" else 3.3), color


def test_what_was_read_is_counted():
    one = cell("## a\n* hello\n- utter_hello\n\n>> b\n* bye\n- utter_bye")
    assert story_cell_view(one)["summary"] == "1 story and 1 rule were read."
    assert story_cell_view(one, note="And so on.")["summary"].endswith("read. And so on.")


def test_a_domain_is_shown_too():
    cells = CellProject()
    fine, broken = cells.set_domain(GREENHOUSE), cells.set_domain("slots:\n  a: {type: txt}\n")
    assert story_cell_view(fine)["summary"].startswith("The domain was read")
    view = story_cell_view(broken)
    assert view["summary"] == "The domain has 1 error, so the bot keeps the one it had."
    assert "Unknown slot type" in story_cell_html(view)


def test_hostile_text_is_text():
    text = f"## {HOSTILE}\n* {HOSTILE}\n- {HOSTILE}"
    view = story_cell_view(cell(text))
    assert "<img" not in story_cell_html(view)
    assert "\x00" not in story_cell_html(view) + story_cell_text(view)


def test_a_very_long_cell_is_cut_in_the_table_and_counted_in_full():
    text = "".join(f"## s{i}\n* hello\n- utter_hello\n\n" for i in range(200))
    view = story_cell_view(cell(text))
    assert view["summary"].startswith("200 stories were read")
    assert "and 499 more lines" in story_cell_html(view)
