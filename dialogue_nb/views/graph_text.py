"""Texts in pictures: how wide they are, and cut so that they fit."""

from __future__ import annotations

import unicodedata
from typing import Final

from dialogue_nb.views.html import visible

_WIDE: Final = frozenset("WF")
_AVERAGE: Final = 0.6
_BROAD: Final = frozenset("mwMW@%&—…“”")


def text_width(text: str, size: float = 12) -> float:
    """How wide a text is about, in a sans serif font; rather too much than too little.

    Args:
        text: The text.
        size: The size of the font in pixels.

    Example:
        >>> text_width("abc") < text_width("天气预报")
        True
    """
    total = 0.0
    for character in text:
        if ord(character) < 128:
            total += 0.95 if character in _BROAD or character.isupper() else _AVERAGE
        elif unicodedata.east_asian_width(character) in _WIDE:
            total += 1.05
        elif not unicodedata.combining(character):
            total += 1.0 if character in _BROAD else 0.7
    return total * size


def fitting(text: str, room: float, size: float = 12) -> str:
    """A text in one line, cut with an ellipsis where it would be wider than the room.

    Args:
        text: The text; control characters are made visible.
        room: How wide it may be, in pixels.
        size: The size of the font in pixels.

    Example:
        >>> fitting("utter_a_very_long_name_indeed", 100)
        'utter_a_very…'
    """
    whole = " ".join(visible(text[:400]).split())
    if text_width(whole, size) <= room:
        return whole
    left = room - text_width("…", size)
    kept = []
    for character in whole:
        left -= text_width(character, size)
        if left < 0:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"
