"""The packaged bots: no complaint about their files, they pass their own tests, they teach."""

from __future__ import annotations

import shutil

import pytest

from dialogue_nb import bots
from dialogue_nb.agent.project import Project
from dialogue_nb.core.exceptions import UnknownNameError
from dialogue_nb.evaluation.test import evaluate
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.rule_policy import RulePolicy


def trained(name, policies=None):
    project = bots.load(name)
    agent = project.agent(policies)
    stories = [*project.stories, *project.rules]
    return agent.train(agent.load_data(stories, augmentation_factor=0))


def said(agent, sender, *messages):
    """The actions after each message, without the listens."""
    answers = []
    for message in messages:
        before = len(agent.tracker(sender).decisions)
        agent.handle_text(message, sender)
        made = [decision.action for _, decision in agent.tracker(sender).decisions[before:]]
        answers.append([action for action in made if action != "action_listen"])
    return answers


@pytest.fixture(scope="module")
def moodbot():
    return trained("moodbot")


@pytest.mark.parametrize("name", bots.names())
def test_nothing_is_to_be_said_about_the_files(name):
    project = bots.load(name)
    assert project.diagnostics == ()
    assert project.config_file is not None
    assert project.nlu_files
    assert project.test_stories


@pytest.mark.parametrize("name", bots.names())
def test_a_trained_bot_passes_its_own_test_stories(name):
    project = bots.load(name)
    result = evaluate(trained(name), project.test_stories)
    assert result.failures == ()
    assert result.stories_right == len(project.test_stories)


def test_every_bot_has_a_response_for_each_of_its_utterances():
    for name in bots.names():
        domain = bots.load(name).domain
        utterances = {action for action in domain.action_names if action.startswith("utter_")}
        assert utterances <= set(domain.responses)


def test_moodbot_cheers_up_and_asks_whether_it_helped(moodbot):
    assert said(moodbot, "sad", "/greet", "/mood_unhappy", "/affirm") == [
        ["utter_greet"],
        ["utter_cheer_up", "utter_did_that_help"],
        ["utter_happy"],
    ]


def test_moodbot_asks_its_network_where_no_story_goes_on(moodbot):
    said(moodbot, "curt", "/greet")
    moodbot.log_message("/deny", "curt")
    decision = moodbot.predict_next("curt")
    opinions = {row["policy"]: row["action"] for row in decision.trace}
    assert opinions["MemoizationPolicy"] is None
    assert decision.policy == "KerasPolicy"


@pytest.mark.parametrize(
    ("max_history", "answer"), [(3, None), (4, "utter_what_i_know"), (5, "utter_what_i_know")]
)
def test_the_counter_tells_the_third_time_from_the_second_from_max_history_4_on(
    max_history, answer
):
    agent = trained("counter", [MemoizationPolicy(max_history=max_history)])
    for action in ("utter_not_here", "utter_not_here"):
        agent.log_message("/off_topic")
        agent.execute_action("default", action)
        agent.execute_action("default", "action_listen")
    agent.log_message("/off_topic")
    (row,) = agent.predict_next().trace
    assert row["action"] == answer


def test_the_value_of_a_categorical_slot_decides_in_the_cafe():
    agent = trained("cafe", [MemoizationPolicy(max_history=5)])
    first = {}
    for drink in ("chá", "sumo"):
        sender = f"guest with {drink}"
        agent.log_message(f'/pedir{{"bebida": "{drink}"}}', sender)
        first[drink] = agent.predict_next(sender).action
        assert agent.tracker(sender).get_slot("bebida") == drink
    assert first["sumo"] == "utter_sem_sumo"
    assert first["chá"] != "utter_sem_sumo"


@pytest.fixture(scope="module")
def workshop():
    return trained("workshop", [MemoizationPolicy(max_history=5), RulePolicy()])


def talk(agent, sender, *messages):
    """The bot's answers to each message."""
    return [[answer["text"] for answer in agent.handle_text(text, sender)] for text in messages]


def texts(*names):
    """The first text of some responses of the workshop."""
    responses = bots.load("workshop").domain.responses
    return [responses[f"utter_{name}"][0].text for name in names]


def test_the_workshop_asks_for_what_it_has_to_know_and_takes_the_bicycle_in(workshop):
    answers = talk(
        workshop, "ann", "/hand_in", '/tell{"part": "chain"}', '/tell{"day": "Monday"}',
        "/deny", "/deny",
    )  # fmt: skip
    assert answers == [
        texts("ask_part"),
        texts("ask_day"),
        texts("ask_loan"),
        texts("ask_repair_form_note"),
        ["Noted: chain, on Monday. Remarks: nothing else."],
    ]
    tracker = workshop.tracker("ann")
    assert tracker.active_loop is None
    assert (tracker.get_slot("loan"), tracker.get_slot("note")) == (False, "nothing else")


def test_the_workshop_takes_any_words_as_a_note_and_promises_another_bicycle(workshop):
    *_, last = talk(
        workshop, "bob", '/hand_in{"part": "brake", "day": "Friday"}', "/affirm", "it squeaks"
    )
    assert last == ["Noted: brake, on Friday. Remarks: it squeaks.", *texts("loan_bike")]


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("/ask_price", "price"),
        ("/ask_hours", "hours"),
        ("/bot_challenge", "iamabot"),
    ],
)
@pytest.mark.parametrize("asked", ["ask_loan", "ask_repair_form_note"])
def test_a_question_in_between_is_answered_and_the_form_repeats_its_own(
    workshop, message, answer, asked
):
    sender = f"{message} at {asked}"
    begun = ['/hand_in{"part": "light", "day": "Friday"}', "/deny"][: 1 + ("note" in asked)]
    *_, last = talk(workshop, sender, *begun, message)
    assert last == texts(answer, asked)


def test_yes_begins_a_repair_after_the_price_and_is_no_answer_to_other_questions(workshop):
    *_, last = talk(workshop, "cleo", "/greet", "/ask_price", "/affirm")
    assert last == texts("ask_part")
    assert workshop.tracker("cleo").get_slot("loan") is None


def test_who_has_enough_ends_the_form_and_finds_it_again_as_it_was(workshop):
    answers = talk(workshop, "dana", "/hand_in", '/tell{"part": "chain"}', "/stop", "/hand_in")
    assert answers[-2:] == [texts("stopped"), texts("ask_day")]


def test_an_unknown_bot_is_an_error_that_names_the_closest():
    with pytest.raises(UnknownNameError, match=r"got 'modbot'. Did you mean 'moodbot'\?"):
        bots.load("modbot")


def test_the_folder_of_a_bot_can_be_copied_and_opened(tmp_path):
    shutil.copytree(bots.path("cafe"), tmp_path / "meu café")
    copy = Project.load(tmp_path / "meu café")
    assert copy.domain == bots.load("cafe").domain
    assert copy.name == "meu café"
