from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from dialogue_nb.agent import model_files
from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.model_files import unpack
from dialogue_nb.core.exceptions import AgentError, ModelError
from dialogue_nb.policies.memoization import MemoizationPolicy

from .kiosk import DOMAIN, Scripted, kiosk, texts

ROOT = str(Path(__file__).parents[2])


class Fixed(Scripted):
    """A policy with parameters that JSON can keep."""

    def __init__(self, last="action_listen", then="utter_bye"):
        super().__init__({last: then})
        self.last, self.then = last, then


def answers(agent, sender="x"):
    return [texts(agent.handle_text(m, sender)) for m in ("/hello", '/buy{"paper": "A"}', "/leave")]


@pytest.fixture(params=["model", "model.zip"])
def saved(request, tmp_path):
    path = tmp_path / "models" / "current" / request.param
    kiosk().persist(path)
    return path


def test_a_loaded_agent_says_the_same(saved):
    assert answers(Agent.load(saved)) == answers(kiosk())


def test_a_loaded_agent_has_the_same_domain_and_parameters(saved):
    agent = Agent.load(saved)
    assert agent.domain == DOMAIN
    assert agent.domain.action_names == DOMAIN.action_names
    assert agent.policies[0].get_params() == MemoizationPolicy().get_params()


def test_saving_again_replaces_the_model_and_leaves_nothing_beside_it(saved):
    kiosk(MemoizationPolicy(max_history=2)).persist(saved)
    assert Agent.load(saved).policies[0].max_history == 2
    assert [p.name for p in saved.parent.iterdir()] == [saved.name]


def test_a_loaded_agent_can_be_saved_and_loaded_again(saved, tmp_path):
    Agent.load(saved).persist(tmp_path / "second")
    assert answers(Agent.load(tmp_path / "second")) == answers(kiosk())


def test_the_model_is_json_only_and_lists_its_files_with_their_hashes(tmp_path):
    kiosk().persist(tmp_path / "m")
    metadata = json.loads((tmp_path / "m" / "metadata.json").read_text())
    there = {p.relative_to(tmp_path / "m").as_posix() for p in (tmp_path / "m").rglob("*.*")}
    assert set(metadata["files"]) == there - {"metadata.json"}
    assert {Path(name).suffix for name in there} == {".json"}
    assert metadata["policies"] == [
        {"name": "MemoizationPolicy", "folder": "policy_0_MemoizationPolicy", "custom": False}
    ]


def test_another_process_answers_the_same(tmp_path):
    kiosk().persist(tmp_path / "m")
    code = (
        "import json, sys; from dialogue_nb.agent import Agent; agent = Agent.load(sys.argv[1]);"
        "print(json.dumps([[m['text'] for m in agent.handle_text(t, 'x')] for t in "
        "('/hello', '/buy{\"paper\": \"A\"}', '/leave')]))"
    )
    results = set()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "m")],
            capture_output=True, text=True, check=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": ROOT},
        )  # fmt: skip
        results.add(done.stdout)
    assert [json.loads(result) for result in results] == [answers(kiosk())]


# --- policies of one's own


def test_a_policy_of_ones_own_needs_its_class_and_the_error_says_so(tmp_path):
    kiosk(Fixed(then="utter_hello"), MemoizationPolicy()).persist(tmp_path / "m")
    with pytest.raises(ModelError, match=r"the policy 'Fixed'.*custom_policies=\[Fixed\]"):
        Agent.load(tmp_path / "m")
    with pytest.raises(ModelError, match="Given were 'Scripted'"):
        Agent.load(tmp_path / "m", custom_policies=[Scripted])
    agent = Agent.load(tmp_path / "m", custom_policies=[Fixed])
    assert agent.policies[0].then == "utter_hello"


def test_a_class_that_only_has_the_name_of_one_of_ours_is_not_taken_for_it(tmp_path):
    class_ = type("MemoizationPolicy", (MemoizationPolicy,), {})
    kiosk(class_()).persist(tmp_path / "m")
    with pytest.raises(ModelError, match=r"custom_policies=\[MemoizationPolicy\]"):
        Agent.load(tmp_path / "m")
    assert type(Agent.load(tmp_path / "m", custom_policies=[class_]).policies[0]) is class_


def test_two_policies_of_one_class_are_kept_apart(tmp_path):
    kiosk(MemoizationPolicy(max_history=2), MemoizationPolicy(max_history=4)).persist(
        tmp_path / "m"
    )
    assert [p.max_history for p in Agent.load(tmp_path / "m").policies] == [2, 4]


# --- what is refused


def change(path, name, body):
    """Writes a file of the model anew, with its hash corrected unless it is the metadata."""
    file = path / name
    file.write_text(body if isinstance(body, str) else json.dumps(body), encoding="utf-8")
    if name != "metadata.json":
        metadata = json.loads((path / "metadata.json").read_text())
        metadata["files"] = model_files.file_hashes(path)
        (path / "metadata.json").write_text(json.dumps(metadata))


