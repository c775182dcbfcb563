"""The benchmarks measure what they say, and run where there is no Rasa and no data."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys

import pytest

from tests import house

FOLDER = house.ROOT / "benchmarks"


@pytest.fixture
def measure(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("measure")


@pytest.fixture
def report(measure):
    return importlib.import_module("report")


def test_a_run_is_measured_as_a_whole_process(measure):
    code = "import time; block = bytearray(80_000_000); time.sleep(0.2); print('{\"a\": 1}')"
    done = measure.run([sys.executable, "-c", code])
    assert done.seconds >= 0.2
    assert done.peak_mb >= 80
    assert done.report() == {"a": 1}


def test_a_run_that_fails_says_how(measure):
    command = [sys.executable, "-c", "print('no such file'); raise SystemExit(3)"]
    with pytest.raises(RuntimeError, match=r"ended with 3:\nno such file"):
        measure.run(command)
    assert measure.run(command, fine=(0, 3)).output == "no such file\n"


def test_an_output_without_json_is_an_error(measure):
    with pytest.raises(ValueError, match="a line of JSON"):
        measure.Run(1.0, 1.0, "nothing\n").report()


def test_repeated_takes_the_run_in_the_middle(measure):
    runs = iter([measure.Run(seconds, 1.0, "") for seconds in (5.0, 1.0, 3.0)])
    assert measure.repeated(3, lambda: next(runs)).seconds == 3.0


def test_the_table_divides_rasa_by_ours_and_leaves_nobody_out(report, measure):
    ours = measure.Measurement("generation", "augmentation 5", measure.OURS, 0.5, 100.0)
    rasa = measure.Measurement("generation", "augmentation 5", "Rasa 1.10.26", 24.0, 2050.0)
    alone = measure.Measurement("import", "the package", measure.OURS, 0.0123)
    lines = report.table([ours, rasa, alone]).splitlines()
    assert lines[2].endswith(
        "| 24.0 s, 2.05 GB (Rasa 1.10.26) | 500 ms, 0.10 GB | 48 times, memory 20 times |"
    )
    assert lines[3] == "| import of the package | | 12.3 ms | |"


def test_results_are_read_as_they_were_saved(report, measure, tmp_path):
    one = measure.Measurement("testing", "case", measure.OURS, 1.5, 20.0, {"accuracy": 0.7})
    saved = report.save([one], tmp_path / "results.json")
    assert report.load(tmp_path / "results.json") == (saved, [one])
    assert saved["machine"]["cores"] == os.cpu_count()


def test_without_rasa_and_without_data_our_side_is_measured_alone(tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RASA_")}
    environment |= {"DIALOGUE_NB_CONFORMANCE": str(tmp_path), "PYTHONPATH": str(house.ROOT)}
    done = subprocess.run(
        [
            sys.executable,
            FOLDER / "run.py",
            "--quick",
            "--rows",
            "import",
            "generation",
            "--out",
            tmp_path,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert "their rows are left out" in done.stdout
    body = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert {(m["row"], m["who"]) for m in body["measurements"]} == {("import", "dialogue_nb")}
    # what a bare interpreter takes is subtracted: on a busy machine that can be more
    assert all(-5 < m["seconds"] < 60 for m in body["measurements"])
