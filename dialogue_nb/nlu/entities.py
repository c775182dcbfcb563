"""Where the entities are in a text: a conditional random field over its tokens.

Each token gets a label: it begins an entity of some kind, goes on with one, or is outside of all.
CRFsuite (python-crfsuite) finds the weights; what it has found is kept as arrays, so that no model
file of its own has to be read again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from dialogue_nb.nlu.examples import Entity
from dialogue_nb.nlu.matching import Match
from dialogue_nb.nlu.tokens import Token

Floats = npt.NDArray[np.float32]
Kind = tuple[str, str, str]
"""Type, role and group of an entity; "" where it has none."""

TRAINING: Final = {"c1": 0.02, "c2": 0.01, "max_iterations": 60, "feature.possible_transitions": 1}
AROUND: Final = (-3, -2, -1, 1, 2)
"""The places of the neighbours that a token's label depends on."""


def features_of(tokens: Sequence[Token], matches: Sequence[Match] = ()) -> list[list[str]]:
    """What a model sees of each token: the word, its parts and its shape, and its neighbours.

    Args:
        tokens: The tokens of a text.
        matches: What lookup tables and regexes have found in it.

    Example:
        >>> from dialogue_nb.nlu.tokens import tokens_of
        >>> features_of(tokens_of("to Oslo"))[1][:4]
        ['w=oslo', 's=Xx', '<2=os', '>2=lo']
    """
    own = [[*_of_word(token.text, token.norm), *_of_matches(token, matches)] for token in tokens]
    count = len(tokens)
    for i, found in enumerate(own):
        for offset in AROUND:
            place = i + offset
            word = tokens[place].norm if 0 <= place < count else "|"
            found.append(f"{offset}w={word}")
            if abs(offset) == 1 and 0 <= place < count:
                found.append(f"{offset}{_of_word(tokens[place].text, tokens[place].norm)[1]}")
                found += (f"{offset}{m}" for m in _of_matches(tokens[place], matches))
        before = tokens[i - 1].norm if i else "|"
        found.append(f"p={before} {tokens[i].norm}")
    return own


@lru_cache(maxsize=20_000)
def _of_word(text: str, norm: str) -> tuple[str, ...]:
    word = norm[:60]
    found = [f"w={word}", f"s={_shape(text)}"]
    for size in (2, 3):
        if len(word) > size:
            found += (f"<{size}={word[:size]}", f">{size}={word[-size:]}")
    return tuple(found)


def _of_matches(token: Token, matches: Sequence[Match]) -> list[str]:
    if not matches:
        return []
    inside = (m for m in matches if m.start <= token.start and token.end <= m.end)
    return sorted({f"m={'B' if m.start == token.start else 'I'}-{m.name}" for m in inside})


def _shape(word: str) -> str:
    """The shape of a word in a few letters.

    Example:
        >>> _shape("Oslo"), _shape("GmbH"), _shape("42"), _shape("北"), _shape("?")
        ('Xx', 'XxX', '0', 'x', '.')
    """
    signs: list[str] = []
    for letter in word[:20]:
        sign = "0" if letter.isdigit() else "X" if letter.isupper() else "x"
        sign = sign if letter.isalnum() or len(word) > 1 else "."
        if signs[-1:] != [sign]:
            signs.append(sign)
    return "".join(signs)


def labels_of(tokens: Sequence[Token], entities: Sequence[Entity]) -> list[tuple[str, Kind] | None]:
    """The label of each token: ("B" or "I", kind), None outside of all entities.

    Args:
        tokens: The tokens of a text.
        entities: The entities marked in it; a token that lies in several belongs to the first.

    Example:
        >>> from dialogue_nb.nlu.tokens import tokens_of
        >>> mark = {"start": 3, "end": 11, "entity": "city", "role": "to"}
        >>> labels_of(tokens_of("to New York"), [mark])
        [None, ('B', ('city', 'to', '')), ('I', ('city', 'to', ''))]
    """
    labels: list[tuple[str, Kind] | None] = [None] * len(tokens)
    for entity in entities:
        kind = (
            str(entity["entity"]),
            str(entity.get("role") or ""),
            str(entity.get("group") or ""),
        )
        inside = [
            i for i, t in enumerate(tokens) if t.start < entity["end"] and entity["start"] < t.end
        ]
        if all(labels[i] is None for i in inside):
            for i in inside:
                labels[i] = ("B" if i == inside[0] else "I", kind)
    return labels