MEMORY = "policy_0_MemoizationPolicy/memorized_turns.json"


@pytest.fixture
def model(tmp_path):
    kiosk().persist(tmp_path / "m")
    return tmp_path / "m"


def metadata_of(model):
    return json.loads((model / "metadata.json").read_text())


def test_a_model_that_is_not_there(tmp_path):
    with pytest.raises(ModelError, match=r"no model at .*nowhere'"):
        Agent.load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda m: (m / "domain.json").unlink(), "'domain.json' is missing"),
        (lambda m: (m / "domain.json").write_text("{}"), "'domain.json' was changed"),
        (lambda m: (m / "extra.py").write_text("import os"), "'extra.py' does not belong to it"),
        (lambda m: (m / "metadata.json").unlink(), "has no metadata.json"),
        (lambda m: (m / "metadata.json").write_text("{"), "is damaged"),
        (lambda m: (m / "metadata.json").write_text("[" * 100_000), "is damaged"),
        (lambda m: (m / "metadata.json").write_bytes(b"\xff\xfe\x00"), "is damaged"),
        (lambda m: (m / "metadata.json").write_text("[]"), "no model of dialogue_nb"),
        (lambda m: (m / "metadata.json").write_text('{"rasa": "1.10"}'), "Rasa perhaps"),
        (lambda m: change(m, "metadata.json", metadata_of(m) | {"format_version": 9}), "format 9"),
        (lambda m: change(m, "metadata.json", metadata_of(m) | {"files": 3}), "lacks a part"),
        (lambda m: change(m, "metadata.json", metadata_of(m) | {"policies": [7]}), "has no name"),
        (lambda m: change(m, "domain.json", {"intents": ["other"]}), "not the one it was trained"),
        (lambda m: change(m, "domain.json", "{"), "its domain cannot be read"),
        (lambda m: change(m, "domain.json", '{"intents": 5}'), "its domain: "),
        (lambda m: change(m, MEMORY, "{}"), "MemoizationPolicy"),
        (lambda m: change(m, MEMORY, "[[[["), "MemoizationPolicy"),
    ],
)  # fmt: skip
def test_a_damaged_model_gives_one_clear_error(model, damage, told):
    damage(model)
    with pytest.raises(ModelError, match=told):
        Agent.load(model)


@pytest.mark.parametrize("place", ["..", "../m", "/etc", "a/b", "missing", "C:\\x"])
def test_a_policy_folder_elsewhere_is_refused(model, place):
    record = {"name": "MemoizationPolicy", "folder": place, "custom": False}
    change(model, "metadata.json", metadata_of(model) | {"policies": [record]})
    with pytest.raises(ModelError, match="is no folder in it"):
        Agent.load(model)


def test_a_policy_that_is_named_but_unknown_is_never_imported(model, tmp_path, monkeypatch):
    (tmp_path / "trap.py").write_text("raise SystemExit('executed')")
    monkeypatch.syspath_prepend(str(tmp_path))
    record = {"name": "trap.Policy", "folder": "policy_0_MemoizationPolicy", "custom": True}
    change(model, "metadata.json", metadata_of(model) | {"policies": [record]})
    with pytest.raises(ModelError, match=r"custom_policies=\[trap.Policy\]"):
        Agent.load(model)
    assert "trap" not in sys.modules


def test_files_that_come_and_go_by_themselves_do_no_harm(model):
    (model / ".DS_Store").write_bytes(b"\0")
    assert Agent.load(model).is_trained


def test_what_is_no_model_is_not_overwritten(tmp_path):
    precious = tmp_path / "thesis"
    precious.mkdir()
    (precious / "chapter.txt").write_text("years of work")
    with pytest.raises(ModelError, match="is not overwritten"):
        kiosk().persist(precious)
    (tmp_path / "a.zip").write_text("no archive")
    with pytest.raises(ModelError, match="no model archive"):
        kiosk().persist(tmp_path / "a.zip")
    assert (precious / "chapter.txt").read_text() == "years of work"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip", "thesis"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "m").mkdir()
    kiosk().persist(tmp_path / "m")
    assert Agent.load(tmp_path / "m").is_trained


def test_saving_an_untrained_agent_is_an_error(tmp_path):
    with pytest.raises(AgentError, match="not trained"):
        Agent(DOMAIN, [MemoizationPolicy()]).persist(tmp_path / "m")


def test_a_failure_while_saving_leaves_the_old_model(model, monkeypatch):
    agent = kiosk(MemoizationPolicy(max_history=2))

    def fail(path):
        raise OSError("disk full")

    agent.policies[0].persist = fail
    with pytest.raises(OSError, match="disk full"):
        agent.persist(model)
    assert Agent.load(model).policies[0].max_history == 5
    assert [p.name for p in model.parent.iterdir()] == ["m"]


