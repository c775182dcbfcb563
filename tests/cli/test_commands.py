from __future__ import annotations

import io
import json
import subprocess
import sys

import pytest

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.domain import Domain
from dialogue_nb.evaluation.test import evaluate
from dialogue_nb.stories.reader import read_stories

from .conftest import ENVIRONMENT, TRAIN

# --- train


@pytest.mark.parametrize("words", [f"train {TRAIN}", f"train default {TRAIN}"])
def test_training_writes_a_model_that_talks(bot, run, words):
    status, out, err = run(*words.split())
    assert (status, out) == (0, "")
    assert "2 dialogues from stories" in err
    assert "Saved 'models/current/dialogue'" in err
    agent = Agent.load("models/current/dialogue")
    assert agent.policies[0].max_history == 3
    assert agent.handle_text("/leave") is not None


def test_quiet_training_says_nothing(bot, run):
    assert run(*f"train {TRAIN} --quiet".split()) == (0, "", "")


def test_the_command_line_of_rasa_core_works_as_a_module(bot):
    words = "-d domain.yml -s data/stories.md -o m --history 2 -c config.yml --augmentation 5"
    done = subprocess.run(
        [sys.executable, "-m", "dialogue_nb.train", *words.split()],
        capture_output=True, text=True, check=True, env=ENVIRONMENT,
    )  # fmt: skip
    assert "Saved 'm'" in done.stderr
    assert Agent.load("m").policies[0].max_history == 2


def test_options_change_the_policies_that_have_such_a_parameter(bot, run):
    (bot / "two.yml").write_text("policies: [{name: MemoizationPolicy}, {name: KerasPolicy}]")
    words = "-d domain.yml -s data -c two.yml -o m --augmentation 0 --epochs 2 --history 0"
    status, _, _ = run("train", *words.split(), "--batch_size", 7, "--random_seed", 11)
    assert status == 0
    memory, network = Agent.load("m").policies
    assert (memory.max_history, network.max_history) == (None, None)
    assert (network.epochs, network.batch_size, network.random_seed) == (2, 7, 11)


def test_a_featurizer_in_the_config_gets_the_history_too(bot, run):
    (bot / "f.yml").write_text(
        "policies: [{name: MemoizationPolicy, featurizer: [{name: MaxHistoryTrackerFeaturizer, "
        "max_history: 5}]}]"
    )
    assert run(*f"train {TRAIN} -c f.yml --history 2".split())[0] == 0
    assert Agent.load("models/current/dialogue").policies[0].featurizer.max_history == 2


def test_policies_that_are_not_built_yet_are_told_and_left_out(bot, run):
    left_out = "policies: [{name: MemoizationPolicy}, {name: UnexpecTEDIntentPolicy}]"
    (bot / "config.yml").write_text(left_out)
    status, _, err = run(*f"train {TRAIN}".split())
    assert status == 0
    assert "warning C105: UnexpecTEDIntentPolicy is not built yet" in err
    assert len(Agent.load("models/current/dialogue").policies) == 1


RULES_YAML = "rules: [{rule: bye, steps: [{intent: leave}, {action: utter_hello}]}]"


def test_rules_that_contradict_stories_are_told_line_by_line(bot, run):
    (bot / "config.yml").write_text("policies: [{name: MemoizationPolicy}, {name: RulePolicy}]")
    (bot / "data" / "rules.yml").write_text(RULES_YAML)
    status, _, err = run(*f"train {TRAIN}".split())
    assert status == 2
    told = [line for line in err.splitlines() if "R104" in line]
    assert [line.split(": ")[0] for line in told] == ["data/stories.md:6", "data/stories.md:13"]
    assert "rule 'bye' (data/rules.yml, line 1) says 'utter_hello'" in told[0]
    (bot / "data" / "rules.yml").write_text(RULES_YAML.replace("utter_hello", "utter_bye"))
    assert run(*f"train {TRAIN}".split())[0] == 0
    assert [p.name for p in Agent.load("models/current/dialogue").policies][1] == "RulePolicy"


def test_warnings_about_stories_are_told_unless_it_is_to_be_quiet(bot, run):
    (bot / "data" / "stories.md").write_text("## a\n* hello\n  - utter_hello\n> nowhere\n")
    assert "checkpoint" in run(*f"train {TRAIN}".split())[2]
    assert run(*f"train {TRAIN} --quiet".split())[2] == ""


