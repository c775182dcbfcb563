"""How a policy looks everywhere: a letter and a colour, always together.

The letter carries the meaning, the colour helps. Tables, figures and widgets use the same ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

HUES: Final[dict[str, tuple[str, str]]] = {
    "vermilion": ("#ab4d07", "#f09a52"),
    "blue": ("#006faf", "#4db3ee"),
    "green": ("#00795a", "#3fcf9f"),
    "purple": ("#a8417f", "#e68cc0"),
    "ochre": ("#7a6200", "#dcc23c"),
    "violet": ("#5f4bc4", "#aa9dfa"),
    "grey": ("#5b6372", "#a4adbb"),
}
"""Colours on light and on dark ground, after Okabe and Ito; `shared.css` has the same ones."""

_KNOWN: Final = {
    "RulePolicy": ("Rule", "R", "vermilion"),
    "MemoizationPolicy": ("Memoization", "M", "blue"),
    "AugmentedMemoizationPolicy": ("Augmented memoization", "A", "violet"),
    "KerasPolicy": ("LSTM", "L", "green"),
    "TEDPolicy": ("TED", "T", "purple"),
    "SklearnPolicy": ("Sklearn", "S", "ochre"),
    "FallbackPolicy": ("Fallback", "F", "grey"),
    "TwoStageFallbackPolicy": ("Two-stage fallback", "2", "grey"),
    "MappingPolicy": ("Mapping", "P", "ochre"),
    "FormPolicy": ("Form", "O", "vermilion"),
}


def policy_marks(names: Iterable[str]) -> list[dict[str, Any]]:
    """Letter, colour and short name of policies; no letter twice, and colours go round.

    Args:
        names: The names of the policies in the order of the ensemble, e.g. "MemoizationPolicy". A
            name that comes again gets a mark of its own.

    Returns:
        For each `{"name", "label", "letter", "hue"}`; the hue is a key of `HUES`.

    Example:
        >>> [(m["letter"], m["label"]) for m in policy_marks(["MemoizationPolicy", "MyPolicy"])]
        [('M', 'Memoization'), ('Y', 'MyPolicy')]
    """
    listed = list(names)
    letters = {_KNOWN[name][1] for name in listed if name in _KNOWN}
    hues = [_KNOWN[name][2] for name in listed if name in _KNOWN]
    marks: list[dict[str, Any]] = []
    for i, name in enumerate(listed):
        if name in _KNOWN and name not in listed[:i]:
            label, letter, hue = _KNOWN[name]
        else:
            label = name or "?"
            letter = _free_letter(label.removesuffix("Policy"), letters)
            hue = next((h for h in HUES if h not in hues), list(HUES)[i % len(HUES)])
            letters.add(letter)
            hues.append(hue)
        marks.append({"name": name, "label": label, "letter": letter, "hue": hue})
    return marks


def _free_letter(label: str, taken: set[str]) -> str:
    """The first character of the label that nobody has, capitals first; else a number."""
    wanted = [c for c in label if c.isupper()] + [c.upper() for c in label if c.isalnum()]
    wanted = [c for c in wanted if len(c) == 1]  # a German sharp s has two capitals
    numbers = (str(i) for i in range(1, len(taken) + 2))
    return next(c for c in [*wanted, *numbers] if c not in taken)
