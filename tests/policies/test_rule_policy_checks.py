"""What is wrong with rules is found: all of it, with both places and what to change."""

import time

import pytest

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import RuleError
from dialogue_nb.policies.rule_checks import contradiction_diagnostic
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.stories.diagnostics import lint_stories
from dialogue_nb.stories.generator import generate
from tests.policies.ferry import (
    FERRY,
    RULES,
    STORIES,
    data_of,
    did,
    said,
    stories_of,
    talk,
    trained,
)


def checked(*texts, domain=FERRY, **params):
    return RulePolicy(**params).check(data_of(*texts, domain=domain), domain)


def codes(found):
    return [one.code for one in found]


def test_good_rules_and_stories_have_no_problems():
    assert checked(RULES, STORIES) == []


# --- contradictions

PRICES = """
rules:
- rule: prices
  steps:
  - intent: ask_price
  - action: utter_price
"""
OTHER_PRICES = """
stories:
- story: somebody asks
  steps:
  - intent: ask_price
  - action: utter_dogs
"""


def test_a_story_that_goes_on_otherwise_is_named_with_the_rule_and_both_lines():
    (found,) = checked(PRICES, OTHER_PRICES)
    assert (found.code, found.severity) == ("R104", "error")
    assert (found.file, found.line, found.story) == ("stories.yml", 6, "somebody asks")
    assert found.message == (
        "Here comes 'utter_dogs', but rule 'prices' (rules.yml, line 6) says 'utter_price'."
    )
    assert "add a condition" in found.hint


def test_training_raises_with_all_of_it_and_learns_nothing():
    policy = trained(RULES)
    with pytest.raises(RuleError, match=r"1 problem:\nstories.yml:6: error R104") as caught:
        policy.train(data_of(PRICES, OTHER_PRICES), FERRY)
    assert codes(caught.value.diagnostics) == ["R104"]
    assert policy.predict(talk(*said("bye")), FERRY).best(FERRY) == "utter_bye"


def test_contradictions_can_be_left_alone():
    policy = trained(PRICES, OTHER_PRICES, check_for_contradictions=False)
    assert policy.predict(talk(*said("ask_price")), FERRY).best(FERRY) == "utter_price"


def test_rules_that_go_on_differently_after_the_same_turns_are_told_at_both_places():
    other = PRICES.replace("rules:\n", "").replace("prices", "also prices")
    found = checked(PRICES + other.replace("utter_price", "utter_dogs"))
    assert [(one.code, one.line) for one in found] == [("R104", 6), ("R104", 11)]
    assert found[0].message == (
        "Here comes 'utter_price', but rule 'also prices' (rules.yml, line 11) goes on otherwise "
        "after the same turns."
    )


def test_all_contradictions_are_told_not_only_the_first():
    more = """
- story: later
  steps:
  - intent: hello
  - action: utter_hello
  - intent: ask_price
  - action: utter_price
  - action: utter_bye
- story: fine
  steps:
  - intent: ask_price
  - action: utter_price
"""
    found = checked(PRICES, OTHER_PRICES + more)
    assert [(one.story, one.line) for one in found] == [("somebody asks", 6), ("later", 14)]


def test_a_contradiction_knows_its_turn():
    policy, data = RulePolicy(), data_of(PRICES, OTHER_PRICES)
    (found,) = policy.contradictions(data, FERRY)
    assert (found.name, found.turn, found.action) == ("somebody asks", 1, "utter_dogs")
    assert (found.predicted, found.is_rule) == ("utter_price", False)
    assert [(o.story, o.file, o.line) for o in found.rules] == [("prices", "rules.yml", 6)]
    assert contradiction_diagnostic(found) == policy.check(data, FERRY)[0]


def test_a_story_may_go_on_where_a_rule_does_not_match():
    story = OTHER_PRICES.replace("- intent: ask_price", "- intent: book")
    assert checked(PRICES, story) == []


def test_inside_a_form_a_story_may_say_what_comes_instead_of_it():
    story = """
stories:
- story: stop booking
  steps:
  - intent: book
  - action: ticket_form
  - active_loop: ticket_form
  - intent: no
  - action: utter_go_on
  - intent: yes
  - action: action_deactivate_loop
  - active_loop: null
"""
    rule = """
rules:
- rule: begin booking
  steps: [{intent: book}, {action: ticket_form}, {active_loop: ticket_form}]
"""
    assert checked(rule, story) == []


def test_a_rule_against_a_default_intent_is_told():
    rule = "rules: [{rule: own, steps: [{intent: restart}, {action: utter_bye}]}]"
    (found,) = checked(rule)
    assert found.code == "R104"
    assert found.message == (
        "Here comes 'utter_bye', but /restart is always answered in one way: it says "
        "'action_restart'."
    )


def test_the_listen_after_a_rule_gives_way_to_a_story_if_a_longer_rule_begins_so():
    rules = """
rules:
- rule: form is over
  condition: [{active_loop: ticket_form}]
  steps: [{action: ticket_form}, {active_loop: null}]
- rule: what then
  condition: [{active_loop: ticket_form}]
  steps: [{action: ticket_form}, {active_loop: null}, {slot_was_set: [{is_member: true}]},
          {action: utter_member_price}]
"""
    story = """
stories:
- story: booking
  steps:
  - intent: book
  - action: ticket_form
  - active_loop: ticket_form
  - action: ticket_form
  - active_loop: null
  - action: utter_booked
"""
    assert "R104" not in codes(checked(rules, story))


