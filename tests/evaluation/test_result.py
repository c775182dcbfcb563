"""Everything that is read off a test: tables, confusion, failures, coverage, calibration."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.domain import Domain
from dialogue_nb.evaluation.calibration import calibration, calibration_error, fallback_sweep
from dialogue_nb.evaluation.coverage import coverage
from dialogue_nb.evaluation.failed_stories import failed_stories_text
from dialogue_nb.evaluation.result import EvaluatedAction, EvaluationResult
from dialogue_nb.evaluation.test import evaluate
from dialogue_nb.policies.memoization import AugmentedMemoizationPolicy, MemoizationPolicy
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.stories.reader import parse_stories
from tests.agent.kiosk import DOMAIN, STORIES_MD, Scripted, kiosk
from tests.policies.ferry import FERRY, RULES, data_of
from tests.policies.ferry import STORIES as FERRY_STORIES

HELD_OUT = """
## haggles
* hello
  - utter_hello
* buy{"paper": "Times"}
  - utter_bye
* leave
  - utter_bye

## only comes
* hello
  - utter_hello
"""
NAMES = st.sampled_from(["action_listen", "utter_a", "utter_b", "é"])


def read(text):
    return parse_stories(text)[0]


def trial(*policies, text=HELD_OUT):
    """What a kiosk with these policies makes of stories it has not learnt."""
    return evaluate(kiosk(*policies), read(text))


def made(pairs, confidence=0.5):
    turns = [
        EvaluatedAction("s", 0, i + 1, gold, predicted, confidence, "P")
        for i, (gold, predicted) in enumerate(pairs)
    ]
    return EvaluationResult(tuple(turns), ("s",))


# --- tables


@settings(deadline=None)
@given(st.lists(st.tuples(NAMES, NAMES), min_size=1))
def test_tables_are_those_of_scikit_learn(pairs):
    for listens in (True, False):
        counted = [p for p in pairs if listens or p[0] != "action_listen"]
        gold, predicted = [g for g, _ in counted], [p for _, p in counted]
        result = made(pairs)
        matrix = result.confusion(listens=listens)
        labels = sorted({*gold, *predicted})
        assert matrix.index.tolist() == matrix.columns.tolist() == labels
        if not counted:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of a single label
            expected = metrics.confusion_matrix(gold, predicted, labels=labels)
        assert matrix.to_numpy().tolist() == expected.tolist()
        table = result.action_table(listens=listens).set_index("action").loc[labels]
        expected = metrics.precision_recall_fscore_support(
            gold, predicted, labels=labels, zero_division=0
        )
        assert np.allclose(table[["precision", "recall", "f1", "support"]].T, expected)


def test_the_turns_behind_a_cell_are_those_it_counts():
    result = trial(Scripted({("action_listen", "buy"): "utter_sold"}), MemoizationPolicy())
    behind = result.turns_of("utter_bye", "utter_sold")
    assert [(turn.story, turn.turn, turn.intent) for turn in behind] == [("haggles", 3, "buy")]
    assert result.confusion().loc["utter_bye", "utter_sold"] == len(behind)


def test_policies_have_a_share_of_the_decisions_and_an_accuracy():
    table = trial().policy_table.set_index("policy")
    assert table.loc["MemoizationPolicy", "accuracy"] == 1.0
    assert table["share"].sum() == pytest.approx(1)
    assert table["decided"].sum() == 10


def test_the_rank_of_the_right_action_counts_what_any_policy_thought_of():
    memory = MemoizationPolicy()
    weak = Scripted({("action_listen", "buy"): "utter_bye"}, confidence=0.4, priority=1)
    strong = Scripted({("action_listen", "buy"): "utter_sold"}, confidence=0.9, priority=1)
    turn = trial(memory, weak, strong).turns[3]
    assert (turn.gold, turn.predicted, turn.rank) == ("utter_bye", "utter_sold", 2)
    assert trial(memory, strong).turns[3].rank is None
    assert trial(memory).turns[1].rank == 1


def test_a_failure_knows_where_it_is_written_and_why_it_happened(tmp_path):
    (tmp_path / "tests.md").write_text(HELD_OUT)
    result = evaluate(kiosk(), tmp_path / "tests.md")
    first = result.failures[0]
    assert (first.file, first.line) == (str(tmp_path / "tests.md"), 6)
    decision = result.decision(first)
    assert (decision.action, decision.trace[0]["policy"]) == (first.predicted, "MemoizationPolicy")
    assert "nearest memorised window" in decision.why()
    assert result.tracker(first).latest_message.intent_name == "buy"
    assert result.failure_table["gold"].tolist() == ["utter_bye", "utter_bye"]


def test_a_result_made_by_hand_has_no_reasons_and_says_so():
    with pytest.raises(LookupError, match="evaluate"):
        made([("a", "b")]).decision(made([("a", "b")]).turns[0])
    with pytest.raises(LookupError, match="evaluate"):
        coverage(made([]))


def test_nothing_tested_has_empty_tables():
    result = evaluate(kiosk(), [])
    tables = [result.action_table(), result.policy_table, result.confusion(), result.failure_table]
    assert [len(table) for table in tables] == [0, 0, 0, 0]
    assert calibration_error(result) == 0
    assert len(calibration(result)) == 0
    assert failed_stories_text(result) == ""


# --- forms, and what only rules know


def test_where_the_story_leaves_the_form_the_form_does_not_count():
    domain = Domain.from_yaml("""
    intents: [order, chat]
    forms: {shop_form: {required_slots: []}}
    responses: {utter_chat: [{text: Nice.}]}
    """)
    text = """
