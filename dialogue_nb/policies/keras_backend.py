"""Keras, imported when it is needed: JAX underneath unless KERAS_BACKEND says otherwise."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import sys
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from dialogue_nb.core.exceptions import PolicyConfigError
from dialogue_nb.policies.compile_cache import use_compile_cache

DEFAULT_BACKEND: Final = "jax"

# What Keras imports for helpers of its own (plots, data frames, wrappers for scikit-learn), and
# does without where it is missing. Together they take longer to import than the rest of Keras.
HELPERS: Final = ("matplotlib", "pandas", "sklearn")

PACKAGES: Final = {"jax": "jax", "tensorflow": "tensorflow", "torch": "torch"}


def import_keras(*, without_helpers: bool = False) -> Any:
    """Imports Keras.

    Args:
        without_helpers: Leave out what Keras imports for its plots, data frames and wrappers for
            scikit-learn: for a process that only trains and ends, which then starts about a
            second earlier. Others can be imported by everybody else as ever.

    Returns:
        The module `keras`.

    Raises:
        PolicyConfigError: If Keras or the backend it is to use is not installed.
    """
    if "keras" not in sys.modules:
        os.environ.setdefault("KERAS_BACKEND", DEFAULT_BACKEND)
        _quieten()
        with _hidden(HELPERS if without_helpers else ()):
            _import()
        if os.environ["KERAS_BACKEND"] == "jax":
            use_compile_cache()
    import keras

    return keras


def backend_name() -> str:
    """What Keras computes with: "jax", "tensorflow", "torch"."""
    return str(import_keras().backend.backend())


@contextlib.contextmanager
def seeded(random_seed: int | None) -> Iterator[None]:
    """Makes everything that Keras draws depend on a seed; None lets it draw as it likes.

    The generators of Python and NumPy, which Keras seeds along with its own, are put back
    afterwards.

    Args:
        random_seed: The seed.
    """
    if random_seed is None:
        yield
        return
    python, numpy = random.getstate(), np.random.get_state()
    try:
        import_keras().utils.set_random_seed(random_seed)
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


def _quieten() -> None:
    """Stops backends from telling, on every start, about hardware they do not use."""
    logging.getLogger("jax._src.xla_bridge").setLevel(logging.ERROR)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@contextlib.contextmanager
def _hidden(names: tuple[str, ...]) -> Iterator[None]:
    """Makes the packages look as if they were not installed, unless they are loaded already."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def _import() -> None:
    backend = os.environ["KERAS_BACKEND"]
    try:
        import keras  # noqa: F401
    except (ImportError, ValueError) as error:  # ValueError: Keras knows no such backend
        package = PACKAGES.get(backend, "jax")
        raise PolicyConfigError(
            f"KerasPolicy needs Keras with the backend '{backend}', which cannot be imported: "
            f"{error}. Run: pip install keras {package} (or set KERAS_BACKEND to one that is "
            "installed: jax, tensorflow, torch)."
        ) from error
