"""What was worked out for some values, kept for when they come again; within bounds."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, Final, TypeVar

LONGEST_TEXT: Final = 1_000
"""Longer texts are not remembered: they would stay in memory although nobody else needs them."""

T = TypeVar("T")


def remember(
    memory: dict[Any, T], key: Hashable, values: Iterable[Any], found: T, *, most: int
) -> T:
    """Keeps what was found for some values, unless one of them is a long text.

    Args:
        memory: What is kept; it is emptied when it is full.
        key: Under which it is kept.
        values: The values that the key holds.
        found: What to keep.
        most: How many things to keep.

    Returns:
        What was found.

    Example:
        >>> memory = {}
        >>> remember(memory, "a", ["a"], 1, most=2), remember(memory, "b", ["b" * 1001], 2, most=2)
        (1, 2)
        >>> memory
        {'a': 1}
    """
    if not any(isinstance(value, str) and len(value) > LONGEST_TEXT for value in values):
        if len(memory) >= most:
            memory.clear()
        memory[key] = found
    return found
