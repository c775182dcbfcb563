"""What became of every rule: in words, in order, with every condition; as a dict and a table."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ActiveLoop, FollowupAction, UserUttered
from dialogue_nb.policies.ensemble import PolicyEnsemble
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.rule_lookup import RuleLookup, matches
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.stories.generator import generate
from dialogue_nb.views.rule_matcher import (
    NO_RULES,
    nothing_view,
    rule_matcher_html,
    rule_matcher_view,
    rules_view,
    summary_of,
)
from dialogue_nb.views.rule_outcomes import STATES, RuleTurn
from dialogue_nb.views.rule_words import value_in_words
from tests.policies.ferry import (
    BOOKING,
    FERRY,
    IN_FORM,
    LISTEN,
    REFUSED,
    RULES,
    STORIES,
    did,
    member,
    said,
    stories_of,
    talk,
    trained,
)
from tests.rulebook import TALKS

POLICY = trained(RULES, STORIES)


def now(*events, policy=POLICY, ensemble=None, domain=FERRY):
    """All rules after the events, with the decision of the policy alone or of an ensemble."""
    tracker = talk(*events, domain=domain)
    decision = (ensemble or PolicyEnsemble([policy])).decide(tracker, domain)
    return RuleTurn(policy, tracker, domain, decision)


def outcomes(turn):
    """(name, action, state) of every rule, in the order of the table."""
    rules = turn.rules
    return [
        (rules[one.number].names[0], rules[one.number].action, one.state) for one in turn.outcomes
    ]


def outcome(turn, name, action=None):
    """What became of one rule: state and text."""
    for one in turn.outcomes:
        rule = turn.rules[one.number]
        if rule.names[0] == name and action in (None, rule.action):
            return one.state, one.text
    raise AssertionError(name)


def sentence(turn):
    return summary_of(rule_matcher_view(turn))


# --- states ---------------------------------------------------------------------------------------


def test_the_rule_that_decides_comes_first_and_what_it_beats_second():
    turn = now(*TALKS["price"])
    assert outcomes(turn)[:2] == [
        ("prices for members", "utter_member_price", "won"),
        ("prices", "utter_price", "weaker"),
    ]
    assert outcome(turn, "prices")[1] == "matches, but 'prices for members' has more conditions"
    assert outcome(turn, "prices for members")[1] == "matches, the most specific of 2"
    assert sentence(turn) == (
        "The rule 'prices for members' matches and has more conditions, so it comes before "
        "'prices'. Rule decides: utter_member_price (1.00)."
    )


def test_near_misses_come_before_far_ones():
    turn = now(*said("ask_price"))
    failed = [one for one in turn.outcomes if one.state == "failed"]
    plain = len(POLICY.lookup_.rules)
    lacking = [one.met.count("0") for one in failed if one.number < plain]
    assert lacking == sorted(lacking)
    assert turn.rules[failed[0].number].names == ("prices for members",)
    assert outcome(turn, "prices for members") == (
        "failed",
        "failed now: the slot is_member is not set, the rule wants true",
    )


def test_a_rule_that_failed_earlier_says_at_which_turn():
    turn = now(*said("hello"), *did("utter_go_on"))
    state, text = outcome(turn, "first hello", "action_listen")
    assert (state, text) == (
        "failed",
        "failed now: the previous action is 'utter_go_on', the rule wants 'utter_hello'",
    )
    again = now(*did("utter_bye"), *said("hello"))
    assert outcome(again, "first hello", "utter_hello") == (
        "failed",
        "failed 1 turn ago: it is not the start of the conversation",
    )


def test_a_form_that_should_not_be_there_is_named():
    rules = """
rules:
- rule: outside
  condition: [{active_loop: null}]
  steps: [{intent: yes}, {action: utter_go_on}]
