"""Reading YAML: what words stand for, where values are, and files that mean harm."""

import re
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue_nb.core import yaml_lines
from dialogue_nb.core.exceptions import DiagnosedError
from dialogue_nb.core.yaml_lines import MAX_DEPTH, parse_yaml, read_text, read_yaml
from dialogue_nb.core.yaml_scalars import resolve_scalar


def only_error(text):
    data, _, diagnostics = parse_yaml(text, "bot.yml")
    assert data is None
    assert [found.severity for found in diagnostics] == ["error"]
    return diagnostics[0]


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def loader(request, monkeypatch):
    """Both of PyYAML's parsers: with libyaml and without."""
    monkeypatch.setattr(yaml_lines, "_LOADER", getattr(yaml, request.param))


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("yes", "yes"), ("No", "No"), ("on", "on"), ("y", "y"), ("true", True), ("FALSE", False),
        ("null", None), ("~", None), ("", None), ("12", 12), ("-7", -7), ("+3", 3), ("012", 12),
        ("0o17", 15), ("0x1F", 31), ("0b101", 5), ("1_000", 1000), ("1.5", 1.5), (".5", 0.5),
        ("1e3", 1000.0), ("-.inf", float("-inf")), ("12:30", "12:30"), ("2024-05-01", "2024-05-01"),
        ("1.2.3", "1.2.3"), ("-", "-"), ("+", "+"), (".", "."), ("0x", "0x"), ("_1", "_1"),
        ("9" * 400, "9" * 400),
    ],
)  # fmt: skip
def test_words_mean_what_they_mean_in_yaml_1_2(word, value):
    assert resolve_scalar(word) == value
    assert type(resolve_scalar(word)) is type(value)


def test_not_a_number_is_a_float():
    assert str(resolve_scalar(".nan")) == "nan"


def test_quotes_and_tags_say_what_a_word_is(loader):
    text = "[ '12', \"true\", !!str 5, !!int '7', !!float 3, !!bool 'true', !!null '' ]"
    assert parse_yaml(text)[0] == ["12", "true", "5", 7, 3.0, True, None]


def test_every_value_knows_its_place(loader):
    text = "a:\n  - x: 1\n    y: [2,\n        3]\nb: |\n  text\n"
    data, positions, _ = parse_yaml(text)
    assert data == {"a": [{"x": 1, "y": [2, 3]}], "b": "text\n"}
    places = {
        (): (1, 1), ("a",): (1, 1), ("a", 0): (2, 5), ("a", 0, "y"): (3, 5),
        ("a", 0, "y", 1): (4, 9), ("b",): (5, 1),
    }  # fmt: skip
    found = {path: (positions.line(*path), positions.column(*path)) for path in places}
    assert found == places


def test_a_path_that_is_not_there_has_the_place_of_what_is(loader):
    _, positions, _ = parse_yaml("a: 1\nb: [1, 2]\n")
    assert positions.line("b", 7) == 2
    assert positions.line("b", "key", 3) == 2
    assert positions.line("nothing") == 1


def test_a_key_that_is_there_twice_is_an_error_in_its_second_line(loader):
    data, _, diagnostics = parse_yaml("a: 1\nb: 2\na: 3\n", "bot.yml")
    assert data == {"a": 1, "b": 2}
    assert str(diagnostics[0]) == (
        "bot.yml:3:1: error Y103: The key 'a' is there twice (first in line 1). "
        "Remove or rename one of the two."
    )


def test_anchors_aliases_and_merged_keys_are_followed(loader):
    text = "base: &b {x: 1, y: 2}\none: {<<: *b, y: 3}\ntwo: {<<: [*b, {z: 9}]}\nsame: *b\n"
    data, positions, diagnostics = parse_yaml(text)
    assert diagnostics == []
    assert data["one"] == {"x": 1, "y": 3}
    assert data["two"] == {"x": 1, "y": 2, "z": 9}
    assert data["same"] == data["base"]
    assert positions.line("one", "x") == 1
    assert positions.line("one", "y") == 2
    assert positions.line("same") == 4


def test_a_quoted_merge_key_is_an_ordinary_key(loader):
    assert parse_yaml("'<<': 1\n")[0] == {"<<": 1}


def test_keys_may_be_numbers_truth_values_and_nothing(loader):
    assert parse_yaml("1: a\n2.5: b\nfalse: c\nnull: d\n")[0] == {
        1: "a",
        2.5: "b",
        False: "c",
        None: "d",
    }


def test_empty_texts_are_no_data_and_no_mistake(loader):
    for text in ("", "\n\n", "# only a comment\n", "---\n"):
        assert parse_yaml(text)[0::2] == (None, [])


