from __future__ import annotations

import signal
import sys
import time

import pytest

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.progress import Progress
from dialogue_nb.core.exceptions import PolicyConfigError, StoryError
from dialogue_nb.policies.ensemble import PolicyEnsemble
from dialogue_nb.policies.keras_policy import KerasPolicy
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.stories.reader import parse_stories

from .kiosk import DOMAIN, DOMAIN_YAML, STORIES_MD, Scripted, texts

STORIES = parse_stories(STORIES_MD)[0]


def test_without_a_domain_the_one_in_the_current_folder_is_taken(tmp_path, monkeypatch):
    (tmp_path / "domain.yml").write_text(DOMAIN_YAML)
    (tmp_path / "stories.md").write_text(STORIES_MD)
    monkeypatch.chdir(tmp_path)
    agent = Agent(policies=[MemoizationPolicy()])
    assert agent.domain == DOMAIN
    assert len(agent.load_data("stories.md", augmentation_factor=0)) == 2


def test_without_policies_there_are_a_memory_and_a_network_with_the_agents_seed():
    memory, network = Agent(DOMAIN, random_seed=7).policies
    assert isinstance(memory, MemoizationPolicy)
    assert isinstance(network, KerasPolicy)
    assert network.random_seed == 7


def test_policies_come_from_a_list_an_ensemble_or_a_config_file(tmp_path):
    (tmp_path / "c.yml").write_text("policies: [{name: MemoizationPolicy, max_history: 4}]")
    for given in (
        [MemoizationPolicy(max_history=4)],
        PolicyEnsemble([MemoizationPolicy(max_history=4)]),
        tmp_path / "c.yml",
    ):
        assert [p.max_history for p in Agent(DOMAIN, given).policies] == [4]


def test_what_a_config_leaves_out_is_told_and_mistakes_in_it_raise(tmp_path):
    left_out = "policies: [{name: MemoizationPolicy}, {name: UnexpecTEDIntentPolicy}]"
    (tmp_path / "c.yml").write_text(left_out)
    agent = Agent(DOMAIN, tmp_path / "c.yml")
    assert [diagnostic.code for diagnostic in agent.diagnostics] == ["C105"]
    (tmp_path / "c.yml").write_text("policies: [{name: MemoPolicy}, {name: KerasPolicy, epoch: 3}]")
    with pytest.raises(PolicyConfigError, match=r"MemoPolicy[\s\S]*Did you mean 'epochs'"):
        Agent(DOMAIN, tmp_path / "c.yml")


def test_stories_with_mistakes_raise_with_all_of_them():
    wrong, _ = parse_stories('## a\n* hullo\n  - utter_helo\n* leave\n  - slot{"papper": 1}\n')
    with pytest.raises(StoryError) as caught:
        Agent(DOMAIN, [MemoizationPolicy()]).load_data(wrong)
    assert [d.line for d in caught.value.diagnostics if d.severity == "error"] == [2, 3, 5]


def test_warnings_about_stories_come_with_the_data():
    read, _ = parse_stories(STORIES_MD + "> nowhere\n")
    data = Agent(DOMAIN, [MemoizationPolicy()]).load_data(read, augmentation_factor=0)
    assert any("nowhere" in str(diagnostic) for diagnostic in data.diagnostics)


def test_augmentation_is_on_by_default_and_seeded():
    def names(seed):
        agent = Agent(DOMAIN, [MemoizationPolicy()], random_seed=seed)
        return [tracker.name for tracker in agent.load_data(STORIES, augmentation_factor=3)]

    assert len(Agent(DOMAIN, [MemoizationPolicy()]).load_data(STORIES).augmented) > 0
    assert names(1) == names(1)
    agent = Agent(DOMAIN, [MemoizationPolicy()])
    assert not agent.load_data(STORIES, use_story_concatenation=False).augmented


def test_training_again_forgets_what_was_learnt():
    agent = Agent(DOMAIN, [MemoizationPolicy()])
    other, _ = parse_stories("## other\n* leave\n  - utter_bye\n")
    agent.train(agent.load_data(STORIES)).train(agent.load_data(other))
    assert texts(agent.handle_text("/hello", "a")) == []
    assert texts(agent.handle_text("/leave", "b")) == ["So long."]


