"""What the story editor shows: chips of every kind, words to complete, tables without a kernel."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from dialogue_nb.agent.live_project import Document, LiveProject
from dialogue_nb.core.domain import Domain
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.views.story_chips import StripMaker, domain_strips, story_chips
from dialogue_nb.views.story_editor import (
    document_state,
    story_editor_html,
    story_editor_view,
    vocabulary,
)
from tests.stories.story_strategies import PATIENT, stories

HOSTILE = "<img src=x onerror=alert(1)>"


def chips_of(text):
    (story,), _ = parse_stories(text)
    shown = story_chips(story)
    return [(chip["kind"], chip["label"], chip["at"]) for chip in shown["chips"]]


def test_every_kind_of_line_has_its_chip():
    text = (
        '## a\n> start{"vip": true}\n* order{"drink": "tea"} OR greet\n* bye: you [soon](time)\n'
        '- utter_x\n- slot{"n": 3, "who": "me"}\n- form{"name": "f"}\n- form{"name": null}\n'
        "- restart\n"
    )
    assert chips_of(text) == [
        ("checkpoint", "start", 1),
        ("user", "order | greet", 2),
        ("user", "bye", 3),
        ("bot", "utter_x", 4),
        ("slot", "n = 3", 5),
        ("slot", "who = me", 5),
        ("loop", "loop f", 6),
        ("loop", "loop ends", 7),
        ("event", "restart", 8),
    ]


def test_more_is_said_of_a_chip_than_its_label():
    (story,), _ = parse_stories('## a\n* order{"drink": "tea"}\n* bye: see [you](who)\n')
    assert [chip["about"] for chip in story_chips(story)["chips"]] == [
        "drink = tea",
        "see [you](who)\nwho = you",
    ]


def test_a_rule_shows_when_it_holds():
    text = (
        "rules:\n- rule: r\n  condition:\n  - slot_was_set:\n    - paid: true\n"
        "  conversation_start: true\n  wait_for_user_input: false\n  steps:\n  - bot: hello there\n"
    )
    assert [(kind, label) for kind, label, _ in chips_of(text)] == [
        ("condition", "if paid = true"),
        ("condition", "at the start"),
        ("bot", "“hello there”"),
        ("condition", "then goes on"),
    ]


@given(story=stories())
@PATIENT
def test_any_story_can_be_shown(story):
    shown = story_chips(story)
    assert json.loads(json.dumps(shown)) == shown
    assert all(chip["at"] >= 0 and len(chip["label"]) <= 203 for chip in shown["chips"])


def test_strips_of_stories_that_stay_are_not_made_again():
    maker = StripMaker()
    first, _ = parse_stories("## a\n* x\n## b\n* y\n")
    before = maker.strips(first)
    after = maker.strips([first[1], first[0]])
    assert after[0] is before[1]
    assert after[1] is before[0]


def test_a_domain_is_shown_by_its_sections():
    text = "intents:\n- a: {use_entities: []}\n- b\nslots:\n  s:\n    type: text\nactions: []\n"
    strips = domain_strips(text)
    assert [(s["name"], s["line"]) for s in strips] == [("intents", 1), ("slots", 4)]
    assert [(c["label"], c["at"]) for s in strips for c in s["chips"]] == [
        ("a", 1),
        ("b", 2),
        ("s", 1),
    ]
    assert domain_strips("[") == []


def test_words_to_complete_come_from_the_domain():
    domain = Domain.from_dict(
        {
            "intents": ["order"],
            "entities": [{"city": {"roles": ["to"]}}],
            "slots": {
                "size": {"type": "categorical", "values": ["S", "L"]},
                "paid": {"type": "bool"},
            },
            "responses": {"utter_x": [{"text": "a\n  b " + "c" * 90}]},
            "forms": {"f": {"required_slots": ["size"]}},
        }
    )
    words = vocabulary(domain, [])
    assert "order" in words["intents"]
    assert words["entities"] == {"city": ["to"]}
    assert words["slots"]["size"] == {"type": "categorical", "values": ["s", "l"]}
    assert words["slots"]["paid"]["values"] == [True, False]
    assert words["actions"]["utter_x"].startswith("a b ccc")
    assert len(words["actions"]["utter_x"]) == 80
    assert words["forms"] == ["f"]
    assert json.loads(json.dumps(words)) == words


def test_without_a_domain_the_words_come_from_the_stories():
    text = '## a\n* order{"drink": "tea"}\n- utter_x\n- slot{"n": 1}\n- form{"name": "f"}\n'
    assert vocabulary(None, [parse_stories(text)[0]]) == {
        "intents": ["order"],
        "entities": {"drink": []},
        "slots": {"n": {"type": "", "values": []}},
        "actions": {"utter_x": ""},
        "forms": ["f"],
    }


def shown(*documents):
    live = LiveProject(documents)
    view = story_editor_view(live)
    assert json.loads(json.dumps(view)) == view
    return story_editor_html([document_state(each) for each in documents], view)


def test_the_table_numbers_the_lines_and_names_the_problems():
    html = shown(Document.of_stories("## a\n* order\n"), Document.of_domain("intents: [x]"))
    assert "Problems in stories.md" in html
    assert "The domain has no intent &#x27;order&#x27;." in html
    assert ">2 !<" in html
    assert ">## a<" in html


def test_hostile_text_is_text_in_the_table_too():
    html = shown(Document.of_stories(f"## {HOSTILE}\n* {HOSTILE}\n", f"{HOSTILE}.md"))
    assert "<img" not in html
    assert "&lt;img" in html


@given(lines=st.integers(0, 900))
@PATIENT
def test_the_table_stays_small(lines):
    html = shown(Document.of_stories("## a\n" + "* order\n" * lines))
    assert len(html) < 60_000
