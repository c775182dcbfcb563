"""Training in the four steps of the oldest Rasa Core, with everything in between to look at."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.diagnostics import errors_in
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import NotTrainedError, StoryError
from dialogue_nb.featurizers.examples import TrainingExamples
from dialogue_nb.featurizers.tracker_featurizers import (
    MaxHistoryTrackerFeaturizer,
    TrackerFeaturizer,
)
from dialogue_nb.policies.ensemble import PolicyEnsemble
from dialogue_nb.policies.policy import Policy
from dialogue_nb.stories.diagnostics import lint_stories
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.reader import read_stories
from dialogue_nb.stories.steps import Story
from dialogue_nb.stories.training_data import TrainingData


class PolicyTrainer:
    r"""Reads stories, makes dialogues of them, makes `X` and `y`, trains all policies.

    Policies learn from the dialogues, each with a featurizer of its own. One whose `train` begins
    with `X` and `y`, as in the oldest Rasa Core, gets the arrays instead.

    Args:
        ensemble: The policies, as a `PolicyEnsemble`, a list, or a single one.
        domain: The domain.
        featurizer: What makes `X` and `y`; None: `MaxHistoryTrackerFeaturizer()`.

    Attributes:
        stories_: The stories that were read.
        data_: The dialogues made from them.
        examples_: The states and actions of the dialogues, a `TrainingExamples`.

    Example:
        >>> from dialogue_nb.policies.memoization import MemoizationPolicy
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> domain = Domain.from_yaml("{intents: [greet], actions: [utter_hi]}")
        >>> stories, _ = parse_stories("## hello\n* greet\n  - utter_hi")
        >>> trainer = PolicyTrainer(MemoizationPolicy(), domain).train(stories)
        >>> trainer.X.shape[:2], trainer.y.tolist() == [0, domain.index_for_action("utter_hi"), 0]
        ((3, 5), True)
    """

    stories_: Sequence[Story]
    data_: TrainingData
    examples_: TrainingExamples

    def __init__(
        self,
        ensemble: PolicyEnsemble | Sequence[Policy] | Policy,
        domain: Domain,
        featurizer: TrackerFeaturizer | None = None,
    ) -> None:
        self.ensemble = ensemble
        self.domain = domain
        self.featurizer = featurizer

    @property
    def X(self) -> npt.NDArray[np.float32]:
        """The states before each action, (N, T, F) float32, padding is -1."""
        return self._examples().X  # (N, T, F)

    @property
    def y(self) -> npt.NDArray[np.int32]:
        """The actions, as indices, (N,) int32; (N, T) for full dialogues, with -1 for padding."""
        return self._examples().labels  # (N,) or (N, T)

    def train(
        self,
        stories: str | Path | Sequence[str | Path] | Sequence[Story],
        *,
        augmentation_factor: int = 0,
        random_seed: int = 42,
        **kwargs: Any,
    ) -> Self:
        """Trains all policies on stories.

        Args:
            stories: A file, a folder, several of them, or stories that were read already.
            augmentation_factor: How much gluing of stories there is, 0 for none.
            random_seed: For gluing.
            **kwargs: Passed on to the policies (`epochs`, ...).

        Returns:
            The trainer itself.

        Raises:
            StoryError: If the stories have errors.
        """
        self.stories_ = _read(stories, self.domain)
        self.data_ = generate(
            self.stories_,
            self.domain,
            augmentation_factor=augmentation_factor,
            random_seed=random_seed,
        )
        featurizer = self.featurizer or MaxHistoryTrackerFeaturizer()
        learnt = [*self.data_.originals, *self.data_.augmented]
        self.examples_ = featurizer.featurize_trackers(learnt, self.domain)
        policies = _policies(self.ensemble)
        oldest = [policy for policy in policies if _wants_arrays(policy)]
        for policy in oldest:
            train: Any = policy.train
            train(self.X, self.y, self.domain, **kwargs)
        others = PolicyEnsemble([policy for policy in policies if policy not in oldest])
        others.train(self.data_, self.domain, **kwargs)
        return self

    def _examples(self) -> TrainingExamples:
        if not hasattr(self, "examples_"):
            raise NotTrainedError("There are no X and y yet. Call train(stories) first.")
        return self.examples_


def _read(
    stories: str | Path | Sequence[str | Path] | Sequence[Story], domain: Domain
) -> list[Story]:
    if isinstance(stories, (str, Path)):
        stories = [stories]
    read = [story for story in stories if isinstance(story, Story)]
    paths = [path for path in stories if not isinstance(path, Story)]
    more, found = read_stories(paths) if paths else ([], [])
    read += more
    found = [*found, *lint_stories(read, domain)]
    if errors_in(found):
        raise StoryError(found)
    return read


def _policies(ensemble: PolicyEnsemble | Sequence[Policy] | Policy) -> list[Policy]:
    if isinstance(ensemble, Policy):
        return [ensemble]
    return list(ensemble.policies if isinstance(ensemble, PolicyEnsemble) else ensemble)


def _wants_arrays(policy: Policy) -> bool:
    return list(inspect.signature(policy.train).parameters)[:2] == ["X", "y"]