def test_names_with_accents_and_spaces_are_fine(tmp_path):
    path = tmp_path / "mes modèles [é*?]" / "ni hao 你好"
    kiosk().persist(path)
    kiosk().persist(path)
    assert Agent.load(path).is_trained


# --- killed in the middle

STEPS = """
import os, signal, sys
from pathlib import Path
from dialogue_nb.agent import Agent
from dialogue_nb.policies.memoization import MemoizationPolicy
from tests.agent.kiosk import kiosk

path = sys.argv[1]
old, new = kiosk(MemoizationPolicy(max_history=2)), kiosk(MemoizationPolicy(max_history=3))
calls = stop_at = 0

def counted(function):
    def wrapped(*args, **kwargs):
        global calls
        calls += 1
        if calls == stop_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)
    return wrapped

for owner, name in ((Path, "rename"), (Path, "write_text"), (os, "fsync"), (os, "replace")):
    setattr(owner, name, counted(getattr(owner, name)))

step, status, seen = 0, signal.SIGKILL, ""
while status == signal.SIGKILL:
    step += 1
    old.persist(path)
    child = os.fork()
    if child == 0:
        calls, stop_at = 0, step
        new.persist(path)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    seen += str(Agent.load(path).policies[0].max_history)
print(seen)
"""


@pytest.mark.parametrize("name", ["m", "m.zip"])
def test_killed_at_any_step_the_old_model_or_the_new_one_is_there(tmp_path, name):
    done = subprocess.run(
        [sys.executable, "-c", STEPS, str(tmp_path / name)],
        capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": ROOT},
    )  # fmt: skip
    # 2: the old model, 3: the new one; once the new one is there, it stays
    assert re.fullmatch("2{4,}3+", done.stdout.strip())


def test_what_a_killed_process_left_behind_is_removed_later(tmp_path):
    left = tmp_path / ".m.new-abc"
    left.mkdir()
    (left / "half").write_text("x")
    kiosk().persist(tmp_path / "m")
    assert left.exists()  # it may still be in the making
    os.utime(left, (time.time() - 7200,) * 2)
    kiosk().persist(tmp_path / "m")
    assert not left.exists()


# --- archives


def archive_with(tmp_path, members):
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, body in members:
            packed.writestr(name, body)
    return path


@pytest.mark.parametrize("name", ["../up.txt", "/abs.txt", "a/../../up", "C:/x", "a\\..\\b", "//x"])
def test_an_archive_that_wants_to_write_elsewhere_is_refused(tmp_path, name):
    path = archive_with(tmp_path, [("metadata.json", "{}"), (name, "x")])
    with pytest.raises(ModelError, match="wants to write to"):
        Agent.load(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["evil.zip"]


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path):
    path = archive_with(tmp_path, [(f"{i}.json", "0" * 1_000_000) for i in range(5)])
    target = tmp_path / "out"
    target.mkdir()
    with pytest.raises(ModelError, match="larger than a model can be"):
        unpack(path, target, limit=3_500_000)
    assert sum(f.stat().st_size for f in target.iterdir()) <= 3_500_000


@pytest.mark.parametrize("body", [b"", b"no zip", b"PK\x05\x06" + b"\0" * 18])
def test_a_file_that_is_no_archive_or_an_empty_one_is_refused(tmp_path, body):
    (tmp_path / "m.zip").write_bytes(body)
    with pytest.raises(ModelError, match=r"cannot be unpacked|has no metadata"):
        Agent.load(tmp_path / "m.zip")


def test_a_cut_off_archive_is_refused(tmp_path):
    kiosk().persist(tmp_path / "m.zip")
    body = (tmp_path / "m.zip").read_bytes()
    for share in (0.3, 0.9):
        (tmp_path / "m.zip").write_bytes(body[: int(len(body) * share)])
        with pytest.raises(ModelError, match="cannot be unpacked"):
            Agent.load(tmp_path / "m.zip")


def test_an_archive_with_a_changed_byte_is_refused_or_is_the_same_model(tmp_path):
    kiosk().persist(tmp_path / "m.zip")
    whole = (tmp_path / "m.zip").read_bytes()
    refused = 0
    for place in range(0, len(whole), len(whole) // 60):
        body = bytearray(whole)
        body[place] ^= 0xFF
        (tmp_path / "m.zip").write_bytes(body)
        try:
            agent = Agent.load(tmp_path / "m.zip")  # a date in the archive may be any
        except ModelError:
            refused += 1
        else:
            assert answers(agent) == answers(kiosk())
    assert refused > 40


def test_an_archive_packed_in_an_unusual_way_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.zip", "w", zipfile.ZIP_LZMA) as packed:
        packed.writestr("metadata.json", "{}")
    with pytest.raises(ModelError, match="packed in an unusual way"):
        Agent.load(tmp_path / "m.zip")