def test_the_summary_is_json(bot, run):
    _, out, _ = run(*f"train {TRAIN} --json -".split())
    body = json.loads(out)
    assert body["policies"] == ["MemoizationPolicy"]
    assert body["data"]["dialogues"] == 2


def test_dumped_stories_can_be_read_and_make_the_same_states(bot, run):
    assert run(*f"train {TRAIN} --dump_stories".split())[0] == 0
    again, found = read_stories("models/current/dialogue/stories.md")
    assert not found
    agent = Agent.load("models/current/dialogue")
    first = agent.load_data("data", augmentation_factor=0)
    second = agent.load_data(again, augmentation_factor=0)
    assert [t.actions for t in first] == [t.actions for t in second]
    assert [t.states for t in first] == [t.states for t in second]


def test_debug_plots_are_a_page_with_the_blocks_of_the_stories(bot, run):
    (bot / "data" / "stories.md").write_text(
        "## <b>one</b>\n* hello\n  - utter_hello\n> cp\n\n## two\n> cp\n* leave\n  - utter_bye\n"
    )
    assert run(*f"train {TRAIN} --debug_plots".split())[0] == 0
    page = (bot / "story_blocks_connections.html").read_text()
    assert "<h1>2 story blocks</h1>" in page
    assert "&lt;b&gt;one&lt;/b&gt;" in page
    assert "<b>one" not in page
    assert '<a href="#b1">1 two</a>' in page


# --- test


def test_a_good_model_passes_with_status_0(model, run):
    status, out, _ = run("test", "-s", "data")
    assert status == 0
    assert "stories right             2 of 2" in out


def test_failed_stories_make_the_status_1_and_are_told(model, run):
    (model / "t.md").write_text("## other way\n* leave\n  - utter_hello\n")
    status, out, _ = run(*["test", "default", "-s", "t.md", "--core", "models/current/dialogue"])
    assert status == 1
    assert "'other way', action 2: expected utter_hello, got action_listen (no policy)" in out


def test_the_result_goes_to_stdout_or_a_file_as_json(model, run):
    _, out, _ = run("test", "-s", "data", "--json", "-")
    _, text, _ = run("test", "-s", "data", "--json", "out.json")
    assert json.loads(out) == json.loads((model / "out.json").read_text())
    assert "stories right" in text


# --- talk


def talk(monkeypatch, capsys, run, typed, *words):
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    return run("talk", *words)


def test_a_conversation_in_the_terminal(model, run, monkeypatch, capsys):
    typed = '/buy{"paper": "Herald"}\n\n/leave\n1\n/stop\n/hello\n'
    status, out, err = talk(monkeypatch, capsys, run, typed)
    assert status == 0
    assert "bot> One Herald, {change} back." in out
    assert "note: utter_sold: no value for {change}." in err
    assert "     1: More Herald (/buy)" in out
    assert out.count("So long.") == 1
    assert "is not registered" in out


def test_unknown_intents_are_noted(model, run, monkeypatch, capsys):
    _, _, err = talk(monkeypatch, capsys, run, "/helo\n")
    assert "Unknown intent 'helo'. Did you mean 'hello'?" in err


def test_debug_shows_each_decision_with_its_reason(model, run, monkeypatch, capsys):
    _, out, _ = talk(monkeypatch, capsys, run, "/hello\n", "models/current/dialogue", "--debug")
    assert "-> utter_hello   MemoizationPolicy chose utter_hello (1.00)" in out
    assert "* MemoizationPolicy  1.00  ##### 1.00 utter_hello" in out


def test_recorded_conversations_are_played_and_written_down(model, run):
    talks = [
        ["/hello", '/buy{"paper": "Herald"}'],
        ["plain words"],
        ["/hello", "/restart", "/back"],
    ]
    (model / "m.json").write_text(json.dumps(talks))
    status, _, _ = run(*["talk", "--messages", "m.json", "--json", "out.json"])
    assert status == 0
    body = json.loads((model / "out.json").read_text())
    assert set(body) == {"source", "conversations"}
    assert [[turn["message"] for turn in played] for played in body["conversations"]] == talks
    first, second = body["conversations"][0]
    assert first["events"][:4] == [
        {"event": "action", "name": "action_session_start", "policy": None, "confidence": 1.0},
        {"event": "session_started"},
        {"event": "action", "name": "action_listen", "policy": None, "confidence": None},
        {"event": "user", "intent": "hello", "entities": [], "text": "/hello"},
    ]
    assert first["events"][4] == {
        "event": "action", "name": "utter_hello", "policy": "MemoizationPolicy", "confidence": 1.0,
    }  # fmt: skip
    assert set(first["events"][5]) == {"event", "text"}
    assert second["events"][0]["entities"] == [{"entity": "paper", "value": "Herald"}]
    assert second["events"][1:3] == [
        {"event": "slot", "name": "paper", "value": "Herald"},
        {"event": "slot", "name": "pages", "value": ["Herald"]},
    ]
    assert second["slots"] == {"paper": "Herald", "pages": ["Herald"]}
    assert second["active_loop"] is None
    (plain,) = body["conversations"][1]
    assert plain["events"][3]["intent"] is None
    assert body["conversations"][2][1]["events"] == []  # what a restart leaves of its own message


