"""`TrainingPanel`, `RunControl` and `TrainingSettings` without a browser."""

from __future__ import annotations

import threading
import time

import pytest

from dialogue_nb import bots
from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.live_project import Document, LiveProject, documents_of
from dialogue_nb.core.exceptions import AgentError, PolicyConfigError, UnknownNameError
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.widgets.run_control import RunControl
from dialogue_nb.widgets.training_panel import TrainingPanel
from tests.agent.kiosk import DOMAIN, STORIES_MD
from tests.training import curved_panel, failed_panel, taught_panel


def waiting_panel():
    """A panel whose policy learns one epoch whenever its gate is released."""
    gates = threading.Semaphore(0)
    return curved_panel(gates, epochs=1000), gates


def until(happened):
    end = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_the_button_trains_a_fresh_agent_and_tells_who_wants_to_know():
    panel, told = curved_panel(epochs=3), []
    panel.on_trained(told.append)
    before = panel.agent
    assert not before.is_trained
    assert panel.answer({"id": 1, "type": "train"}) == {"id": 1}
    panel.wait(20)
    assert told == [panel.agent]
    assert panel.agent is not before
    assert panel.agent.is_trained
    panel.train()
    panel.wait(20)
    assert panel.runs[0].agent is not panel.runs[1].agent


def test_an_agent_is_trained_itself():
    agent = Agent(DOMAIN, [MemoizationPolicy()])
    assert "no stories" in TrainingPanel(agent, data=[]).view["problem"]
    stories = parse_stories(STORIES_MD)[0]
    panel = TrainingPanel.of_agent(agent, data=stories)
    assert panel.settings_widget.view["groups"][0]["label"] == "Stories"
    panel.train()
    panel.wait(20)
    assert panel.agent is agent
    assert agent.is_trained
    made = TrainingPanel(agent, data=agent.load_data(stories))
    assert [group["label"] for group in made.settings_widget.view["groups"]] == ["Memoization"]


def test_without_anything_to_learn_from_it_says_so():
    panel = TrainingPanel(Agent(DOMAIN, [MemoizationPolicy()]))
    assert "nothing to learn from" in panel.answer({"id": 1, "type": "train"})["error"]
    empty = LiveProject([Document.of_domain("intents: [a]")]).project
    panel = TrainingPanel(empty, policies=[MemoizationPolicy()])
    assert "no stories" in panel.answer({"id": 1, "type": "train"})["error"]


def test_mistakes_in_the_stories_are_shown_in_the_panel():
    live = LiveProject(documents_of(bots.load("moodbot")))
    live.change(
        0,
        live.documents[0].text
        + "\n- story: wrong\n  steps:\n  - intent: gret\n  - action: utter_gret\n",
    )
    panel = TrainingPanel(live.project, policies=[MemoizationPolicy()])
    panel.train()
    assert panel.wait(20).state == "failed"
    assert "utter_gret" in panel.error["message"]
    assert panel.view["runs"][0]["error"]["todo"] == "Correct it and train again."


def test_a_policy_that_raises_is_shown_and_the_next_run_takes_the_error_away():
    panel = failed_panel()
    assert "the loss of epoch 0 is too high" in panel.error["message"]
    assert "raise ValueError" in panel.error["traceback"]
    assert not panel.agent.is_trained
    panel.set_parameters("CurvedPolicy", rate=0.1)
    assert panel.answer({"id": 1, "type": "train"}) == {"id": 1}
    panel.wait(20)
    assert panel.error == {}


def test_a_second_start_is_refused():
    panel, gates = waiting_panel()
    panel.train()
    with pytest.raises(AgentError, match="being trained already"):
        panel.train()
    assert "being trained already" in panel.answer({"id": 1, "type": "train"})["error"]
    assert len(panel.runs) == 1
    panel.stop()
    gates.release()
    panel.wait(20)


def test_the_control_stops_though_the_panel_is_busy():
    panel, gates = waiting_panel()
    run = panel.train()
    gates.release(3)
    until(lambda: len(run.curves["CurvedPolicy"]) == 3)
    with panel.lock:  # somebody is in a callback of the panel
        thread = threading.Thread(target=panel.run_control.receive, args=[{"type": "stop"}])
        thread.start()
        thread.join(1)
        assert not thread.is_alive()
        assert run.is_stopping
        assert run.wait(2) == "stopped"
    panel.wait(20)
    assert panel.agent.predict_next()
    gates.release(3)


