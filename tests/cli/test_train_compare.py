"""`train compare` on the command line, with the arguments of Rasa Core 0.14."""

from __future__ import annotations

import csv
import json

import pytest

from dialogue_nb.cli import main


@pytest.fixture
def two(bot):
    for length in (1, 4):
        text = f"policies: [{{name: MemoizationPolicy, max_history: {length}}}]"
        (bot / f"memory{length}.yml").write_text(text)
    return bot


WORDS = (
    "train compare -d domain.yml -s data -c memory1.yml memory4.yml -o out --percentages 0 50 "
    "--runs 2 --augmentation 0 --test-stories data"
)


def test_it_writes_a_table_curves_and_what_each_training_gave(two, run):
    status, out, err = run(*WORDS.split())
    assert status == 0
    assert "8 of 8 trainings done, 0 of them before this; written to 'out'." in err
    assert out.splitlines()[0].split() == (
        ["configuration", "left", "out", "stories", "runs", "right", "of", "2", "actions"]
    )
    rows = list(csv.DictReader((two / "out" / "results.csv").read_text().splitlines()))
    assert [(r["configuration"], r["percentage"], r["run"]) for r in rows][:3] == [
        ("memory1", "0.0", "1"), ("memory4", "0.0", "1"), ("memory1", "0.0", "2"),
    ]  # fmt: skip
    assert rows[1]["stories_right"] == "2"
    assert json.loads((two / "out" / "results.json").read_text())["done"] == 8
    assert "<svg" in (two / "out" / "learning_curves.svg").read_text()


def test_the_second_time_nothing_is_trained(two, run):
    first = run(*WORDS.split())[1]
    status, out, err = run(*WORDS.split())
    assert (status, out) == (0, first)
    assert "8 of 8 trainings done, 8 of them before this" in err


def test_several_configurations_compare_as_in_rasa_1(two, run):
    status, _, err = run(*WORDS.replace(" compare", "").split())
    assert status == 0
    assert "8 of 8" in err


def test_options_of_learning_count_for_all_configurations(two, run):
    status, out, _ = run(*WORDS.split(), "--history", 1, "--json", "-")
    assert status == 0
    by_name = {}
    for row in json.loads(out)["results"]:
        by_name.setdefault(row["configuration"], []).append(row["accuracy"])
    assert by_name["memory1"] == by_name["memory4"]


def test_files_of_the_same_name_are_told_apart(two, run):
    (two / "other").mkdir()
    (two / "other" / "memory1.yml").write_text("policies: [{name: MemoizationPolicy}]")
    words = WORDS.replace("memory4.yml", "other/memory1.yml")
    _, out, _ = run(*words.split(), "--json", "-")
    names = {row["configuration"] for row in json.loads(out)["results"]}
    assert names == {"memory1.yml", "other/memory1.yml"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("--percentages 0 50", "--percentages 100"), "expected a number from 0 to below 100"),
        (("--runs 2", "--runs 0"), "error: runs must be 1 or more, got 0."),
        (("-c memory1.yml memory4.yml", ""), "error: Comparing needs configurations: -c"),
        (("memory4.yml", "none.yml"), "none.yml"),
        (("-o out", "-o domain.yml"), "'domain.yml' is a file"),
    ],
)
def test_wrong_arguments_are_one_clear_line(two, run, change, message):
    status, _, err = run(*WORDS.replace(*change).split())
    assert status == 2
    assert message in err
    assert "Traceback" not in err


def test_a_training_that_fails_makes_the_status_1(two, run):
    # rules that contradict the stories
    (two / "memory4.yml").write_text("policies: [{name: RulePolicy}]")
    text = "rules: [{rule: bye, steps: [{intent: leave}, {action: utter_hello}]}]"
    (two / "data" / "rules.yml").write_text(text)
    status, out, err = run(*WORDS.split())
    assert status == 1
    assert "error E301: memory4 0% run 1:" in err
    assert "memory1" in out


def test_an_interrupt_says_how_to_go_on(two, run, monkeypatch):
    from dialogue_nb.policies.memoization import MemoizationPolicy

    calls = []
    real = MemoizationPolicy.train

    def third_is_interrupted(self, *args, **kwargs):
        calls.append(self)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(self, *args, **kwargs)

    monkeypatch.setattr(MemoizationPolicy, "train", third_is_interrupted)
    status, _, err = run(*WORDS.split())
    assert status == 130
    assert "2 of 8 trainings done" in err
    assert "the same command goes on where it was" in err
    assert main(WORDS.split()) == 0
    assert len(calls) == 3 + 6
