"""Row: one decision of the whole ensemble in a warm process, and 10,000 in a batch."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import training
from measure import (
    OURS,
    RASA,
    WORKERS,
    Measurement,
    median,
    multiwoz,
    rasa,
    run,
    show,
)

ROW = "prediction"
ONE = "one decision"
BATCH = "10,000 decisions in a batch"
WORKER = {"RASA_014_PYTHON": "rasa_014_prediction.py", "RASA_110_PYTHON": "rasa_110_prediction.py"}


def measure(workdir: Path, *, quick: bool = False) -> list[Measurement]:
    """Probes the models that `training` left in the folder; trains them first where it left none.

    Rasa has no batches: what it needs for 10,000 is 10,000 times what it needs for one.
    """
    data = multiwoz()
    if data is None:
        return []
    count = 60 if quick else 510
    stories = data / "data/test/stories.md"
    made = []
    for who, train in training.trainers(workdir).items():
        model = training.model_path(workdir, who)
        if not model.exists():
            train()
        if who == OURS:
            made += _ours(model, stories, count)
        else:
            variable = next(name for name, value in RASA.items() if value == who)
            made += _rasa(variable, model, stories, count)
    return made


def _ours(model: Path, stories: Path, count: int) -> list[Measurement]:
    worker = WORKERS / "ours_prediction.py"
    report = run([sys.executable, worker, model, stories, str(count), "10000"]).report()
    one = median(report["seconds_each"])
    return [
        Measurement(ROW, ONE, OURS, one, None, {"decisions": len(report["seconds_each"])}),
        Measurement(ROW, BATCH, OURS, report["seconds_batch"], None),
    ]


def _rasa(variable: str, model: Path, stories: Path, count: int) -> list[Measurement]:
    words = [rasa(variable) or "", WORKERS / WORKER[variable], model, stories, str(count)]
    each = run(words).report()["seconds_each"]
    who = RASA[variable]
    return [
        Measurement(ROW, ONE, who, median(each), None, {"decisions": len(each)}),
        Measurement(ROW, BATCH, who, 10_000 * sum(each) / len(each), None, {"extrapolated": True}),
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        show(measure(Path(folder)))