def test_a_control_of_its_own_starts_and_stops_a_run():
    panel, gates = waiting_panel()
    control = RunControl(panel.train)
    assert control.answer({"id": 1, "type": "progress"}) == {"id": 1, "progress": None}
    assert control.answer({"id": 2, "type": "train"})["progress"]["going"]
    assert "trained already" in control.answer({"id": 3, "type": "train"})["error"]
    control.receive({"id": 4, "type": "stop"})
    gates.release()
    assert control.run.wait(5) == "stopped"
    assert "stopped" in control.summary


def test_news_are_sent_as_messages_and_everything_to_a_new_view(monkeypatch):
    panel, gates = waiting_panel()
    sent = []
    monkeypatch.setattr(panel, "send", lambda message, buffers=None: sent.append(message))
    run = panel.train()
    gates.release(2)
    until(lambda: any(m["series"] for m in sent))
    gates.release(1)
    until(lambda: len(run.curves["CurvedPolicy"]) == 3)
    panel.stop()
    gates.release(1)
    panel.wait(20)
    points = [p for m in sent for one in m["series"] for p in one["points"]]
    assert [p[0] for p in points] == list(range(1, len(points) + 1))
    assert sent[-1]["progress"]["state"] == "stopped"
    answer = panel.answer({"id": 1, "type": "curves"})
    assert answer["series"][0][0]["points"] == points
    assert set(answer["axes"]) == {"1"}


def test_parameters_are_set_checked_and_reset():
    panel = curved_panel()
    panel.set_parameters("CurvedPolicy", epochs="4", held_out=False)
    panel.set_parameters("Stories", augmentation_factor=0)
    panel.train()
    run = panel.wait(20)
    assert len(run.curves["CurvedPolicy"]) == 4
    assert run.about == {"augmentation_factor": 0}
    with pytest.raises(PolicyConfigError, match="Did you mean 'epochs'"):
        panel.set_parameters("CurvedPolicy", epoch=4)
    with pytest.raises(UnknownNameError, match="Did you mean 'Memoization"):
        panel.set_parameters("Memoizaton", max_history=4)
    panel.reset()
    assert not any(
        p["changed"] for g in panel.settings_widget.view["groups"] for p in g["parameters"]
    )


def test_a_value_that_cannot_be_is_refused_beside_its_field():
    settings = curved_panel().settings_widget
    message = {"id": 1, "type": "set", "place": 0, "name": "max_history", "value": "0"}
    refused = settings.answer(message)["refused"]
    assert refused == "max_history must be a whole number from 1, or nothing, got '0'."
    assert settings.answer(message | {"value": "3"}) == {"id": 1}
    assert "max_history 3" in settings.summary
    assert "<table" in settings.html()


def test_it_is_stale_while_the_stories_are_others_than_those_it_learnt():
    live = LiveProject(documents_of(bots.load("moodbot")))
    panel = TrainingPanel(live.project, policies=[MemoizationPolicy()])
    assert not panel.stale
    panel.train()
    panel.wait(20)
    text = live.documents[0].text
    live.change(0, text + "\n\n")
    panel.project = live.project
    assert not panel.stale
    live.change(0, text + "\n- story: more\n  steps:\n  - intent: greet\n  - action: utter_happy\n")
    panel.project = live.project
    assert panel.stale
    assert panel.view["says"][0][0] == "stale"
    panel.train()
    assert not panel.stale
    panel.wait(20)
    assert len(panel.runs) == 2


def test_a_mistake_of_a_listener_is_shown_and_harms_nobody_else():
    panel, told = curved_panel(epochs=2), []
    panel.on_trained(lambda agent: 1 / 0)
    panel.on_trained(told.append)
    panel.train()
    panel.wait(20)
    assert "ZeroDivisionError" in panel.error["message"]
    assert len(told) == 1


def test_closing_stops_the_run():
    panel, gates = waiting_panel()
    run = panel.train()
    panel.close()
    gates.release()
    assert run.wait(5) == "stopped"


def test_what_is_left_without_a_front_end(tmp_path):
    panel = taught_panel()
    data, _ = panel._repr_mimebundle_()
    assert data["text/plain"].startswith("Run 3 finished")
    assert "first: 1" in data["text/html"]
    assert panel.figure().axes
    page = panel.to_html(tmp_path / "training.html").read_text(encoding="utf-8")
    assert '"curves"' in page
