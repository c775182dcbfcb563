"""A trained interpreter as files: `nlu.json` and `nlu.npz`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from dialogue_nb.core.exceptions import ModelError
from dialogue_nb.nlu.collector import pattern_problem
from dialogue_nb.nlu.entities import EntityModel
from dialogue_nb.nlu.examples import NLUExamples, TrainingExample
from dialogue_nb.nlu.intents import IntentClassifier
from dialogue_nb.policies.json_file import read_json, write_json
from dialogue_nb.policies.npz import read_npz

JSON_FILE: Final = "nlu.json"
ARRAYS_FILE: Final = "nlu.npz"


def write_models(
    folder: Path,
    intents: IntentClassifier,
    entities: EntityModel | None,
    examples: NLUExamples,
    more: Mapping[str, Any],
) -> None:
    """Writes what an interpreter knows.

    Args:
        folder: Where to.
        intents: Tells intents apart.
        entities: Finds entities, None where none are marked.
        examples: What they have learnt from.
        more: What else the JSON file is to hold.
    """
    body: dict[str, Any] = {
        "intents": list(intents.intents),
        "features": _in_order(intents.places),
        "scale": intents.scale,
        "examples": [
            [e.text, e.intent, [dict(mark) for mark in e.entities]] for e in examples.examples
        ],
        "synonyms": dict(examples.synonyms),
        "regexes": [list(pair) for pair in examples.regexes],
        "lookups": {name: list(words) for name, words in examples.lookups.items()},
        "labels": None,
        **more,
    }
    arrays = {"idf": intents.idf, "weights": intents.weights, "bias": intents.bias}
    if entities is not None:
        body["labels"] = entities.labels
        body["token_features"] = _in_order(entities.places)
        arrays |= {"token_weights": entities.weights, "transitions": entities.transitions}
    write_json(folder / JSON_FILE, body)
    np.savez_compressed(folder / ARRAYS_FILE, **arrays)  # type: ignore[arg-type]


def read_models(
    folder: Path,
) -> tuple[IntentClassifier, EntityModel | None, NLUExamples, dict[str, Any]]:
    """Reads what `write_models` wrote.

    Args:
        folder: Where from.

    Returns:
        Intents, entities, examples, and all of the JSON file.

    Raises:
        ModelError: If it is damaged.
    """
    body = read_json(folder / JSON_FILE, "language understanding")
    arrays = read_npz(folder / ARRAYS_FILE)
    try:
        made = _made(body, arrays)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(
            f"'{folder}' is damaged: language understanding cannot be read ({error})."
        ) from error
    return *made, body


def _made(
    body: Mapping[str, Any], arrays: Mapping[str, Any]
) -> tuple[IntentClassifier, EntityModel | None, NLUExamples]:
    places = {str(name): i for i, name in enumerate(body["features"])}
    names = tuple(map(str, body["intents"]))
    scale = float(body["scale"])
    _check(arrays, "idf", len(places))
    _check(arrays, "weights", len(places), len(names))
    _check(arrays, "bias", len(names))
    found = (arrays["idf"], arrays["weights"], arrays["bias"])
    intents = IntentClassifier(names, places, *found, scale)
    examples = NLUExamples(
        tuple(
            TrainingExample(text, intent, tuple(marks)) for text, intent, marks in body["examples"]
        ),
        dict(body["synonyms"]),
        tuple((str(name), str(pattern)) for name, pattern in body["regexes"]),
        {name: tuple(words) for name, words in body["lookups"].items()},
    )
    for _, pattern in examples.regexes:
        if problem := pattern_problem(pattern):
            raise ValueError(problem)
    return intents, _entities(body, arrays), examples


def _entities(body: Mapping[str, Any], arrays: Mapping[str, Any]) -> EntityModel | None:
    if body["labels"] is None:
        return None
    labels = tuple(None if label is None else _label(label) for label in body["labels"])
    places = {str(name): i for i, name in enumerate(body["token_features"])}
    _check(arrays, "token_weights", len(places), len(labels))
    _check(arrays, "transitions", len(labels), len(labels))
    return EntityModel(labels, places, arrays["token_weights"], arrays["transitions"])


def _label(label: Any) -> tuple[str, tuple[str, str, str]]:
    sign, (name, role, group) = label
    return str(sign), (str(name), str(role), str(group))


def _in_order(places: Mapping[str, int]) -> list[str]:
    return sorted(places, key=places.__getitem__)


def _check(arrays: Mapping[str, Any], name: str, *shape: int) -> None:
    array = arrays[name]
    if array.shape != shape or array.dtype != np.float32 or not np.isfinite(array).all():
        raise ValueError(f"'{name}' has the shape {array.shape}, expected {shape} finite numbers")
