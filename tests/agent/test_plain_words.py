"""Agents and projects that understand plain words: from the bot's folder to the bot's answer."""

from __future__ import annotations

import io

import pytest

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.interpreter import RegexInterpreter, understand, understood
from dialogue_nb.agent.progress import Progress
from dialogue_nb.agent.project import Project
from dialogue_nb.agent.training_run import TrainingRun
from dialogue_nb.core.exceptions import ModelError
from dialogue_nb.nlu.interpreter import NLUInterpreter
from dialogue_nb.nlu.pipeline import Fallback
from dialogue_nb.policies.memoization import MemoizationPolicy
from tests.nlu.corpus import YAML

DOMAIN = """
intents: [travel, price, deny, faq]
actions: [utter_faq]
entities: [{city: {roles: [from, to]}}, code]
slots: {city: {type: text, mappings: [{type: from_entity, entity: city}]}}
responses:
  utter_where: [{text: "To {city}."}]
  utter_price: [{text: Ten crowns.}]
  utter_faq/ask_wifi: [{text: In every train.}]
  utter_faq/ask_dog: [{text: Small ones only.}]
"""

STORIES = """
stories:
- story: goes
  steps:
  - {intent: travel, entities: [city: Oslo]}
  - slot_was_set: [city: Oslo]
  - action: utter_where
- story: asks
  steps: [{intent: faq}, {action: utter_faq}]
- story: pays
  steps: [{intent: price}, {action: utter_price}]
"""

