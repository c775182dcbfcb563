"""An interpreter that has learnt: intents, entities, and what it does where it is not sure."""

from __future__ import annotations

import builtins
import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue_nb.core.exceptions import DiagnosedError, ModelError
from dialogue_nb.nlu import interpreter as module
from dialogue_nb.nlu.examples import NLUExamples, TrainingExample
from dialogue_nb.nlu.intents import IntentClassifier, features_of
from dialogue_nb.nlu.interpreter import NLUInterpreter
from dialogue_nb.nlu.pipeline import Fallback
from dialogue_nb.nlu.tokens import tokens_of
from tests.nlu.corpus import SCRIPTS, YAML, corpus


@pytest.fixture(scope="module")
def desk():
    return NLUInterpreter(corpus()).train()


def entities(interpreter, text):
    found = interpreter.parse(text)["entities"]
    return [(e["entity"], e.get("role"), e["value"]) for e in found]


def test_examples_are_understood_as_they_are_meant(desk):
    for example in corpus().examples:
        intent = desk.parse(example.text)["intent"]
        assert intent["name"] == example.base_intent
        assert intent["confidence"] > 0.5


def test_other_words_for_the_same_are_understood(desk):
    assert desk.parse("two tickets to Oslo, please")["intent"]["name"] == "travel"
    assert desk.parse("what is the price")["intent"]["name"] == "price"
    assert desk.parse("NO!")["intent"]["name"] == "deny"


def test_the_ranking_has_every_intent_once_and_sums_to_one(desk):
    ranking = desk.parse("no ticket")["intent_ranking"]
    assert sorted(each["name"] for each in ranking) == ["deny", "faq", "price", "travel"]
    confidences = [each["confidence"] for each in ranking]
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) == pytest.approx(1)


def test_a_retrieval_intent_has_both_of_its_names(desk):
    intent = desk.parse("are dogs allowed on board?")["intent"]
    assert (intent["name"], intent["full_retrieval_intent_name"]) == ("faq", "faq/ask_dog")


def test_entities_are_found_with_their_roles(desk):
    assert entities(desk, "one ticket from Narvik to Hamar") == [
        ("city", "from", "Narvik"),
        ("city", "to", "Hamar"),
    ]
    found = desk.parse("a ticket to Bergen")["entities"][0]
    assert found["start"] == 12
    assert found["end"] == 18
    assert 0 < found["confidence_entity"] <= 1


def test_synonyms_stand_for_their_value_whatever_the_case(desk):
    assert entities(desk, "a ticket to CHRISTIANIA") == [("city", None, "Oslo")]


def test_a_lookup_table_finds_words_that_no_example_has(desk):
    assert entities(desk, "never been in mo i  rana, no") == [("city", None, "mo i  rana")]


def test_a_regex_finds_entities_of_the_domain_only(desk):
    assert entities(desk, "my number is AB123") == []
    knowing = NLUInterpreter(corpus(), entities=["code"])
    assert ("code", None, "ab123") in entities(knowing, "my number is ab123")


def test_a_lookup_table_that_the_examples_contradict_is_not_believed():
    mark = {"start": 5, "end": 9, "value": "race", "entity": "session"}
    data = NLUExamples(
        (TrainingExample("show race please", "show", (mark,)), TrainingExample("next race", "when"),
         TrainingExample("which race is next", "when"), TrainingExample("a race, a race", "when")),
        lookups={"session": ("race", "sprint")},
    )  # fmt: skip
    assert entities(NLUInterpreter(data), "a race") == []
    believed = NLUExamples(data.examples[:1], lookups=data.lookups)
    assert entities(NLUInterpreter(believed), "a sprint") == [("session", None, "sprint")]


def test_no_two_entities_overlap(desk):
    found = desk.parse("to Mo i Rana and to Stavanger from Stavanger Stavanger")["entities"]
    assert [e["start"] for e in found] == sorted(e["start"] for e in found)
    assert all(a["end"] <= b["start"] for a, b in pairwise(found))


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_is_understood(script):
    said = SCRIPTS[script]
    data = NLUExamples(tuple(TrainingExample(t, i) for i, texts in said.items() for t in texts))
    interpreter = NLUInterpreter(data)
    for intent, texts in said.items():
        for text in texts:
            assert interpreter.parse(f"{text}!")["intent"]["name"] == intent


