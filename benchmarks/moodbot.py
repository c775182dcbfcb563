"""Row: training the packaged moodbot from a cold start, the whole process.

Not the same network on both sides: Rasa 3.6 has no LSTM policy, so it trains its own TED.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from measure import (
    CONFIGS,
    OURS,
    RASA,
    ROOT,
    WORKERS,
    Measurement,
    dialogue_nb,
    median,
    rasa,
    repeated,
    run,
    show,
)

ROW = "moodbot"
TRAIN = "train, cold process"
ONE = "one decision"
BOT = ROOT / "dialogue_nb" / "bots" / "moodbot"


def measure(workdir: Path, *, quick: bool = False) -> list[Measurement]:
    """Trains the bot as it lies in the package, with each; then probes the models."""
    files = ["-d", BOT / "domain.yml", "-s", BOT / "data", "-c", BOT / "config.yml"]
    words = dialogue_nb("train", "default", *files, "-o", workdir / "moodbot ours")
    done = repeated(1 if quick else 3, lambda: run(words))
    count = 60 if quick else 510
    worker = WORKERS / "ours_prediction.py"
    probe = [sys.executable, worker, workdir / "moodbot ours", BOT / "data", str(count), "1"]
    each = run(probe).report()["seconds_each"]
    made = [
        Measurement(ROW, TRAIN, OURS, done.seconds, done.peak_mb),
        Measurement(ROW, ONE, OURS, median(each), None, {"decisions": len(each)}),
    ]
    if python := rasa("RASA_36_PYTHON"):
        made += _rasa(python, workdir, count)
    return made


def _rasa(python: str, workdir: Path, count: int) -> list[Measurement]:
    bot = workdir / "moodbot"
    shutil.copytree(BOT, bot, dirs_exist_ok=True)
    shutil.copy(CONFIGS / "moodbot_ted.yml", bot / "config.yml")
    name = ["--out", workdir / "moodbot rasa", "--fixed-model-name", "model"]
    done = run([python, "-m", "rasa", "train", "core", *name], cwd=bot)
    model = workdir / "moodbot rasa" / "model.tar.gz"
    worker = WORKERS / "rasa_36_prediction.py"
    stories = bot / "data" / "stories.yml"
    each = run([python, worker, model, stories, str(count)]).report()["seconds_each"]
    who = RASA["RASA_36_PYTHON"]
    return [
        Measurement(ROW, TRAIN, who, done.seconds, done.peak_mb, {"network": "TED"}),
        Measurement(ROW, ONE, who, median(each), None, {"decisions": len(each), "network": "TED"}),
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        show(measure(Path(folder)))