## interrupted
* order
  - shop_form
  - form{"name": "shop_form"}
* chat
  - utter_chat
  - shop_form
"""
    form = Scripted({"action_listen": "shop_form", "shop_form": "action_listen",
                     "utter_chat": "shop_form"}, confidence=1.0)  # fmt: skip
    other = Scripted({("action_listen", "chat"): "utter_chat"}, confidence=0.5)
    agent = Agent(domain, [form, other])
    agent.train(agent.load_data(read(text), augmentation_factor=0))
    result = evaluate(agent, read(text))
    assert [turn.predicted for turn in result.turns] == [turn.gold for turn in result.turns]
    assert [t.confidence for t in result.turns if t.gold == "utter_chat"] == [0.5]


def test_a_loaded_bot_is_tested_without_having_talked(tmp_path):
    agent = Agent(FERRY, [MemoizationPolicy(max_history=5), RulePolicy()])
    agent.train(data_of(RULES, FERRY_STORIES)).persist(tmp_path / "model")
    stories = [s for s in read(FERRY_STORIES) if not s.is_rule]
    fresh = evaluate(Agent.load(tmp_path / "model"), stories)
    assert fresh.turns == evaluate(agent, stories).turns
    assert fresh.failures == ()


# --- failed stories written back


def test_failed_stories_are_written_with_comments_and_can_be_read_again():
    result = trial()
    text = failed_stories_text(result, "yaml")
    assert text.splitlines() == [
        "version: '3.1'",
        "stories:",
        "- story: haggles",
        "  steps:",
        "  - intent: hello",
        "  - action: utter_hello",
        "  - intent: buy",
        "    entities:",
        "    - paper: Times",
        "  - action: utter_bye # predicted: action_listen (no policy)",
        "  - intent: leave",
        "  - action: utter_bye # predicted: action_listen (no policy)",
    ]
    for format in ("yaml", "markdown"):
        again = read(failed_stories_text(result, format))
        assert [story.name for story in again] == ["haggles"]
        assert evaluate(kiosk(), again).turns[1:3] == result.turns[1:3] or format


@pytest.mark.parametrize("format", ["yaml", "markdown"])
def test_what_is_written_back_fails_in_the_same_way(format):
    result = trial(Scripted({"utter_hello": "utter_sold"}), MemoizationPolicy())
    again = evaluate(result.agent, read(failed_stories_text(result, format)))
    assert [(t.gold, t.predicted) for t in again.turns] == [
        (t.gold, t.predicted) for t in result.turns if t.number in result.failed_numbers
    ]


def test_a_listen_that_went_wrong_is_told_between_the_lines():
    result = trial(Scripted({"utter_hello": "utter_sold"}))
    lines = failed_stories_text(result, "yaml").splitlines()
    at = lines.index("  - action: utter_hello # predicted: action_listen (no policy)")
    assert lines[at + 1] == "  # expected: action_listen, predicted: utter_sold (Scripted 0.80)"
    assert lines[at + 2] == "  - intent: buy"


def test_stories_that_went_right_can_be_written_too():
    assert [s.name for s in read(failed_stories_text(trial(), successes=True))] == ["only comes"]


def test_comments_cannot_break_out():
    domain = Domain.from_yaml("{intents: [hi], actions: ['utter --> x', utter_a]}")
    agent = Agent(domain, [Scripted({("action_listen", "hi"): "utter --> x"})])
    agent.train([])
    stories = read("## a\n* hi\n  - utter_a\n")
    text = failed_stories_text(evaluate(agent, stories), "markdown")
    assert text.count("-->") == text.count("<!--")
    assert [event.events for event in read(text)[0].items] == [i.events for i in stories[0].items]


# --- coverage


def test_coverage_says_what_the_stories_exercise_and_what_not():
    found = coverage(trial())
    assert (found["intents"].reached, found["intents"].total) == (3, 3)
    assert set(found["actions"].missing) == {
        "action_count", "action_weigh", "utter_sold", "utter_default"
    }  # fmt: skip
    assert found["stories"].missing == ("buys",)
    assert 0 < found["windows"].share < 1
    assert any("buys: action_count" in name for name in found["windows"].missing)
    assert found.table["kind"].tolist() == ["intents", "actions", "stories", "windows"]


def test_the_own_stories_of_a_memory_cover_all_of_it():
    for policy in (MemoizationPolicy(), AugmentedMemoizationPolicy()):
        found = coverage(trial(policy, text=STORIES_MD))
        assert found["windows"].share == found["stories"].share == 1.0


def test_rules_count_where_they_decide():
    agent = Agent(FERRY, [MemoizationPolicy(max_history=5), RulePolicy()])
    agent.train(data_of(RULES, FERRY_STORIES))
    found = coverage(evaluate(agent, data_of(FERRY_STORIES)))["rules"]
    assert found.total > 0
    assert found.reached + len(found.missing) == found.total


# --- calibration


CONFIDENCES = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40)


@given(CONFIDENCES, st.integers(1, 12))
def test_every_turn_is_in_one_part_of_the_calibration(pairs, bins):
    turns = [
        EvaluatedAction("s", 0, 1, "a", "a" if right else "b", sure, "P") for sure, right in pairs
    ]
    result = EvaluationResult(tuple(turns), ("s",))
    table = calibration(result, bins=bins)
    assert table["turns"].sum() == len(pairs)
    assert (table["confidence"] >= table["low"]).all()
    assert (table["confidence"] <= table["high"] + 1e-9).all()
    mean = (table["accuracy"] * table["turns"]).sum() / len(pairs)
    assert mean == pytest.approx(np.mean([right for _, right in pairs]))
    assert 0 <= calibration_error(result, bins=bins) <= 1


@given(CONFIDENCES)
def test_what_a_threshold_does_adds_up_and_answers_ever_less(pairs):
    turns = [
        EvaluatedAction("s", 0, 1, "a", "a" if right else "b", sure, "P") for sure, right in pairs
    ]
    table = fallback_sweep(EvaluationResult(tuple(turns), ("s",)))
    assert np.allclose(table[["right", "wrong", "fell_back"]].sum(axis=1), 1)
    assert (table["fell_back"].diff().dropna() >= -1e-9).all()
    assert table["fell_back"].iloc[0] == 0


def test_where_the_bot_falls_back_already_it_is_no_wrong_answer():
    turns = (
        EvaluatedAction("s", 0, 1, "a", "action_default_fallback", 0.3, "RulePolicy"),
        EvaluatedAction("s", 0, 2, "a", "b", 0.6, "KerasPolicy"),
        EvaluatedAction("s", 0, 3, "action_default_fallback", "action_default_fallback", 1.0, "R"),
    )
    table = fallback_sweep(EvaluationResult(turns, ("s",)), thresholds=[0.0, 0.9])
    assert table[["right", "wrong", "fell_back"]].round(2).values.tolist() == [
        [0.33, 0.33, 0.33], [0.33, 0.0, 0.67],
    ]  # fmt: skip


def test_the_domain_of_the_kiosk_is_as_these_tests_expect():
    assert {"utter_sold", "action_weigh"} <= set(DOMAIN.action_names)
