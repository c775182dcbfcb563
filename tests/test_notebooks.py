"""The lessons: every cell runs, and what is saved of a run can be read without a kernel."""

from __future__ import annotations

import json
import re

import nbformat
import pytest

from tests import lessons
from tests.lessons import NOTEBOOKS

LARGEST = 300_000
CLAIMS = {
    "04_rules_stories_and_learning": {
        "first": [
            r"/greet +utter_greet +1\.00 \* +0\.00",
            r"/bot_challenge +utter_iamabot +1\.00 +1\.00 \*",
            r"/goodbye +utter_goodbye +0\.00 +1\.00 \*",
        ],
        "second": [r"/goodbye +utter_goodbye +1\.00 +1\.00 \*"],
        "third": [r"/deny +utter_\w+ +0\.00 +0\.00 +0\.\d+ \*"],
        "chatterbox": [r"I stopped after 10 actions without listening"],
        "third-bars": [r"^LSTM chose"],
        "fallback-live": [r"^Rule chose action_default_fallback \(0\.50\)"],
        "fallback-talk": [r"/deny +action_default_fallback", r"/mood_great +utter_happy +1\.00 \*"],
        "fallback-timeline": [r"“/deny”.*taken back"],
        "price": [r"0\.[6-9]\d  deny +utter_goodbye +nobody knows"],
        "places-counted": [
            r"memory +4 of 18 right",
            r"memory and network +\d+ of 18 right",
            r"memory, network and a rule +18 of 18 right",
        ],
        "no-means-no": [r"stories\.yml:\d+: error R104: .*'no means a duck' \(line 6\)"],
        "matrix": [r"1 contradiction among"],
        "mended": [r"no contradictions among"],
        "mended-talk": [
            r"action_default_fallback +0\.00 +0\.30 \*",
            r"/deny +utter_goodbye +1\.00 \*",
        ],
        "long-rule": [r"1 other problem"],
        "as-story": [r"/deny +utter_cheer_up +1\.00 \*"],
        "unwritten": [r"/mood_unhappy +utter_cheer_up +0\.00 +0\.00 +0\.\d+ \*"],
        "solution-1-code": [r"utter_iamabot +1\.00 \* +1\.00"],
        "solution-2-code": [r"/deny +utter_did_that_help +0\.00 +0\.50 \*"],
        "solution-3-code": [r"2 contradictions among", r"no contradictions among"],
    },
    "05_forms": {
        "agent": [r"chain, on Monday. Remarks: the bell is loose.\nbot: We will keep a bicycle"],
        "at-once": [r"^you: .*\nbot: Do you need", r"loan = False", r"note = nothing else"],
        "in-charge": [r"because its form goes on"],
        "price": [r"repair_form REFUSES\n +action utter_price"],
        "chat": [r"repair_form refused", r"still waiting for: day"],
        "hours": [r"after it the form goes on"],
        "thanks": [r"REFUSES\n +action action_default_fallback", r"the message is taken back"],
        "thanks-rule": [r"With pleasure\.\nbot: On which day"],
        "leave": [r"Ride safely!\nbot: What is broken\?"],
        "leave-rule": [r"Ride safely!\n\n", r"the form is over"],
        "leave-matcher": [r"'whoever leaves is not held back' matches"],
        "kept": [r"/hand_in\nbot: On which day"],
        "validate": [r"don't mend a sky", r"slot part = None"],
        "validate-class": [r"On a Sunday nobody", r"day: Tuesday"],
        "dynamic": [r'"chain".*\nbot: Do you need', r'"light".*\nbot: Anything else'],
        "ask": [r"Free: Tuesday, Thursday\."],
        "solution-1-code": [r"makes a noise\nbot: On which day", r"part: wheel"],
        "solution-2-code": [r"/hand_in\nbot: What is broken\?$"],
        "solution-3-code": [r"features: \(\)", r"I am sure it is"],
    },
}
"""What the words around a cell rely on, by lesson and cell: patterns in what it puts out."""


def outputs_of(notebook):
    return [one for cell in notebook.cells for one in cell.get("outputs", [])]


def kinds_of(cell):
    """What a cell put out, without the words and numbers."""
    return [one.get("name") or sorted(one["data"]) for one in cell.outputs]


def broken_claims(name, notebook):
    """The patterns that a cell was to put out and did not, with the cell."""
    told = {cell.id: words_of(cell) for cell in notebook.cells if cell.cell_type == "code"}
    return [
        (cell, pattern)
        for cell, patterns in CLAIMS.get(name, {}).items()
        for pattern in patterns
        if not re.search(pattern, told[cell], re.MULTILINE)
    ]


def words_of(cell):
    return "\n".join(one.get("text") or one.data["text/plain"] for one in cell.outputs)


def test_there_are_lessons():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_saved_as_it_ran_once_from_top_to_bottom(path):
    notebook = lessons.read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    identifiers = [cell.id for cell in notebook.cells]
    assert len(set(identifiers)) == len(identifiers)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [*range(1, len(code) + 1)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_saved_notebook_is_small_and_can_be_read_without_a_kernel(path):
    text = path.read_text(encoding="utf-8")
    notebook = lessons.read(path)
    assert len(text.encode()) <= LARGEST
    assert "widgets" not in notebook.metadata
    assert lessons.LIVE not in text
    for output in outputs_of(notebook):
        assert output.output_type != "error"
        assert output.get("name") != "stderr"
        assert output.output_type == "stream" or output.data["text/plain"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_saved_notebook_tells_nothing_about_the_machine_that_ran_it(path):
    said = json.dumps(outputs_of(lessons.read(path)))
    root = str(lessons.house.ROOT)
    assert root not in said
    assert not re.search(r"/(home|root|tmp|Users)/|site-packages", said)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_was_saved_is_what_the_lesson_speaks_of(path):
    assert broken_claims(path.stem, lessons.read(path)) == []


# ipykernel and its libraries warn about each other; the notebook's own warnings end in its outputs.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_without_a_warning_and_shows_what_was_saved(path, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(lessons.house.ROOT))
    saved = lessons.read(path)
    ran = lessons.run(saved, tmp_path)
    for output in outputs_of(ran):
        assert output.get("name") != "stderr" or "Warning" not in output.text, output.text
    for before, now in zip(saved.cells, lessons.tidy(ran).cells, strict=True):
        if before.cell_type == "code":
            assert kinds_of(now) == kinds_of(before), before.source
    assert broken_claims(path.stem, ran) == []
