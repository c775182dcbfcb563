"""What is wrong with an input, as values.

The editor, the command line and the errors all show the same list.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much a diagnostic matters: an error stops loading, the others do not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Diagnostic:
    """One thing to know about an input: what was expected, what was found, where, what to do.

    Args:
        code: A stable short code: `Y...` for YAML, `D...` for the domain, `S...` for stories,
            `R...` for what rules say, `N...` for training examples of plain words, `C...` for a
            config, `P...` for a project folder, `W...` for what a format lacks.
        severity: "error", "warning" or "info".
        message: One or two sentences in plain words.
        file: The file it is about, None for text that came from no file.
        line: The line, counted from 1, None when there is none.
        column: The column, counted from 1, None when it is the whole line.
        hint: What to do about it, "" when the message says it already.
        story: The story or rule it is about, None when it is about none.

    Example:
        >>> print(Diagnostic("S101", "error", "Unknown action 'utter_gret'.", "stories.md", 3,
        ...                  hint="Did you mean 'utter_greet'?"))
        stories.md:3: error S101: Unknown action 'utter_gret'. Did you mean 'utter_greet'?
    """

    code: str
    severity: str
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    hint: str = ""
    story: str | None = None

    def __str__(self) -> str:
        """The diagnostic in one line, as compilers print them."""
        places = [str(place) for place in (self.file, self.line, self.column) if place is not None]
        where = ":".join(places)
        about = f" (in '{self.story}')" if self.story else ""
        hint = f" {self.hint}" if self.hint else ""
        text = f"{self.severity} {self.code}: {self.message}{about}{hint}"
        return f"{where}: {text}" if where else text

    def at(self, file: str | None) -> Diagnostic:
        """The same diagnostic, about another file."""
        return replace(self, file=file)

    def as_dict(self) -> dict[str, Any]:
        """The diagnostic as a JSON-ready dict."""
        return asdict(self)


def errors_in(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Those of the diagnostics that are errors."""
    return [d for d in diagnostics if d.severity == Severity.ERROR]


def did_you_mean(name: str, known: Iterable[str], *, limit: int = 200) -> str:
    """A hint that names the closest known name, or "" when nothing is close.

    Args:
        name: What was written.
        known: What could have been meant.
        limit: Names longer than this many characters are not compared (comparing is quadratic).

    Example:
        >>> did_you_mean("utter_gret", ["utter_greet", "utter_bye"])
        "Did you mean 'utter_greet'?"
        >>> did_you_mean("xyz", ["utter_greet"])
        ''
    """
    if len(name) > limit:
        return ""
    candidates = {k.lower(): k for k in known if len(k) <= limit}
    close = difflib.get_close_matches(name.lower(), candidates, n=1, cutoff=0.6)
    return f"Did you mean '{candidates[close[0]]}'?" if close else ""


def listing(names: Iterable[str], *, limit: int = 8) -> str:
    """Names for the end of a sentence, cut after `limit` of them.

    Example:
        >>> listing(["b", "a", "c"], limit=2)
        "'b', 'a' and 1 more"
        >>> listing([])
        'none'
    """
    quoted = [f"'{name}'" for name in names]
    if len(quoted) > limit:
        return f"{', '.join(quoted[:limit])} and {len(quoted) - limit} more"
    return ", ".join(quoted) or "none"
