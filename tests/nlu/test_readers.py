"""Training examples in the three formats that Rasa has had: all of it, and what is wrong."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_nb.nlu.collector import MAX_LENGTH
from dialogue_nb.nlu.reader import nlu_format, parse_nlu, read_nlu
from tests.nlu.corpus import YAML, corpus

MARKDOWN = """
## intent:travel
- a ticket to [Oslo](city)
<!-- a note
- that is no example -->
* to [the capital](city:Oslo)
+ from [Riga]{"entity": "city", "role": "from"}

## synonym:Oslo
- Christiania

## regex:code
- [A-Z]{2}\\d{3}

## lookup:city
- Stavanger
"""

JSON = {
    "rasa_nlu_data": {
        "common_examples": [
            {
                "text": "a ticket to Oslo",
                "intent": "travel",
                "entities": [{"start": 12, "end": 16, "value": "Oslo", "entity": "city"}],
            },
            {
                "text": "to the capital",
                "intent": "travel",
                "entities": [{"start": 3, "end": 14, "value": "Oslo", "entity": "city"}],
            },
            {
                "text": "from Riga",
                "intent": "travel",
                "entities": [
                    {"start": 5, "end": 9, "value": "Riga", "entity": "city", "role": "from"}
                ],
            },
        ],
        "entity_synonyms": [{"value": "Oslo", "synonyms": ["Christiania"]}],
        "regex_features": [{"name": "code", "pattern": "[A-Z]{2}\\d{3}"}],
        "lookup_tables": [{"name": "city", "elements": ["Stavanger"]}],
    }
}

SAME = """
nlu:
- intent: travel
  examples:
  - text: a ticket to [Oslo](city)
    metadata: {sentiment: neutral}
  - text: |
      to [the capital](city:Oslo)
  - 'from [Riga]{"entity": "city", "role": "from"}'
- synonym: Oslo
  examples: '- Christiania'
- regex: code
  examples: |
    - [A-Z]{2}\\d{3}
- lookup: city
  examples: |
    - Stavanger
