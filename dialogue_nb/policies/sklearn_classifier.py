"""A trained classifier of scikit-learn as something that answers, and that can be saved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.exceptions import ModelError
from dialogue_nb.featurizers.examples import gather
from dialogue_nb.policies.npz import read_npz

Array = npt.NDArray[np.float32]

PROBES: Final = 50
"""How many of its windows a classifier that is loaded must answer as it did when it was saved."""


class Rows(NamedTuple):
    """What a classifier learnt from, in the order in which it did.

    Args:
        vectors: The distinct states, (S, F) float32.
        window_ids: The windows, (N, T) int32; -1 is padding.
        labels: The indices of the actions, (N,) int32.
    """

    vectors: Array
    window_ids: npt.NDArray[np.int32]
    labels: npt.NDArray[np.int32]

    @property
    def x(self) -> Array:
        """The windows as rows of numbers, (N, T * F)."""
        return flat(gather(self.vectors, self.window_ids))


@dataclass(frozen=True, eq=False)
class Classifier:
    """A trained classifier.

    Args:
        model: The estimator.
        rows: What it learnt from.
        output_size: A, the number of actions, of which it may know only some.
    """

    model: Any
    rows: Rows
    output_size: int

    @property
    def input_size(self) -> int:
        """F, the number of features of a state."""
        return int(self.rows.vectors.shape[1])

    def forward(self, x: Array) -> Array:
        """The answer for some windows.

        Args:
            x: (B, T, F) float32, padding is -1.

        Returns:
            Probabilities, (B, A) float32; 0 for actions that it has never seen.
        """
        answers = np.zeros((len(x), self.output_size), dtype=np.float32)  # (B, A)
        answers[:, self.model.classes_] = self.model.predict_proba(flat(x))  # (B, C)
        return answers

    def save(self, file: Path) -> None:
        """Writes what `load` needs as npz: a logistic regression's weights, and all windows."""
        arrays: dict[str, Any] = self.rows._asdict()
        arrays |= {"output_size": self.output_size, "answers": self._probed()}
        arrays |= {name: getattr(self.model, name) for name in _weights_of(self.model)}
        np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, file: Path, untrained: Any) -> Classifier:
        """Reads what `save` wrote.

        Args:
            file: The file.
            untrained: The estimator; it gets the weights, or is trained again.

        Raises:
            ModelError: If the file is not there or is damaged, or the classifier does not answer as
                it did.
        """
        arrays, weights = read_npz(file), _weights_of(untrained)
        try:
            rows = Rows(*(arrays[name] for name in Rows._fields))
            for name in weights:
                setattr(untrained, name, arrays[name])
            if not weights:
                untrained.fit(rows.x, rows.labels)
            loaded = cls(untrained, rows, int(arrays["output_size"]))
            now, answers = loaded._probed(), arrays["answers"]
        except (KeyError, ValueError, IndexError, TypeError, AttributeError) as error:
            raise ModelError(f"'{file}' holds no classifier that fits: {error}.") from error
        if now.shape != answers.shape or not np.allclose(now, answers, atol=1e-4):
            raise ModelError(
                f"The classifier in '{file}' does not answer as it did when it was saved: this "
                "version of scikit-learn learns something else. Train the policy again."
            )
        return loaded

    def _probed(self) -> Array:
        """The answers for the first of its own windows, (P, A)."""
        return self.forward(gather(self.rows.vectors, self.rows.window_ids[:PROBES]))


def flat(x: Array) -> Array:
    """Windows (B, T, F) as rows of numbers, (B, T * F)."""
    return x.reshape(len(x), -1)


def _weights_of(model: Any) -> tuple[str, ...]:
    """The attributes that make a trained classifier, if plain arrays do; () if they do not."""
    from sklearn.linear_model import LogisticRegression

    return ("coef_", "intercept_", "classes_") if type(model) is LogisticRegression else ()
