"""The parameters of TEDPolicy as Rasa knows them: their values, and which mean nothing here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dialogue_nb.core.diagnostics import did_you_mean, listing
from dialogue_nb.core.exceptions import PolicyConfigError
from dialogue_nb.policies.ted_shape import LABEL

BATCH_SIZES: Final = (64, 256)
DENSE_DIMENSION: Final[Mapping[str, int]] = {
    "intent": 20,
    "action_name": 20,
    LABEL: 20,
    "entities": 20,
    "slots": 20,
    "active_loop": 20,
}
TRANSFORMER_SIZE: Final[Mapping[str, int]] = {"dialogue": 128}
TRANSFORMER_LAYERS: Final[Mapping[str, int]] = {"dialogue": 1}

TEXTS: Final = ("text", "action_text", "label_action_text")
"""The parts of a mapping that only concern the texts of end-to-end stories."""

_NO_TEXT: Final = "the texts of end-to-end stories are not read here"
_NO_ENTITIES: Final = "no entities are recognised here"
_NO_TENSORBOARD: Final = "nothing is written for TensorBoard; look at history_ or the live curves"

NO_DIFFERENCE: Final[Mapping[str, tuple[tuple[Any, ...], str]]] = {
    "hidden_layers_sizes": (({}, {text: [] for text in TEXTS}), _NO_TEXT),
    "concat_dimension": (({}, dict.fromkeys(TEXTS, 128)), _NO_TEXT),
    "unidirectional_encoder": ((False,), _NO_TEXT),
    "use_masked_language_model": ((False,), _NO_TEXT),
    "e2e_confidence_threshold": ((0.5,), _NO_TEXT),
    "featurizers": (([],), _NO_TEXT),
    "entity_recognition": ((False,), _NO_ENTITIES),
    "BILOU_flag": ((True, False), _NO_ENTITIES),
    "split_entities_by_comma": ((True, False), _NO_ENTITIES),
    "evaluate_on_number_of_examples": (
        (0,), "whole stories are held out here: set validation_split",
    ),
    "evaluate_every_number_of_epochs": (
        (20,), "what is held out is tried after every epoch: set validation_split",
    ),
    "tensorboard_log_directory": ((None,), _NO_TENSORBOARD),
    "tensorboard_log_level": (("epoch",), _NO_TENSORBOARD),
    "checkpoint_model": (
        (False,), "give train a callback that goes back to the best weights (EarlyStopping)",
    ),
    "use_gpu": ((True,), "what Keras computes with is chosen by its backend (JAX_PLATFORMS=cpu)"),
}  # fmt: skip
"""Rasa's parameters that make no difference here: the values that agree with what is done, and why
another one has no effect."""


def no_difference(name: str, value: Any) -> str:
    """Why a parameter of Rasa's makes no difference here, "" if what it asks for is the case.

    Args:
        name: One of `NO_DIFFERENCE`.
        value: What it is set to.

    Example:
        >>> no_difference("entity_recognition", False)
        ''
        >>> no_difference("entity_recognition", True)
        'no entities are recognised here'
    """
    agreeing, reason = NO_DIFFERENCE[name]
    return "" if any(value == each and type(value) is type(each) for each in agreeing) else reason


def whole(name: str, value: Any, defaults: Mapping[str, int]) -> dict[str, int]:
    """The sizes of the parts of the network.

    Args:
        name: The parameter.
        value: A number for all parts, a mapping for some of them, or None.
        defaults: The sizes where nothing is said.

    Raises:
        PolicyConfigError: If there is no such part, or a size is no whole number from 1.

    Example:
        >>> whole("transformer_size", {"dialogue": 64}, TRANSFORMER_SIZE)
        {'dialogue': 64}
    """
    given = value or {}
    if not isinstance(given, Mapping):
        given = dict.fromkeys(defaults, value)
    for part, size in given.items():
        if part in TEXTS:
            raise PolicyConfigError(
                f"{name} for {part} makes no difference: {_NO_TEXT}. Leave it out."
            )
        if part not in defaults:
            hint = did_you_mean(part, defaults) or f"There are {listing(defaults)}."
            raise PolicyConfigError(f"{name} has no part '{part}'. {hint}")
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise PolicyConfigError(
                f"{name} must be a whole number from 1 (for {part}), got {size!r}."
            )
    return dict(defaults) | dict(given)


def batch_range(value: Any) -> tuple[int, int]:
    """The first and the last batch size.

    Args:
        value: One size, two of them, or None.

    Raises:
        PolicyConfigError: If it is something else.

    Example:
        >>> batch_range(32), batch_range([16, 48]), batch_range(None)
        ((32, 32), (16, 48), (64, 256))
    """
    if value is None:
        return BATCH_SIZES
    sizes = value if isinstance(value, Sequence) and len(value) == 2 else (value, value)
    for size in sizes:
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise PolicyConfigError(
                f"batch_size must be a whole number from 1, or the first and the last of them "
                f"(such as [64, 256]), got {value!r}."
            )
    return sizes[0], sizes[1]
