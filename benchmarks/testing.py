"""Row: the teacher-forced test on the 185 MultiWOZ test stories, the whole process."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import training
from measure import OURS, RASA, Measurement, Run, dialogue_nb, multiwoz, rasa, repeated, run, show

ROW = "testing"
CASE = "MultiWOZ, 3,655 predictions"
SCORES = "scores.json"


def measure(workdir: Path, *, quick: bool = False) -> list[Measurement]:
    """Tests the models that `training` left in the folder; trains them first where it left none."""
    if multiwoz() is None:
        return []
    made = []
    for who, train in training.trainers(workdir).items():
        model = training.model_path(workdir, who)
        if not model.exists():
            train()
        done = repeated(1 if quick or who != OURS else 3, _testers(workdir, model)[who])
        detail = _ours_scores(workdir) if who == OURS else _rasa_scores(done)
        made.append(Measurement(ROW, CASE, who, done.seconds, done.peak_mb, detail))
    return made


def _testers(workdir: Path, model: Path) -> dict[str, Callable[[], Run]]:
    data = multiwoz()
    assert data is not None
    stories = data / "data/test/stories.md"
    results = workdir / "results"
    commands: dict[str, list[str | Path]] = {
        OURS: dialogue_nb(
            *("test", "default", "--core", model, "-s", stories, "--json", workdir / SCORES)
        ),
        RASA["RASA_014_PYTHON"]: [
            *(rasa("RASA_014_PYTHON") or "", "-m", "rasa_core.test", "default"),
            *("--core", model, "-s", stories, "-o", results / "014"),
        ],
        RASA["RASA_110_PYTHON"]: [
            *(rasa("RASA_110_PYTHON") or "", "-m", "rasa", "test", "core"),
            *("-m", model, "-s", stories, "--out", results / "110"),
        ],
    }
    # Ours ends with 1 when a story went wrong, and here many do.
    return {who: lambda words=words: run(words, fine=(0, 1)) for who, words in commands.items()}


def _ours_scores(workdir: Path) -> dict[str, float]:
    scores = json.loads((workdir / SCORES).read_text(encoding="utf-8"))["actions_as_rasa_counts"]
    return {"accuracy": round(scores["accuracy"], 3), "f1": round(scores["f1"], 3)}


def _rasa_scores(done: Run) -> dict[str, float]:
    """Rasa prints two tables, of whole conversations and of actions; the second counts."""
    found = {
        name: float(re.findall(rf"{label}:\s+([\d.]+)", done.output)[1])
        for name, label in (("accuracy", "Accuracy"), ("f1", "F1-Score"))
    }
    return {name: round(value, 3) for name, value in found.items()}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        show(measure(Path(folder)))
