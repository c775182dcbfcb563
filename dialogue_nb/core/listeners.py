"""Functions that want to be told of something, and how they stop being told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Listener = TypeVar("Listener", bound=Callable[..., Any])


def listen(listeners: list[Listener], callback: Listener) -> Callable[[], None]:
    """Adds a function to those that are told.

    Args:
        listeners: The functions so far; the new one comes last.
        callback: The function.

    Returns:
        A function that ends it; a second call of that does nothing.

    Example:
        >>> told = []
        >>> end = listen(told, print)
        >>> end(), end(), told
        (None, None, [])
    """
    listeners.append(callback)

    def end() -> None:
        if callback in listeners:
            listeners.remove(callback)

    return end
