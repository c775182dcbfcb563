"""Which intent a text has: n-grams of letters and words, and a linear classifier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from dialogue_nb.nlu.tokens import Token

Floats = npt.NDArray[np.float32]

SIZES: Final = range(2, 5)
"""How long the n-grams of letters are."""
MAX_WORD_LENGTH: Final = 60
STRENGTH: Final = 3.0
"""scikit-learn's C: how much the classifier follows its examples."""
FOLDS: Final = 3
SCALES: Final = np.geomspace(1.0, 12.0, 41)
USUAL_SCALE: Final = 4.0
"""How margins become probabilities where there are too few examples to find out."""


def features_of(tokens: Sequence[Token], matches: Iterable[str] = ()) -> list[str]:
    """What a classifier sees of a text: words, pairs of words, n-grams of letters, matches.

    Args:
        tokens: The tokens of the text.
        matches: The names of the lookup tables and regexes that fit.

    Example:
        >>> from dialogue_nb.nlu.tokens import tokens_of
        >>> features_of(tokens_of("hi"))
        ['w hi', 'p ^ hi', 'p hi $', ' h', 'hi', 'i ', ' hi', 'hi ', ' hi ']
    """
    words = [token.norm[:MAX_WORD_LENGTH] for token in tokens]
    found = [f"w {word}" for word in words]
    around = ["^", *words, "$"]
    found += [f"p {one} {two}" for one, two in pairwise(around)]
    for word in words:
        padded = f" {word} "
        for size in SIZES:
            found += [padded[i : i + size] for i in range(max(1, len(padded) - size + 1))]
    return found + [f"m {name}" for name in matches]


@dataclass(frozen=True, eq=False)
class IntentClassifier:
    """Tells intents apart.

    Args:
        intents: The names, sorted.
        places: For each feature its row in the weights.
        idf: How rare each feature is, (F,) float32.
        weights: For each feature what it says about each intent, (F, I) float32.
        bias: What there is to say without any, (I,) float32.
        scale: How many times a margin counts before it becomes a probability.

    Example:
        >>> from dialogue_nb.nlu.tokens import tokens_of
        >>> texts = ["good morning", "hello", "hello you", "no", "not at all", "no way"]
        >>> classifier = IntentClassifier.trained(
        ...     [features_of(tokens_of(text)) for text in texts], ["greet"] * 3 + ["deny"] * 3)
        >>> probabilities = classifier.probabilities(features_of(tokens_of("oh no")))
        >>> classifier.intents[probabilities.argmax()]
        'deny'
    """

    intents: tuple[str, ...]
    places: Mapping[str, int]
    idf: Floats
    weights: Floats
    bias: Floats
    scale: float

    @classmethod
    def trained(cls, features: Sequence[Sequence[str]], intents: Sequence[str]) -> IntentClassifier:
        """Learns from examples; the same ones give the same classifier.

        Args:
            features: What is seen of each text, as `features_of` gives it.
            intents: The intent of each, as many.
        """
        names = tuple(sorted(set(intents)))
        if len(names) < 2:
            none: Floats = np.zeros((0, len(names)), np.float32)
            return cls(names, {}, none[:, :0].ravel(), none, none.sum(axis=0), USUAL_SCALE)
        # loading scikit-learn takes a second, which only training needs
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(analyzer=list, sublinear_tf=True, dtype=np.float32)
        matrix = vectorizer.fit_transform(features)
        labels = np.searchsorted(np.array(names, dtype=object).astype(str), np.array(intents, str))
        weights, bias = _fitted(matrix, labels, len(names))
        places = {feature: int(place) for feature, place in vectorizer.vocabulary_.items()}
        scale = _scale(matrix, labels, len(names))
        idf = np.asarray(vectorizer.idf_, np.float32)
        return cls(names, places, idf, weights, bias, scale)

    def probabilities(self, features: Iterable[str]) -> npt.NDArray[np.float64]:
        """How likely each intent is, in the order of `intents`; they sum to 1.

        Args:
            features: What is seen of the text.
        """
        counts = Counter(features)
        known = [(self.places[f], n) for f, n in counts.items() if f in self.places]
        margins = self.bias.astype(np.float64)
        if not self.intents:
            return margins
        if known:
            rows = np.array([place for place, _ in known])
            values = (1 + np.log([n for _, n in known])) * self.idf[rows]
            margins = margins + (values / np.linalg.norm(values)) @ self.weights[rows]
        return _softmax(margins * self.scale)


def _fitted(matrix: Any, labels: npt.NDArray[Any], count: int) -> tuple[Floats, Floats]:
    """The weights (F, I) and the bias (I,) of a linear classifier of all intents."""
    from sklearn.svm import LinearSVC

    model = LinearSVC(C=STRENGTH, random_state=0, max_iter=2000).fit(matrix, labels)
    weights, bias = model.coef_.T, model.intercept_
    if weights.shape[1] == 1:  # of two intents scikit-learn only looks at the second
        weights, bias = np.hstack([-weights, weights]), np.array([-bias[0], bias[0]])
    all_weights = np.zeros((weights.shape[0], count), np.float32)
    all_bias = np.full(count, -1.0, np.float32)
    all_weights[:, model.classes_], all_bias[model.classes_] = weights, bias
    return all_weights, all_bias


def _scale(matrix: Any, labels: npt.NDArray[Any], count: int) -> float:
    """How margins become probabilities that are right as often as they say.

    The examples are cut into parts; the margins of each part come from a classifier that learnt
    from the others. The scale is the one under which their intents are most likely.
    """
    # the n-th example of each intent goes to part n modulo 3
    order = np.argsort(labels, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(labels, minlength=count))])[labels[order]]
    parts = np.empty(len(labels), np.int64)
    parts[order] = (np.arange(len(labels)) - first) % FOLDS
    usable = np.bincount(labels, minlength=count)[labels] >= 2
    margins, gold = [], []
    for part in range(FOLDS):
        held = (parts == part) & usable
        if held.any() and len(set(labels[~held])) > 1:
            weights, bias = _fitted(matrix[~held], labels[~held], count)
            margins.append(matrix[held] @ weights + bias)
            gold.append(labels[held])
    if sum(map(len, gold)) < 2 * count:
        return USUAL_SCALE
    return _most_likely_scale(np.vstack(margins).astype(np.float64), np.concatenate(gold))


def _most_likely_scale(margins: npt.NDArray[np.float64], gold: npt.NDArray[Any]) -> float:
    rows = np.arange(len(gold))
    losses = [
        -np.log(np.maximum(_softmax(margins * scale)[rows, gold], 1e-12)).mean() for scale in SCALES
    ]
    return float(SCALES[int(np.argmin(losses))])


def _softmax(margins: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    powers = np.exp(margins - margins.max(axis=-1, keepdims=True))
    total: npt.NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return total
