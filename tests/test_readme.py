"""The README tells the truth: its code runs, its numbers were measured, its map is the house."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests import house

README = (house.ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.S | re.M)

KERAS_AND_NUMPY_2 = "ignore:__array__ implementation doesn't accept:DeprecationWarning"


def test_the_python_of_the_readme_runs_from_top_to_bottom(tmp_path):
    code = "\n".join(BLOCK.findall(README))
    assert code.count("print(") >= 8
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", KERAS_AND_NUMPY_2, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "How has your day been so far?" in done.stdout
    assert (tmp_path / "models" / "moodbot").is_dir()


def test_the_commands_in_the_table_exist():
    commands = re.findall(r"^\| `dialogue-nb (\w+)", README, re.M)
    assert len(commands) >= 6
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", "dialogue_nb", command, "--help"],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"


def test_the_map_names_folders_that_exist_on_their_floors():
    rows = re.findall(r"^\| (\d) \| (.+?) \|", README, re.M)
    shown = {}
    for floor, places in rows:
        for place in re.findall(r"`([\w./]+)`", places):
            assert (house.ROOT / house.PACKAGE / place).exists(), place
            shown[place.rstrip("/").removesuffix(".py")] = int(floor)
    assert len(shown) >= 7
    assert shown == {room: house.FLOORS[room] for room in shown}


def test_every_file_the_readme_links_to_is_there():
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert "LICENSE" in links
    for link in links:
        assert (house.ROOT / link).is_file(), link


@pytest.fixture
def benchmark_report(monkeypatch):
    monkeypatch.syspath_prepend(str(house.ROOT / "benchmarks"))
    import report

    return report


def test_the_numbers_of_the_readme_are_those_that_the_benchmarks_saved(benchmark_report):
    body, measurements = benchmark_report.load()
    assert benchmark_report.readme_part(body, measurements) in README


def test_outside_the_measured_table_the_readme_states_no_speed():
    text = re.sub(r"<!-- measured: begin -->.*?<!-- measured: end -->", "", README, flags=re.S)
    assert not re.search(r"\d+(\.\d+)? ?(ms|s|seconds|GB|MB|times)\b", text)


def test_the_pictures_of_the_readme_are_there():
    named = re.findall(r'(?:src|srcset)="([^"]+)"|\!\[[^\]]*\]\(([^)]+)\)', README)
    found = [first or second for first, second in named]
    assert len(found) >= 2
    assert [name for name in found if not (house.ROOT / name).is_file()] == []
