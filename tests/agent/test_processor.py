from __future__ import annotations

import numpy as np
import pytest

from dialogue_nb.agent.actions import ActionExecutionRejection
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ConversationPaused, FollowupAction, SlotSet, UserUttered
from dialogue_nb.core.exceptions import AgentError
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.prediction import PolicyPrediction
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.stories.reader import parse_stories

from .kiosk import DOMAIN, DOMAIN_YAML, Scripted, happened, kiosk, texts

LISTEN = ("action", "action_listen")
SESSION = [("action", "action_session_start"), ("session_started", None), LISTEN]


def after(agent, message, sender="default"):
    """What happened after the message, the message itself left out."""
    since = len(agent.tracker(sender).events)
    agent.handle_text(message, sender)
    return [e for e in happened(agent.tracker(sender), since) if e[0] != "user"]


def test_a_conversation_begins_with_a_session_and_goes_on_until_the_bot_listens():
    agent = kiosk()
    assert after(agent, "/hello")[:4] == [*SESSION, ("action", "utter_hello")]
    assert after(agent, "/leave") == [("action", "utter_bye"), ("bot", "So long."), LISTEN]


def test_policy_and_confidence_are_recorded_as_rasa_does():
    agent = kiosk()
    agent.handle_text("/hello")
    recorded = [
        (e.action_name, e.policy, e.confidence)
        for e in agent.tracker().events
        if e.type_name == "action"
    ]
    assert recorded == [
        ("action_session_start", None, 1.0),
        ("action_listen", None, None),
        ("utter_hello", "MemoizationPolicy", 1.0),
        ("action_listen", "MemoizationPolicy", 1.0),
    ]


def test_every_event_has_the_time_of_the_clock():
    agent = kiosk()
    agent.processor.clock = iter(range(100, 200)).__next__
    agent.handle_text("/hello")
    times = [event.timestamp for event in agent.tracker().events]
    assert times == sorted(times)
    assert times[0] >= 100


def test_entities_fill_slots_right_after_the_message():
    agent = kiosk()
    events = after(agent, '/buy{"paper": ["Herald", "Times"]}')
    assert events[3:6] == [("slot", "paper"), ("slot", "pages"), ("action", "utter_sold")]
    slots = agent.tracker().current_slot_values()
    assert (slots["paper"], slots["pages"]) == ("Times", ["Herald", "Times"])


def test_what_is_predicted_from_the_words_fills_slots_once_more():
    class Reading(Scripted):
        def predict_action_probabilities(self, tracker, domain):
            numbers = super().predict_action_probabilities(tracker, domain)
            is_heard = tracker.latest_action_name == "action_listen"
            return PolicyPrediction(np.array(numbers), self.name, 9, is_end_to_end=is_heard)

    agent = kiosk(Reading({"action_listen": "utter_sold", "utter_sold": "action_listen"}))
    events = after(agent, '/buy{"paper": "Herald"}')
    filled = [("slot", "paper"), ("slot", "pages")]
    assert events[3:8] == [*filled, *filled, ("action", "utter_sold")]


def test_every_decision_is_kept_with_the_place_of_its_action():
    agent = kiosk()
    agent.handle_text("/hello")
    tracker = agent.tracker()
    assert (
        [tracker.events[i].action_name for i, _ in tracker.decisions]
        == [decision.action for _, decision in tracker.decisions]
        == ["utter_hello", "action_listen"]
    )
    assert "memory" in tracker.decisions[0][1].why()


def test_conversations_do_not_mix():
    agent = kiosk()
    agent.handle_text('/buy{"paper": "Herald"}', "ann")
    agent.handle_text("/hello", "bob")
    assert agent.tracker("bob").get_slot("paper") is None
    assert sorted(agent.tracker_store) == ["ann", "bob"]
    assert agent.handle_text("/leave", "ann")[0]["recipient_id"] == "ann"


def test_predicting_changes_nothing():
    agent = kiosk()
    agent.handle_text("/hello")
    agent.log_message("/leave")
    before = agent.tracker().events
    assert agent.predict_next().action == "utter_bye"
    assert agent.tracker().events == before


# --- sessions


@pytest.mark.parametrize(("minutes", "is_new"), [(29, False), (31, True)])
def test_a_session_ends_after_the_domains_time_of_silence(minutes, is_new):
    agent = kiosk()
    now = 1000.0
    agent.processor.clock = lambda: now
    agent.handle_text('/buy{"paper": "Herald"}')
    now += minutes * 60
    events = after(agent, "/hello")
    assert (("session_started", None) in events) == is_new
    assert agent.tracker().get_slot("paper") == "Herald"