def test_each_epoch_is_told_to_whoever_wants_to_know():
    agent = Agent(DOMAIN, [MemoizationPolicy(), KerasPolicy(random_seed=1)])
    told = []
    data = agent.load_data(STORIES, augmentation_factor=0)
    agent.train(data, epochs=3, on_epoch_end=lambda epoch, results: told.append((epoch, *results)))
    assert [epoch for epoch, *_ in told] == [0, 1, 2]
    assert "loss" in told[0]


class Afterwards(Scripted):
    def train(self, training_trackers, domain, **kwargs):
        self.was_trained = True
        return self


def test_an_interrupt_keeps_what_was_learnt_so_far():
    after = Afterwards({})
    network = KerasPolicy(epochs=1000, random_seed=1)
    agent = Agent(DOMAIN, [MemoizationPolicy(), network, after])

    def interrupt(epoch, results):
        if epoch == 2:
            signal.raise_signal(signal.SIGINT)

    agent.train(agent.load_data(STORIES, augmentation_factor=0), on_epoch_end=interrupt)
    assert network.stopped_
    assert len(network.history_["loss"]) < 1000
    assert after.was_trained
    assert texts(agent.handle_text("/leave")) is not None


class Interrupted(Scripted):
    def train(self, training_trackers, domain, **kwargs):
        raise KeyboardInterrupt


def test_an_interrupt_before_anything_was_learnt_leaves_an_untrained_agent():
    agent = Agent(DOMAIN, [Interrupted({})])
    with pytest.raises(KeyboardInterrupt):
        agent.train(agent.load_data(STORIES))
    assert not agent.is_trained


def test_the_agent_describes_itself():
    text = repr(Agent(DOMAIN, [MemoizationPolicy()]))
    assert text.startswith("<Agent (not trained): MemoizationPolicy; Domain(8 intents")


# --- progress


class Screen:
    def __init__(self, is_terminal=True):
        self.text = ""
        self.is_terminal = is_terminal

    def isatty(self):
        return self.is_terminal

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def show(screen, seconds_a_step, steps=40, **options):
    now = [0.0]
    progress = Progress(screen, clock=lambda: now[0], **options)
    progress.begin("KerasPolicy")
    for step in range(steps):
        now[0] += seconds_a_step
        progress.update(step + 1, steps, {"loss": 1 / (step + 1)})
    progress.end()
    return screen.text


def test_what_is_over_within_a_moment_is_not_shown():
    assert show(Screen(), 0.01) == ""


def test_what_has_nothing_to_count_shows_its_name_after_a_moment():
    screen = Screen()
    progress = Progress(screen)
    progress.begin("MemoizationPolicy")
    deadline = time.monotonic() + 10
    while "MemoizationPolicy ..." not in screen.text and time.monotonic() < deadline:
        time.sleep(0.05)
    progress.end()
    assert screen.text.split("\r")[1].strip() == "MemoizationPolicy ..."
    assert screen.text.split("\r")[2].startswith("MemoizationPolicy (")
    assert screen.text.endswith("\n")


def test_in_a_notebook_progress_is_ordinary_output_and_elsewhere_it_is_stderr(monkeypatch):
    def work():
        progress = Progress(clock=iter(range(100)).__next__)
        progress.begin("KerasPolicy")
        progress.update(1, 2, {})
        progress.end()

    output, errors = Screen(), Screen()
    monkeypatch.setattr(sys, "stdout", output)
    monkeypatch.setattr(sys, "stderr", errors)
    work()
    assert output.text == ""
    assert "KerasPolicy" in errors.text
    monkeypatch.setattr(Screen, "__module__", "ipykernel.iostream")
    before = errors.text
    work()
    assert "KerasPolicy" in output.text
    assert errors.text == before


def test_a_long_piece_of_work_is_one_line_that_is_written_over():
    shown = show(Screen(), 0.5)
    assert shown.count("\n") == 1
    last = shown.split("\r")[-1].strip()
    assert last == "KerasPolicy [####################] 40/40 loss 0.025 (20 s)"
    assert all(len(line) <= 101 for line in shown.split("\r"))


def test_it_is_not_written_more_often_than_anybody_can_read():
    assert show(Screen(), 0.02, steps=100).count("\r") < 15


def test_nothing_is_shown_where_nobody_watches_unless_it_is_wanted():
    assert show(Screen(is_terminal=False), 1.0) == ""
    assert show(Screen(is_terminal=False), 1.0, shown=True) != ""
    assert show(Screen(), 1.0, shown=False) == ""
