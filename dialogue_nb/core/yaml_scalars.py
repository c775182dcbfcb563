"""What an unquoted word stands for in YAML 1.2, which is how Rasa reads its files."""

from __future__ import annotations

import re
from typing import Any, Final

_INT: Final = re.compile(
    r"[-+]?(?:0b[01][01_]*|0o[0-7][0-7_]*|0x[0-9a-fA-F][0-9a-fA-F_]*|[0-9][0-9_]*)"
)
_FLOAT: Final = re.compile(
    r"[-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_WORDS: Final[dict[str, bool | None]] = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "null": None, "Null": None, "NULL": None, "~": None, "": None,
}  # fmt: skip
_MAX_NUMBER: Final = 100  # characters; a longer row of digits is kept as text


def resolve_scalar(text: str) -> Any:
    """What an unquoted word of YAML 1.2 stands for.

    Example:
        >>> [resolve_scalar(word) for word in ("yes", "true", "12", "12:30", "1e3", "~")]
        ['yes', True, 12, '12:30', 1000.0, None]
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-+.0123456789" or len(text) > _MAX_NUMBER:
        return text
    if _INT.fullmatch(text):
        return _integer(text.replace("_", ""))
    if _FLOAT.fullmatch(text):
        number = text.replace("_", "").lower()
        return float(number.replace(".inf", "inf").replace(".nan", "nan"))
    return text


def _integer(text: str) -> int:
    digits = text.lstrip("+-")
    bases = {"0b": 2, "0o": 8, "0x": 16}
    base = bases.get(digits[:2].lower(), 10)
    number = int(digits[2:] if base != 10 else digits, base)
    return -number if text.startswith("-") else number
