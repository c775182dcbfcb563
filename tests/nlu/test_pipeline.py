"""What a config says about language understanding, and what a domain says about examples."""

from __future__ import annotations

import pytest

from dialogue_nb.core.domain import Domain
from dialogue_nb.nlu.examples import NLUExamples, TrainingExample, merged
from dialogue_nb.nlu.lint import lint_nlu
from dialogue_nb.nlu.pipeline import Fallback, parse_pipeline
from dialogue_nb.nlu.reader import parse_nlu


@pytest.mark.parametrize(
    ("text", "fallback", "codes"),
    [
        ("policies: []", Fallback(0.3, 0.1), []),
        ("pipeline:", Fallback(0.3, 0.1), []),
        ("pipeline: []", None, []),
        ("pipeline: supervised_embeddings", None, ["N300"]),
        ("pipeline: [FallbackClassifier]", Fallback(0.3, 0.1), []),
        ("pipeline: [{name: FallbackClassifier, threshold: 0.7}]", Fallback(0.7, 0.1), []),
        (
            "pipeline: [{name: rasa.nlu.FallbackClassifier, ambiguity_threshold: 0}]",
            Fallback(0.3, 0.0),
            [],
        ),
        ("pipeline: [{name: DIETClassifier, epochs: 5}, {name: my.Own}]", None, ["N300"]),
        ("pipeline: [{name: FallbackClassifier, threshold: much}]", Fallback(), ["N301"]),
        ("pipeline: [{name: FallbackClassifier, threshold: 7}]", Fallback(), ["N301"]),
        ("pipeline: [5, null, [a]]", None, ["N300"]),
        ("pipeline: {a: b}", None, []),
        ("- a", None, []),
        ("pipeline: [", None, []),
    ],
)
def test_the_thresholds_are_read_and_other_components_are_only_told_about(text, fallback, codes):
    found, said = parse_pipeline(text, "config.yml")
    assert found == fallback
    assert [one.code for one in said] == codes
    assert not [one for one in said if one.severity == "error"]


def test_the_components_that_are_not_used_are_named_once():
    _, (said,) = parse_pipeline("pipeline:\n- name: A\n- name: B\n- name: A\n", "config.yml")
    assert (said.severity, said.line) == ("info", 1)
    assert said.message == "These components are not used: 'A', 'B'."


DOMAIN = Domain.from_yaml("""
intents: [greet, travel, deny]
entities: [city, {day: {roles: [from]}}]
""")


def said_of(text):
    data, found = parse_nlu(text, "nlu.md", format="markdown")
    assert not found
    return [(one.code, one.line, one.hint) for one in lint_nlu(data, DOMAIN)]


def test_names_that_the_domain_does_not_have_are_said_once_with_the_closest():
    text = "## intent:gret\n- hi\n- hey\n## intent:travel\n- [Oslo](ctiy)\n- [Riga](ctiy)\n"
    assert said_of(text) == [
        ("N200", 2, "Did you mean 'greet'?"),
        ("N201", 5, "Did you mean 'city'?"),
        ("N202", None, ""),
    ]


def test_a_role_must_be_in_the_domain_too():
    text = (
        '## intent:travel\n- [now]{"entity": "day", "role": "from"}\n'
        '- [Oslo]{"entity": "city", "role": "to"}\n## intent:greet\n- a\n## intent:deny\n- b\n'
    )
    ((code, line, _),) = said_of(text)
    assert (code, line) == ("N201", 3)


def test_a_text_with_two_intents_and_a_mark_that_cuts_a_word_are_said():
    text = "## intent:greet\n- Hi\n## intent:deny\n- hi\n## intent:travel\n- [Os](city)lo\n"
    assert [(code, line) for code, line, _ in said_of(text)] == [("N203", 4), ("N204", 6)]


def test_of_a_kind_not_more_than_a_hundred_are_said():
    data = NLUExamples(tuple(TrainingExample(str(i), f"intent {i}") for i in range(500)))
    assert len([one for one in lint_nlu(data, DOMAIN) if one.code == "N200"]) == 100


def test_merging_changes_nothing_that_was_there():
    one = NLUExamples((TrainingExample("a", "b"),), {"x": "X"}, lookups={"l": ("1",)})
    two = NLUExamples((TrainingExample("c", "d"),), {"x": "Y"}, lookups={"l": ("2",)})
    both = merged([one, two])
    assert [e.text for e in both.examples] == ["a", "c"]
    assert both.synonyms == {"x": "Y"}
    assert both.lookups == {"l": ("1", "2")}
    assert (one.synonyms, one.lookups) == ({"x": "X"}, {"l": ("1",)})
