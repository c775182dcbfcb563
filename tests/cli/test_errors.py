from __future__ import annotations

import subprocess
import sys

import pytest

from .conftest import ENVIRONMENT


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("", "the following arguments are required: COMMAND"),
        ("tarin", "there is no command 'tarin'. Did you mean 'train'?"),
        ("train", "the following arguments are required: -d/--domain"),
        ("train compare -d domain.yml -s data -o z", "Comparing needs configurations: -c"),
        ("train interactive", "'train interactive' is not built yet"),
        ("train defualt", "expected default or compare, got 'defualt'"),
        ("test compare -s x", "'test compare' is not built yet"),
        ("train -d domain.yml -s data -o m --epochs many", "invalid whole number value: 'many'"),
        ("train -d domain.yml -s data -o m --epochs -3", "expected 0 or more, got -3"),
        ("train -d domain.yml -s data --url u -o m", "not allowed with argument"),
        ("train -d domain.yml --url http://x/y -o m", "Nothing is fetched from the network"),
        ("train -d nowhere.yml -s data -o m", "nowhere.yml"),
        ("train -d domain.yml -s nowhere.md -o m", "nowhere.md"),
        ("train -d domain.yml -s data -o m -c nowhere.yml", "nowhere.yml"),
        ("train -d broken.yml -s data -o m", "broken.yml:3:1: error Y101"),
        ("train -d domain.yml -s wrong.md -o m", "wrong.md:2: error S401"),
        ("train -d domain.yml -s data -o m -c odd.yml", "Unknown policy 'MemorizationPolicy'"),
        ("train -d domain.yml -s data -o data -c config.yml", "is not overwritten"),
        ("test -s data", "no model at"),
        ("test -s data -m data", "'data' is no model"),
        ("talk -m nowhere", "no model at"),
        ("inspect -d domain.yml -s data", "the following arguments are required: what"),
        ("inspect states -d domain.yml -s wrong.md", "wrong.md:2: error S401"),
        ("validate", "Expected a bot folder, or -d DOMAIN and -s STORIES"),
        ("validate nowhere", "found no folder 'nowhere'"),
        ("validate -d nowhere.yml", "nowhere.yml: error P107"),
        ("convert nowhere.md", "nowhere.md"),
        ("convert data/stories.md -o data/stories.md", "overwritten by its own conversion"),
        ("demo --epochs x", "invalid whole number value"),
    ],
)
def test_wrong_input_is_one_line_for_each_problem_and_status_2(bot, run, words, told):
    (bot / "broken.yml").write_text("intents:\n- [\n")
    (bot / "wrong.md").write_text("## a\n* hullo\n  - utter_hello\n")
    (bot / "odd.yml").write_text("policies: [{name: MemorizationPolicy}]\n")
    status, out, err = run(*words.split())
    assert status == 2
    assert out == ""
    assert told in err
    lines = err.splitlines()
    assert "error" in lines[-1]
    assert not any("Traceback" in line for line in lines)
    assert len(lines) == 1


def test_several_problems_are_one_line_each(bot, run):
    (bot / "wrong.md").write_text("## a\n* hullo\n  - utter_helo\n* leave\n  - utter_by\n")
    status, _, err = run(*["train", "-d", "domain.yml", "-s", "wrong.md", "-o", "m"])
    assert status == 2
    assert [line.split(":")[1] for line in err.splitlines()] == ["2", "3", "5"]


def test_a_config_with_several_mistakes_is_one_line_each(bot, run):
    (bot / "odd.yml").write_text(
        "policies:\n- name: MemorizationPolicy\n- name: MemoizationPolicy\n  max_histroy: 3\n"
    )
    status, _, err = run(*["train", "-d", "domain.yml", "-s", "data", "-o", "m", "-c", "odd.yml"])
    assert status == 2
    assert len(err.splitlines()) == 2
    assert "Did you mean 'max_history'?" in err


def test_a_folder_that_cannot_be_written_is_told(bot, run):
    (bot / "file").write_text("")
    status, _, err = run(
        *[
            "train",
            "-d",
            "domain.yml",
            "-s",
            "data",
            "-c",
            "config.yml",
            "-o",
            "file/model",
            "--quiet",
        ]
    )
    assert status == 2
    assert "file" in err.splitlines()[-1]


def test_help_and_version_are_no_errors(run):
    for words in (["--help"], ["--version"], ["train", "--help"], ["inspect", "-h"]):
        status, out, _ = run(*words)
        assert status == 0
        assert out


def test_a_reader_that_has_seen_enough_is_no_error(bot):
    (bot / "many.md").write_text(
        "".join(f"## {i}\n* hello\n  - utter_hello\n\n" for i in range(4000))
    )
    command = f"{sys.executable} -m dialogue_nb convert many.md | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=ENVIRONMENT)
    assert done.stdout.startswith("version")
    assert done.stderr == ""


def test_an_interrupt_is_one_word_and_status_130(bot, run, monkeypatch):
    from dialogue_nb.cli import train

    def interrupt(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "run", interrupt)
    status, _, err = run(*["train", "-d", "domain.yml", "-s", "data", "-o", "m"])
    assert (status, err) == (130, "interrupted\n")
