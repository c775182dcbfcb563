"""Where the readers and writers of stories put what they have to say about their input."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from dialogue_nb.core.diagnostics import Diagnostic, Severity

NOTES_OF_A_KIND: Final = 1000


@dataclass
class Notes:
    """Collects diagnostics about one text; knows where in it the reader stands.

    Of each code and severity the first 1000 are kept, so that a large file of another kind costs no
    memory; the next one says so.

    Args:
        file: The file that is read, None for text that came from no file.
        line: The line that is read, counted from 1.
        story: The story or rule that is read.
        found: What was noted so far.

    Example:
        >>> notes = Notes("stories.md", line=3, story="hello")
        >>> notes.error("S101", "Expected a name.")
        >>> print(notes.found[0])
        stories.md:3: error S101: Expected a name. (in 'hello')
    """

    file: str | None = None
    line: int | None = None
    story: str | None = None
    found: list[Diagnostic] = field(default_factory=list)
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter, repr=False)

    def error(self, code: str, message: str, hint: str = "", column: int | None = None) -> None:
        """Notes something that stops loading, at the current line."""
        self._add(Severity.ERROR, code, message, hint, column)

    def warning(self, code: str, message: str, hint: str = "", column: int | None = None) -> None:
        """Notes something that is probably a mistake, at the current line."""
        self._add(Severity.WARNING, code, message, hint, column)

    def info(self, code: str, message: str, hint: str = "", column: int | None = None) -> None:
        """Notes something good to know, at the current line."""
        self._add(Severity.INFO, code, message, hint, column)

    def _add(
        self, severity: Severity, code: str, message: str, hint: str, column: int | None
    ) -> None:
        self._counts[code, severity] += 1
        if self._counts[code, severity] > NOTES_OF_A_KIND + 1:
            return
        if self._counts[code, severity] > NOTES_OF_A_KIND:
            message, hint = "There are more of these; the rest is not listed.", ""
        self.found.append(
            Diagnostic(code, severity, message, self.file, self.line, column, hint, self.story)
        )


def shown(text: object, limit: int = 60) -> str:
    """A text in quotes for a message, cut when it is long.

    Example:
        >>> shown("greet"), shown("x" * 70, limit=4)
        ("'greet'", "'xxxx...'")
    """
    words = text if isinstance(text, str) else repr(text)
    cut = words if len(words) <= limit else words[:limit] + "..."
    return repr(cut) if isinstance(text, str) else cut
