"""Classifiers of scikit-learn as data: which class, which parameters, and back.

scikit-learn has no file format that can be read without running code from it. So a model is written
down by its public name and its parameters, and only what scikit-learn itself exports is made again.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from dialogue_nb.core.exceptions import ModelError

PUBLIC: Final = (
    "calibration", "compose", "decomposition", "discriminant_analysis", "dummy", "ensemble",
    "feature_selection", "gaussian_process", "kernel_approximation", "linear_model", "multiclass",
    "naive_bayes", "neighbors", "neural_network", "pipeline", "preprocessing", "random_projection",
    "semi_supervised", "svm", "tree",
)  # fmt: skip
"""The parts of scikit-learn whose classes are looked up by name."""


def describe(model: Any) -> dict[str, Any]:
    """An estimator as a JSON-ready dict; `make` makes one like it, untrained.

    Args:
        model: An estimator of scikit-learn; its parameters may be estimators again.

    Raises:
        ModelError: If it is a class of somebody else's, or a parameter is no plain value.

    Example:
        >>> from sklearn.naive_bayes import BernoulliNB
        >>> describe(BernoulliNB(alpha=0.5))["class"]
        'naive_bayes.BernoulliNB'
        >>> make(describe(BernoulliNB(alpha=0.5))).alpha
        0.5
    """
    place = _place(type(model))
    if place is None:
        raise ModelError(
            f"A {type(model).__name__} cannot be saved: it is no class of scikit-learn, so it "
            "could only be loaded by running code. Train it again when you need it, or give the "
            "policy a persist(path) and a load(path) of its own."
        )
    params = model.get_params(deep=False).items()
    return {"class": place, "params": {name: _plain(name, value) for name, value in params}}


def make(body: Mapping[str, Any]) -> Any:
    """Makes an estimator of what `describe` wrote.

    Raises:
        ModelError: If it is no class that scikit-learn exports, or the parameters do not fit.
    """
    try:
        part, name = str(body["class"]).split(".")
        params = {key: _value(value) for key, value in body["params"].items()}
    except (KeyError, ValueError, AttributeError) as error:
        raise ModelError(f"The description of a scikit-learn model is damaged: {error}.") from error
    cls = _exported(part, name)
    if cls is None:
        raise ModelError(f"scikit-learn has no '{part}.{name}', so the model cannot be loaded.")
    try:
        return cls(**params)
    except TypeError as error:
        raise ModelError(f"'{part}.{name}' of this scikit-learn does not fit: {error}.") from error


def _place(cls: type) -> str | None:
    """The public name of a class of scikit-learn, None for a class of somebody else's."""
    for part in PUBLIC:
        if cls.__module__.startswith(f"sklearn.{part}") and _exported(part, cls.__name__) is cls:
            return f"{part}.{cls.__name__}"
    return None


def _exported(part: str, name: str) -> Any:
    """The estimator class of that name in a part of scikit-learn, None if there is none."""
    from sklearn.base import BaseEstimator

    if part not in PUBLIC or name.startswith("_"):
        return None
    found = getattr(importlib.import_module(f"sklearn.{part}"), name, None)
    return found if isinstance(found, type) and issubclass(found, BaseEstimator) else None


def _plain(name: str, value: Any) -> Any:
    """A parameter in JSON: lists and estimators are marked, since tuples are lists there."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [_plain(name, item) for item in value]}
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {"dict": {key: _plain(name, item) for key, item in value.items()}}
    if hasattr(value, "get_params") and not isinstance(value, type):
        return {"estimator": describe(value)}
    raise ModelError(
        f"The model cannot be saved: its parameter {name}={value!r} is no number, text, list or "
        "estimator."
    )


def _value(plain: Any) -> Any:
    if not isinstance(plain, Mapping):
        return plain
    (kind, content), *_ = plain.items()
    if kind == "estimator":
        return make(content)
    if kind == "float":
        return float(content)
    if kind in ("list", "tuple"):
        items = [_value(item) for item in content]
        return tuple(items) if kind == "tuple" else items
    if kind == "dict":
        return {key: _value(item) for key, item in content.items()}
    raise ValueError(f"unknown kind of value '{kind}'")
