"""Comparing on a real Dask cluster of two workers, one of which is killed."""

from __future__ import annotations

import json
import os
import signal
import warnings

import pytest

from dialogue_nb.cli import main
from dialogue_nb.evaluation.compare import compare
from tests.agent.kiosk import DOMAIN_YAML, STORIES_MD
from tests.compare_cells import DOMAIN, STORIES, TESTS, Logging, finished


@pytest.fixture(scope="module")
def cluster():
    from distributed import LocalCluster

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with LocalCluster(2, threads_per_worker=1, dashboard_address=None) as made:
            yield made


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_worker_is_killed_and_nothing_is_lost_or_done_twice(cluster, tmp_path):
    folder, log = tmp_path / "out", tmp_path / "log"
    killed = []
    with cluster.get_client() as client:
        pids = list(client.run(os.getpid).values())

        def kill_one(result):
            if len(finished(log)) >= 5 and not killed:
                killed.append(pids[0])
                os.kill(pids[0], signal.SIGKILL)

        done = compare(
            DOMAIN, {"logging": [Logging(str(log), seconds=0.15)]}, stories=STORIES,
            test_stories=TESTS, percentages=[0, 25, 50, 75], runs=6, folder=folder,
            augmentation_factor=0, executor=client.get_executor(), on_result=kill_one,
        )  # fmt: skip
        assert set(client.run(os.getpid).values()) != set(pids) or len(client.nthreads()) < 2
    assert killed
    assert done.is_complete
    assert len(done.results) == len(list((folder / "cells").glob("*.json"))) == 24
    begun = log.read_text().splitlines()
    ends = finished(log)
    assert len(set(ends)) == 24
    assert len(ends) - 24 <= 1  # killed between the end of a training and its file
    assert len(begun) - len(ends) <= 25  # the training in progress began again


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_the_command_line_trains_on_a_scheduler(cluster, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "domain.yml").write_text(DOMAIN_YAML)
    (tmp_path / "stories.md").write_text(STORIES_MD)
    for length in (1, 4):
        text = f"policies: [{{name: MemoizationPolicy, max_history: {length}}}]"
        (tmp_path / f"memory{length}.yml").write_text(text)
    words = (
        "train compare -d domain.yml -s stories.md --test-stories stories.md -o out --runs 2 "
        f"-c memory1.yml memory4.yml --percentages 0 50 --scheduler {cluster.scheduler_address}"
    )
    assert main(words.split()) == 0
    assert "8 of 8 trainings done, 0 of them before" in capsys.readouterr().err
    body = json.loads((tmp_path / "out" / "results.json").read_text())
    assert body["complete"] is True


def test_a_scheduler_that_is_not_there_is_one_clear_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "domain.yml").write_text(DOMAIN_YAML)
    (tmp_path / "c.yml").write_text("policies: [{name: MemoizationPolicy}]")
    words = "train compare -d domain.yml -s s.md -o out -c c.yml --scheduler tcp://127.0.0.1:9"
    monkeypatch.setattr("dialogue_nb.cli.train_compare.SECONDS_TO_CONNECT", 0.5)
    assert main(words.split()) == 2
    error = capsys.readouterr().err
    assert "no Dask scheduler at 'tcp://127.0.0.1:9'" in error
    assert "Traceback" not in error
