"""The parameters of a policy as people set them: kind, limits, default and meaning of each.

All of it is read from the class: the constructor's signature and the `Args:` of its docstring. So a
policy of one's own has its controls too.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from dialogue_nb.core.diagnostics import did_you_mean, listing
from dialogue_nb.core.exceptions import PolicyConfigError

Kind = Literal["whole", "number", "switch", "text", "choice"]

OPTIMIZERS: Final = ("adam", "adamw", "nadam", "rmsprop", "sgd", "adagrad", "adamax")

_KINDS: Final[dict[str, Kind]] = {
    "int": "whole",
    "float": "number",
    "bool": "switch",
    "str": "text",
}
# where numbers that are not in range make no sense, whichever policy has the parameter
_LIMITS: Final[dict[str, tuple[float | None, float | None, bool, bool]]] = {
    # lowest, highest, and whether these themselves are allowed
    "max_history": (1, None, True, True),
    "rnn_size": (1, 4096, True, True),
    "epochs": (1, None, True, True),
    "batch_size": (1, None, True, True),
    "cv": (2, None, True, True),
    "random_seed": (0, 2**32 - 1, True, True),
    "core_fallback_threshold": (0, 1, True, True),
    "core_threshold": (0, 1, True, True),
    "nlu_threshold": (0, 1, True, True),
    "ambiguity_threshold": (0, 1, True, True),
    "dropout": (0, 1, True, False),
    "validation_split": (0, 1, True, False),
    "learning_rate": (0, None, False, True),
    "augmentation_factor": (0, None, True, True),
    "encoding_dimension": (1, None, True, True),
    "embedding_dimension": (1, None, True, True),
    "number_of_attention_heads": (1, None, True, True),
    "max_relative_position": (1, None, True, True),
    "number_of_negative_examples": (1, None, True, True),
    "ranking_length": (0, None, True, True),
    "regularization_constant": (0, None, True, True),
    "connection_density": (0, 1, True, True),
    "drop_rate": (0, 1, True, False),
    "drop_rate_dialogue": (0, 1, True, False),
    "drop_rate_label": (0, 1, True, False),
    "drop_rate_attention": (0, 1, True, False),
}
_CHOICES: Final = {
    "optimizer": OPTIMIZERS,
    "loss_type": ("cross_entropy", "margin"),
    "similarity_type": ("auto", "inner", "cosine"),
    "batch_strategy": ("balanced", "sequence"),
    "model_confidence": ("softmax",),
}
_NUMBER: Final = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"


@dataclass(frozen=True)
class Parameter:
    """One parameter that can be set by hand.

    Args:
        name: Its name.
        kind: "whole" and "number" are numbers, "switch" is true or false, "choice" is one of
            `choices`.
        default: Its default.
        meaning: What the docstring says of it.
        optional: Whether it may be None.
        low: The lowest value; None for no limit.
        high: The highest value; None for no limit.
        low_included: Whether `low` itself is allowed.
        high_included: Whether `high` itself is allowed.
        choices: The values of a choice.
    """

    name: str
    kind: Kind
    default: Any
    meaning: str = ""
    optional: bool = False
    low: float | None = None
    high: float | None = None
    low_included: bool = True
    high_included: bool = True
    choices: tuple[str, ...] = field(default=())

    @property
    def expected(self) -> str:
        """What its values are, in words.

        Example:
            >>> Parameter("dropout", "number", 0.2, low=0, high=1, high_included=False).expected
            'a number from 0 to below 1'
        """
        if self.kind == "switch":
            words = "true or false"
        elif self.kind == "choice":
            words = f"one of {listing(self.choices)}"
        elif self.kind == "text":
            words = "a text"
        else:
            words = "a whole number" if self.kind == "whole" else "a number"
            if self.low is not None:
                words += f" {'from' if self.low_included else 'above'} {self.low:g}"
            if self.high is not None:
                words += f" to {'' if self.high_included else 'below '}{self.high:.10g}"
        return words + (", or nothing" if self.optional else "")

    def checked(self, value: Any) -> Any:
        """The value as the policy takes it; numbers may be given as text.

        Args:
            value: What somebody wants it to be. An empty text is None.

        Raises:
            PolicyConfigError: If it cannot be that; the sentence says what it can be.

        Example:
            >>> Parameter("epochs", "whole", None, optional=True, low=1).checked("40")
            40
        """
        if isinstance(value, str):
            value = value.strip()
        if value is None or (value == "" and self.kind != "text"):
            if self.optional:
                return None
            raise self._wrong("nothing")
        read = _READERS[self.kind](value)
        if read is None or not self._fits(read):
            raise self._wrong(repr(value))
        return read

    def _fits(self, value: Any) -> bool:
        if self.kind == "choice":
            return value in self.choices
        if self.kind not in ("whole", "number"):
            return True
        above = self.low is None or value > self.low or (self.low_included and value == self.low)
        below = (
            self.high is None or value < self.high or (self.high_included and value == self.high)
        )
        return above and below

    def _wrong(self, got: str) -> PolicyConfigError:
        return PolicyConfigError(f"{self.name} must be {self.expected}, got {got}.")


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        value = float(value) if re.fullmatch(_NUMBER, value) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None


def _whole(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    number = _number(value)
    return None if number is None or not number.is_integer() else int(number)


def _switch(value: Any) -> bool | None:
    return value if isinstance(value, bool) else {"true": True, "false": False}.get(value)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


_READERS: Final = {
    "whole": _whole,
    "number": _number,
    "switch": _switch,
    "text": _text,
    "choice": _text,
}


def parameters_of(cls: type) -> list[Parameter]:
    """The parameters of a class that are numbers, texts, or true and false.

    Args:
        cls: A policy, or anything with a constructor and a Google-style docstring.

    Returns:
        The parameters in the order of the constructor. What takes objects (a featurizer, a model)
        is left out.

    Example:
        >>> from dialogue_nb.policies.memoization import MemoizationPolicy
        >>> [(p.name, p.kind, p.default, p.optional) for p in parameters_of(MemoizationPolicy)][:2]
        [('priority', 'whole', 3, False), ('max_history', 'whole', 5, True)]
    """
    meanings = _meanings(cls)
    found = []
    for parameter in inspect.signature(cls).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        made = _parameter(parameter, meanings.get(parameter.name, ""))
        if made is not None:
            found.append(made)
    return found


def checked_parameter(cls: type, name: str, value: Any) -> Any:
    """The value of a parameter as the class takes it.

    Args:
        cls: The policy's class.
        name: The parameter.
        value: What somebody wants it to be.

    Raises:
        PolicyConfigError: If there is no such parameter, or the value cannot be used.

    Example:
        >>> from dialogue_nb.policies.keras_policy import KerasPolicy
        >>> checked_parameter(KerasPolicy, "dropout", "0.5")
        0.5
    """
    known = {parameter.name: parameter for parameter in parameters_of(cls)}
    if name not in known:
        hint = did_you_mean(name, known) or f"It has {listing(known)}."
        raise PolicyConfigError(f"{cls.__name__} has no parameter '{name}' to set. {hint}")
    return known[name].checked(value)


def _parameter(parameter: inspect.Parameter, meaning: str) -> Parameter | None:
    default = None if parameter.default is parameter.empty else parameter.default
    names = _type_names(parameter.annotation) or [type(default).__name__]
    kinds = [_KINDS[name] for name in names if name in _KINDS]
    optional = "None" in names
    if not kinds or len(kinds) + optional != len(names):
        return None
    name = parameter.name
    low, high, low_included, high_included = _LIMITS.get(name, (None, None, True, True))
    choices: Sequence[str] = _CHOICES.get(name, ()) if kinds[0] == "text" else ()
    if choices and isinstance(default, str) and default not in choices:
        choices = (default, *choices)
    return Parameter(
        name,
        "choice" if choices else "number" if "number" in kinds else kinds[0],
        default,
        meaning,
        optional,
        low,
        high,
        low_included,
        high_included,
        tuple(choices),
    )


def _type_names(annotation: Any) -> list[str]:
    """The names in `int | None`, written or evaluated."""
    if annotation is inspect.Parameter.empty:
        return []
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return [part.strip() for part in text.split("|")]


def _meanings(cls: type) -> dict[str, str]:
    """What the docstrings of a class and its bases say of each parameter, in one line."""
    found: dict[str, str] = {}
    for each in cls.__mro__:
        for owner in (each, vars(each).get("__init__")):
            for name, meaning in described(getattr(owner, "__doc__", None) or "").items():
                found.setdefault(name, meaning)
    return found


def described(docstring: str) -> dict[str, str]:
    r"""The `Args:` of a Google-style docstring.

    Args:
        docstring: The docstring.

    Example:
        >>> described("Adds.\n\nArgs:\n    a: One,\n        or more.\n    b: Two.\n")
        {'a': 'One, or more.', 'b': 'Two.'}
    """
    lines = inspect.cleandoc(docstring).splitlines()
    if "Args:" not in lines:
        return {}
    found: dict[str, str] = {}
    name = ""
    for line in lines[lines.index("Args:") + 1 :]:
        if line and not line.startswith("    "):
            break
        begins = re.match(r" {4}\*{0,2}(\w+)(?: \([^)]*\))?:\s*(.*)", line)
        if begins:
            name = begins[1]
            found[name] = begins[2]
        elif name and line.strip():
            found[name] = f"{found[name]} {line.strip()}".strip()
    return found
