"""What goes between Python and the browser: commands that fit, and values that can be sent."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from dialogue_nb.core.diagnostics import listing
from dialogue_nb.core.exceptions import DialogueError
from dialogue_nb.views.html import visible

_HALF: Final = re.compile("[\ud800-\udfff]")
_LONGEST: Final = 60
_WORDS: Final = {
    int: "a whole number",
    str: "a text",
    bool: "true or false",
    dict: "an object",
    list: "a list",
    NoneType: "nothing",
}
_SELECTED: Final = {
    "turn": int,
    "branch": int,
    "row": int | None,
    "back": int | None,
    "feature": str | None,
    "node": int | None,
    "path": str | None,
    "file": str | None,
    "line": int | None,
    "last_line": int | None,
}


class MessageError(DialogueError):
    """The browser asked for something that the widget does not know."""


def check_payload(asked: str, handler: Callable[..., Any], payload: Mapping[str, Any]) -> None:
    """Checks that a message has what its handler needs, of the types that it names.

    Args:
        asked: The type of the message.
        handler: The method that answers it; parameters without a type may be anything.
        payload: What the message brings along.

    Raises:
        MessageError: If something is missing, too much, or of another type.

    Example:
        >>> def answer_fork(turn: int, name: str | None = None) -> None: ...
        >>> check_payload("fork", answer_fork, {"turn": 3})
        >>> check_payload("fork", answer_fork, {"turn": "3"})
        Traceback (most recent call last):
        ...
        dialogue_nb.widgets.messages.MessageError: The message 'fork' does not fit: expected \
a whole number as 'turn', got '3'.
    """
    try:
        inspect.signature(handler).bind(**payload)
    except TypeError as error:
        raise MessageError(f"The message '{asked}' does not fit: {error}.") from error
    types = get_type_hints(handler)
    for name, value in payload.items():
        if not _fits(value, types.get(name, Any)):
            raise MessageError(
                f"The message '{asked}' does not fit: expected {_in_words(types[name])} as "
                f"'{name}', got {_shown(value)}."
            )


def check_selection(selection: Mapping[str, Any]) -> None:
    """Checks what views make use of in a selection; keys that none knows may hold anything.

    Args:
        selection: What is selected, by name.

    Raises:
        MessageError: If one of the values is of another type than it must be.

    Example:
        >>> check_selection({"turn": 3, "mine": "x"})
    """
    for name, value in selection.items():
        if name in _SELECTED and not _fits(value, _SELECTED[name]):
            raise MessageError(
                f"Expected {_in_words(_SELECTED[name])} as '{name}' of the selection, "
                f"got {_shown(value)}."
            )


def _shown(value: Any) -> str:
    text = visible(repr(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def _fits(value: Any, wanted: Any) -> bool:
    origin = get_origin(wanted)
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in get_args(wanted))
    if origin is Literal:
        return isinstance(value, str) and value in get_args(wanted)
    if origin is list:
        return isinstance(value, list) and all(_fits(one, get_args(wanted)[0]) for one in value)
    kind = origin or wanted
    if kind is Any:
        return True
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


def _in_words(wanted: Any) -> str:
    if get_origin(wanted) in (Union, UnionType):
        return " or ".join(_in_words(one) for one in get_args(wanted))
    if get_origin(wanted) is Literal:
        return f"one of {listing(get_args(wanted))}"
    return _WORDS[get_origin(wanted) or wanted]


def sendable(value: Any) -> Any:
    r"""The value as JSON can hold it: without halves of characters, and numbers that are none.

    Such texts come from messages like `/inform{"city": "\ud83d"}`, such numbers from slots.

    Args:
        value: Dicts, lists, texts, numbers, bytes; anything else stays as it is.

    Example:
        >>> sendable({"a": [1, float("nan"), chr(0xD83D)]})
        {'a': [1, None, '\ufffd']}
    """
    if isinstance(value, str):
        return value if value.isascii() or not _HALF.search(value) else _HALF.sub("\ufffd", value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {sendable(key): sendable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [sendable(item) for item in value]
    return value
