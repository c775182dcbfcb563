"""Comparing configurations: what is trained, on what, how often, and what survives."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy import stats

from dialogue_nb.core.exceptions import ComparisonError, PolicyConfigError, StoryError
from dialogue_nb.evaluation.cells import seeded
from dialogue_nb.evaluation.compare import compare
from dialogue_nb.evaluation.comparison import confidence_band
from dialogue_nb.evaluation.test import evaluate
from dialogue_nb.policies.keras_policy import KerasPolicy
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.policy import Policy
from dialogue_nb.stories.exclusion import exclude_stories
from dialogue_nb.stories.reader import parse_stories
from tests.agent.kiosk import DOMAIN, kiosk
from tests.compare_cells import CELLS, STORIES, TESTS, Logging, finished, many_cells
from tests.compare_cells import DOMAIN as CELL_DOMAIN


def done_in(folder, **options):
    settings = {"percentages": [0, 50], "runs": 2, "augmentation_factor": 0} | options
    memory = {"memory": [MemoizationPolicy()]}
    return compare(
        CELL_DOMAIN,
        settings.pop("configurations", memory),
        stories=settings.pop("stories", STORIES),
        test_stories=settings.pop("test_stories", TESTS),
        folder=folder,
        **settings,
    )


# --- what is compared


def test_the_table_has_a_row_for_each_configuration_percentage_and_run(tmp_path):
    both = {"memory": [MemoizationPolicy()], "short": [MemoizationPolicy(max_history=1)]}
    done = done_in(tmp_path / "out", configurations=both, percentages=[50, 0, 75], runs=2)
    table = done.table
    assert len(table) == 2 * 3 * 2
    assert not table.duplicated(["configuration", "percentage", "run"]).any()
    assert set(table["percentage"]) == {0, 50, 75}
    assert done.is_complete
    assert done.problems == ()


def test_the_numbers_are_those_of_a_test_of_the_same_bot():
    read, _ = parse_stories("## x\n* hello\n  - utter_hello\n* leave\n  - utter_sold\n")
    stories, _ = parse_stories("## y\n* hello\n  - utter_hello\n* leave\n  - utter_bye\n")
    done = compare(
        DOMAIN, [MemoizationPolicy()], stories=stories, test_stories=read, percentages=[0],
        runs=1, folder=None,
    )  # fmt: skip
    agent = kiosk()
    agent.train(agent.load_data(stories))
    test = evaluate(agent, read)
    (row,) = done.results
    assert (row.accuracy, row.f1) == (test.scores.accuracy, test.scores.f1)
    assert row.accuracy_as_rasa == test.rasa_scores.accuracy == 0.75
    assert row.accuracy_without_listen == test.scores_without_listen.accuracy == 0.5
    assert (row.stories_right, row.test_stories, row.actions) == (0, 1, 5)


def test_stories_are_those_that_were_there_to_learn_from_and_rules_stay(tmp_path):
    rules, _ = parse_stories(
        "rules:\n- rule: r\n  steps:\n  - intent: greet\n  - action: utter_say_7\n"
    )
    done = done_in(tmp_path / "out", stories=[*STORIES, *rules], percentages=[0, 25, 75], runs=1)
    kept = [len(exclude_stories(STORIES, share, 42)) for share in (0, 25, 75)]
    assert done.table["stories"].tolist() == kept == [12, 9, 3]


def test_what_a_smaller_percentage_leaves_out_a_larger_one_does_too():
    for seed in (42, 43):
        kept = [set(s.name for s in exclude_stories(STORIES, p, seed)) for p in (0, 25, 50, 75)]
        assert all(more < less for less, more in itertools.pairwise(kept))


def test_stories_that_checkpoints_join_are_one(tmp_path):
    joined, _ = parse_stories(
        "## a\n* greet\n  - utter_say_0\n> both\n\n## b\n> both\n* greet\n  - utter_say_1\n"
    )
    done = done_in(tmp_path / "out", stories=[*STORIES, *joined], percentages=[0], runs=1)
    assert done.table[["stories", "whole_stories"]].values.tolist() == [[14, 13]]


def test_each_run_leaves_out_other_stories_and_begins_otherwise(tmp_path):
    seen = []
    network = KerasPolicy(epochs=1, random_seed=7)
    for run, policy_seed in ((1, 7), (2, 8)):
        seen.append(seeded(network, 41 + run, run).random_seed == policy_seed)
    assert seen == [True, True]
    one, two = (tuple(s.name for s in exclude_stories(STORIES, 50, seed)) for seed in (42, 43))
    assert one != two
    done = done_in(tmp_path / "out", percentages=[50])
    assert done.table["seed"].tolist() == [42, 43]


def test_without_test_stories_a_fifth_is_kept_away_from_learning():
    done = compare(
        CELL_DOMAIN, [MemoizationPolicy()], stories=STORIES, percentages=[0], runs=1, folder=None
    )
    (row,) = done.results
    assert (row.stories, row.test_stories) == (10, 2)
    assert row.stories_right == 0


def test_a_project_brings_its_own_stories_and_test_stories():
    from dialogue_nb import bots

    project = bots.load("moodbot")
    done = compare(project, [MemoizationPolicy()], percentages=[0], runs=1, folder=None)
    assert done.results[0].stories == len(project.stories)
    assert done.results[0].test_stories == len(project.test_stories)


# --- numbers over runs


@pytest.mark.parametrize("values", [[0.5, 0.25, 0.75], [3.0, 4.0], [0.1, 0.2, 0.2, 0.4, 0.3]])
def test_the_band_is_that_of_student(values):
    expected = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    assert confidence_band(values, 1000) == pytest.approx((max(0.0, expected[0]), expected[1]))


def test_one_run_has_no_band_and_a_band_stays_within_what_is_possible(tmp_path):
    done = done_in(tmp_path / "out", runs=1)
    assert done.curve()["low"].isna().all()
    assert confidence_band([0.0, 1.0], 1.0) == (0.0, 1.0)


def test_a_measure_that_is_not_there_is_an_error_with_a_hint(tmp_path):
    with pytest.raises(ComparisonError, match="Did you mean 'accuracy'"):
        done_in(tmp_path / "out", runs=1).curve("acuracy")


# --- going on where it was


def test_what_is_done_is_not_done_again(tmp_path):
    policy = Logging(str(tmp_path / "log"))
    first = done_in(tmp_path / "out", configurations=[policy])
    again = done_in(tmp_path / "out", configurations=[policy])
    assert len(finished(tmp_path / "log")) == 4
    assert (first.reused, again.reused) == (0, 4)
    assert again.table.equals(first.table)


def test_more_percentages_runs_and_configurations_cost_only_their_own(tmp_path):
    policy = Logging(str(tmp_path / "log"))
    done_in(tmp_path / "out", configurations={"a": [policy]}, percentages=[0], runs=1)
    more = {"a again": [policy], "other": [MemoizationPolicy()]}
    done = done_in(tmp_path / "out", configurations=more, percentages=[0, 50], runs=2)
    assert done.reused == 1
    assert len(finished(tmp_path / "log")) == 4


@pytest.mark.parametrize("what", ["policy", "story", "test", "augmentation", "seed"])
def test_what_has_changed_is_done_again(tmp_path, what):
    other, _ = parse_stories("## new\n* greet\n  - utter_say_3\n")
    changed = {
        "policy": {"configurations": {"memory": [MemoizationPolicy(max_history=2)]}},
        "story": {"stories": [*STORIES, *other]},
        "test": {"test_stories": [*TESTS, *other]},
        "augmentation": {"augmentation_factor": 3},
        "seed": {"random_seed": 5},
    }[what]
    done_in(tmp_path / "out", percentages=[0], runs=1)
    assert done_in(tmp_path / "out", percentages=[0], runs=1, **changed).reused == 0


def test_the_code_of_a_policy_of_ones_own_counts(tmp_path):
    def made(size):
        class Mine(MemoizationPolicy):
            def choose(self):
                return size

            share = size

        return Mine()

    done_in(tmp_path / "out", configurations=[made(1)])
    assert done_in(tmp_path / "out", configurations=[made(1)]).reused == 4
    assert done_in(tmp_path / "out", configurations=[made(2)]).reused == 0


def test_a_damaged_file_is_done_again(tmp_path):
    done_in(tmp_path / "out")
    file, other, *_ = sorted((tmp_path / "out" / "cells").iterdir())
    file.write_text("{")
    other.write_text(json.dumps({"key": "of another", "result": {}}))
    assert done_in(tmp_path / "out").reused == 2
    assert done_in(tmp_path / "out").reused == 4


def test_percentages_that_leave_out_the_same_stories_are_one_training(tmp_path):
    policy = Logging(str(tmp_path / "log"))
    done = done_in(tmp_path / "out", configurations=[policy], percentages=[50, 51], runs=1)
    assert done.table["percentage"].tolist() == [50, 51]
    assert len(finished(tmp_path / "log")) == 1


# --- stopping


def test_a_stop_keeps_what_is_finished(tmp_path):
    stop = threading.Event()
    seen = []

    def after_two(result):
        seen.append(result.cell)
        if len(seen) == 2:
            stop.set()

    done = done_in(tmp_path / "out", stop=stop, on_result=after_two)
    assert [each.cell for each in done.results] == seen
    assert (len(done.results), len(done.plan), done.is_complete) == (2, 4, False)
    assert done_in(tmp_path / "out").reused == 2


class Interrupted(Policy):
    """Is interrupted in its second training."""

    count = 0

    def train(self, training_trackers, domain, **kwargs):
        Interrupted.count += 1
        if Interrupted.count == 2:
            raise KeyboardInterrupt
        return self

    def predict_action_probabilities(self, tracker, domain):
        return [1.0] + [0.0] * (domain.num_actions - 1)


def test_an_interrupt_keeps_what_is_finished(tmp_path):
    Interrupted.count = 0
    done = done_in(tmp_path / "out", configurations=[Interrupted()])
    assert len(done.results) == 1


def test_a_network_that_was_interrupted_in_the_middle_is_no_result(tmp_path):
    class Once(KerasPolicy):
        def train(self, training_trackers, domain, *, stop=None, **kwargs):
            def interrupted(epoch, logs):
                raise KeyboardInterrupt

            kwargs["on_epoch_end"] = lambda e, logs: interrupted(e, logs) if e == 1 else None
            return super().train(training_trackers, domain, stop=stop, **kwargs)

    done = done_in(tmp_path / "out", configurations=[Once(epochs=4, rnn_size=4)], runs=1)
    assert done.results == ()
    assert not done.is_complete


class Fails(Policy):
    """Cannot learn from few stories."""

    def train(self, training_trackers, domain, **kwargs):
        if len(training_trackers) < 8:
            raise ValueError("too few stories")
        return self

    def predict_action_probabilities(self, tracker, domain):
        return [1.0] + [0.0] * (domain.num_actions - 1)


def test_a_training_that_fails_is_told_and_the_others_go_on(tmp_path):
    done = done_in(tmp_path / "out", configurations=[Fails()], runs=1)
    assert [each.percentage for each in done.results] == [0]
    assert [str(each) for each in done.problems] == ["error E301: Fails 50% run 1: too few stories"]


# --- what cannot be compared


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"configurations": {}}, "Expected configurations"),
        ({"configurations": {"none": []}}, "at least one policy"),
        ({"percentages": [100]}, "from 0 to below 100"),
        ({"percentages": []}, "from 0 to below 100"),
        ({"runs": 0}, "1 or more"),
        ({"executor": 0}, "1 process or more"),
        ({"stories": []}, "no stories to learn from"),
        ({"test_stories": []}, "no stories to test with"),
    ],
)
def test_nonsense_is_refused_before_anything_is_trained(tmp_path, options, message):
    with pytest.raises(ComparisonError, match=message):
        done_in(tmp_path / "out", **options)


def test_wrong_stories_and_configurations_are_refused_with_their_place(tmp_path):
    (tmp_path / "s.md").write_text("## a\n* gret\n  - utter_say_1\n")
    with pytest.raises(StoryError, match=r"s.md:2: error .*'gret'.*Did you mean 'greet'"):
        done_in(tmp_path / "out", stories=tmp_path / "s.md")
    (tmp_path / "c.yml").write_text("policies: [{name: MemorisationPolicy}]")
    with pytest.raises(PolicyConfigError, match=r"c.yml:1:13: error C102"):
        done_in(tmp_path / "out", configurations=[tmp_path / "c.yml"])
    (tmp_path / "file").write_text("")
    with pytest.raises(ComparisonError, match=r"'.*file' is a file"):
        done_in(tmp_path / "file")


# --- on processes and executors


def test_processes_give_the_same_table(tmp_path):
    here = done_in(tmp_path / "here").table.drop(columns=["train_seconds", "test_seconds"])
    there = done_in(tmp_path / "there", executor=2).table
    assert there.drop(columns=["train_seconds", "test_seconds"]).equals(here)
    assert done_in(tmp_path / "there").reused == 4


def test_an_executor_of_ones_own_is_used_and_stays_open(tmp_path):
    with ThreadPoolExecutor(3) as pool:
        done = done_in(tmp_path / "out", executor=pool)
        assert done.is_complete
        assert pool.submit(len, "ab").result() == 2


def test_a_policy_that_other_processes_do_not_know_is_refused(tmp_path):
    class Local(Policy):
        pass

    with pytest.raises(ComparisonError, match="Local cannot be sent to other processes"):
        done_in(tmp_path / "out", configurations=[Local()], executor=2)


def test_a_worker_that_dies_is_replaced_and_nothing_finished_is_done_twice(tmp_path):
    policy = Logging(str(tmp_path / "log"), dies_once=str(tmp_path / "died"))
    done = done_in(
        tmp_path / "out", configurations=[policy], percentages=[0, 50], runs=3, executor=2
    )
    assert (tmp_path / "died").exists()
    assert done.is_complete
    ends = finished(tmp_path / "log")
    assert len(ends) == len(set(ends)) == 6


def test_workers_that_keep_dying_are_an_error_that_says_what_to_do(tmp_path):
    policy = Logging(str(tmp_path / "log"), dies_once=str(tmp_path / "no" / "such" / "folder"))
    with pytest.raises(ComparisonError, match="died 3 times without finishing anything"):
        done_in(tmp_path / "out", configurations=[policy], runs=1, executor=1)


# --- killed


def test_killed_twenty_times_it_loses_at_most_the_training_in_progress(tmp_path):
    """Each life is killed at a random moment, with no chance to clean up."""
    folder, log = tmp_path / "out", tmp_path / "log"
    lives = multiprocessing.get_context("forkserver")  # with all imports done once
    lives.set_forkserver_preload(["tests.compare_cells"])
    rng = random.Random(2024)
    counts = []
    log.touch()
    for number in range(20):
        before = log.stat().st_size
        life = lives.Process(target=many_cells, args=(str(folder), str(log)))
        life.start()
        while number % 4 and log.stat().st_size == before:  # every fourth may not even begin
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.1))
        life.kill()
        life.join()
        assert life.exitcode == -signal.SIGKILL
        kept = list((folder / "cells").glob("*.json"))
        assert all(json.loads(file.read_text())["result"] for file in kept)
        counts.append(len(kept))
    assert counts == sorted(counts)
    assert 0 < counts[-1] < CELLS, "it was killed too late, or too early"
    last = lives.Process(target=many_cells, args=(str(folder), str(log)))
    last.start()
    last.join(60)
    assert last.exitcode == 0
    assert len(list((folder / "cells").glob("*.json"))) == CELLS
    ends = finished(log)
    assert len(set(ends)) == CELLS
    # at most the one in progress of each life was begun, or even ended, again
    assert len(ends) <= CELLS + 20
    assert len(log.read_text().splitlines()) - len(ends) <= CELLS + 20
