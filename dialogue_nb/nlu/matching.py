"""What lookup tables and regexes find in a text."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import regex

from dialogue_nb.nlu.tokens import MAX_CHARACTERS, Token, tokens_of

SECONDS: Final = 0.1
"""So long all regexes together may look at one message; some patterns would look for years."""


class Match(NamedTuple):
    """A place that a lookup table or a regex has found.

    Args:
        name: The name of the table or regex.
        start: Where it begins in the text.
        end: The position behind it.
        kind: "lookup" or "regex".
    """

    name: str
    start: int
    end: int
    kind: str


class Matcher:
    r"""Finds words of lookup tables, regardless of case, and what fits a regex.

    Args:
        lookups: The words of each table.
        regexes: Names and patterns.

    Example:
        >>> matcher = Matcher({"city": ["New York", "York"]}, [("zip", r"\b\d{5}\b")])
        >>> text = "to new york, 10001"
        >>> [(found.name, text[found.start:found.end]) for found in matcher.find(text)[0]]
        [('city', 'new york'), ('zip', '10001')]
    """

    def __init__(
        self, lookups: Mapping[str, Iterable[str]], regexes: Sequence[tuple[str, str]]
    ) -> None:
        # by the first word: the rest of it and the name of the table, the longest first
        self._words: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for name, entries in lookups.items():
            for entry in entries:
                words = tuple(token.norm for token in tokens_of(entry))
                if words:
                    self._words.setdefault(words[0], []).append((words, name))
        for candidates in self._words.values():
            candidates.sort(key=lambda pair: (-len(pair[0]), pair[1]))
        self._patterns: list[tuple[str, Any]] = [
            (name, regex.compile(pattern, regex.IGNORECASE)) for name, pattern in regexes
        ]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not self._words and not self._patterns

    def find(
        self, text: str, tokens: Sequence[Token] | None = None
    ) -> tuple[list[Match], list[str]]:
        """All places.

        Args:
            text: The text.
            tokens: Its tokens, if they are known already.

        Returns:
            The places, of each table those that do not overlap, and the names of the regexes that
            took too long.
        """
        if self.is_empty:
            return [], []
        tokens = tokens_of(text) if tokens is None else tokens
        slow: list[str] = []
        found = [*self._in_tables(tokens), *self._by_patterns(text[:MAX_CHARACTERS], slow)]
        return sorted(found, key=lambda match: (match.start, -match.end)), slow

    def _in_tables(self, tokens: Sequence[Token]) -> list[Match]:
        found = []
        norms = [token.norm for token in tokens]
        free = dict[str, int]()  # for each table the first token that is not part of a match
        for i, norm in enumerate(norms):
            for words, name in self._words.get(norm, ()):
                end = i + len(words)
                if i >= free.get(name, 0) and tuple(norms[i:end]) == words:
                    free[name] = end
                    found.append(Match(name, tokens[i].start, tokens[end - 1].end, "lookup"))
        return found

    def _by_patterns(self, text: str, slow: list[str]) -> list[Match]:
        found = []
        until = time.monotonic() + SECONDS
        for name, pattern in self._patterns:
            try:
                left = max(until - time.monotonic(), 0.001)
                for match in pattern.finditer(text, timeout=left):
                    if match.end() > match.start():
                        found.append(Match(name, match.start(), match.end(), "regex"))
            except TimeoutError:
                slow.append(name)
        return found
