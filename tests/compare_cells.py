"""Something quick to compare, that logs each of its trainings."""

from __future__ import annotations

import os
import time
from pathlib import Path

from dialogue_nb.core.domain import Domain
from dialogue_nb.evaluation.compare import compare
from dialogue_nb.policies.policy import Policy
from dialogue_nb.stories.reader import parse_stories

NAMES = [f"utter_say_{i}" for i in range(12)]
DOMAIN = Domain.from_yaml(f"{{intents: [greet, bye], actions: [{', '.join(NAMES)}]}}")
STORIES = parse_stories("\n".join(f"## s{i}\n* greet\n  - {n}\n" for i, n in enumerate(NAMES)))[0]
TESTS = parse_stories("## t0\n* greet\n  - utter_say_2\n* bye\n  - utter_say_11\n")[0]


class Logging(Policy):
    """Notes the beginning and the end of each training in a file.

    Args:
        log: The file.
        dies_once: A file; the process that makes it dies, in the middle of its training. Where it
            cannot be made, every process dies.
        random_seed: So that runs differ.
        seconds: How long a training takes.
    """

    def __init__(self, log, dies_once=None, random_seed=None, seconds=0.0):
        super().__init__()
        self.log = log
        self.dies_once = dies_once
        self.random_seed = random_seed
        self.seconds = seconds

    def train(self, training_trackers, domain, **kwargs):
        names = "".join(sorted(tracker.name for tracker in training_trackers))
        self._note(f"{names} {self.random_seed} begin")
        if self.dies_once is not None:
            self._die()
        time.sleep(self.seconds)
        self._note(f"{names} {self.random_seed} end")
        return self

    def _note(self, line):
        with Path(self.log).open("a") as stream:
            stream.write(line + "\n")

    def _die(self):
        try:
            Path(self.dies_once).touch(exist_ok=False)
        except FileExistsError:
            return
        except OSError:
            pass
        os._exit(9)

    def predict_action_probabilities(self, tracker, domain):
        return [1.0] + [0.0] * (domain.num_actions - 1)


def finished(log):
    """The trainings that came to their end, each as often as that happened."""
    return [line for line in Path(log).read_text().splitlines() if line.endswith("end")]


CELLS = 4 * 40


def many_cells(folder, log):
    """A comparison that takes some seconds."""
    compare(
        DOMAIN, {"logging": [Logging(log, seconds=0.005)]}, stories=STORIES, test_stories=TESTS,
        percentages=[0, 25, 50, 75], runs=40, folder=folder, augmentation_factor=0,
    )  # fmt: skip