def test_slots_are_not_carried_over_if_the_domain_does_not_want_it():
    forgetful = DOMAIN_YAML.replace("to_new_session: true", "to_new_session: false")
    kept = []
    for chosen in (DOMAIN, Domain.from_yaml(forgetful)):
        agent = kiosk(domain=chosen)
        now = 1000.0
        agent.processor.clock = lambda: now  # noqa: B023  # called before the next round
        agent.handle_text('/buy{"paper": "Herald"}')
        now += 3600
        agent.handle_text("/hello")
        kept.append(agent.tracker().get_slot("paper"))
    assert kept == ["Herald", None]


def test_a_session_of_0_minutes_never_ends():
    agent = kiosk(domain=Domain.from_yaml(DOMAIN_YAML.replace("time: 30", "time: 0")))
    now = 1000.0
    agent.processor.clock = lambda: now
    agent.handle_text("/hello")
    now += 10**9
    assert ("session_started", None) not in after(agent, "/hello")


# --- default actions


def test_restart_forgets_everything_and_begins_a_session():
    agent = kiosk()
    agent.handle_text('/buy{"paper": "Herald"}')
    assert after(agent, "/restart") == [
        ("action", "action_restart"),
        ("restart", None),
        ("action", "action_session_start"),
        ("session_started", None),
        LISTEN,
    ]
    assert agent.tracker().events[-3].policy == "followup_action"
    assert agent.tracker().get_slot("paper") is None
    assert after(agent, "/hello")[0] == ("action", "utter_hello")  # no new session


def test_back_takes_back_itself_and_the_message_before():
    agent = kiosk()
    agent.handle_text("/hello")
    agent.handle_text('/buy{"paper": "Herald"}')
    assert after(agent, "/back") == [
        ("action", "action_back"), ("rewind", None), ("rewind", None), LISTEN,
    ]  # fmt: skip
    assert agent.tracker().get_slot("paper") is None
    assert agent.tracker().latest_message.intent_name == "hello"


def test_session_start_on_demand_ends_the_turn():
    agent = kiosk()
    agent.handle_text("/hello")
    assert after(agent, "/session_start") == SESSION


def test_why_the_default_intents_win_is_said_and_the_policies_are_still_in_the_trace():
    agent = kiosk()
    agent.handle_text("/hello")
    agent.handle_text("/restart")
    decision = agent.tracker().decisions[-2][1]
    assert decision.why() == "/restart always runs action_restart."
    assert [row["policy"] for row in decision.trace] == ["MemoizationPolicy"]


def test_a_story_that_answers_restart_in_another_way_wins():
    agent = kiosk()
    stories, _ = parse_stories("## no\n* restart\n  - utter_bye\n")
    agent.train(agent.load_data(stories, augmentation_factor=0))
    assert after(agent, "/restart")[3] == ("action", "utter_bye")


@pytest.mark.parametrize("intent", ["restart", "back", "session_start"])
def test_with_rules_the_default_intents_are_the_decision_of_rule_policy(intent):
    agent = kiosk(MemoizationPolicy(), RulePolicy())
    agent.handle_text("/hello")
    agent.log_message(f"/{intent}")
    decision = agent.predict_next()
    found = (decision.action, decision.policy, decision.confidence)
    assert found == (f"action_{intent}", "RulePolicy", 1.0)
    assert f"/{intent} always runs action_{intent}" in decision.why()
    agent.processor._act(agent.tracker())
    assert agent.tracker().latest_action_name in ("action_listen", "action_session_start")


def test_without_a_policy_that_knows_the_message_rule_policy_asks_again():
    agent = kiosk(MemoizationPolicy(), RulePolicy())
    agent.handle_text("/hello")
    done = after(agent, "/hello")
    assert done == [
        ("action", "action_default_fallback"), ("bot", "Pardon?"), ("rewind", None), LISTEN,
    ]  # fmt: skip


def test_what_a_rule_answers_is_not_seen_by_the_memory():
    rules, _ = parse_stories(
        "rules: [{rule: weigh, steps: [{intent: buy}, {action: utter_hello}]}]", format="yaml"
    )
    stories, _ = parse_stories("## day\n* hello\n - utter_hello\n* leave\n - utter_bye\n")
    agent = kiosk(MemoizationPolicy(), RulePolicy())
    agent.train(agent.load_data([*stories, *rules], augmentation_factor=0))
    assert after(agent, "/hello")[-2][0] == "bot"
    assert after(agent, "/buy")[0] == ("action", "utter_hello")
    hidden = [e for e in agent.tracker().events if getattr(e, "hide_rule_turn", False)]
    assert [e.action_name for e in hidden] == ["utter_hello", "action_listen"]
    assert after(agent, "/leave")[0] == ("action", "utter_bye")
    assert agent.tracker().decisions[-2][1].policy == "MemoizationPolicy"


