"""Diagnostics for an editor: which characters they are about, and what would mend them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.core.domain_edits import LISTED, MAPPED

MAX_PROBLEMS: Final = 300
"""How many problems of one document are shown; more cannot be read, and cost time."""

_QUOTED: Final = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
_MISSING: Final = re.compile(r"\bhas no \w+ ")
_MEANT: Final = re.compile(r"Did you mean '(.*)'\?")
_WORD: Final = re.compile(r"[^\s{}\[\]()\"',:]+")
_UNKNOWN: Final = re.compile(r"is not among the (\w+)\.$")
# What a code says is missing in the domain.
_SECTIONS: Final = {"S401": "intents", "S402": "entities", "S403": "slots", "S405": "forms"}
_LINES_SEARCHED: Final = 40


def problem_views(
    diagnostics: Sequence[Diagnostic], lines: Sequence[str], *, can_add: bool
) -> list[dict[str, Any]]:
    """What the editor shows of diagnostics.

    Args:
        diagnostics: What was found in one document.
        lines: The lines of the document.
        can_add: Whether there is a domain to add unknown names to.

    Returns:
        For each `{"code", "severity", "message", "hint", "line", "from", "to", "fixes"}`, at most
        `MAX_PROBLEMS`, errors first. `line` counts from 1, `from` and `to` are the columns of what
        it is about, counted from 0. A fix is `{"label", "insert"}`, to be put in place of that, or
        `{"label", "section", "name"}`, to be added to the domain.

    Example:
        >>> found = Diagnostic("S404", "error", "The domain has no action 'utter_gret'.",
        ...                    line=2, hint="Did you mean 'utter_greet'?")
        >>> problem = problem_views([found], ["* hi", "- utter_gret"], can_add=True)[0]
        >>> problem["from"], problem["to"], [fix["label"] for fix in problem["fixes"]]
        (2, 12, ["Change to 'utter_greet'", 'Add to the domain'])
    """
    rank = {"error": 0, "warning": 1, "info": 2}
    shown = sorted(diagnostics, key=lambda one: rank.get(one.severity, 2))[:MAX_PROBLEMS]
    found = [_problem_view(one, lines, can_add) for one in shown]
    return sorted(found, key=lambda problem: (problem["line"], problem["from"]))


def _problem_view(one: Diagnostic, lines: Sequence[str], can_add: bool) -> dict[str, Any]:
    names = list(_names(one.message))
    line = min(max(one.line or 1, 1), max(len(lines), 1))
    written = lines[line - 1] if lines else ""
    line, start, end, name = _place(one, names, lines, line, written)
    fixes = _fixes(one, name, names, can_add)
    shown = {"code": one.code, "severity": str(one.severity), "message": one.message}
    place = {"hint": one.hint, "line": line, "from": start, "to": end}
    return shown | place | {"fixes": fixes} | ({"name": name} if name else {})


def _names(message: str) -> Iterator[str]:
    """What a message quotes: first what something has not, as 'b' in "The slot 'a' has no 'b'"."""
    missing = _MISSING.search(message)
    found = list(_QUOTED.finditer(message))
    found.sort(key=lambda quoted: missing is not None and quoted.start() < missing.end())
    for quoted in found:
        try:
            name = ast.literal_eval(quoted[0])
        except (ValueError, SyntaxError):
            continue
        if name and not name.endswith("..."):
            yield name


def _place(
    one: Diagnostic, names: Sequence[str], lines: Sequence[str], line: int, written: str
) -> tuple[int, int, int, str]:
    """Line and columns of what a diagnostic is about, and the name that stands there."""
    column = one.column - 1 if one.column is not None and one.column <= len(written) else None
    for number in range(line, min(line + _LINES_SEARCHED, len(lines) + 1)):
        here = lines[number - 1]
        if number > line and _is_next_item(written, here):
            break
        for name in names:
            start = _find_word(here, name, (column or 0) if number == line else 0)
            if start >= 0:
                return number, start, start + len(name), name
    if column is not None:
        word = _WORD.match(written, column)
        return line, column, word.end() if word else column + 1, ""
    body = written.strip()
    start = written.index(body) if body else 0
    return line, start, start + len(body), ""


def _is_next_item(first: str, line: str) -> bool:
    """Whether another item begins here: it is indented no further than the one before."""
    indent = len(first) - len(first.lstrip())
    return bool(line.strip()) and len(line) - len(line.lstrip()) <= indent


def _find_word(line: str, name: str, start: int) -> int:
    """Where a name stands by itself in a line, at `start` or behind it; -1 where it does not."""
    start = line.find(name, start)
    while start >= 0:
        before, after = line[start - 1 : start], line[start + len(name) : start + len(name) + 1]
        if not (before + after).strip(" \t-*>#:,'\"{}[]()@/"):
            return start
        start = line.find(name, start + 1)
    return -1


def _fixes(one: Diagnostic, name: str, names: Sequence[str], can_add: bool) -> list[dict[str, str]]:
    fixes: list[dict[str, str]] = []
    meant = _MEANT.match(one.hint)
    if meant and name:
        fixes.append({"label": f"Change to '{meant[1]}'", "insert": meant[1]})
    if not can_add or not names:
        return fixes
    section = _SECTIONS.get(one.code, "")
    unknown = _UNKNOWN.search(one.message)
    if one.code == "S404":
        section = "responses" if names[0].startswith("utter_") else "actions"
    elif one.code == "D131" and unknown:
        section = unknown[1]
    if section in (*LISTED, *MAPPED):
        fixes.append({"label": "Add to the domain", "section": section, "name": names[0]})
    elif one.code == "D132":
        fixes += (
            {"label": f"Add a response '{missing}'", "section": "responses", "name": missing}
            for missing in names[:3]
        )
    return fixes