"""
    turn = now(*BOOKING, UserUttered.of("yes"), policy=trained(rules))
    assert outcome(turn, "outside")[1] == (
        "failed now: the active loop is 'ticket_form', the rule wants none"
    )


def test_in_a_form_rules_that_match_are_not_asked():
    turn = now(*TALKS["form"])
    assert turn.finding.kind == "loop"
    assert outcome(turn, "prices") == (
        "unasked",
        "matches, but the form 'ticket_form' comes first",
    )
    view = rule_matcher_view(turn)
    assert view["built_in"] == {
        "name": "the form 'ticket_form' is active",
        "action": "ticket_form",
        "sign": "●",
        "label": "decides",
        "text": "",
    }
    assert sentence(turn).startswith("The form 'ticket_form' is active, so it goes on;")


def test_a_form_that_has_asked_listens():
    turn = now(*BOOKING[:-1])
    assert turn.finding.kind == "loop_listen"
    assert rule_matcher_view(turn)["built_in"]["name"] == "the form 'ticket_form' has asked"


def test_after_a_refusal_rules_decide_and_the_form_goes_on_afterwards():
    refused = now(*TALKS["form"], REFUSED)
    assert outcome(refused, "prices")[0] == "won"
    over = now(*TALKS["form"], REFUSED, *did("utter_price"))
    assert outcome(over, "prices", "action_listen") == (
        "goes_on",
        "matches and is over, so the form 'ticket_form' goes on",
    )
    assert rule_matcher_view(over)["built_in"]["name"] == "the form 'ticket_form' goes on"
    assert sentence(over).startswith(
        "The rule 'prices' matches and is over, so the form 'ticket_form' goes on. Rule decides"
    )


def test_a_rule_does_not_end_where_a_story_has_something_else_in_the_form():
    rules = "rules:\n- rule: well\n  steps: [{intent: hello}, {action: utter_go_on}]\n"
    policy = trained(rules, STORIES, check_for_contradictions=False)
    turn = now(*BOOKING, UserUttered.of("hello"), REFUSED, *did("utter_go_on"), policy=policy)
    assert turn.finding.kind == "silenced"
    assert outcome(turn, "well", "action_listen")[0] == "silenced"
    assert outcome(turn, "a doubt while booking", "do_not_predict_loop_action") == (
        "applies",
        "matches: the form does not go on by itself here",
    )
    assert "a story has something else to come first." in sentence(turn)


def test_what_stories_say_of_turns_in_forms_is_shown_as_that():
    rows = rules_view(POLICY.lookup_, FERRY)
    in_forms = [row for row in rows if row.get("in_form")]
    assert len(in_forms) == len(POLICY.lookup_.unhappy) > 0
    assert {row["action"] for row in in_forms} <= {
        "the form asks again",
        "the form does not go on by itself",
    }
    last = [one.number for one in now(*said("bye")).outcomes][-len(in_forms) :]
    assert set(last) == set(range(len(rows) - len(in_forms), len(rows)))
    turn = now(
        *BOOKING, UserUttered.of("hello"), REFUSED, *did("utter_go_on"), *said("yes"), REFUSED
    )
    assert outcome(turn, "a doubt while booking") == (
        "applies",
        "matches: the form was interrupted and asks again",
    )


@pytest.mark.parametrize(
    ("intent", "action"),
    [
        ("restart", "action_restart"),
        ("back", "action_back"),
        ("session_start", "action_session_start"),
    ],
)
def test_default_intents_need_no_rule(intent, action):
    turn = now(*said(intent))
    built = rule_matcher_view(turn)["built_in"]
    assert (built["name"], built["action"]) == (f"/{intent}, built in", action)
    assert sentence(turn).startswith(f"/{intent} always runs {action}, whatever rules say.")


def test_without_a_match_the_fallback_is_proposed_and_the_nearest_rule_named():
    turn = now(*TALKS["lost"])
    said_ = sentence(turn)
    assert said_.startswith("No rule matches; the nearest, 'prices', failed now:")
    assert "So action_default_fallback is proposed (0.30). Rule decides" in said_
    assert rule_matcher_view(turn)["built_in"]["action"] == "action_default_fallback"
    silent = trained(RULES, STORIES, enable_fallback_prediction=False)
    quiet = rule_matcher_view(now(*TALKS["lost"], policy=silent))
    assert quiet["built_in"] is None


class Surer(Policy):
    """Goes its own way, with certainty and a high priority."""

    def __init__(self, priority=9, action="utter_dogs"):
        super().__init__(None, priority)
        self.action = action

    def predict_action_probabilities(self, tracker, domain):
        return np.eye(domain.num_actions)[domain.index_for_action(self.action)]


def test_another_policy_may_decide_although_a_rule_matches():
    turn = now(*said("ask_price"), ensemble=PolicyEnsemble([Surer(), POLICY]))
    state, text = outcome(turn, "prices")
    assert state == "outvoted"
    assert text == "matches, but Surer decides: utter_dogs (1.00)"
    assert sentence(turn).endswith("Surer decides: utter_dogs (1.00).")
    assert rule_matcher_view(turn)["hue"] != "vermilion"


def test_another_policy_may_be_surer_than_the_fallback():
    built = rule_matcher_view(now(*TALKS["lost"], ensemble=PolicyEnsemble([Surer(), POLICY])))[
        "built_in"
    ]
    assert (built["label"], built["text"]) == (
        "proposed",
        "but Surer decides: utter_dogs (1.00)",
    )


def test_a_follow_up_comes_before_rules():
    turn = now(*said("ask_price"), FollowupAction("utter_dogs"))
    assert outcome(turn, "prices")[0] == "outvoted"
    assert sentence(turn).endswith("utter_dogs was to follow.")


def test_without_a_decision_nothing_is_said_of_other_policies():
    turn = RuleTurn(POLICY, talk(*said("ask_price")), FERRY)
    assert outcome(turn, "prices")[0] == "won"
    assert sentence(turn) == "The rule 'prices' matches."


def test_a_rule_whose_action_was_refused_says_so():
    rules = "rules:\n- rule: begin\n  steps: [{intent: book}, {action: ticket_form}]\n"
    turn = now(*said("book"), REFUSED, policy=trained(rules))
    state, text = outcome(turn, "begin")
    assert (state, text) == ("refused", "matches, but ticket_form was just refused")


def test_rules_for_the_words_of_a_message_are_compared_with_the_words():
    rules = """