def test_an_entity_is_found_between_signs_without_spaces():
    marks = [("我要去", "奥斯陆"), ("我想去", "里加"), ("带我去", "卑尔根"), ("我要去", "东京")]
    data = NLUExamples(
        tuple(
            TrainingExample(
                f"{before}{city}吧", "travel",
                ({"start": 3, "end": 3 + len(city), "value": city, "entity": "city"},),
            )
            for before, city in marks
        )
    )  # fmt: skip
    assert entities(NLUInterpreter(data), "我要去北京吧") == [("city", None, "北京")]


# --- where it is not sure


def test_what_nobody_said_is_not_understood_where_there_is_a_fallback():
    unsure = NLUInterpreter(corpus(), fallback=Fallback(0.6, 0.1))
    parsed = unsure.parse("zzz qqq")
    assert parsed["intent"] == {"name": "nlu_fallback", "confidence": 0.6}
    assert parsed["intent_ranking"][0] == parsed["intent"]
    assert parsed["intent_ranking"][1]["confidence"] < 0.6
    assert unsure.parse("no thanks")["intent"]["name"] == "deny"


def test_two_intents_that_are_close_are_not_understood():
    data = NLUExamples(
        (
            TrainingExample("one two", "a"),
            TrainingExample("one two", "b"),
            TrainingExample("no", "c"),
        )
    )
    parsed = NLUInterpreter(data, fallback=Fallback(0.0, 0.1)).parse("one two")
    assert parsed["intent_ranking"][0]["name"] == "nlu_fallback"
    assert NLUInterpreter(data, fallback=Fallback(0.0, 0.0)).parse("no")["intent"]["name"] == "c"


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
def test_nothing_is_understood_of_nothing(desk, text):
    parsed = desk.parse(text)
    assert parsed["intent"] == {"name": None, "confidence": 0.0}
    assert (parsed["entities"], parsed["intent_ranking"]) == ([], [])


def test_the_confidence_says_how_often_it_is_right():
    rng = np.random.default_rng(3)
    words = [f"{a}{b}" for a in "bdfgklmnprst" for b in ("ana", "eno", "iru", "ola")]
    kinds = {f"intent_{i}": rng.choice(words, 6, replace=False) for i in range(6)}
    said = [(" ".join(rng.choice(kinds[i], 2)), i) for i in kinds for _ in range(60)]
    order = rng.permutation(len(said))
    learnt, held = [said[i] for i in order[:240]], [said[i] for i in order[240:]]
    data = NLUExamples(tuple(TrainingExample(*pair) for pair in learnt))
    parsed = [(NLUInterpreter(data).parse(text)["intent"], intent) for text, intent in held]
    right = np.mean([found["name"] == intent for found, intent in parsed])
    sure = np.mean([found["confidence"] for found, _ in parsed])
    assert 0.5 < right < 0.98
    assert abs(right - sure) < 0.12


# --- odd examples


def test_a_single_intent_and_none_at_all_are_no_problem():
    one = NLUInterpreter(NLUExamples((TrainingExample("hi", "greet"),)))
    assert one.parse("anything")["intent"] == {"name": "greet", "confidence": 1.0}
    none = NLUInterpreter(NLUExamples())
    assert none.parse("anything")["intent"]["name"] is None


def test_every_intent_may_have_a_single_example():
    data = NLUExamples(tuple(TrainingExample(word, word) for word in ("one", "two", "three")))
    assert NLUInterpreter(data).parse("two")["intent"]["name"] == "two"


def test_examples_without_an_intent_teach_entities_only():
    mark = {"start": 3, "end": 7, "value": "Oslo", "entity": "city"}
    data = NLUExamples((TrainingExample("to Oslo", None, (mark,)), TrainingExample("no", "deny")))
    parsed = NLUInterpreter(data).parse("to Oslo")
    assert parsed["entities"][0]["value"] == "Oslo"
    assert parsed["intent"]["name"] == "deny"


