"""Training in the background: the agent answers, a stop keeps, a failure changes nothing."""

from __future__ import annotations

import signal
import threading
import time
from itertools import pairwise

import pytest

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.training_run import TrainingRun
from dialogue_nb.core.exceptions import AgentError, StoryError
from dialogue_nb.policies.keras_policy import KerasPolicy
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.sklearn_policy import SklearnPolicy
from dialogue_nb.stories.reader import parse_stories
from tests.agent.kiosk import DOMAIN, STORIES_MD, texts
from tests.training import CurvedPolicy

GREETINGS = ("Morning!", "Hello there!", "What will it be?")
STORIES = parse_stories(STORIES_MD)[0]


def agent_with(*policies):
    return Agent(DOMAIN, list(policies))


def run_of(agent, stories=STORIES, **options):
    return TrainingRun(agent, lambda: agent.load_data(stories, augmentation_factor=0), **options)


def until(happened, seconds=60):
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.005)


class Slow(Policy):
    """Cannot be stopped, and takes as long as `go` is not set."""

    def __init__(self, go=None):
        super().__init__()
        self.go = go

    def train(self, training_trackers, domain, **kwargs):
        if training_trackers:
            self.go.wait(30)
        self.knows_ = len(training_trackers)
        return self

    def predict_action_probabilities(self, tracker, domain):
        return [0.0] * domain.num_actions if not self.knows_ else [0.9] * domain.num_actions


class Failing(Policy):
    def train(self, training_trackers, domain, **kwargs):
        raise ZeroDivisionError("nothing to divide")


def test_a_run_trains_all_policies_and_the_agent_answers():
    agent = agent_with(MemoizationPolicy(), KerasPolicy(epochs=4, random_seed=1))
    run = run_of(agent, validation_split=0.5).start()
    assert run.wait(60) == "finished"
    assert [point["epoch"] for point in run.curves["KerasPolicy"]] == [1, 2, 3, 4]
    assert all(point["val_loss"] > 0 for point in run.curves["KerasPolicy"])
    assert run.curves["MemoizationPolicy"] == []
    assert run.outcomes["MemoizationPolicy"] == "10 windows memorised"
    assert texts(agent.handle_text("/hello"))[0] in GREETINGS
    assert run.seconds > 0
    assert run.seconds_left is None
    assert agent.policies[1].history_["loss"] == [p["loss"] for p in run.curves["KerasPolicy"]]


def test_the_same_seed_learns_the_same_as_in_the_foreground():
    agents = [agent_with(KerasPolicy(epochs=3, random_seed=5)) for _ in range(2)]
    agents[0].train(agents[0].load_data(STORIES, augmentation_factor=0))
    with run_of(agents[1]):
        pass
    first, second = (agent.policies[0].history_["loss"] for agent in agents)
    assert first == pytest.approx(second)


def test_a_stop_keeps_what_was_learnt_and_takes_less_than_a_second():
    agent = agent_with(MemoizationPolicy(), KerasPolicy(epochs=50_000, random_seed=1))
    run = run_of(agent).start()
    until(lambda: len(run.curves["KerasPolicy"]) > 40)
    agent.log_message("/hello")
    assert agent.predict_next().predictions[1].confidence > 0.1  # in mid-training
    pressed = time.monotonic()
    run.stop()
    assert run.wait() == "stopped"
    assert time.monotonic() - pressed < 1
    assert len(agent.policies[1].history_["loss"]) < 50_000
    decision = agent.predict_next()
    assert (decision.action, decision.predictions[1].best(DOMAIN)) == ("utter_hello", "utter_hello")


def test_a_stop_does_not_wait_for_a_policy_that_cannot_be_stopped():
    go = threading.Event()
    agent = agent_with(MemoizationPolicy(), Slow(go))
    run = run_of(agent).start()
    until(lambda: run.stage == "Slow")
    assert not agent.is_trained
    pressed = time.monotonic()
    run.stop()
    assert run.wait() == "stopped"
    assert time.monotonic() - pressed < 1
    assert "no opinion" in run.outcomes["Slow"]
    assert agent.policies[1].knows_ == 0
    assert texts(agent.handle_text("/hello"))[0] in GREETINGS
    go.set()
    time.sleep(0.1)
    assert agent.policies[1].knows_ == 0  # what the worker brings afterwards is not used
    assert run_of(agent).start().wait(30) == "finished"