def test_the_fallback_takes_the_message_back_and_is_followed_by_one_listen():
    script = {("action_listen", "leave"): "action_default_fallback"}
    agent = kiosk(Scripted(script, confidence=1.0), MemoizationPolicy())
    agent.handle_text("/hello")
    assert after(agent, "/leave") == [
        ("action", "action_default_fallback"), ("bot", "Pardon?"), ("rewind", None), LISTEN,
    ]  # fmt: skip


def test_a_policy_that_would_repeat_the_fallback_is_overruled():
    agent = kiosk(Scripted({"action_listen": "action_default_fallback", None: "utter_bye"}))
    agent.handle_text("/hello")
    # at the very start a rewind leads back to before the first listen
    assert happened(agent.tracker())[-2:] == [("rewind", None), LISTEN]
    script = Scripted({"utter_hello": "action_default_fallback", "action_listen": "utter_hello"})
    agent = kiosk(script)
    assert after(agent, "/hello")[-3:] == [("bot", "Pardon?"), ("rewind", None), LISTEN]


def test_after_a_fallback_by_hand_the_next_message_is_answered():
    agent = kiosk()
    agent.handle_text("/hello")
    agent.execute_action("default", "action_default_fallback")
    agent.log_message("/hello")
    assert agent.predict_next().rule != "followup"


def test_asking_back_offers_buttons():
    agent = kiosk()
    agent.log_message("/hello@0.4")
    (message,) = agent.execute_action("default", "action_default_ask_affirmation")
    assert message["text"] == "Did you mean 'hello'?"
    assert [b["payload"] for b in message["buttons"]] == ["/hello", "/out_of_scope"]


def test_asking_back_takes_the_second_intent_when_the_first_is_the_fallback():
    agent = kiosk()
    ranking = [{"name": "nlu_fallback", "confidence": 0.7}, {"name": "buy", "confidence": 0.2}]
    parsed = {"intent": ranking[0], "intent_ranking": ranking}
    agent.log_message({"text": "hm", "parse_data": parsed})
    (message,) = agent.execute_action("default", "action_default_ask_affirmation")
    assert message["text"] == "Did you mean 'buy'?"


def test_a_detour_of_affirmation_and_rephrasing_is_taken_back():
    agent = kiosk()
    agent.handle_text("/hello")
    agent.log_message("/leave@0.1")
    agent.execute_action("default", "action_default_ask_affirmation")
    agent.execute_action("default", "action_listen")
    agent.log_message("/out_of_scope")
    agent.execute_action("default", "action_default_ask_rephrase")
    agent.execute_action("default", "action_listen")
    agent.log_message('/buy{"paper": "Times"}')
    agent.execute_action("default", "action_revert_fallback_events")
    applied = agent.tracker().applied_events()
    said = [event.intent_name for event in applied if isinstance(event, UserUttered)]
    assert said == ["hello", "buy"]
    assert agent.tracker().get_slot("paper") == "Times"  # the message said anew fills slots again


def test_an_affirmed_message_counts_as_certain():
    agent = kiosk()
    agent.handle_text("/hello")
    agent.log_message("/leave@0.1")
    agent.execute_action("default", "action_default_ask_affirmation")
    agent.execute_action("default", "action_listen")
    agent.log_message("/leave@0.6")
    agent.execute_action("default", "action_revert_fallback_events")
    said = [e for e in agent.tracker().applied_events() if isinstance(e, UserUttered)]
    assert [(e.intent_name, e.intent["confidence"]) for e in said] == [
        ("hello", 1.0),
        ("leave", 1.0),
    ]


# --- the loop


def test_a_followup_comes_next_whatever_the_policies_say():
    actions = {"action_count": lambda tracker, domain: [FollowupAction("utter_bye")]}
    agent = kiosk(actions=actions)
    events = after(agent, '/buy{"paper": "Herald"}')
    assert [name for kind, name in events if kind in ("action", "followup")][-4:] == [
        "action_count", "utter_bye", "utter_bye", "action_listen",
    ]  # fmt: skip
    policies = {e.label: e.policy for e in agent.tracker().events if e.type_name == "action"}
    assert policies["utter_bye"] == "followup_action"


def test_a_paused_bot_keeps_silent_until_it_is_restarted():
    agent = kiosk()
    agent.handle_text("/hello")
    agent.tracker().update(ConversationPaused())
    assert after(agent, "/leave") == []
    assert ("action", "action_restart") in after(agent, "/restart")