def test_names_may_hold_anything():
    strange = 'a\n"b" --> c:\t<d>'
    mark = {"start": 0, "end": 4, "value": "Oslo", "entity": strange, "role": strange}
    data = NLUExamples(
        (TrainingExample(f"Oslo {strange}", strange, (mark,)), TrainingExample("no", "deny"))
    )
    parsed = NLUInterpreter(data).parse(f"Oslo {strange}")
    assert parsed["intent"]["name"] == strange
    assert parsed["entities"][0]["role"] == strange


# --- hostile


def test_a_message_of_a_megabyte_is_answered_at_once(desk):
    for text in (
        "word " * 200_000,
        "x" * 1_000_000,
        "\x00" * 1_000_000,
        "😀" * 250_000,
        "'; --" * 9,
    ):
        started = time.process_time()
        parsed = desk.parse(text)
        assert time.process_time() - started < 0.5
        assert parsed["text"] == text


def test_a_regex_that_would_take_years_is_left_out_and_said():
    slow = corpus()
    slow = NLUExamples(slow.examples, regexes=(("slow", r"(.*a){30}b"), ("fine", "Oslo")))
    slow = slow.with_examples([TrainingExample("a" * 200, "deny")])
    started = time.process_time()
    interpreter = NLUInterpreter(slow).train()
    assert time.process_time() - started < 5
    (said,) = interpreter.diagnostics_
    assert (said.code, "'slow'" in said.message) == ("N400", True)
    assert "notes" not in interpreter.parse("a" * 300)


def test_a_regex_that_is_slow_only_in_a_message_is_noted_there():
    slow = NLUExamples(corpus().examples, regexes=(("slow", r"(z+z+)+y"),))
    parsed = NLUInterpreter(slow).parse("z" * 1500)
    assert parsed["notes"] == ["The regex 'slow' took too long and was left out."]


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=200))
def test_any_message_is_answered(text):
    parsed = NLUInterpreter(corpus()).parse(text)
    for entity in parsed["entities"]:
        assert 0 <= entity["start"] < entity["end"] <= len(text)
    assert 0 <= parsed["intent"]["confidence"] <= 1


# --- learning


def test_the_same_examples_are_learnt_once(monkeypatch):
    data = corpus().with_examples([TrainingExample("only here", "deny")])
    first = NLUInterpreter(data).train()
    monkeypatch.setattr(module, "_trained", None)
    second = NLUInterpreter(data, fallback=Fallback()).train()
    assert second.parse("only here")["entities"] == first.parse("only here")["entities"]


def test_the_same_examples_give_the_same_interpreter():
    module._KNOWN.clear()
    first = NLUInterpreter(corpus()).parse("to the price of Riga")
    module._KNOWN.clear()
    assert NLUInterpreter(corpus()).parse("to the price of Riga") == first


def test_it_learns_when_it_is_first_asked():
    interpreter = NLUInterpreter(corpus())
    assert not interpreter.is_trained
    interpreter.parse("no")
    assert interpreter.is_trained


def test_more_examples_are_learnt_beside_the_others():
    interpreter = NLUInterpreter(corpus())
    before = interpreter.examples
    interpreter.learn([TrainingExample("absolutely", "affirm"), TrainingExample("yes", "affirm")])
    assert interpreter.parse("absolutely")["intent"]["name"] == "affirm"
    assert interpreter.parse("no thanks")["intent"]["name"] == "deny"
    assert "affirm" not in before.intents


def test_files_are_read_and_their_mistakes_raise(tmp_path):
    (tmp_path / "nlu.yml").write_text(YAML, encoding="utf-8")
    assert NLUInterpreter(tmp_path / "nlu.yml").examples == corpus()
    (tmp_path / "nlu.yml").write_text("nlu:\n- intnt: a\n", encoding="utf-8")
    with pytest.raises(DiagnosedError, match="Did you mean 'intent'"):
        NLUInterpreter(tmp_path / "nlu.yml")


