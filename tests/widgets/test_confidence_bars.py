"""`ConfidenceBars` without a browser: turns, hypothetical input, speed."""

from __future__ import annotations

import pytest

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import DialogueError
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.widgets.confidence_bars import ConfidenceBars
from tests.talks import BAKERY, POLICIES, bakery_talk, decide, long_talk


@pytest.fixture
def bars():
    return ConfidenceBars(bakery_talk(), decide=decide, domain=BAKERY, policies=POLICIES)


def chosen(bars):
    return bars.view["rows"][0]["action"]


def chosen_input(bars):
    """What the browser sends back when nothing was changed."""
    shown = bars.view["input"]
    return {"intent": shown["intent"], "entities": shown["entities"], "slots": shown["touched"]}


def test_the_selected_turn_is_shown(bars):
    assert (bars.selection, chosen(bars)) == ({"turn": 10}, "utter_thanks")
    bars.answer({"id": 1, "type": "select", "selection": {"turn": 1}})
    assert (bars.view["turn"], chosen(bars)) == (1, "utter_greet")


def test_a_turn_that_nobody_decided_says_so_or_is_decided_now():
    recorded = ConfidenceBars(bakery_talk())
    recorded.selection = {"turn": 4}
    assert recorded.view["decided"] is False
    deciding = ConfidenceBars(bakery_talk(), decide=decide)
    deciding.selection = {"turn": 4}
    assert deciding.view["decided"] is True


def test_a_turn_beyond_the_end_is_the_last_one(bars):
    bars.selection = {"turn": 999}
    assert bars.view["turn"] == 12


def test_a_bot_that_has_learnt_since_can_be_asked_anew():
    asked = []
    bars = ConfidenceBars(bakery_talk(), decide=lambda t: asked.append(t) or decide(t), live=True)
    bars.selection = {"turn": 1}
    assert len(asked) == 2


def test_a_probe_shows_what_would_be_and_none_what_was(bars):
    probe = {"id": 1, "type": "probe", "what": chosen_input(bars) | {"intent": "greet"}}
    assert bars.answer(probe) == {"id": 1}
    assert (bars.view["hypothetical"], chosen(bars)) == (True, "utter_greet")
    assert bars.view["input"]["intent"] == "greet"
    bars.answer({"id": 2, "type": "probe", "what": None})
    assert (bars.view["hypothetical"], chosen(bars)) == (False, "utter_thanks")


def test_a_probe_that_changes_nothing_is_no_hypothesis(bars):
    bars.answer({"id": 1, "type": "probe", "what": chosen_input(bars)})
    assert bars.view["hypothetical"] is False


def test_a_slot_that_an_entity_fills_follows_the_entity_and_one_that_was_chosen_stays(bars):
    for number in ("1", "12"):
        entities = [{"entity": "number", "value": number}]
        slots = {"vegan": "true"}
        probe = {"intent": "order", "entities": entities, "slots": slots}
        bars.answer({"id": 1, "type": "probe", "what": probe})
        assert bars.view["input"]["slots"] == {"bread": "rye", "number": number, "vegan": "true"}
        assert bars.view["input"]["touched"] == {"vegan": "true"}


def test_what_if_answers_in_python_too(bars):
    before = dict(bars.view["rows"][0])
    decision = bars.what_if(slots={"vegan": True})
    assert decision.predictions[2].confidence > before["values"][2]
    assert bars.view["input"]["slots"]["vegan"] == "true"
    assert bars.tracker == bakery_talk()


def test_a_wrong_name_is_said_in_the_widget(bars):
    answer = bars.answer({"id": 1, "type": "probe", "what": {"intent": "gret"}})
    assert "Did you mean 'greet'?" in answer["error"]


def test_a_single_decision_cannot_be_varied(bars):
    single = ConfidenceBars()
    single.show(decide(bakery_talk()))
    assert single.view["decided"]
    with pytest.raises(DialogueError, match="of_agent"):
        single.what_if("greet")


def test_the_bars_of_an_agent_follow_its_conversation():
    domain = Domain.from_yaml("{intents: [greet], responses: {utter_hi: [{text: Hi!}]}}")
    agent = Agent(domain, [MemoizationPolicy()])
    agent.train(agent.load_data(parse_stories("## hi\n* greet\n  - utter_hi\n")[0]))
    agent.handle_text("/greet")
    bars = ConfidenceBars.of_agent(agent, k=3)
    assert chosen(bars) == "utter_hi"
    assert bars.view["why"][-1]["text"]
    bars.what_if("greet")
    assert chosen(bars) == "utter_hi"


def test_the_bundle_has_the_sentence_and_a_table(bars):
    data, _ = bars._repr_mimebundle_()
    assert data["text/plain"].startswith("Memoization chose utter_thanks (1.00): known from")
    assert "<table" in data["text/html"]


def test_the_figure_can_be_written(bars, tmp_path):
    bars.figure().savefig(tmp_path / "bars.png")


def test_one_change_of_the_selection_or_the_input_asks_the_policies_once():
    asked = []
    bars = ConfidenceBars(
        long_talk(), decide=lambda t: asked.append(t) or decide(t), domain=BAKERY, live=True
    )
    asked.clear()
    bars.answer({"id": 1, "type": "select", "selection": {"turn": 100}})
    assert len(asked) == 1
    bars.answer({"id": 2, "type": "probe", "what": {"intent": "order", "slots": {}}})
    assert len(asked) == 2