def test_what_was_known_before_a_stopped_run_stays():
    go = threading.Event()
    go.set()
    agent = agent_with(MemoizationPolicy(), Slow(go))
    run_of(agent).start().wait(30)
    known = agent.policies[1].knows_
    go.clear()
    run = run_of(agent).start()
    until(lambda: run.stage == "Slow")
    assert agent.predict_next().action  # answers while it is trained again
    run.stop()
    run.wait()
    go.set()
    assert agent.policies[1].knows_ == known > 0


def test_a_stop_before_anything_was_learnt_leaves_an_untrained_agent():
    go = threading.Event()
    agent = agent_with(Slow(go))
    run = run_of(agent).start()
    run.stop()
    assert run.wait(10) == "stopped"
    assert not agent.is_trained
    go.set()


def test_a_policy_that_raises_leaves_the_agent_as_it_was():
    agent = agent_with(MemoizationPolicy(max_history=1), CurvedPolicy(3))
    run_of(agent).start().wait(30)
    before = agent.policies[0].memory_
    agent.policies[1].rate = 2.0
    run = run_of(agent, settings={0: {"max_history": 4}}).start()
    assert run.wait(30) == "failed"
    assert isinstance(run.error, ValueError)
    assert agent.policies[0].memory_ is before
    assert agent.policies[0].max_history == 1
    assert agent.is_trained
    assert agent.predict_next()


def test_an_untrained_agent_is_untrained_after_a_failure():
    agent = agent_with(MemoizationPolicy(), Failing())
    with pytest.raises(ZeroDivisionError), run_of(agent):
        pass
    assert not agent.is_trained
    assert not hasattr(agent.policies[0], "memory_")


def test_mistakes_in_stories_fail_the_run_with_all_of_them():
    wrong = parse_stories("## a\n* hello\n  - utter_helo\n* helo\n  - utter_bye\n")[0]
    agent = agent_with(MemoizationPolicy())
    run = run_of(agent, wrong).start()
    run.wait(30)
    assert isinstance(run.error, StoryError)
    assert "utter_helo" in str(run.error)
    assert "'helo'" in str(run.error)


def test_no_stories_teach_nothing_and_say_so():
    agent = agent_with(MemoizationPolicy(), KerasPolicy(), SklearnPolicy())
    run = run_of(agent, []).start()
    assert run.wait(30) == "finished"
    assert run.outcomes["KerasPolicy"] == "no dialogues to learn from: no opinion"
    assert run.outcomes["MemoizationPolicy"] == "0 windows memorised"


def test_an_agent_cannot_be_trained_twice_at_once():
    agent = agent_with(Slow(threading.Event()))
    run = run_of(agent).start()
    data = agent.load_data(STORIES)
    with pytest.raises(AgentError, match="being trained already"):
        run_of(agent).start()
    with pytest.raises(AgentError, match="being trained already"):
        agent.train(data)
    with pytest.raises(AgentError, match="started before"):
        run.start()
    run.stop()
    run.wait()
    agent.policies[0].go.set()
    with pytest.raises(AgentError, match="start"):
        run_of(agent).wait()


def test_a_second_agent_waits_for_its_turn():
    go = threading.Event()
    first, second = run_of(agent_with(Slow(go))).start(), run_of(agent_with(MemoizationPolicy()))
    until(lambda: first.stage == "Slow")
    second.start()
    time.sleep(0.15)
    assert second.state == "waiting"
    go.set()
    assert first.wait(10) == second.wait(10) == "finished"


