"""Row: training dialogues from the 740 MultiWOZ stories, with augmentation 0, 5, 20, 50."""

from __future__ import annotations

import sys
from pathlib import Path

from measure import OURS, RASA, WORKERS, Measurement, multiwoz, rasa, repeated, run, show

ROW = "generation"
FACTORS = (0, 5, 20, 50)


def measure(workdir: Path, *, quick: bool = False) -> list[Measurement]:
    """Each factor in a process of its own; `seconds` is the loading, without start and imports."""
    data = multiwoz()
    if data is None:
        return []
    factors = FACTORS[:2] if quick else FACTORS
    files = [data / "domain.yml", data / "data/train/stories.md"]
    return [
        one
        for factor in factors
        for one in (_ours(files, factor), _rasa(files, factor))
        if one is not None
    ]


def _ours(files: list[Path], factor: int) -> Measurement:
    worker = WORKERS / "ours_generation.py"
    done = repeated(3, lambda: run([sys.executable, worker, *files, str(factor)]))
    return _measurement(OURS, factor, done.report(), done.seconds, done.peak_mb)


def _rasa(files: list[Path], factor: int) -> Measurement | None:
    python = rasa("RASA_110_PYTHON")
    if python is None:
        return None
    done = run([python, WORKERS / "rasa_110_generation.py", *files, str(factor)])
    who = RASA["RASA_110_PYTHON"]
    return _measurement(who, factor, done.report(), done.seconds, done.peak_mb)


def _measurement(
    who: str, factor: int, report: dict[str, float], process: float, peak_mb: float
) -> Measurement:
    detail = {"trackers": report["trackers"], "whole_process_seconds": round(process, 2)}
    return Measurement(ROW, f"augmentation {factor}", who, report["seconds"], peak_mb, detail)


if __name__ == "__main__":
    show(measure(Path.cwd()))
