"""Cutting words out of a text, in every script."""

from __future__ import annotations

import unicodedata
from typing import Final, NamedTuple

import regex

MAX_CHARACTERS: Final = 2_000
"""So much of a message is understood; what comes behind it is not looked at."""

# Scripts without spaces give one token for each sign; marks (vowel signs, accents) belong to the
# letter before them, which \w of Python's own `re` does not know.
_TOKEN: Final = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*"
    r"|\p{N}+|[\p{L}\p{M}\p{Pc}\u200c\u200d]+|\S"
)


class Token(NamedTuple):
    """A word, number or sign.

    Args:
        text: As it is written.
        norm: As it is compared: in lower case, every digit a 0.
        start: Where it begins in the text.
        end: The position behind it.
    """

    text: str
    norm: str
    start: int
    end: int


def tokens_of(text: str) -> list[Token]:
    """The words, numbers and signs of a text, in order.

    Args:
        text: The text; of a long one only the first 2000 characters.

    Example:
        >>> [token.text for token in tokens_of("5pm, Zürich")]
        ['5', 'pm', ',', 'Zürich']
        >>> [token.text for token in tokens_of("我在北京")], len(tokens_of("नमस्ते साथी"))
        (['我', '在', '北', '京'], 2)
    """
    found = _TOKEN.finditer(text[:MAX_CHARACTERS])
    return [Token(m[0], normalised(m[0]), m.start(), m.end()) for m in found]


def normalised(word: str) -> str:
    """A word as it is compared.

    Example:
        >>> normalised("Ａpril"), normalised("STRASSE"), normalised("۴2")
        ('april', 'strasse', '00')
    """
    plain = unicodedata.normalize("NFKC", word).casefold()
    return "".join("0" if letter.isdigit() else letter for letter in plain)