# --- incomplete rules

SETS_A_SLOT = """
rules:
- rule: look up a cabin
  steps:
  - intent: ask_price
  - action: action_look_up
  - slot_was_set: [{cabin: inside}]
  - action: utter_price
- rule: look up a dog
  steps:
  - intent: ask_dogs
  - action: action_look_up
  - action: utter_dogs
"""


def test_an_action_that_sets_a_slot_elsewhere_must_say_so_everywhere():
    (found,) = checked(SETS_A_SLOT)
    assert (found.code, found.story, found.line) == ("R102", "look up a dog", 12)
    assert found.message == (
        "'action_look_up' does not set 'cabin' here, but it does in rule 'look up a cabin' "
        "(rules.yml, line 3)."
    )
    assert "'slot_was_set' after it" in found.hint


def test_null_or_not_waiting_completes_a_rule():
    null = SETS_A_SLOT.replace(
        "  - action: utter_dogs\n", "  - slot_was_set: [{cabin: null}]\n  - action: utter_dogs\n"
    )
    assert checked(null) == []
    last = SETS_A_SLOT.replace("  - action: utter_dogs\n", "  wait_for_user_input: false\n")
    assert checked(last) == []


def test_a_form_must_say_which_loop_is_active_after_it():
    rules = """
rules:
- rule: begin
  steps: [{intent: book}, {action: ticket_form}, {active_loop: ticket_form}]
- rule: begin too
  steps: [{intent: yes}, {action: ticket_form}]
"""
    (found,) = checked(rules)
    assert (found.code, found.story) == ("R103", "begin too")
    assert "'active_loop: ticket_form' follows it" in found.message
    assert "'active_loop: null'" in found.hint


def test_what_an_entity_fills_is_not_the_doing_of_a_listen():
    rules = """
rules:
- rule: a port
  steps:
  - intent: book
    entities: [{port: Bergen}]
  - action: utter_go_on
- rule: no port
  steps: [{intent: yes}, {action: utter_go_on}]
"""
    assert checked(rules) == []


# --- more than one message

LONG = """
rules:
- rule: a whole story
  steps: [{intent: book}, {action: utter_go_on}, {intent: yes}, {action: utter_booked}]
"""


def test_a_rule_with_two_messages_is_an_error_unless_that_is_allowed():
    (found,) = checked(LONG)
    assert (found.code, found.line) == ("R101", 3)
    assert found.message == "A rule has at most one user message, this one has 2."
    assert checked(LONG, restrict_rules=False) == []
    policy = trained(LONG, restrict_rules=False)
    asked = talk(*said("book"), *did("utter_go_on"), *said("yes"))
    assert policy.predict(asked, FERRY).best(FERRY) == "utter_booked"


def test_problems_of_all_kinds_come_together():
    rules = SETS_A_SLOT + LONG.replace("rules:\n", "")
    assert sorted(codes(checked(rules, OTHER_PRICES))) == ["R101", "R102", "R104"]


# --- ties

TIE = """
rules:
- rule: members
  condition: [{slot_was_set: [{is_member: true}]}]
  steps: [{intent: ask_price}, {action: utter_member_price}]
- rule: cabins
  condition: [{slot_was_set: [{cabin: inside}]}]
  steps: [{intent: ask_price}, {action: utter_price}]
"""


def test_rules_of_which_neither_is_more_specific_are_a_warning():
    (found,) = checked(TIE)
    assert (found.code, found.severity, found.line) == ("R105", "warning", 5)
    assert "rule 'cabins' (rules.yml, line 8) says 'utter_price' where both match" in found.message
    policy = trained(TIE)
    assert codes(policy.diagnostics_) == ["R105"]


@pytest.mark.parametrize(
    "other",
    [
        "{slot_was_set: [{is_member: false}]}",
        "{slot_was_set: [{is_member: null}]}",
        "{slot_was_set: [{cabin: inside}, {port: Bergen}]}",
    ],
)
def test_rules_that_cannot_match_at_once_or_differ_in_strength_are_no_tie(other):
    assert checked(TIE.replace("{slot_was_set: [{cabin: inside}]}", other)) == []


# --- time


def test_35_rules_and_100_stories_are_checked_in_under_a_second():
    names = range(35)
    domain = Domain.from_dict(
        {
            "intents": [f"ask_{i}" for i in names] + [f"tell_{i}" for i in range(20)],
            "actions": [f"utter_{i}" for i in names] + [f"utter_told_{i}" for i in range(20)],
        }
    )
    rules = "rules:\n" + "".join(
        f"- rule: r{i}\n  steps: [{{intent: ask_{i}}}, {{action: utter_{i}}}]\n" for i in names
    )
    stories = "stories:\n"
    for i in range(100):
        turns = [(f"tell_{(i * 7 + k) % 20}", f"utter_told_{(i + k) % 20}") for k in range(6)]
        turns.insert(3, (f"ask_{i % 35}", f"utter_{i % 35}"))
        steps = ", ".join(f"{{intent: {a}}}, {{action: {b}}}" for a, b in turns)
        stories += f"- story: s{i}\n  steps: [{steps}]\n"
    written = [*stories_of(rules), *stories_of(stories, "stories.yml")]
    assert not lint_stories(written, domain)
    data = generate(written, domain)
    began = time.perf_counter()
    assert RulePolicy().check(data, domain) == []
    assert time.perf_counter() - began < 1
