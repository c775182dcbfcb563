"""Row: training memoization and the LSTM on the MultiWOZ stories, the whole process."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from measure import (
    CONFIGS,
    OURS,
    RASA,
    Measurement,
    Run,
    dialogue_nb,
    multiwoz,
    rasa,
    repeated,
    run,
    show,
)

ROW = "training"
CASE = "MultiWOZ, Memoization + LSTM"


def model_path(workdir: Path, who: str) -> Path:
    """Where the model is after training; the rows that follow use it too."""
    folder = workdir / f"multiwoz {who}"
    return folder / "model.tar.gz" if who == RASA["RASA_110_PYTHON"] else folder


def measure(workdir: Path, *, quick: bool = False) -> list[Measurement]:
    """Trains once with each; the accuracy that the models reach is the business of `testing`."""
    if multiwoz() is None:
        return []
    made = []
    for who, train in trainers(workdir).items():
        done = repeated(1 if quick or who != OURS else 3, train)
        made.append(Measurement(ROW, CASE, who, done.seconds, done.peak_mb))
    return made


def trainers(workdir: Path) -> dict[str, Callable[[], Run]]:
    """Who is here to train, and how."""
    found: dict[str, Callable[[], Run]] = {OURS: lambda: _ours(workdir)}
    if python := rasa("RASA_014_PYTHON"):
        found[RASA["RASA_014_PYTHON"]] = lambda: _rasa_014(python, workdir)
    if other := rasa("RASA_110_PYTHON"):
        found[RASA["RASA_110_PYTHON"]] = lambda: _rasa_110(other, workdir)
    return found


def _files(config: str) -> list[str | Path]:
    data = multiwoz()
    assert data is not None
    return [
        *("-d", data / "domain.yml"),
        *("-s", data / "data/train/stories.md"),
        *("-c", CONFIGS / config),
        *("--augmentation", "0"),
    ]


def _ours(workdir: Path) -> Run:
    out = model_path(workdir, OURS)
    return run(dialogue_nb("train", "default", *_files("memo_lstm_ours.yml"), "-o", out))


def _rasa_014(python: str, workdir: Path) -> Run:
    out = model_path(workdir, RASA["RASA_014_PYTHON"])
    words = _files("memo_lstm.yml")
    return run([python, "-m", "rasa_core.train", "default", *words, "-o", out])


def _rasa_110(python: str, workdir: Path) -> Run:
    out = model_path(workdir, RASA["RASA_110_PYTHON"])
    name = ["--out", out.parent, "--fixed-model-name", "model"]
    return run([python, "-m", "rasa", "train", "core", *_files("memo_lstm.yml"), *name])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        show(measure(Path(folder)))
