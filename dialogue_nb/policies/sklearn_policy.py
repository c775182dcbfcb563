"""A policy that learns with any classifier of scikit-learn, by default a logistic regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import (
    FeaturizerError,
    ModelError,
    NotTrainedError,
    PolicyConfigError,
)
from dialogue_nb.core.states import State, states_of
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.featurizers.examples import gather
from dialogue_nb.featurizers.tracker_featurizers import (
    MaxHistoryTrackerFeaturizer,
    Tracker,
    TrackerFeaturizer,
)
from dialogue_nb.policies import sklearn_models
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.prediction import LazyExplanation, PolicyPrediction

MODEL_FILE: Final = "sklearn_model.npz"
PROBES: Final = 50
"""How many of the training windows a model that is loaded must answer as it did when saved."""


class Rows(NamedTuple):
    """What a classifier learnt from, in the order in which it did.

    Args:
        vectors: The distinct states, (S, F) float32.
        window_ids: The windows, (N, T) int32; -1 is padding.
        labels: The indices of the actions, (N,) int32.
    """

    vectors: npt.NDArray[np.float32]
    window_ids: npt.NDArray[np.int32]
    labels: npt.NDArray[np.int32]

    @property
    def x(self) -> npt.NDArray[np.float32]:
        """The windows as rows of numbers, (N, T * F)."""
        return flat(gather(self.vectors, self.window_ids))


class SklearnPolicy(Policy):
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
        model_: The trained classifier.
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

    model_: Any
    score_: float | None
    _rows: Rows

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
        super().__init__(featurizer, priority)
        self.max_history = max_history
        self.model = model
        self.param_grid = param_grid
        self.cv = cv
        self.scoring = scoring
        self.shuffle = shuffle
        self.random_seed = random_seed

    @property
    def predicts_from_states(self) -> bool:
        """Whether `predict_batch` works: yes."""
        return True

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
            self.model_, self.score_ = None, None
            return self
        rng = np.random.default_rng(self.random_seed)
        order = rng.permutation(len(examples)) if self.shuffle else np.arange(len(examples))
        vectors = examples.state_vectors
        rows = Rows(vectors, examples.window_ids[order], examples.labels[order])
        self.model_, self.score_ = self._fitted(self._untrained(rng), rows)
        self._rows = rows
        return self

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain
    ) -> PolicyPrediction:
        """What the classifier answers; 0 for actions that no story has.

        Args:
            tracker: The conversation so far.
            domain: The domain.

        Returns:
            The prediction. Its explanation (worked out when it is looked at) has the states that
            the classifier saw.

        Raises:
            NotTrainedError: If nothing was learnt yet.
            ModelError: If the classifier was trained for another domain.
        """
        window = self.window_featurizer.prediction_window(states_of(tracker, domain))
        probabilities = self.predict_batch([window], domain)[0]  # (A,)
        explanation = LazyExplanation(lambda: {"states": [state.nested() for state in window]})
        return self._prediction(probabilities, explanation=explanation)

    def predict_batch(
        self, states: Sequence[Sequence[State]], domain: Domain
    ) -> npt.NDArray[np.float64]:
        """The same for many conversations at once.

        Args:
            states: All states of each conversation.
            domain: The domain.

        Returns:
            Probabilities, (B, A) float64; zeros if there was nothing to learn.

        Raises:
            NotTrainedError: If nothing was learnt yet.
            ModelError: If the classifier was trained for another domain.
        """
        model = self._trained()
        rows = np.zeros((len(states), domain.num_actions))  # (B, A)
        if model is None or not len(states):
            return rows
        x = self.window_featurizer.encode(states, domain)  # (B, T, F)
        classes = np.asarray(model.classes_)  # (C,)
        features = self._rows.vectors.shape[1]
        if x.shape[2] != features or classes.max() >= domain.num_actions:
            raise ModelError(
                f"{self.name} was trained for {features} features and at least "
                f"{classes.max() + 1} actions, but the domain has {x.shape[2]} and "
                f"{domain.num_actions}. Train it again."
            )
        rows[:, classes] = model.predict_proba(flat(x))  # (B, C)
        return rows

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
        trained = self._trained()
        given = None if self.model is None else sklearn_models.describe(self.model)
        learnt = None if trained is None else sklearn_models.describe(trained)
        # the model is no JSON: its description goes beside the parameters
        plain = type(self)(**(self.get_params() | {"model": None}))
        plain.write_policy_file(path, model=given, learnt=learnt, score=self.score_)
        if trained is None:
            return
        arrays: dict[str, Any] = self._rows._asdict()
        arrays["answers"] = trained.predict_proba(self._probes().x)  # (P, C)
        for name in _weights_of(trained):
            arrays[name] = getattr(trained, name)
        np.savez_compressed(Path(path) / MODEL_FILE, **arrays)

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
        policy.model_, policy.score_ = None, body.get("score")
        if learnt is None:
            return policy
        trained = sklearn_models.make(learnt)
        weights = _weights_of(trained)
        file = Path(path) / MODEL_FILE
        try:
            with np.load(file, allow_pickle=False) as stored:
                policy._rows = Rows(*(stored[name] for name in Rows._fields))
                answers = stored["answers"]
                for name in weights:
                    setattr(trained, name, stored[name])
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise ModelError(f"No classifier can be read from '{file}': {error}.") from error
        if not weights:
            trained.fit(policy._rows.x, policy._rows.labels)
        policy.model_ = trained
        now = trained.predict_proba(policy._probes().x)
        if now.shape != answers.shape or not np.allclose(now, answers, atol=1e-4):
            raise ModelError(
                f"The classifier in '{file}' does not answer as it did when it was saved: this "
                "version of scikit-learn learns something else. Train the policy again."
            )
        return policy

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

    def _probes(self) -> Rows:
        return self._rows._replace(window_ids=self._rows.window_ids[:PROBES])

    def _trained(self) -> Any:
        if not hasattr(self, "score_"):
            raise NotTrainedError(
                f"{self.name} has not been trained. Call train(trackers, domain)."
            )
        return self.model_


def flat(x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Windows (B, T, F) as rows of numbers, (B, T * F)."""
    return x.reshape(len(x), -1)


def _weights_of(model: Any) -> tuple[str, ...]:
    """The attributes that make a trained classifier, if plain arrays do; () if they do not."""
    from sklearn.linear_model import LogisticRegression

    return ("coef_", "intercept_", "classes_") if type(model) is LogisticRegression else ()