def test_an_action_that_refuses_gives_way_to_another():
    def refuse(tracker, domain):
        raise ActionExecutionRejection("action_count")

    script = Scripted({"utter_sold": "action_count"}, priority=1)
    other = Scripted({"utter_sold": "action_weigh"}, confidence=0.3)
    agent = kiosk(script, other, MemoizationPolicy(), actions={"action_count": refuse})
    names = [name for kind, name in after(agent, '/buy{"paper": "x"}') if kind.startswith("action")]
    assert names[-3:] == ["action_count", "action_weigh", "action_listen"]


def test_actions_that_all_refuse_trip_the_circuit_breaker_too():
    def refuse(name):
        def run(tracker, domain):
            raise ActionExecutionRejection(name)

        return run

    names = ("action_count", "action_weigh")
    one = Scripted({"action_listen": names[0]}, confidence=0.9)
    other = Scripted({"action_listen": names[1]}, confidence=0.8)
    agent = kiosk(one, other, actions={name: refuse(name) for name in names})
    told = agent.handle_text("/hello")[-1]
    assert told["metadata"]["problem"] == "circuit_breaker"
    assert "in turns" in told["text"]
    assert happened(agent.tracker())[-1] == LISTEN


def test_a_conversation_from_elsewhere_can_be_gone_on_with():
    first = kiosk()
    first.handle_text("/hello", "ann")
    second = kiosk()
    second.tracker_store["copy"] = first.tracker("ann").copy()
    assert texts(second.handle_text("/leave", "copy")) == ["So long."]


class PingPolicy(Scripted):
    pass


class PongPolicy(Scripted):
    pass


def test_the_circuit_breaker_tells_who_ping_pongs_and_the_bot_listens():
    ping = PingPolicy({"action_listen": "utter_hello", "utter_bye": "utter_hello"})
    pong = PongPolicy({"utter_hello": "utter_bye"})
    agent = kiosk(ping, pong)
    messages = agent.handle_text("/hello")
    told = messages[-1]
    assert told["metadata"]["problem"] == "circuit_breaker"
    assert told["text"].startswith("I stopped after 10 actions without listening")
    names = "'utter_hello' (by PingPolicy), 'utter_bye' (by PongPolicy) in turns"
    assert names in told["text"]
    assert happened(agent.tracker())[-1] == LISTEN
    executed = [e for e in happened(agent.tracker()) if e[0] == "action"]
    assert len(executed) == 2 + 10 + 1
    assert after(agent, "/leave")  # and the conversation goes on


def test_one_action_again_and_again_is_told_as_such():
    agent = kiosk(Scripted({"action_listen": "utter_bye", "utter_bye": "utter_bye"}))
    told = agent.handle_text("/hello")[-1]["text"]
    assert "'utter_bye' (by Scripted) again and again" in told


def test_the_action_limit_can_be_changed():
    agent = kiosk(Scripted({"action_listen": "utter_bye", "utter_bye": "utter_bye"}))
    agent.processor.max_number_of_predictions = 3
    assert "after 3 actions" in agent.handle_text("/hello")[-1]["text"]


# --- the rest of the agent


def test_an_agent_that_was_not_trained_says_what_to_do():
    from dialogue_nb.agent.agent import Agent

    with pytest.raises(AgentError, match=r"agent.train\(agent.load_data"):
        Agent(DOMAIN, [MemoizationPolicy()]).handle_text("/hello")


def test_training_with_a_file_name_says_what_to_do():
    with pytest.raises(AgentError, match=r"got the text 'stories.md'"):
        kiosk().train("stories.md")


def test_a_message_that_is_already_understood_is_taken_as_it_is():
    agent = kiosk()
    entities = [{"entity": "paper", "value": "Gazette"}]
    parsed = {"intent": {"name": "buy", "confidence": 0.9}, "entities": entities}
    agent.handle_text({"text": "the Gazette, please", "parse_data": parsed})
    message = agent.tracker().latest_message
    assert (message.text, message.intent_name) == ("the Gazette, please", "buy")
    assert agent.tracker().get_slot("paper") == "Gazette"


def test_hostile_messages_do_not_end_the_conversation():
    agent = kiosk()
    hostile = [
        "",
        "/",
        "\x00",
        "/hello" * 10_000,
        '/buy{"paper": "<script>{paper}</script>"}',
        "💥",
    ]
    for message in hostile:
        agent.handle_text(message)
    assert texts(agent.handle_text("/leave")) is not None
    said = texts(kiosk().handle_text('/buy{"paper": "<b>{change}</b>"}'))
    assert said[0] == "One <b>{change}</b>, {change} back."


def test_the_slot_of_a_user_message_in_an_action_is_filled():
    again = UserUttered.of("buy", {"paper": "Echo"})
    agent = kiosk(actions={"action_count": lambda tracker, domain: [again]})
    agent.log_message("/hello")
    agent.execute_action("default", "action_count")
    assert SlotSet("paper", "Echo") in agent.tracker().events