rules:
- rule: by words
  steps: [{user: "what is the price"}, {action: utter_price}]
- rule: by intent
  steps: [{intent: ask_price}, {action: utter_member_price}]
"""
    turn = now(*said("ask_price", text="what is the price"), policy=trained(rules))
    assert outcomes(turn)[0] == ("by words", "utter_price", "won")
    assert outcome(turn, "by intent") == (
        "weaker",
        "matches, but 'by words' knows the words of the message",
    )
    view = rule_matcher_view(turn)
    assert ["text", "what is the price"] in view["found"][0]
    other = now(*said("ask_price", text="what is it"), policy=trained(rules))
    assert outcome(other, "by words")[1] == (
        "failed now: the text is 'what is it', the rule wants 'what is the price'"
    )


EVENTS = st.lists(
    st.sampled_from(
        [
            *(UserUttered.of(name) for name in ("hello", "ask_price", "book", "bye", "yes")),
            *did("action_listen", "utter_hello", "ticket_form", "action_look_up", "utter_price"),
            member(),
            member(False),
            IN_FORM,
            ActiveLoop(None),
            REFUSED,
        ]
    ),
    max_size=8,
)


@given(EVENTS)
def test_a_rule_matches_exactly_if_all_its_conditions_hold(events):
    turn = now(LISTEN, *events)
    for one in turn.outcomes:
        rule = turn.rules[one.number]
        assert ("0" not in one.met) == matches(rule, turn.moment.states), rule.names
        assert (one.state == "failed") == ("0" in one.met)
        assert one.text
    states = [list(STATES).index(one.state) for one in turn.outcomes]
    assert states == sorted(states)


@given(EVENTS)
def test_the_first_row_is_what_the_rules_say(events):
    turn = now(LISTEN, *events)
    view = rule_matcher_view(turn)
    assert json.loads(json.dumps(view)) == view
    assert len(view["rows"]) == len(turn.rules) == sum(row[3] for row in view["states"])
    if turn.finding.kind == "rule":
        assert turn.rules[view["rows"][0]["rule"]] is turn.finding.rule
    else:
        assert view["built_in"] is not None


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slot", "value", "shown"),
    [
        ({"type": "bool"}, True, "true"),
        ({"type": "bool"}, None, "not set"),
        ({"type": "text"}, "Oslo", "set"),
        ({"type": "categorical", "values": ["low", "high"]}, "high", "high"),
        ({"type": "categorical", "values": ["low", "high"]}, "odd", "another value"),
        ({"type": "float", "min_value": 10, "max_value": 20}, 12.5, "12.5"),
        ({"type": "list"}, ["a"], "set"),
    ],
)
def test_slots_are_shown_by_their_values(slot, value, shown):
    domain = Domain.from_dict({"slots": {"s": slot | {"mappings": [{"type": "custom"}]}}})
    features = domain.slot_by_name["s"].features(value)
    assert value_in_words("slot s", features, domain) == shown


def test_a_slot_that_the_domain_no_longer_has_shows_its_numbers():
    assert value_in_words("slot gone", (0.25, 1.0), Domain.from_yaml("{}")) == "0.25, 1"


# --- the table ------------------------------------------------------------------------------------


def test_the_table_names_places_conditions_and_how_many_more_there_are():
    turn = now(*TALKS["price"])
    html = rule_matcher_html(rule_matcher_view(turn, turn=3), rules_view(POLICY.lookup_, FERRY))
    assert "<b>prices for members</b>" in html
    assert "rules.yml, line 12" in html
    assert "✓ slot is_member true" in html
    assert "✗ intent book (is ask_price)" in html
    assert f"and {len(turn.rules) - 12} more rules" in html
    assert "✗ start of the conversation (it is not)" in html


def test_no_rules_say_so():
    policy = RulePolicy().train(generate([], FERRY), FERRY)
    view = rule_matcher_view(now(*said("hello"), policy=policy))
    assert view["nothing"] == NO_RULES
    assert sentence(now(*said("hello"), policy=policy)).startswith(
        "There are no rules. So action_d"
    )
    assert "action_default_fallback" in rule_matcher_html(view, [])
    assert "no policy here" in rule_matcher_html(nothing_view("no policy here"), [])


def test_names_are_text_in_the_table():
    name = "<b onclick=alert(1)>"
    rules = f"rules:\n- rule: {name}\n  steps: [{{intent: bye}}, {{action: utter_bye}}]\n"
    turn = now(*said("bye"), policy=trained(rules))
    html = rule_matcher_html(rule_matcher_view(turn), rules_view(turn.policy.lookup_, FERRY))
    assert "<b onclick" not in html
    assert "&lt;b onclick" in html


def test_folders_of_this_machine_do_not_travel():
    stories = stories_of(RULES, "/home/ann/bot/rules.yml")
    policy = RulePolicy().train(generate(stories, FERRY), FERRY)
    assert "/home" not in json.dumps(rules_view(policy.lookup_, FERRY))


def test_an_empty_lookup_has_no_rows():
    assert rules_view(RuleLookup(), FERRY) == []


def test_a_conversation_that_has_not_begun_has_only_its_start():
    turn = now()
    view = rule_matcher_view(turn, turn=0)
    assert view["found"] == [[["start of the conversation", ""]]]
    assert view["title"] == "turn 0"
