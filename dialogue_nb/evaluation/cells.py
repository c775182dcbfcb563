"""One training of a comparison: what it needs, doing it, and never doing it twice."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.progress import Progress
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.fingerprints import fingerprint_of
from dialogue_nb.core.version import __version__
from dialogue_nb.evaluation.cell_files import CellFiles
from dialogue_nb.evaluation.comparison import Cell, CellResult
from dialogue_nb.evaluation.recipes import policy_fingerprint
from dialogue_nb.evaluation.test import evaluate
from dialogue_nb.policies.policy import Policy
from dialogue_nb.stories.exclusion import joined_groups
from dialogue_nb.stories.steps import Story

# Trainings in one process take turns: they would share Keras' source of random numbers.
_TURN: Final = threading.Lock()


class Stop(Protocol):
    """What says that it is enough: a `threading.Event`, or that of another process."""

    def is_set(self) -> bool:
        """Whether somebody said so."""

    def set(self) -> None:
        """Says so."""


class StoppedError(Exception):
    """A training was stopped before its end, so that there is no result."""


@dataclass(frozen=True)
class Job:
    """All that one training needs; it can be sent to another process or machine.

    Args:
        cell: Which training it is.
        seed: What networks, augmentation and responses draw from.
        policies: The policies, untrained.
        domain: The domain.
        stories: The stories and rules to learn from.
        test_stories: The stories to test with.
        augmentation_factor: How much stories are glued together.
        key: What all this comes to, as one name.
        folder: Where finished cells are kept; None: nowhere.
    """

    cell: Cell
    seed: int
    policies: tuple[Policy, ...] = field(repr=False)
    domain: Domain = field(repr=False)
    stories: tuple[Story, ...] = field(repr=False)
    test_stories: tuple[Story, ...] = field(repr=False)
    augmentation_factor: int
    key: str = ""
    folder: str | None = None

    def stored(self) -> CellResult | None:
        """The result, if it is on disk."""
        if self.folder is None:
            return None
        found = CellFiles(self.folder).read(self.key)
        return None if found is None else self._as_result(found)

    def keep(self, result: CellResult) -> None:
        """Puts the result on disk, if there is a folder for it that can be seen from here."""
        files = None if self.folder is None else CellFiles(self.folder)
        if files is not None and files.is_there:
            files.write(str(self.cell), self.key, result.as_dict())

    def as_own(self, result: CellResult) -> CellResult:
        """The result of an equal training as one of this cell."""
        return replace(result, **self.cell._asdict())

    def _as_result(self, found: Mapping[str, Any]) -> CellResult | None:
        try:
            # an equal training may have another place in another comparison
            return self.as_own(CellResult(**found))
        except TypeError:  # of a version that measured something else
            return None


def key_of(
    job_seed: int,
    policies: Sequence[Policy],
    domain: Domain,
    stories_name: str,
    tests_name: str,
    augmentation_factor: int,
) -> str:
    """What a training comes to, as one name.

    Args:
        job_seed: Its seed.
        policies: Its policies.
        domain: The domain.
        stories_name: The fingerprint of what it learns from.
        tests_name: The fingerprint of what it is tested with.
        augmentation_factor: How much stories are glued together.
    """
    return fingerprint_of(
        {
            "version": __version__,
            "seed": job_seed,
            "policies": [policy_fingerprint(policy) for policy in policies],
            "domain": domain.fingerprint,
            "stories": stories_name,
            "tests": tests_name,
            "augmentation": augmentation_factor,
        }
    )


def seeded(policy: Policy, seed: int, run: int) -> Policy:
    """A policy of its own for one run, with its own beginning.

    Args:
        policy: The policy.
        seed: The seed of the run, for a policy that has none.
        run: Which run, from 1; added to the seed of a policy that has one.
    """
    params = policy.get_params() if hasattr(policy, "random_seed") else {}
    if "random_seed" not in params:
        return copy.deepcopy(policy)
    given = params["random_seed"]
    params["random_seed"] = seed if given is None else given + run - 1
    return type(policy)(**params)


def run_cell(job: Job, stop: Stop | None = None) -> CellResult:
    """Does a training and its test, or reads what came out if it was done before.

    Args:
        job: What to do.
        stop: Once it is set, the training ends.

    Returns:
        The result, which is on disk then, if there is a folder.

    Raises:
        StoppedError: If it was stopped.
    """
    with _TURN:
        known = job.stored()
        if known is not None:
            return known
        result = _done(job, threading.Event() if stop is None else stop)
        job.keep(result)
        return result


def _done(job: Job, stop: Stop) -> CellResult:
    quiet = Progress(shown=False)
    began = time.perf_counter()
    agent = Agent(job.domain, list(job.policies), random_seed=job.seed)
    factor = job.augmentation_factor
    data = agent.load_data(list(job.stories), augmentation_factor=factor, progress=quiet)
    agent.train(data, progress=quiet, stop=stop)
    # an interrupt sets the event too: what was learnt until then is no result
    if stop.is_set() or any(getattr(policy, "stopped_", False) for policy in agent.policies):
        raise StoppedError
    trained = time.perf_counter()
    test = evaluate(agent, list(job.test_stories))
    scores, own, rasa = test.scores, test.scores_without_listen, test.rasa_scores
    return CellResult(
        *job.cell,
        seed=job.seed,
        stories=sum(not story.is_rule for story in job.stories),
        whole_stories=len(joined_groups(job.stories)),
        dialogues=len(data.originals) + len(data.augmented),
        test_stories=len(test.stories),
        stories_right=test.stories_right,
        actions=scores.count,
        accuracy=scores.accuracy,
        f1=scores.f1,
        accuracy_without_listen=own.accuracy,
        f1_without_listen=own.f1,
        accuracy_as_rasa=rasa.accuracy,
        f1_as_rasa=rasa.f1,
        train_seconds=round(trained - began, 3),
        test_seconds=round(time.perf_counter() - trained, 3),
    )