"""


def test_everything_that_a_file_can_hold_is_read():
    data = corpus()
    assert data.intents == ("deny", "faq", "price", "travel")
    assert data.retrieval_intents == {"faq": ("faq/ask_dog", "faq/ask_wifi")}
    assert data.entities == ("city",)
    assert data.synonyms == {"christiania": "Oslo", "the capital": "Oslo"}
    assert data.regexes == (("code", r"[A-Z]{2}\d{3}"),)
    assert data.lookups == {"city": ("Stavanger", "Mo i Rana")}
    third = data.examples[2]
    assert third.text == "one ticket from Bergen to Oslo"
    assert [(e["value"], e["role"], third.text[e["start"] : e["end"]]) for e in third.entities] == [
        ("Bergen", "from", "Bergen"),
        ("Oslo", "to", "Oslo"),
    ]


def test_the_three_formats_say_the_same():
    read = [parse_nlu(text) for text in (MARKDOWN, json.dumps(JSON), SAME)]
    assert [found for _, found in read] == [[], [], []]
    first, *others = [data for data, _ in read]
    assert len(first.examples) == 3
    assert all(other == first for other in others)
    assert len({data.fingerprint for data, _ in read}) == 1


def test_the_format_is_seen_from_the_name_or_else_from_the_text():
    assert nlu_format(MARKDOWN) == "markdown"
    assert nlu_format("\ufeff" + json.dumps(JSON)) == "json"
    assert nlu_format(YAML) == "yaml"
    assert nlu_format(MARKDOWN, "nlu.yml") == "yaml"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_every_example_knows_its_line(ending):
    text = YAML.replace("\n", ending)
    data, _ = parse_nlu(text, "nlu.yml")
    lines = text.splitlines()
    for example in data.examples:
        assert example.file == "nlu.yml"
        assert lines[example.line - 1].strip().startswith("-")
        assert example.text.split()[0] in lines[example.line - 1]


def test_examples_of_json_know_their_line_too():
    text = json.dumps(JSON, indent=1)
    data, _ = parse_nlu(text)
    lines = text.splitlines()
    assert [lines[e.line - 1].strip() for e in data.examples] == [
        f'"text": {json.dumps(e.text)},' for e in data.examples
    ]


WRONG = [
    ("nlu: hello", 1, "N100", "Expected a list of nlu"),
    ("nlu:\n- intnt: a\n  examples: '- b'", 2, "N101", "'intnt'"),
    ("nlu:\n- just words", 2, "N101", "'just words'"),
    ("nlu:\n- intent: a\n  exampels: '- b'", 3, "N101", "'exampels'"),
    ("nlu:\n- intent: a", 2, "N103", "has no examples"),
    ("nlu:\n- intent:\n  examples: '- b'", 2, "N102", "found nothing"),
    ("nlu:\n- intent: true\n  examples: '- b'", 2, "N102", "found True"),
    ("nlu:\n- intent: a\n  examples: |\n    - b\n    c", 5, "N103", "found 'c'"),
    ("nlu:\n- intent: a\n  examples: |\n    - b\n    -", 5, "N103", "found nothing"),
    ("nlu:\n- intent: a\n  examples:\n  - 5", 4, "N103", "found 5"),
    ("nlu:\n- intent: a\n  examples: {b: c}", 3, "N103", "Expected an example"),
    ("nlu:\n- intent: a\n  examples: |\n    - to [Oslo]{city}", 4, "N108", "Expected an entity"),
    ("nlu:\n- regex: a\n  examples: |\n    - (b", 4, "N106", "'(b' is no regular expression"),
    ("nlu:\n- synonym: A\n  examples: '- x'\n- synonym: B\n  examples: '- X'", 5, "N107", "'A'"),
    (f"nlu:\n- intent: a\n  examples: '- {'b' * (MAX_LENGTH + 1)}'", 3, "N104", "too many"),
    ("nlu:\n- intent: a: b", 2, "Y101", "not valid YAML"),
    ("## intnt:a\n- b", 1, "N101", "'## intnt:a'"),
    ("## intent:\n- b", 1, "N102", "found nothing"),
    ("## intent:a\nb", 2, "N103", "found 'b'"),
    ('{"rasa_nlu_data": 5}', None, "N100", "rasa_nlu_data"),
    ('{"rasa_nlu_data": {"common_examples": {}}}', None, None, ""),
    ('{"rasa_nlu_data": {"common_examples": [5]}}', None, "N101", "found 5"),
    ('{"rasa_nlu_data": {"common_examples": [{"text": 5}]}}', None, "N103", "found 5"),
    ('{"rasa_nlu_data": {"common_examples": [{"text": "b", "intent": 5}]}}', 1, "N102", "found 5"),
    (
        '{"rasa_nlu_data": {"common_examples": [{"text": "b", "entities": [{"start": 0, "end": 9,'
        ' "entity": "c"}]}]}}', 1, "N109", "start, end and a type",
    ),
    ('{"rasa_nlu_data"', None, "N100", "no JSON"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "code", "words"), WRONG)
def test_what_is_wrong_is_said_with_its_place(text, line, code, words):
    format = "json" if text.startswith("{") else None
    _, found = parse_nlu(text, format=format)
    if code is None:
        assert not found
        return
    (one,) = found
    assert (one.code, one.line) == (code, line)
    assert words in one.message


def test_a_misspelt_section_names_the_right_one():
    for text in ("nlu:\n- intnt: a\n  examples: '- b'", "## intnt:a\n- b"):
        _, (found,) = parse_nlu(text)
        assert found.hint == "Did you mean 'intent'?"


def test_an_example_that_begins_with_a_slash_is_words():
    data, found = parse_nlu("## intent:command\n- /start {now}\n- /stop [Oslo](city)\n")
    assert [e.text for e in data.examples] == ["/start {now}", "/stop Oslo"]
    assert not found


def test_the_same_example_is_there_once():
    data, _ = parse_nlu("## intent:a\n- b\n- b\n## intent:c\n- b\n")
    assert [(e.text, e.intent) for e in data.examples] == [("b", "a"), ("b", "c")]


def test_the_answers_of_rasa_1_are_read_from_markdown():
    data, found = parse_nlu(
        "## wifi\n* faq/ask_wifi\n  - In every train.\n  - Yes, free of charge.\n"
    )
    assert [r.text for r in data.responses["faq/ask_wifi"]] == [
        "In every train.", "Yes, free of charge.",
    ]  # fmt: skip
    assert not found


def test_the_answers_of_rasa_3_are_read_from_yaml():
    text = "responses:\n  utter_faq/ask_wifi:\n  - text: Yes!\n  utter_hello:\n  - text: Hi.\n"
    data, _ = parse_nlu(text)
    assert list(data.responses) == ["faq/ask_wifi"]


def test_a_lookup_table_may_be_a_file_inside_of_the_bot(tmp_path):
    bot = tmp_path / "bot"
    (bot / "data" / "tables").mkdir(parents=True)
    (bot / "data/tables/city.txt").write_text("Stavanger\n\nMo i Rana\n", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("hidden\n", encoding="utf-8")
    nlu = bot / "data/nlu.md"
    nlu.write_text("## lookup:city\ndata/tables/city.txt\n", encoding="utf-8")
    data, found = read_nlu(nlu, bot)
    assert data.lookups == {"city": ("Stavanger", "Mo i Rana")}
    assert not found
    for outside in ("../secret.txt", str(tmp_path / "secret.txt"), "data/none.txt"):
        nlu.write_text(f"## lookup:city\n{outside}\n", encoding="utf-8")
        data, (problem,) = read_nlu(nlu, bot)
        assert data.lookups == {"city": ()}
        assert (problem.code, problem.line) == ("N110", 1)


def test_several_files_make_one_set(tmp_path):
    (tmp_path / "a.yml").write_text(SAME, encoding="utf-8")
    (tmp_path / "b.md").write_text("\ufeff## intent:deny\n- nei\n- nō, Ōsaka\n", encoding="utf-8")
    (tmp_path / "c.md").write_bytes("## intent:deny\n- n\u00e3o\n".encode("latin-1"))
    data, found = read_nlu([tmp_path / name for name in ("a.yml", "b.md", "c.md", "none.md")])
    assert len(data.examples) == 5
    assert data.intents == ("deny", "travel")
    assert [one.code for one in found] == ["Y111", "Y111"]


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error(text):
    for format in ("yaml", "markdown", "json"):
        parse_nlu(text, format=format)


@given(st.text(alphabet='[](){}":, aentityßé\n-', max_size=120))
def test_any_mark_is_read_without_an_error_and_lies_in_the_text(text):
    data, _ = parse_nlu(f"## intent:a\n- {text}", format="markdown")
    for example in data.examples:
        for mark in example.entities:
            assert 0 <= mark["start"] <= mark["end"] <= len(example.text)


@pytest.mark.parametrize(
    "text",
    [
        "## intent:a\n" + "- " + "[" * 4_000 + "\n" + "- x\n" * 300_000,
        "## intent:a\n" + "".join(f"- example {i}\n" for i in range(210_000)),
        "<!--" * 200_000,
        '{"rasa_nlu_data": {"common_examples": ' + "[" * 100_000,
        "nlu:\n- intent: a\n  examples: |\n" + "    - [a](b)\n" * 20_000,
    ],
)
def test_a_hostile_file_is_read_in_bounded_time(text):
    started = time.process_time()
    data, _ = parse_nlu(text)
    assert time.process_time() - started < 10
    assert len(data.examples) <= 200_000
