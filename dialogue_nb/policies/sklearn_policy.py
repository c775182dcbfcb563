"""A policy that learns with any classifier of scikit-learn, by default a logistic regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import FeaturizerError, PolicyConfigError
from dialogue_nb.featurizers.tracker_featurizers import (
    MaxHistoryTrackerFeaturizer,
    Tracker,
    TrackerFeaturizer,
)
from dialogue_nb.policies import sklearn_models
from dialogue_nb.policies.sklearn_classifier import Classifier, Rows
from dialogue_nb.policies.window_policy import WindowPolicy

MODEL_FILE: Final = "sklearn_model.npz"


class SklearnPolicy(WindowPolicy):
    r"""Learns the next action with a classifier of scikit-learn.

    The window of the last states is one long row of numbers, (max_history * F), padding is -1.

    Args:
        featurizer: A `MaxHistoryTrackerFeaturizer`, whose max_history then counts; None: one with
            `max_history`.
        priority: The higher wins where two policies are equally confident.
        max_history: How many states the classifier sees.
        model: The classifier, which must have `predict_proba`; a copy of it is trained. None:
            `LogisticRegression(max_iter=1000)`.
        param_grid: Which values to try for which of its parameters (`GridSearchCV`).
        cv: How the examples are split to try them, for instance the number of folds. None: nothing
            is tried, unless there is a grid; then 5 folds.
        scoring: What decides between the values: any score of scikit-learn.
        shuffle: Whether the examples are shuffled before.
        random_seed: Makes a run repeat exactly; None: each run is different. It is also the
            `random_state` of a model that has none of its own.

    Attributes:
        network_: The trained classifier, a `Classifier`; its `model` is the estimator.
        score_: The score of the best values in the cross-validation, None without one.

    Example:
        >>> from dialogue_nb.stories.generator import generate
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> domain = Domain.from_yaml("{intents: [greet, bye], actions: [utter_hi, utter_bye]}")
        >>> stories, _ = parse_stories("## day\n* greet\n - utter_hi\n* bye\n - utter_bye")
        >>> data = generate(stories, domain)
        >>> policy = SklearnPolicy(max_history=2).train(data, domain)
        >>> policy.predict(data[0].tracker().branch(2), domain).best(domain)
        'utter_hi'
    """

    network_: Classifier | None
    score_: float | None

    def __init__(
        self,
        featurizer: TrackerFeaturizer | None = None,
        priority: int = 1,
        max_history: int = 5,
        model: Any = None,
        param_grid: Mapping[str, Sequence[Any]] | None = None,
        cv: int | None = None,
        scoring: str = "accuracy",
        shuffle: bool = True,
        random_seed: int | None = None,
    ) -> None:
        super().__init__(featurizer, priority, max_history)
        self.model = model
        self.param_grid = param_grid
        self.cv = cv
        self.scoring = scoring
        self.shuffle = shuffle
        self.random_seed = random_seed

    def train(self, training_trackers: Sequence[Tracker], domain: Domain, **kwargs: Any) -> Self:
        """Learns from dialogues, augmented ones too, forgetting what was learnt before.

        Args:
            training_trackers: Dialogues; rules are passed over.
            domain: The domain they belong to.
            **kwargs: Not used.

        Returns:
            The policy itself. Where there is nothing to learn it has no opinion on anything.

        Raises:
            FeaturizerError: If the featurizer is of another kind.
            PolicyConfigError: If the model is no classifier with probabilities, or cannot learn
                from these examples.
        """
        self.__dict__.pop("window_featurizer", None)  # the parameters may have changed
        learnt = self.select(training_trackers)
        examples = self.window_featurizer.featurize_trackers(learnt, domain)
        if not len(examples):
            self.network_, self.score_ = None, None
            return self
        rng = np.random.default_rng(self.random_seed)
        order = rng.permutation(len(examples)) if self.shuffle else np.arange(len(examples))
        rows = Rows(examples.state_vectors, examples.window_ids[order], examples.labels[order])
        model, self.score_ = self._fitted(self._untrained(rng), rows)
        self.network_ = Classifier(model, rows, domain.num_actions)
        return self

    @cached_property
    def window_featurizer(self) -> MaxHistoryTrackerFeaturizer:
        """The featurizer in use: the one that was given, or one for `max_history` states."""
        featurizer = self.featurizer or MaxHistoryTrackerFeaturizer(max_history=self.max_history)
        if isinstance(featurizer, MaxHistoryTrackerFeaturizer) and featurizer.max_history:
            return featurizer
        raise FeaturizerError(
            f"{self.name} needs a MaxHistoryTrackerFeaturizer with a max_history, since a "
            f"classifier takes rows of one length only, got {featurizer!r}."
        )

    def persist(self, path: str | Path) -> None:
        """Writes the policy into a folder, as JSON and npz.

        Of a logistic regression the weights are kept. Any other classifier is trained again when it
        is loaded, from the windows that it learnt from, which takes as long as it did.

        Args:
            path: The folder; it is made if it is not there.

        Raises:
            NotTrainedError: If nothing was learnt yet.
            ModelError: If the classifier is none of scikit-learn's own.
        """
        self._trained()
        given = None if self.model is None else sklearn_models.describe(self.model)
        network = self.network_
        learnt = None if network is None else sklearn_models.describe(network.model)
        # the model is no JSON: its description goes beside the parameters
        plain = type(self)(**(self.get_params() | {"model": None}))
        plain.write_policy_file(path, model=given, learnt=learnt, score=self.score_)
        if network is not None:
            network.save(Path(path) / MODEL_FILE)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Reads a policy that `persist` wrote; nothing in the folder is executed.

        Args:
            path: The folder.

        Raises:
            ModelError: If the folder holds no such policy, or a damaged one, or this version of
                scikit-learn learns something else from the same windows.
        """
        body = cls.read_policy_file(path)
        given, learnt = body.get("model"), body.get("learnt")
        model = None if given is None else sklearn_models.make(given)
        policy = cls(**(body["params"] | {"model": model}))
        policy.network_, policy.score_ = None, body.get("score")
        if learnt is not None:
            untrained = sklearn_models.make(learnt)
            policy.network_ = Classifier.load(Path(path) / MODEL_FILE, untrained)
        return policy

    def _untrained(self, rng: np.random.Generator) -> Any:
        """A copy of the model that repeats exactly: every random state of it is set."""
        from sklearn.base import clone
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(max_iter=1000) if self.model is None else clone(self.model)
        seed = int(rng.integers(2**31))
        states = [name for name in model.get_params() if name.endswith("random_state")]
        unset = {name: seed for name in states if model.get_params()[name] is None}
        model.set_params(**unset)
        if not hasattr(model, "predict_proba"):
            raise PolicyConfigError(
                f"{self.name} needs a classifier with predict_proba, got {model!r}. (An SVC has it "
                "with probability=True.)"
            )
        return model

    def _fitted(self, model: Any, rows: Rows) -> tuple[Any, float | None]:
        """The trained model, and the score of its cross-validation if there was one."""
        from sklearn.model_selection import GridSearchCV

        try:
            if self.cv is None and not self.param_grid:
                return model.fit(rows.x, rows.labels), None
            grid = dict(self.param_grid or {})
            search = GridSearchCV(model, grid, cv=self.cv, scoring=self.scoring)
            search.fit(rows.x, rows.labels)
        except ValueError as error:
            raise PolicyConfigError(
                f"{self.name} cannot train {model!r} on {len(rows.labels)} examples of "
                f"{len(set(rows.labels.tolist()))} actions: {error}"
            ) from error
        return search.best_estimator_, float(search.best_score_)
