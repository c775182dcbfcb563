"""A short name for a piece of data that is the same wherever and whenever it is computed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def fingerprint_of(data: Any) -> str:
    """The SHA-256 of data, which is the same for equal data in every process and on every machine.

    Args:
        data: Mappings, lists, tuples, texts, numbers, None, nested; anything else goes in as its
            `repr`. The order of a mapping does not matter, and `1` and `"1"` are different keys.

    Returns:
        64 hexadecimal digits.

    Example:
        >>> fingerprint_of({"a": 1, "b": (2,)}) == fingerprint_of({"b": [2], "a": 1})
        True
        >>> fingerprint_of({1: "a"}) == fingerprint_of({"1": "a"})
        False
    """
    text = json.dumps(_canonical(data), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {f"{type(key).__name__} {key}": _canonical(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_canonical(each) for each in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)
