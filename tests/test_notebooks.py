"""The lessons: saved without outputs, and every cell of every notebook runs."""

from __future__ import annotations

import nbclient
import nbformat
import pytest

from tests import house

NOTEBOOKS = sorted((house.ROOT / "notebooks").glob("*.ipynb"))


def read(path):
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def test_there_are_lessons():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_saved_clean(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert "widgets" not in notebook.metadata
    identifiers = [cell.id for cell in notebook.cells]
    assert len(set(identifiers)) == len(identifiers)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


# ipykernel and its libraries warn about each other; the notebook's own warnings end in its outputs.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom_without_a_warning(path, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(house.ROOT))
    notebook = read(path)
    resources = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=300, resources=resources).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            # Training shows its progress on stderr too.
            assert output.get("name") != "stderr" or "Warning" not in output.text, output.text
