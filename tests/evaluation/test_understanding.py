"""Test stories in the user's words, and how well a bot understands what it has not heard."""

from __future__ import annotations

import json

import pytest

from dialogue_nb.agent.agent import Agent
from dialogue_nb.cli import main
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import AgentError, DiagnosedError
from dialogue_nb.evaluation.folds import fold_numbers
from dialogue_nb.evaluation.test import evaluate
from dialogue_nb.evaluation.understanding import NOTHING, evaluate_nlu
from dialogue_nb.nlu.examples import NLUExamples, TrainingExample
from dialogue_nb.nlu.interpreter import NLUInterpreter
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.stories.reader import parse_stories
from tests.nlu.corpus import YAML, corpus

DOMAIN = """
intents: [travel, price, deny, faq]
entities: [city]
actions: [utter_ok, utter_faq]
"""
LEARNT = """
## goes
* travel{"city": "Oslo"}
  - utter_ok
## pays
* price
  - utter_ok
## asks
* faq
  - utter_faq
"""
TOLD = """
stories:
- story: understood
  steps:
  - intent: travel
    user: "a ticket to [Oslo](city)"
  - action: utter_ok
- story: taken for something else
  steps:
  - intent: price
    user: "no no no"
  - action: utter_ok
- story: an entity is missed
  steps:
  - intent: travel
    user: "the [night](city) train to [Oslo](city)"
  - action: utter_ok
- story: the other question
  steps:
  - intent: faq/ask_wifi
    user: "are dogs allowed?"
  - action: utter_faq
- story: only the short name
  steps:
  - intent: faq
    user: "are dogs allowed?"
  - action: utter_faq
- story: says it itself
  steps:
  - intent: price
    user: "/price"
  - action: utter_ok
- story: without words
  steps:
  - intent: price
  - action: utter_ok
"""


@pytest.fixture(scope="module")
def agent():
    agent = Agent(Domain.from_yaml(DOMAIN), [MemoizationPolicy()], NLUInterpreter(corpus()))
    return agent.train(agent.load_data(parse_stories(LEARNT)[0], augmentation_factor=0))


def told(text=TOLD):
    stories, found = parse_stories(text, "test_stories.yml")
    assert not found
    return stories


def test_what_is_misunderstood_is_a_failure_of_its_own_kind(agent):
    result = evaluate(agent, told())
    assert [message.story for message in result.messages] == [
        "understood", "taken for something else", "an entity is missed", "the other question",
        "only the short name",
    ]  # fmt: skip
    assert [(m.story, m.gold, m.predicted) for m in result.misunderstood] == [
        ("taken for something else", "price", "deny"),
        ("an entity is missed", "travel", "travel"),
        ("the other question", "faq/ask_wifi", "faq/ask_dog"),
    ]
    assert result.failures == ()  # the stories go on with what was meant
    assert [m.line for m in result.misunderstood] == [10, 15, 20]


def test_a_story_with_a_misunderstood_message_has_failed(agent):
    result = evaluate(agent, told())
    assert "taken for something else" in {m.story for m in result.misunderstood}
    assert set(result.failed_stories) <= {m.story for m in result.misunderstood}
    assert result.stories_right == len(result.stories) - len(result.failed_stories)
    assert result.as_dict()["messages"] == {"count": 5, "right": 2}
    json.dumps(result.as_dict())


def test_dialogues_that_are_made_already_tell_the_same(agent):
    data = agent.load_data(told(), augmentation_factor=0, remove_duplicates=False)
    assert evaluate(agent, data).misunderstood == evaluate(agent, told()).misunderstood


def test_it_is_shown_as_rasa_shows_it(agent):
    _, missed, other = evaluate(agent, told()).misunderstood
    assert str(missed) == (
        "travel: the [night](city) train to [Oslo](city)   "
        "<!-- predicted: travel: the night train to [Oslo](city) -->"
    )
    assert str(other) == (
        "faq/ask_wifi: are dogs allowed?   <!-- predicted: faq/ask_dog: are dogs allowed? -->"
    )


def test_an_agent_that_reads_slashes_only_is_asked_nothing(agent):
    deaf = Agent(agent.domain, list(agent.policies))
    deaf.is_trained = True
    assert evaluate(deaf, told()).messages == ()


# --- cross-validation


def examples(**said):
    return NLUExamples(tuple(TrainingExample(t, i) for i, texts in said.items() for t in texts))


WORDS = examples(
    greet=[f"hello {name}" for name in ("Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gus")],
    deny=[f"no {name}" for name in ("Ada", "Bo", "Cy", "Di", "Ed")],
    odd=["hello no", "no hello"],
)