@pytest.mark.parametrize("body", ["{", "{}", '["/hello"]', "[[1]]", "[" * 10_000])
def test_a_file_of_something_else_is_told(model, run, body):
    (model / "m.json").write_text(body)
    status, _, err = run(*["talk", "--messages", "m.json"])
    assert status == 2
    assert "m.json" in err


# --- inspect


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_states_are_one_line_for_each_dialogue(bot, run):
    status, out, _ = run(*["inspect", "states", "-d", "domain.yml", "-s", "data", "--view", "flat"])
    assert status == 0
    first, second = lines(out)
    assert first["name"] == "comes and goes"
    assert first["actions"] == [
        "action_listen", "utter_hello", "action_listen", "utter_bye", "action_listen",
    ]  # fmt: skip
    assert first["states"][1] == {"intent_hello": 1.0, "prev_action_listen": 1.0}
    assert second["states"][1]["slot_paper_0"] == 1.0
    nested = lines(run(*["inspect", "states", "-d", "domain.yml", "-s", "data"])[1])
    assert nested[0]["states"][1] == {
        "user": {"intent": "hello"}, "prev_action": {"action_name": "action_listen"},
    }  # fmt: skip


def test_windows_have_a_header_and_say_which_turns_they_hold(bot, run):
    words = "inspect windows -d domain.yml -s data --max-history 3 --jsonl out.jsonl"
    assert run(*words.split())[0] == 0
    header, *dialogues = lines((bot / "out.jsonl").read_text())
    assert (header["max_history"], header["features"]) == (
        3,
        len(Domain.load("domain.yml").feature_names),
    )
    assert header["examples"] == sum(len(d["windows"]) for d in dialogues)
    assert header["duplicates"] == sum(len(d["actions"]) for d in dialogues) - header["examples"]
    assert dialogues[0]["windows"][1] == {"turn": 1, "states": [-1, 0, 1]}
    assert len(dialogues) == 2


# --- validate, convert


def test_validating_a_good_bot_gives_status_0(bot, run):
    for words in (["."], ["-d", "domain.yml", "-s", "data"], ["-d", "domain.yml"]):
        status, out, err = run("validate", *words)
        assert (status, out, err) == (0, "", "fine\n")


def test_validating_prints_every_mistake_with_its_place_and_gives_status_1(bot, run):
    (bot / "data" / "stories.md").write_text("## a\n* hullo\n  - utter_helo\n> nowhere\n")
    status, out, err = run("validate", ".")
    assert status == 1
    assert "stories.md:2: error S401" in out
    assert "2 of severity error" in err
    _, out, _ = run("validate", "-d", "domain.yml", "-s", "data", "--json")
    found = json.loads(out)
    assert {d["line"] for d in found if d["severity"] == "error"} == {2, 3}


def test_warnings_count_if_that_is_wanted(bot, run):
    (bot / "data" / "stories.md").write_text("## a\n* hello\n  - utter_hello\n> nowhere\n")
    assert run("validate", ".")[0] == 0
    assert run("validate", ".", "--fail-on-warnings")[0] == 1


def test_stories_are_converted_and_back(bot, run):
    assert run("convert", "data/stories.md", "-o", "s.yml")[0] == 0
    assert run("convert", "s.yml", "-o", "s.md")[0] == 0
    first, _ = read_stories("data/stories.md")
    for name in ("s.yml", "s.md"):
        again, found = read_stories(name)
        assert not found
        assert [s.name for s in again] == [s.name for s in first]
        assert [s.items for s in again] == [s.items for s in first]


