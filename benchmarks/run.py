"""Runs all rows, each against Rasa where Rasa is installed, and alone otherwise.

usage: python benchmarks/run.py [--rows ROW ...] [--quick] [--readme] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import generation
import heatmap
import importing
import keystroke
import moodbot
import plots
import prediction
import probing
import report
import rules
import testing
import training
import understanding
from measure import HERE, Measurement, multiwoz

MODULES = {
    module.ROW: module
    for module in (
        importing,
        moodbot,
        generation,
        training,
        testing,
        prediction,
        rules,
        keystroke,
        probing,
        heatmap,
        understanding,
    )
}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", nargs="+", choices=MODULES, default=list(MODULES))
    parser.add_argument("--quick", action="store_true", help="smaller sizes, one repetition")
    parser.add_argument("--readme", action="store_true", help="put the results into the README")
    parser.add_argument("--out", type=Path, default=HERE, help="where results and plots go")
    options = parser.parse_args()
    if multiwoz() is None:
        print("The MultiWOZ stories are not here: their rows are left out (see the README).")
    measurements = measure_all(options.rows, quick=options.quick)
    options.out.mkdir(parents=True, exist_ok=True)
    body = report.save(measurements, options.out / report.RESULTS.name)
    for picture in plots.draw(measurements, options.out / "plots"):
        print(f"drawn: {picture}")
    print(report.table(measurements))
    print(report.machine_line(body))
    if options.readme:
        report.write_readme()


def measure_all(rows: list[str], *, quick: bool) -> list[Measurement]:
    """Measures row after row; the models that one trains serve the next."""
    measurements: list[Measurement] = []
    with tempfile.TemporaryDirectory() as folder:
        for row in rows:
            found = MODULES[row].measure(Path(folder), quick=quick)
            measurements += found
            for one in found:
                print(f"{row}: {one.case}: {one.who}: {report.duration(one.seconds)}", flush=True)
    return measurements


if __name__ == "__main__":
    main()