def test_a_byte_order_mark_is_dropped(loader):
    assert parse_yaml("\ufeffa: 1\n")[0] == {"a": 1}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a:\n\tb: 1", 2, "Indent with spaces"),
        ("a: b: c", 1, "Put a text that contains ': ' in quotes"),
        ("x:\n  'abc", 2, "A quote is opened and never closed"),
        ("x: 1\ny: [a\n", 2, "A bracket is opened and never closed"),
        ("a: @b", 1, "begins with this character in quotes"),
        ("a: *b", 1, "has no anchor"),
        ("a: &a [*a]", 1, "is part of itself"),
        ("? [a]\n: b", 1, "A key must be a text or a number"),
        ("a: 1\n---\nb: 2", 2, "found a second one"),
        ("ok\nb\x00", 2, r"U\+0000 is not allowed"),
        ("a: \ud800", 1, r"U\+D800 is not allowed"),
        ("a: !!python/object:os.system x", 1, "is not allowed"),
        ("a: !custom [1]", 1, "is not allowed"),
        ("a: !!int x", 1, "is not what its tag"),
        ("<<: 5", 1, "needs a mapping"),
    ],
)
def test_what_is_no_yaml_is_one_error_with_place_and_advice(loader, text, line, message):
    found = only_error(text)
    assert found.line == line
    assert found.file == "bot.yml"
    assert re.search(message, str(found))


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "a:\n", "? "])
def test_deep_nesting_is_refused_and_not_followed(loader, opening):
    if opening == "a:\n":
        text = "".join(" " * depth + opening for depth in range(3000))
    else:
        text = opening * 10_000
    start = time.process_time()
    found = only_error(text)
    assert found.code in {"Y106", "Y101"}
    assert time.process_time() - start < 10


def test_nesting_is_allowed_up_to_the_limit(loader):
    assert parse_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH)[2] == []
    assert only_error("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)).code == "Y106"


def test_aliases_cannot_stand_for_billions_of_values(loader):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    start = time.process_time()
    assert only_error("\n".join(lines)).code == "Y108"
    assert time.process_time() - start < 1


def test_a_long_text_repeated_by_aliases_counts_by_its_length(loader):
    text = f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 101)}]\n"
    assert only_error(text).code == "Y108"


def test_too_long_a_text_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(yaml_lines, "MAX_CHARACTERS", 10)
    assert "at most 10 are read" in only_error("a: 1234567890").message


def test_ten_thousand_lines_are_read_within_a_second():
    text = "".join(
        f"- story: s{i}\n  steps:\n  - intent: greet\n  - action: a{i}\n" for i in range(2500)
    )
    start = time.process_time()
    data, positions, _ = parse_yaml(text)
    assert time.process_time() - start < 1
    assert len(data) == 2500
    assert positions.line(2499, "steps", 1, "action") == 10_000


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.text("[]{}:-,?&*!|>'\"%@`# \n\tab<1~", max_size=40))
def test_no_text_whatsoever_raises(text):
    data, positions, diagnostics = parse_yaml(text)
    assert positions.line("any", 3, "path") >= 1
    assert data is None or all(found.code == "Y103" for found in diagnostics)


@settings(max_examples=200, deadline=None)
@given(st.text("[]{}:-,?&*!|>'\"# \nab<1~", max_size=30))
def test_both_parsers_of_pyyaml_read_the_same_data(text):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_lines, "_LOADER", yaml.SafeLoader)
        slow, _, slow_errors = parse_yaml(text)
    fast, _, fast_errors = parse_yaml(text)
    if not slow_errors and not fast_errors:  # libyaml and PyYAML differ in what they refuse
        assert repr(fast) == repr(slow)


def test_files_that_cannot_be_read_are_errors_that_say_why(tmp_path):
    latin = tmp_path / "latin.yml"
    latin.write_bytes(b"a: ok\nb: gr\xfc\xdf\n")
    with pytest.raises(
        DiagnosedError, match=r"latin\.yml:2: error Y111: The file is not UTF-8 text"
    ):
        read_text(latin)
    with pytest.raises(DiagnosedError, match="The file does not exist"):
        read_text(tmp_path / "none.yml")
    with pytest.raises(DiagnosedError, match="found a folder"):
        read_text(tmp_path)
    with pytest.raises(DiagnosedError, match="cannot be read"):
        read_text("nul\0.yml")


def test_reading_a_file_gives_its_data_or_the_reason_why_not(tmp_path):
    path = tmp_path / "bot.yml"
    path.write_bytes("\ufeffname: Zoë\r\nage: 3\r\n".encode())
    data, positions, diagnostics = read_yaml(path)
    assert (data, positions.line("age"), diagnostics) == ({"name": "Zoë", "age": 3}, 2, [])
    data, _, diagnostics = read_yaml(tmp_path / "none.yml")
    assert (data, [found.code for found in diagnostics]) == (None, ["Y111"])
