"""Confidences as a dict, a table and a figure; the sentence; hypothetical input."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_nb.core.events import ActionExecuted, UserUttered
from dialogue_nb.core.exceptions import UnknownNameError
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.decision import Decision
from dialogue_nb.policies.ensemble import combine
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.prediction import PolicyPrediction
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.views.confidence_bars import (
    confidence_bars_html,
    confidence_bars_view,
    rest_of,
    thresholds_of,
    why_parts,
)
from dialogue_nb.views.figures import confidence_bars_figure
from dialogue_nb.views.turns import decision_at, tracker_at
from dialogue_nb.views.what_if import changes, input_of, what_if_options, what_if_tracker
from tests.talks import BAKERY, HOSTILE, POLICIES, bakery_talk, decide, large_domain

NAMES = ("action_listen", "utter_a", "utter_b", "utter_ab", "utter_c")


def decision(*columns, action="utter_b", rejected=None, winner=0, **more):
    predictions = tuple(
        PolicyPrediction(np.array(numbers), f"{name}Policy", 1, more.get("about", {}))
        for name, numbers in columns
    )
    winning = predictions[winner].policy_name
    made = Decision(action, 0.5, winning, "confidence", predictions, (), NAMES, winner=winner)
    return replace(made, rejected=rejected)


TWO = decision(("One", [0.1, 0.0, 0.5, 0.3, 0.1]), ("Two", [0.0, 0.9, 0.0, 0.0, 0.0]))


def test_the_chosen_action_comes_first_then_the_most_likely_in_any_eyes():
    rows = confidence_bars_view(TWO)["rows"]
    assert [row["action"] for row in rows] == [
        "utter_b", "utter_a", "utter_ab", "action_listen", "utter_c",
    ]  # fmt: skip
    assert rows[1]["values"] == [0.0, 0.9]
    assert [row.get("won") for row in rows] == [True, None, None, None, None]


def test_the_rest_is_summed_for_each_policy():
    assert rest_of(confidence_bars_view(TWO, k=2)) == (3, [pytest.approx(0.5), 0.0])
    assert rest_of(confidence_bars_view(TWO, k=2, limit=4)) == (3, [pytest.approx(0.5), 0.0])
    assert rest_of(confidence_bars_view(TWO, k=7)) == (0, [0.0, 0.0])


@given(st.integers(0, 8), st.none() | st.integers(1, 8))
def test_nothing_is_lost_however_many_rows_are_shown(k, limit):
    view = confidence_bars_view(TWO, k=k, limit=limit)
    count, sums = rest_of(view)
    shown = view["rows"][:k]
    assert len(shown) + count == 5
    totals = [sum(r["values"][i] for r in shown) + sums[i] for i in (0, 1)]
    assert totals == [pytest.approx(1.0), pytest.approx(0.9)]


def test_a_refused_action_is_marked_and_each_policy_says_what_counted():
    view = confidence_bars_view(replace(TWO, rejected="utter_a"))
    assert [row["action"] for row in view["rows"] if row.get("refused")] == ["utter_a"]
    assert [(p["action"], p["confidence"]) for p in view["policies"]] == [
        ("utter_b", 0.5),
        (None, 0.0),
    ]


def test_a_decision_that_no_policy_made_has_rows_without_bars():
    followup = Decision("utter_c", 1.0, None, "followup", (), (), NAMES)
    view = confidence_bars_view(followup)
    assert view["policies"] == []
    assert view["rows"][0] == {"action": "utter_c", "values": [], "won": True}
    assert "".join(part["text"] for part in view["why"]).startswith("utter_c was chosen because")
    assert "utter_c" in confidence_bars_html(view)


def test_no_decision_says_so():
    view = confidence_bars_view(None, turn=3)
    assert view["decided"] is False
    assert "No decision is recorded" in confidence_bars_html(view)
    assert view["title"] == "turn 3"


def test_names_in_the_sentence_are_found_whole_and_policies_have_their_short_names():
    about = {"sentence": "utter_ab is like utter_a, from 'my utter_b story'",
             "stories": ["my utter_b story"]}  # fmt: skip
    parts = why_parts(decision(("Keras", [0.0, 0.0, 0.5, 0.0, 0.0]), about=about))
    found = [(part["text"], part["kind"]) for part in parts if part["kind"]]
    assert found == [
        ("LSTM", "policy"), ("utter_b", "action"), ("utter_ab", "action"), ("utter_a", "action"),
        ("my utter_b story", "story"),
    ]  # fmt: skip


def test_stories_of_near_misses_and_conflicts_are_names_too():
    near = {"sentence": "near 'x y'", "nearest": [{"stories": ["x y"]}]}
    conflict = {"sentence": "not 'p q'", "conflict": {"actions": {"utter_a": ["p q"]}}}
    kinds = [
        {
            part["text"]: part["kind"]
            for part in why_parts(decision(("My", [0, 0, 1.0, 0, 0]), about=a))
        }
        for a in (near, conflict)
    ]
    assert kinds[0]["x y"] == "story"
    assert kinds[1]["p q"] == "story"


def test_thresholds_are_read_off_the_policies():
    found = thresholds_of(POLICIES)
    assert [(t["policy"], t["value"], t["name"]) for t in found] == [
        (0, 0.3, "core_fallback_threshold")
    ]
    assert thresholds_of([Policy()]) == []


def test_a_fallback_that_is_turned_off_has_no_threshold():
    found = thresholds_of([RulePolicy(enable_fallback_prediction=False), RulePolicy()])
    assert [threshold["policy"] for threshold in found] == [1]


def test_the_table_and_the_figure_tell_of_the_threshold():
    limits = thresholds_of([RulePolicy(core_fallback_threshold=0.45)])
    view = confidence_bars_view(TWO, thresholds=limits)
    (limit,) = limits
    assert limit["text"] in confidence_bars_html(view)
    legend = confidence_bars_figure(view).axes[0].get_legend()
    assert limit["text"] in [text.get_text() for text in legend.get_texts()]
    line = confidence_bars_figure(view).axes[0].lines[0]
    assert list(line.get_xdata()) == [0.45, 0.45]


def test_the_view_is_json_and_names_the_place():
    tracker = bakery_talk()
    view = confidence_bars_view(decision_at(tracker, 3), turn=3, tracker=tracker_at(tracker, 3))
    assert json.loads(json.dumps(view)) == view
    assert view["title"] == "turn 3: what comes after order"


@pytest.mark.parametrize("actions", [5, 50, 500])
def test_many_actions_stay_small_in_the_table(actions):
    domain = large_domain(actions)
    tracker = DialogueStateTracker(
        "a", (), [ActionExecuted("action_listen"), UserUttered.of("greet")]
    )
    numbers = np.linspace(0, 1, domain.num_actions)
    made = combine([PolicyPrediction(numbers, "KerasPolicy")], domain)
    view = confidence_bars_view(made, tracker=tracker)
    assert len(view["rows"]) == domain.num_actions
    assert len(confidence_bars_html(view)) < 4_000
    assert len(json.dumps(view)) < 50_000


def test_hostile_names_are_text_in_the_table_and_in_the_figure(tmp_path):
    made = Decision(HOSTILE[:40], 1.0, HOSTILE, "confidence",
                    (PolicyPrediction(np.array([1.0, 0.0]), HOSTILE[:40]),), (),
                    (HOSTILE[:40], "$a_b$"), winner=0)  # fmt: skip
    view = confidence_bars_view(made)
    text = confidence_bars_html(view)
    assert "<img" not in text
    assert "&lt;img" in text
    confidence_bars_figure(view).savefig(tmp_path / "bars.png")


def test_the_figure_has_a_bar_for_each_policy_and_row():
    view = confidence_bars_view(TWO, k=3)
    axes = confidence_bars_figure(view).axes[0]
    assert len(axes.patches) == 2 * (3 + 1)
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["utter_b", "utter_a", "utter_ab", "2 more"]


# --- hypothetical input


def test_the_choices_are_those_that_policies_see():
    options = what_if_options(BAKERY)
    assert "order" in options["intents"]
    assert options["entities"] == ["bread", "bread#first", "bread#second", "number"]
    slots = {slot["name"]: slot for slot in options["slots"]}
    assert slots["size"] == {
        "name": "size", "type": "categorical", "values": ["small", "large", "__other__"],
    }  # fmt: skip
    assert slots["vegan"]["type"] == "bool"
    assert "session_started_metadata" not in slots


def test_what_really_was_is_the_first_choice():
    tracker = bakery_talk()
    assert input_of(tracker_at(tracker, 6), BAKERY) == {
        "intent": "give_number",
        "entities": [{"entity": "number", "value": "2"}],
        "slots": {"bread": "rye", "number": "2"},
    }


def test_another_message_replaces_the_one_of_the_turn():
    tracker = bakery_talk()
    entities = [{"entity": "bread#second", "value": "white"}]
    changed = what_if_tracker(tracker, BAKERY, 3, intent="order", entities=entities)
    assert changed.latest_message.intent_name == "order"
    assert changed.latest_message.entities == (
        {"entity": "bread", "value": "white", "role": "second"},
    )
    assert changed.get_slot("bread") is None
    assert sum(isinstance(e, UserUttered) for e in changed.events) == 2
    assert tracker == bakery_talk()


def test_a_turn_after_a_message_goes_back_to_before_it():
    changed = what_if_tracker(bakery_talk(), BAKERY, 4, intent="thank")
    assert changed.latest_action_name == "action_listen"
    assert decide(changed).action == "utter_thanks"


def test_an_empty_conversation_listens_first():
    empty = DialogueStateTracker("ann", BAKERY.slots)
    changed = what_if_tracker(empty, BAKERY, 0, intent="greet")
    assert [event.type_name for event in changed.events] == ["action", "user"]


def test_slots_can_be_set_and_emptied_without_another_message():
    slots = {"bread": "", "number": "3.5", "vegan": "true", "size": "large"}
    changed = what_if_tracker(bakery_talk(), BAKERY, 10, slots=slots)
    assert changed.latest_message.intent_name == "thank"
    values = {name: changed.get_slot(name) for name in slots}
    assert values == {"bread": None, "number": 3.5, "vegan": True, "size": "large"}


def test_only_what_differs_is_asked_for():
    actual = input_of(tracker_at(bakery_talk(), 6), BAKERY)
    assert changes(actual, actual) == {"intent": None, "entities": [], "slots": {}}
    chosen = actual | {"intent": "thank", "slots": {"number": "2", "vegan": "true", "size": ""}}
    assert changes(chosen, actual) == {
        "intent": "thank", "entities": actual["entities"], "slots": {"vegan": "true"},
    }  # fmt: skip
    unfinished = actual | {"entities": [*actual["entities"], {"entity": "", "value": "x"}]}
    assert changes(unfinished, actual)["intent"] is None


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"intent": "gret"}, "domain's intents .* got 'gret'. Did you mean 'greet'?"),
        ({"intent": "greet", "entities": [{"entity": "bred"}]}, "domain's entities .* got 'bred'"),
        ({"slots": {"siz": "small"}}, "domain's slots .* got 'siz'. Did you mean 'size'?"),
    ],
)
def test_a_name_that_the_domain_does_not_have_is_named(chosen, said):
    with pytest.raises(UnknownNameError, match=said):
        what_if_tracker(bakery_talk(), BAKERY, 3, **chosen)