def test_an_interrupt_while_waiting_stops_and_keeps():
    agent = agent_with(MemoizationPolicy(), KerasPolicy(epochs=50_000, random_seed=1))
    run = run_of(agent).start()
    until(lambda: len(run.curves["KerasPolicy"]) > 1)
    main = threading.main_thread().ident
    threading.Timer(0.2, signal.pthread_kill, [main, signal.SIGINT]).start()
    assert run.wait() == "stopped"
    assert agent.predict_next()


def test_an_error_in_a_with_block_stops_the_run():
    agent = agent_with(CurvedPolicy(3), Slow(threading.Event()))
    with pytest.raises(RuntimeError), run_of(agent) as run:
        raise RuntimeError
    assert run.state == "stopped"
    agent.policies[1].go.set()


def test_settings_are_those_of_the_run_and_stay_with_what_was_learnt():
    agent = agent_with(MemoizationPolicy(max_history=5))
    run_of(agent, settings={0: {"max_history": 2}}).start().wait(30)
    assert agent.policies[0].max_history == 2
    assert max(len(window.states) for window in agent.policies[0].memory_) == 2


def test_two_policies_of_one_class_have_curves_of_their_own():
    agent = agent_with(CurvedPolicy(2), CurvedPolicy(5))
    run = run_of(agent).start()
    run.wait(30)
    assert {name: len(points) for name, points in run.curves.items()} == {
        "CurvedPolicy": 2,
        "CurvedPolicy 2": 5,
    }


def test_listeners_hear_at_most_ten_times_a_second_and_of_the_end():
    agent = agent_with(CurvedPolicy(200))
    agent.policies[0].gates = gates = threading.Semaphore(0)
    run, heard = run_of(agent), []
    run.on_change(lambda r: heard.append((time.monotonic(), r.state, len(r.curves[r.names[0]]))))
    silent = run.on_change(lambda _: heard.append(None))
    silent()
    run.start()
    for _ in range(200):
        gates.release()
        time.sleep(0.002)
    run.wait(30)
    until(lambda: heard[-1][1] == "finished")
    times = [moment for moment, _, _ in heard]
    assert all(b - a > 0.09 for a, b in pairwise(times[:-1]))
    assert heard[-1][2] == 200


def test_time_left_is_known_from_the_second_epoch_on():
    agent = agent_with(CurvedPolicy(10))
    agent.policies[0].gates = gates = threading.Semaphore(0)
    run = run_of(agent).start()
    gates.release()
    until(lambda: len(run.curves["CurvedPolicy"]) == 1)
    assert run.seconds_left is None
    time.sleep(0.05)
    gates.release()
    until(lambda: len(run.curves["CurvedPolicy"]) == 2)
    assert 0.05 * 8 <= run.seconds_left < 5
    run.stop()
    gates.release()
    run.wait()


class Architect(KerasPolicy):
    """A network of one's own, whose twin answers while it is trained."""

    def model_architecture(self, input_shape, output_shape):
        from keras import Sequential
        from keras.layers import Dense, Flatten, Input

        return Sequential([Input(input_shape), Flatten(), Dense(output_shape[-1], "softmax")])


@pytest.mark.parametrize("policy", [KerasPolicy, Architect])
def test_many_can_ask_while_the_bot_learns(policy):
    agent = agent_with(MemoizationPolicy(), policy(epochs=40, random_seed=2))
    run_of(agent, settings={1: {"epochs": 1}}).start().wait(60)
    run, problems, asked = run_of(agent, settings={1: {"epochs": 60}}), [], []

    def ask(sender):
        agent.log_message("/hello", sender)
        while not run.is_over:
            try:
                decision = agent.predict_next(sender)
                assert sum(decision.predictions[1].probabilities) == pytest.approx(1, abs=1e-4)
                assert decision.predictions[1].explanation["states"]
                asked.append(sender)
            except Exception as problem:
                problems.append(problem)
                return

    run.start()
    threads = [threading.Thread(target=ask, args=[name]) for name in "ab"]
    for thread in threads:
        thread.start()
    run.wait(60)
    for thread in threads:
        thread.join()
    assert problems == []
    assert set(asked) == {"a", "b"}
    assert run.state == "finished"