def test_the_format_can_be_named_and_the_result_printed(bot, run):
    _, out, _ = run("convert", "data/stories.md", "--to", "markdown")
    assert out.startswith("## comes and goes")
    assert run("convert", "data/stories.md")[1].startswith("version:")


def test_what_a_format_cannot_express_is_told(bot, run):
    story = "- story: a\n  metadata: {by: me}\n  steps: [intent: hello, action: utter_hello]\n"
    (bot / "s.yml").write_text(f"stories:\n{story}")
    status, _, err = run("convert", "s.yml", "--to", "markdown")
    assert status == 0
    assert "warning W104" in err


def test_an_old_domain_is_converted_to_rasa_3(bot, run):
    (bot / "old.yml").write_text(
        "intents: [a]\ntemplates: {utter_a: [{text: A}]}\nactions: [utter_a]\n"
    )
    assert run("convert", "old.yml", "-o", "new.yml")[0] == 0
    assert "responses:" in (bot / "new.yml").read_text()
    assert Domain.load("new.yml") == Domain.load("old.yml")


# --- demo, lab


def test_the_demo_trains_talks_and_explains(run):
    status, out, _ = run("demo", "--epochs", "3")
    assert status == 0
    assert "Training MemoizationPolicy and KerasPolicy" in out
    assert out.count("you> ") == 5
    assert "MemoizationPolicy chose utter_greet" in out
    assert "KerasPolicy" in out


def test_the_lessons_are_copied_once_and_changes_are_kept(tmp_path, monkeypatch):
    from dialogue_nb.cli import lab

    source = tmp_path / "installed" / "notebooks"
    (source / "img").mkdir(parents=True)
    (source / "01.ipynb").write_text("one")
    (source / "img" / "a.png").write_text("picture")
    monkeypatch.setattr(lab, "lessons", lambda: source)
    target = tmp_path / "mine"
    assert lab.prepare(str(target)) == target
    (target / "01.ipynb").write_text("changed")
    lab.prepare(str(target))
    assert (target / "01.ipynb").read_text() == "changed"
    assert (target / "img" / "a.png").read_text() == "picture"


@pytest.mark.parametrize("is_root", [False, True])
def test_jupyterlab_is_started_on_the_lessons(tmp_path, monkeypatch, run, is_root):
    from dialogue_nb.cli import lab

    monkeypatch.setattr(lab, "_is_root", lambda: is_root)

    (tmp_path / "01.ipynb").write_text("one")
    monkeypatch.setattr(lab, "lessons", lambda: tmp_path)
    started = []

    class Server:
        interrupts = 1

        def __init__(self, command):
            started.append(command)

        def wait(self):
            if self.interrupts:
                self.interrupts -= 1
                raise KeyboardInterrupt  # the first one is JupyterLab's to answer
            return 0

    monkeypatch.setattr(lab.subprocess, "Popen", Server)
    assert run("lab", tmp_path / "work", "--no-browser", "--port", "9999")[0] == 0
    (command,) = started
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert command[3:5] == [f"--notebook-dir={tmp_path / 'work'}", "--no-browser"]
    assert command[5:] == (["--allow-root"] if is_root else []) + ["--port=9999"]


# --- a network in another process

LOOK = """
import json, sys
from dialogue_nb.cli import main
status = main(["test", "-s", "data", "-m", "m", "--json", "out.json"])
heavy = {"keras", "jax", "sklearn", "pandas", "matplotlib", "tensorflow", "torch", "scipy"}
json.dump([status, sorted(heavy & set(sys.modules))], open("seen.json", "w"))
"""


def test_testing_a_network_in_another_process_gives_the_same_and_loads_nothing_heavy(bot, run):
    (bot / "two.yml").write_text("policies: [{name: MemoizationPolicy}, {name: KerasPolicy}]")
    words = "-d domain.yml -s data -c two.yml -o m --augmentation 0 --epochs 2"
    assert run("train", *words.split())[0] == 0
    stories = (bot / "data" / "stories.md").read_text()
    (bot / "data" / "stories.md").write_text(stories + "* buy\n  - utter_bye\n")
    result = evaluate(Agent.load("m"), "data")
    subprocess.run([sys.executable, "-c", LOOK], check=True, env=ENVIRONMENT, capture_output=True)
    assert json.loads((bot / "seen.json").read_text()) == [1, []]
    assert json.loads((bot / "out.json").read_text()) == json.loads(json.dumps(result.as_dict()))
    assert result.policies["KerasPolicy"]["decided"] >= 1