def test_without_crfsuite_entities_are_still_found_by_tables(monkeypatch):
    importing = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "pycrfsuite":
            raise ImportError(name)
        return importing(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    module._KNOWN.clear()
    interpreter = NLUInterpreter(corpus()).train()
    module._KNOWN.clear()
    assert [one.code for one in interpreter.diagnostics_] == ["N401"]
    assert entities(interpreter, "a ticket to Stavanger") == [("city", None, "Stavanger")]


def test_the_probabilities_are_those_of_scikit_learn():
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    texts = [e.text for e in corpus().examples]
    intents = [e.intent for e in corpus().examples]
    seen = [features_of(tokens_of(text)) for text in texts]
    ours = IntentClassifier.trained(seen, intents)
    vectorizer = TfidfVectorizer(analyzer=list, sublinear_tf=True)
    model = LinearSVC(C=3.0, random_state=0, max_iter=2000)
    model.fit(vectorizer.fit_transform(seen), intents)
    for text in ("a dog to Oslo", "no no no"):
        features = features_of(tokens_of(text))
        margins = model.decision_function(vectorizer.transform([features]))[0]
        powers = np.exp((margins - margins.max()) * ours.scale)
        assert ours.probabilities(features) == pytest.approx(powers / powers.sum(), abs=2e-3)


# --- keeping


def test_what_was_learnt_can_be_kept_and_read_without_scikit_learn(desk, tmp_path):
    unsure = NLUInterpreter(corpus(), fallback=Fallback(0.7, 0.2), entities=["code"])
    unsure.persist(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["nlu.json", "nlu.npz"]
    loaded = NLUInterpreter.load(tmp_path)
    assert loaded.examples == corpus()
    for text in ("from Riga to Bergen", "zzz", "AB123", "are dogs allowed?", ""):
        assert loaded.parse(text) == unsure.parse(text)


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("nlu.json", lambda text: text[: len(text) // 2]),
        ("nlu.json", lambda text: text.replace('"scale"', '"scele"')),
        ("nlu.json", lambda text: text.replace('"features": [', '"features": ["one more", ')),
        ("nlu.json", lambda text: text.replace('"labels": [null', '"labels": [null, null')),
        ("nlu.json", lambda text: text.replace("[A-Z]{2}", "([A-Z]{2}")),
        ("nlu.json", lambda text: "[]"),
    ],
)
def test_a_damaged_model_is_one_clear_error(desk, tmp_path, file, change):
    desk.persist(tmp_path)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert change(text) != text
    (tmp_path / file).write_text(change(text), encoding="utf-8")
    with pytest.raises(ModelError):
        NLUInterpreter.load(tmp_path)


def test_arrays_that_are_none_are_one_clear_error(desk, tmp_path):
    desk.persist(tmp_path)
    (tmp_path / "nlu.npz").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(ModelError):
        NLUInterpreter.load(tmp_path)


# --- speed


def test_a_thousand_examples_are_learnt_in_seconds_and_an_answer_takes_milliseconds():
    rng = np.random.default_rng(1)
    words = [
        f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in ("na", "ro", "lim", "st")
    ]
    examples = []
    for i in range(1000):
        own = words[i % 20 * 10 : i % 20 * 10 + 10]
        text = " ".join([*rng.choice(own, 3), *rng.choice(words, 4)])
        end = len(text.split()[0])
        mark = {"start": 0, "end": end, "value": text[:end], "entity": f"kind_{i % 4}"}
        examples.append(TrainingExample(text, f"intent_{i % 20}", (mark,) if i % 2 else ()))
    interpreter = NLUInterpreter(NLUExamples(tuple(examples)))
    started = time.process_time()
    interpreter.train()
    trained = time.process_time()
    for example in examples[:200]:
        interpreter.parse(example.text)
    assert trained - started < 6  # loading scikit-learn included; 2 where nothing else goes on
    assert (time.process_time() - trained) / 200 < 0.006