def test_each_example_is_understood_by_what_has_learnt_from_the_others():
    seen = []

    class Parrot:
        def __init__(self, data):
            self.known = {e.text for e in data.examples}
            seen.append(len(data.examples))

        def parse(self, text):
            assert text not in self.known
            return {"intent": {"name": "greet", "confidence": 0.5}}

    result = evaluate_nlu(WORDS, folds=4, interpreter=Parrot)
    assert sorted(seen) == [10, 10, 11, 11]
    assert result.accuracy == 0.5
    assert [each.example for each in result.understood] == list(WORDS.examples)
    assert result.confusion.loc["deny", "greet"] == 5
    assert result.report.loc["greet", "recall"] == 1.0
    assert len(result.errors) == 7


def test_the_parts_are_even_and_so_is_every_intent_in_them():
    labels = ["a"] * 23 + ["b"] * 7 + ["c"] * 2
    numbers = fold_numbers(labels, 5, random_seed=3)
    sizes = [(numbers == i).sum() for i in range(5)]
    assert max(sizes) - min(sizes) <= 1
    for name in "abc":
        own = [n for n, label in zip(numbers, labels, strict=True) if label == name]
        counts = [own.count(i) for i in range(5)]
        assert max(counts) - min(counts) <= 1
    assert (fold_numbers(labels, 5, random_seed=4) != numbers).any()


def test_intents_are_counted_and_entities_too():
    result = evaluate_nlu(corpus(), folds=3)
    assert len(result.understood) == 18
    assert list(result.entity_report.index) == ["city"]
    assert result.entity_report.loc["city", "support"] == 8
    assert 0 < result.entity_f1 <= 1
    assert result.report["support"].sum() == 18
    assert result.confusion.to_numpy().sum() == 18
    assert json.loads(json.dumps(result.as_dict()))["examples"] == 18
    assert repr(result).startswith("<NLUEvaluation: 18 examples in 3 folds, intents 0.")


def test_nothing_understood_is_a_column_of_its_own():
    class Silent:
        def __init__(self, data):
            pass

        def parse(self, text):
            return {"intent": {"name": None, "confidence": 0.0}}

    result = evaluate_nlu(WORDS, folds=2, interpreter=Silent)
    assert result.confusion[NOTHING].sum() == 14
    assert result.entity_f1 == 0.0


@pytest.mark.parametrize("folds", [0, 1, 15])
def test_the_number_of_parts_must_fit(folds):
    with pytest.raises(AgentError, match=f"got {folds} folds and 14 examples"):
        evaluate_nlu(WORDS, folds=folds)


def test_files_with_mistakes_raise(tmp_path):
    (tmp_path / "nlu.yml").write_text("nlu: 5", encoding="utf-8")
    with pytest.raises(DiagnosedError, match="N100"):
        evaluate_nlu(tmp_path / "nlu.yml")


# --- on the command line


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    texts = {"domain.yml": DOMAIN, "stories.md": LEARNT, "nlu.yml": YAML, "test_told.yml": TOLD}
    texts["config.yml"] = "policies: [{name: MemoizationPolicy}]\npipeline: [FallbackClassifier]\n"
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_bot_is_trained_tested_and_talked_to_in_plain_words(files, capsys, monkeypatch):
    train = ["train", "-d", "domain.yml", "-s", "stories.md", "-c", "config.yml", "-o", "model"]
    assert main([*train, "-u", "nlu.yml", "--quiet"]) == 0
    loaded = Agent.load("model")
    assert loaded.interpreter.fallback.threshold == 0.3
    assert main(["test", "-s", "test_told.yml", "-m", "model"]) == 1
    out = capsys.readouterr().out
    assert "messages understood       2 of 5" in out
    assert "'taken for something else', line 10: price: no no no   <!-- predicted: deny" in out
    monkeypatch.setattr("sys.stdin", __import__("io").StringIO("a ticket to [Oslo]\n/stop\n"))
    assert main(["talk", "-m", "model", "--debug"]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[0].startswith("   understood: travel ")
    assert "in plain words" in captured.err


def test_examples_are_tested_by_cross_validation(files, capsys):
    assert main(["test", "nlu", "-u", "nlu.yml", "-f", "3", "--json", "out.json"]) == 0
    out = capsys.readouterr().out
    assert "intents, 3 folds" in out
    assert "entities F1 0." in out
    body = json.loads((files / "out.json").read_text(encoding="utf-8"))
    assert body["folds"] == 3
    assert set(body["entities"]) == {"city"}


def test_what_is_missing_on_the_command_line_is_said(files, capsys):
    assert main(["test", "nlu"]) == 2
    assert "Expected examples to test: -u NLU_FILE." in capsys.readouterr().err
    assert main(["test", "-m", "model"]) == 2
    assert "Expected stories to test on: -s STORIES." in capsys.readouterr().err
