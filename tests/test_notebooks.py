"""The lessons: every cell runs, and what is saved of a run can be read without a kernel."""

from __future__ import annotations

import json

import nbformat
import pytest

from tests import lessons
from tests.lessons import NOTEBOOKS

LARGEST = 300_000


def outputs_of(notebook):
    return [one for cell in notebook.cells for one in cell.get("outputs", [])]


def kinds_of(cell):
    """What a cell put out, without the words and numbers."""
    return [one.get("name") or sorted(one["data"]) for one in cell.outputs]


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
    for folder in (root, "/home/", "/root/", "/tmp/", "/Users/", "site-packages"):
        assert folder not in said


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
