"""Reads training examples in Markdown (Rasa NLU 0.x and 1.x), and the answers that go with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dialogue_nb.core.diagnostics import Diagnostic, did_you_mean
from dialogue_nb.core.domain import Response
from dialogue_nb.nlu.collector import SECTIONS, Collector, unknown_section
from dialogue_nb.nlu.examples import NLUExamples
from dialogue_nb.stories.notes import Notes, shown

_HEADER: Final = re.compile(r"#{1,6}\s*([^:#\s][^:]*?)\s*:(.*)")
_ITEM: Final = re.compile(r"[-*+]\s+(.*)")
_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_ANSWER_HEADER: Final = re.compile(r"\*\s*([^\s/{]+/[^\s{]+)\s*$")
_FILE: Final = re.compile(r"[^\s*+-].*\.\w{1,5}")


def parse_nlu_markdown(
    text: str, source: str | None = None
) -> tuple[NLUExamples, list[Diagnostic], dict[str, str]]:
    r"""Reads the training examples of a Markdown text.

    Args:
        text: The text.
        source: The file it came from, None for text.

    Returns:
        What could be read; everything to say about it, with the codes of `parse_nlu_yaml`; and for
        each lookup table that names a file, that file.

    Example:
        >>> data, found, files = parse_nlu_markdown("## intent:travel\n- to [Oslo](city)\n")
        >>> data.examples[0].intent, data.examples[0].entities[0]["value"], found, files
        ('travel', 'Oslo', [], {})
    """
    notes = Notes(source)
    collector = Collector(notes)
    files: dict[str, str] = {}
    section: tuple[str, str] | None = None
    outside = False
    for line in _lines(text, notes):
        header = _HEADER.match(line)
        item = _ITEM.match(line)
        if header or line.startswith("##"):
            section = _section(header, line, collector)
            outside = section is None
        elif section is None:
            if not outside and item:
                notes.warning("N103", f"{shown(line)} stands before the first section.")
        elif item:
            collector.item(*section, item[1].strip())
        elif section[0] == "lookup" and _FILE.fullmatch(line):
            files[section[1]] = line
        else:
            message = f"Expected '- ' and an example, found {shown(line)}; it is left out."
            notes.warning("N103", message, "Begin the line with '- '.")
    return collector.done(), notes.found, files


def _section(
    header: re.Match[str] | None, line: str, collector: Collector
) -> tuple[str, str] | None:
    kind = header[1].lower() if header else ""
    if header is None or kind not in SECTIONS:
        message, _ = unknown_section(shown(line))
        hint = did_you_mean(kind, SECTIONS) or "Write it like '## intent:greet'."
        collector.notes.error("N101", message, hint)
        return None
    name = collector.named(kind, header[2])
    return None if name is None else (kind, name)


def _lines(text: str, notes: Notes) -> Iterator[str]:
    """The lines that are not empty, without comments; the notes are turned to each."""
    without = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text.removeprefix("\ufeff"))
    for number, line in enumerate(without.splitlines(), 1):
        notes.line = number
        if line.strip():
            yield line.strip()


def is_answers(text: str) -> bool:
    r"""Whether a Markdown text has answers of retrieval intents (`responses.md` of Rasa 1.x).

    Args:
        text: The text.

    Example:
        >>> is_answers("## price\n* faq/price\n  - Two crowns.\n"), is_answers("## a\n* greet\n")
        (True, False)
    """
    users = [line for line in map(str.strip, text.splitlines()) if line.startswith("*")]
    # A story may name such an intent, too; what answers it there is an action, one word.
    return bool(users) and all(map(_ANSWER_HEADER.fullmatch, users)) and not _has_actions(text)


def _has_actions(text: str) -> bool:
    items = [match[1].split() for line in text.splitlines() if (match := _ITEM.match(line.strip()))]
    answers = [words for words in items if words and "/" not in words[0]]
    return bool(answers) and all(
        len(words) == 1 and words[0].startswith(("utter_", "action_", "respond_"))
        for words in answers
    )


def parse_answers(
    text: str, source: str | None = None
) -> tuple[dict[str, tuple[Response, ...]], list[Diagnostic]]:
    r"""Reads the answers of retrieval intents.

    Args:
        text: The text, for which `is_answers` holds.
        source: The file it came from, None for text.

    Returns:
        The variations of each answer by intent, and everything to say about the text.

    Example:
        >>> answers, _ = parse_answers("## price\n* faq/price\n  - Two crowns.\n  - Only two!\n")
        >>> [variation.text for variation in answers["faq/price"]]
        ['Two crowns.', 'Only two!']
    """
    notes = Notes(source)
    found: dict[str, list[Response]] = {}
    intent = ""
    for line in _lines(text, notes):
        header = _ANSWER_HEADER.fullmatch(line)
        item = _ITEM.match(line)
        if header:
            intent = header[1]
        elif item and intent:
            found.setdefault(intent, []).append(Response(item[1].strip().replace("\\n", "\n")))
        elif not line.startswith("#"):
            message = f"Expected '- ' and an answer, found {shown(line)}; it is left out."
            notes.warning("N103", message, "Begin the line with '- '.")
    return {name: tuple(variations) for name, variations in found.items()}, notes.found