ANSWERS_1X = """
## wifi
* faq/ask_wifi
  - In every train.
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    files = {"domain.yml": DOMAIN, "data/nlu.yml": YAML, "data/stories.yml": STORIES}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "config.yml").write_text("pipeline: []\n", encoding="utf-8")
    return tmp_path


def trained(project, **options):
    agent = project.agent([MemoizationPolicy()], **options)
    return agent.train(agent.load_data(project.stories, augmentation_factor=0))


def answers(agent, text, sender="default"):
    return [message["text"] for message in agent.handle_text(text, sender)]


def test_a_project_knows_its_examples(folder):
    project = Project.load(folder)
    assert project.diagnostics == ()
    assert project.nlu.intents == ("deny", "faq", "price", "travel")
    assert project.interpreter().entities == ("city", "code")


def test_plain_words_are_answered_and_fill_slots(folder):
    agent = trained(Project.load(folder))
    assert answers(agent, "the night train to Riga") == ["To Riga."]
    assert agent.tracker().get_slot("city") == "Riga"
    message = agent.tracker().latest_message
    assert message.text == "the night train to Riga"
    assert len(message.intent_ranking) == 4
    assert 0 < message.intent["confidence"] < 1


def test_a_message_with_a_slash_is_read_whatever_the_interpreter(folder):
    agent = trained(Project.load(folder))
    assert answers(agent, '/travel{"city": "no"}') == ["To no."]
    assert agent.tracker().latest_message.intent == {"name": "travel", "confidence": 1.0}

    class Deaf:
        def parse(self, text):
            return {"intent": {"name": "deny", "confidence": 0.5}}

    assert understand(Deaf(), "  /price")["intent"]["name"] == "price"
    assert understand(Deaf(), "/ price")["intent"]["name"] == "price"
    assert understand(Deaf(), "/")["intent"]["name"] == "deny"


def test_a_retrieval_intent_is_answered_with_its_own_response(folder):
    agent = trained(Project.load(folder))
    assert answers(agent, "are dogs allowed?", "a") == ["Small ones only."]
    assert answers(agent, "is there wifi?", "b") == ["In every train."]
    assert answers(agent, "/faq/ask_wifi", "c") == ["In every train."]


def test_the_answers_of_rasa_1_belong_to_the_bot(folder):
    (folder / "data/responses.md").write_text(ANSWERS_1X, encoding="utf-8")
    (folder / "data/nlu.yml").unlink()
    (folder / "data/nlu.md").write_text(
        "## intent:faq/ask_wifi\n- is there wifi?\n- can I use the internet?\n"
        "## intent:deny\n- no\n- never\n## intent:price\n- how much\n## intent:travel\n- to Oslo\n",
        encoding="utf-8",
    )
    text = DOMAIN.replace("  utter_faq/ask_wifi: [{text: In every train.}]\n", "")
    (folder / "domain.yml").write_text(text, encoding="utf-8")
    stories = STORIES.replace("utter_faq", "respond_faq")
    (folder / "data/stories.yml").write_text(stories, encoding="utf-8")
    project = Project.load(folder)
    assert not project.diagnostics
    assert sorted(file.name for file in project.nlu_files) == ["nlu.md", "responses.md"]
    assert answers(trained(project), "is there wifi?") == ["In every train."]


def test_the_fallback_of_the_configuration_is_read(folder):
    assert Project.load(folder).interpreter().fallback is None
    (folder / "config.yml").write_text(
        "pipeline:\n- name: WhitespaceTokenizer\n- name: FallbackClassifier\n  threshold: 0.9\n",
        encoding="utf-8",
    )
    project = Project.load(folder)
    assert project.interpreter().fallback == Fallback(0.9, 0.1)
    assert [(d.code, d.severity) for d in project.diagnostics] == [("N300", "info")]
    agent = trained(project)
    agent.handle_text("zzz qqq")
    assert agent.tracker().latest_message.intent_name == "nlu_fallback"
    (folder / "config.yml").unlink()
    assert Project.load(folder).interpreter().fallback is None


def test_an_interpreter_of_ones_own_takes_the_place_of_the_projects(folder):
    own = RegexInterpreter()
    agent = Project.load(folder).agent([MemoizationPolicy()], interpreter=own)
    assert agent.interpreter is own


def test_a_bot_without_examples_reads_slashes_only(folder):
    (folder / "data/nlu.yml").unlink()
    agent = trained(Project.load(folder))
    agent.handle_text("to Oslo")
    assert agent.tracker().latest_message.intent_name is None


def test_learning_to_understand_is_part_of_training_and_shown(folder):
    agent = Project.load(folder).agent([MemoizationPolicy()])
    assert not agent.interpreter.is_trained
    shown = []

    class Watched(Progress):
        def begin(self, what):
            shown.append(what)

    data = agent.load_data(Project.load(folder).stories, progress=Progress(io.StringIO()))
    agent.train(data, progress=Watched(io.StringIO(), shown=True))
    assert agent.interpreter.is_trained
    assert shown == ["MemoizationPolicy", "Understanding"]


def test_a_training_in_the_background_learns_to_understand_too(folder):
    project = Project.load(folder)
    agent = project.agent([MemoizationPolicy()])
    with TrainingRun(agent, lambda: agent.load_data(project.stories)):
        pass
    assert agent.interpreter.is_trained


def test_a_saved_agent_understands_as_before(folder, tmp_path):
    agent = trained(Project.load(folder))
    for name in ("model", "model.zip"):
        agent.persist(tmp_path / name)
        loaded = Agent.load(tmp_path / name)
        assert answers(loaded, "a ticket to Bergen") == ["To Bergen."]
    assert isinstance(Agent.load(tmp_path / "model", interpreter=RegexInterpreter()).interpreter,
                      RegexInterpreter)  # fmt: skip


def test_a_model_with_damaged_understanding_is_refused(folder, tmp_path):
    agent = trained(Project.load(folder))
    agent.persist(tmp_path / "model")
    (tmp_path / "model/nlu/nlu.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match=r"nlu/nlu\.json"):
        Agent.load(tmp_path / "model")


def test_what_was_understood_can_be_said_in_a_line(folder):
    agent = trained(Project.load(folder))
    agent.handle_text("from Riga to Bergen please")
    line = understood(agent.tracker().latest_message)
    assert line.startswith("travel ")
    assert line.endswith("city#from=Riga, city#to=Bergen")
    agent.handle_text("are dogs allowed?")
    assert understood(agent.tracker().latest_message).startswith("faq/ask_dog ")
    agent.handle_text("/nothing_like_it")
    assert understood(agent.tracker().latest_message) == "nothing"
    assert understood(agent.log_message("/deny").latest_message) == "deny 1.00"


def test_an_interpreter_can_be_given_to_an_agent_as_files(folder):
    interpreter = NLUInterpreter(folder / "data/nlu.yml")
    agent = Agent(folder / "domain.yml", [MemoizationPolicy()], interpreter)
    agent.train(agent.load_data(folder / "data/stories.yml"))
    assert answers(agent, "what does it cost") == ["Ten crowns."]