@dataclass(frozen=True, eq=False)
class EntityModel:
    """Finds entities.

    Args:
        labels: The label of each column: None, or ("B" or "I", kind).
        places: For each feature its row in the weights.
        weights: What each feature says about each label, (F, L) float32.
        transitions: How well each label follows each other one, (L, L) float32.

    Example:
        >>> from dialogue_nb.nlu.tokens import tokens_of
        >>> def learnt(text, *marks):
        ...     tokens = tokens_of(text)
        ...     return features_of(tokens), labels_of(tokens, marks)
        >>> model = EntityModel.trained([
        ...     learnt("to Oslo", {"start": 3, "end": 7, "entity": "city"}),
        ...     learnt("to Rome", {"start": 3, "end": 7, "entity": "city"}), learnt("not me")])
        >>> [(e["start"], e["entity"]) for e in model.find(tokens_of("go to Riga"))]
        [(6, 'city')]
    """

    labels: tuple[tuple[str, Kind] | None, ...]
    places: Mapping[str, int]
    weights: Floats
    transitions: Floats

    @classmethod
    def trained(
        cls, examples: Sequence[tuple[list[list[str]], list[tuple[str, Kind] | None]]]
    ) -> EntityModel:
        """Learns from examples.

        Args:
            examples: Features and labels of the tokens of each text.
        """
        found = {label for _, labels in examples for label in labels}
        names = (None, *sorted(label for label in found if label is not None))
        numbers = {label: str(i) for i, label in enumerate(names)}
        features: dict[str, int] = {}
        sequences = [
            (
                [[str(features.setdefault(f, len(features))) for f in token] for token in tokens],
                [numbers[label] for label in labels],
            )
            for tokens, labels in examples
            if tokens
        ]
        states, steps = _crf(sequences)
        # numbers instead of names went in and come out, so that no name can confuse CRFsuite
        kept = {row: i for i, row in enumerate(sorted({int(row) for row, _ in states}))}
        weights: Floats = np.zeros((len(kept), len(names)), np.float32)
        for (row, label), weight in states.items():
            weights[kept[int(row)], int(label)] = weight
        transitions: Floats = np.zeros((len(names), len(names)), np.float32)
        for (before, after), weight in steps.items():
            transitions[int(before), int(after)] = weight
        places = {name: kept[number] for name, number in features.items() if number in kept}
        return cls(names, places, weights, transitions)

    def find(self, tokens: Sequence[Token], matches: Sequence[Match] = ()) -> list[dict[str, Any]]:
        """The entities in a text: `start`, `end`, `entity`, `confidence_entity`, role, group.

        Args:
            tokens: The tokens of the text.
            matches: What lookup tables and regexes have found in it.
        """
        if len(self.labels) < 2 or not tokens:
            return []
        scores = np.zeros((len(tokens), len(self.labels)))
        for row, features in zip(scores, features_of(tokens, matches), strict=True):
            known = [self.places[feature] for feature in features if feature in self.places]
            row += self.weights[known].sum(axis=0)
        path = _best_path(scores, self.transitions)
        if not any(path):
            return []
        sure = _marginals(scores, self.transitions)
        return list(self._spans(tokens, path, sure))

    def _spans(
        self, tokens: Sequence[Token], path: Sequence[int], sure: npt.NDArray[np.float64]
    ) -> Iterator[dict[str, Any]]:
        i = 0
        while i < len(path):
            label = self.labels[path[i]]
            first, i = i, i + 1
            if label is None:
                continue
            while i < len(path) and self.labels[path[i]] == ("I", label[1]):
                i += 1
            confidence = float(min(sure[place, path[place]] for place in range(first, i)))
            found = {"start": tokens[first].start, "end": tokens[i - 1].end, "entity": label[1][0]}
            parts = zip(("role", "group"), label[1][1:], strict=True)
            extra = {name: part for name, part in parts if part}
            yield found | {"confidence_entity": confidence} | extra


def _crf(sequences: Sequence[Any]) -> tuple[dict[Any, float], dict[Any, float]]:
    """The weights of a conditional random field: of features for labels, and between labels."""
    import pycrfsuite

    trainer = pycrfsuite.Trainer(algorithm="lbfgs", params=TRAINING, verbose=False)
    for features, labels in sequences:
        trainer.append(features, labels)
    with tempfile.TemporaryDirectory(prefix="dialogue_nb-") as folder:
        file = str(Path(folder) / "model")
        trainer.train(file)
        tagger = pycrfsuite.Tagger()
        tagger.open(file)
        info = tagger.info()
        tagger.close()
    return info.state_features, info.transitions


def _best_path(scores: npt.NDArray[np.float64], transitions: Floats) -> list[int]:
    """The most likely labels (Viterbi)."""
    best = scores[0]
    back = []
    for row in scores[1:]:
        ways = best[:, None] + transitions
        back.append(ways.argmax(axis=0))
        best = ways.max(axis=0) + row
    path = [int(best.argmax())]
    for pointers in reversed(back):
        path.append(int(pointers[path[-1]]))
    return path[::-1]


def _marginals(scores: npt.NDArray[np.float64], transitions: Floats) -> npt.NDArray[np.float64]:
    """How likely each label is at each token, over all paths (forward and backward)."""
    forward, backward = [scores[0]], [np.zeros(scores.shape[1])]
    for row in scores[1:]:
        forward.append(np.logaddexp.reduce(forward[-1][:, None] + transitions, axis=0) + row)
    for row in scores[:0:-1]:
        backward.append(np.logaddexp.reduce(transitions + (row + backward[-1]), axis=1))
    both = np.array(forward) + np.array(backward[::-1])
    sure: npt.NDArray[np.float64] = np.exp(both - np.logaddexp.reduce(both[-1]))
    return sure
