"""Row: how long an import takes, beyond the start of a bare interpreter."""

from __future__ import annotations

import sys
from pathlib import Path

from measure import OURS, RASA, Measurement, median, rasa, run, show

ROW = "import"
PACKAGE = "the package"
AGENT = "the package's Agent"
STATEMENTS = {
    # `import rasa` alone loads next to nothing in some versions, so there it says nothing.
    OURS: {PACKAGE: "import dialogue_nb", AGENT: "from dialogue_nb.agent import Agent"},
    RASA["RASA_014_PYTHON"]: {AGENT: "from rasa_core.agent import Agent"},
    RASA["RASA_110_PYTHON"]: {AGENT: "from rasa.core.agent import Agent"},
    RASA["RASA_36_PYTHON"]: {AGENT: "from rasa.core.agent import Agent"},
}


def measure(workdir: Path, *, quick: bool = False) -> list[Measurement]:
    """The time in the middle of several, less that of `pass`; the first one warms the disk."""
    pythons = {OURS: sys.executable}
    pythons |= {who: found for name, who in RASA.items() if (found := rasa(name))}
    times = 3 if quick else 7
    return [
        Measurement(
            ROW,
            case,
            who,
            _seconds(python, statement, times) - _seconds(python, "pass", times),
        )
        for who, python in pythons.items()
        for case, statement in STATEMENTS[who].items()
    ]


def _seconds(python: str, statement: str, times: int) -> float:
    run([python, "-c", statement])
    return median([run([python, "-c", statement]).seconds for _ in range(times)])


if __name__ == "__main__":
    show(measure(Path.cwd()))
