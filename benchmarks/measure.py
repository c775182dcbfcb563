"""What all rows share: how a run is measured, where Rasa and the data are, a measurement."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
WORKERS = HERE / "workers"
CONFIGS = HERE / "configs"

OURS = "dialogue_nb"
RASA = {
    "RASA_014_PYTHON": "Rasa Core 0.14.5",
    "RASA_110_PYTHON": "Rasa 1.10.26",
    "RASA_36_PYTHON": "Rasa 3.6.21",
}
MULTIWOZ = Path("data/ted-paper/multiwoz_dialogues_data/compute/SUBMIT-modular-mh10")

# Quiet, offline, and the same thread settings for everybody: whatever the libraries choose.
QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONWARNINGS": "ignore",
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "MPLBACKEND": "agg",
}


@dataclass(frozen=True)
class Measurement:
    """One number of one row.

    Args:
        row: What was done ("generation").
        case: Which size or kind of it ("augmentation 20").
        who: Who did it, one of `OURS` and the values of `RASA`.
        seconds: The time that is compared.
        peak_mb: The most memory the process had, in MB; None where that says nothing.
        detail: What else is worth knowing (accuracy, number of trackers, all repetitions).
    """

    row: str
    case: str
    who: str
    seconds: float
    peak_mb: float | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> Measurement:
        return cls(**body)


@dataclass(frozen=True)
class Run:
    """One process that has ended well: its wall-clock time, its memory, what it printed."""

    seconds: float
    peak_mb: float
    output: str

    def report(self) -> dict[str, Any]:
        """The JSON object in the last line of the output that is one."""
        for line in reversed(self.output.splitlines()):
            if line.startswith("{"):
                return dict(json.loads(line))
        raise ValueError(f"Expected a line of JSON in the output, got: {self.output[-300:]!r}")


def run(command: Sequence[str | Path], cwd: Path | None = None, fine: Sequence[int] = (0,)) -> Run:
    """Runs a command to its end and measures the whole process.

    The exit status must be one of `fine`. The memory is that of the largest process: the command's
    own or one that it waited for.
    """
    words = [str(word) for word in command]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        start = time.perf_counter()
        child = subprocess.Popen(
            words, cwd=cwd, env=_environment(), stdout=output, stderr=subprocess.STDOUT
        )
        # wait4 instead of child.wait(): only it tells the memory of this one child.
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if child.returncode not in fine:
        raise RuntimeError(f"{' '.join(words)} ended with {child.returncode}:\n{text[-2000:]}")
    return Run(seconds, usage.ru_maxrss / 1024, text)


def _environment() -> dict[str, str]:
    # pip compiles what it installs; a source tree is compiled by its first import, if it may be.
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | QUIET


def repeated(times: int, once: Callable[[], Run]) -> Run:
    """The run in the middle of several, by time."""
    runs = sorted((once() for _ in range(times)), key=lambda one: one.seconds)
    return runs[len(runs) // 2]


def dialogue_nb(*words: str | Path) -> list[str | Path]:
    """The command line of dialogue_nb, as this interpreter has it."""
    return [sys.executable, "-m", "dialogue_nb", *words]


def rasa(variable: str) -> str | None:
    """The interpreter that has a certain Rasa, from the environment; None when it has none."""
    return os.environ.get(variable) or None


def multiwoz() -> Path | None:
    """The folder of the MultiWOZ stories, None when they are not here."""
    place = os.environ.get("DIALOGUE_NB_CONFORMANCE") or ROOT.parent / "shared" / "conformance"
    folder = Path(place) / MULTIWOZ
    return folder if folder.is_dir() else None


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def show(measurements: Sequence[Measurement]) -> None:
    """Prints measurements as they are, for a row that is run alone."""
    for one in measurements:
        memory = "" if one.peak_mb is None else f"{one.peak_mb:10.0f} MB"
        print(f"{one.row:12} {one.case:28} {one.who:18} {one.seconds:10.4f} s{memory}")
        if one.detail:
            print(f"{'':12} {json.dumps(dict(one.detail))}")
