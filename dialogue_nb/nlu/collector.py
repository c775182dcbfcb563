"""Where the readers of the three formats put what they find; what is odd is said here, once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

import regex

from dialogue_nb.core.diagnostics import Diagnostic, listing
from dialogue_nb.core.domain import Response
from dialogue_nb.nlu.examples import Entity, NLUExamples, TrainingExample
from dialogue_nb.stories.messages import read_marked
from dialogue_nb.stories.notes import Notes, shown

MAX_EXAMPLES: Final = 200_000
"""So many examples, and so many words in lookup tables and synonyms, are read of one file."""
MAX_LENGTH: Final = 5_000
"""An example is that long at most, in characters."""
MAX_PATTERN_LENGTH: Final = 2_000
SECTIONS: Final = ("intent", "synonym", "regex", "lookup")


@dataclass
class Collector:
    """Collects what one file says.

    Args:
        notes: Where diagnostics go; knows file and line. The codes: N102 something lacks a name,
            N103 something is no example, N104 too long, N105 too many, N106 a pattern that cannot
            be used, N107 a synonym with two meanings, N108 a mark that cannot be read.

    Example:
        >>> collector = Collector(Notes("nlu.yml", line=3))
        >>> collector.item("intent", "travel", "to [OSL]{'entity': 'city'}")
        >>> print(collector.notes.found[0])  # doctest: +ELLIPSIS
        nlu.yml:3: error N108: Expected an entity like {"entity": "city"}, found ...
        >>> collector.item("intent", "travel", 'to [OSL]{"entity": "city", "value": "Oslo"}')
        >>> collector.done().synonyms
        {'osl': 'Oslo'}
    """

    notes: Notes
    examples: dict[tuple[str, str | None], TrainingExample] = field(default_factory=dict)
    synonyms: dict[str, str] = field(default_factory=dict)
    regexes: dict[tuple[str, str], None] = field(default_factory=dict)
    lookups: dict[str, dict[str, None]] = field(default_factory=dict)
    responses: dict[str, tuple[Response, ...]] = field(default_factory=dict)
    places: dict[str, tuple[str | None, int | None]] = field(default_factory=dict)
    count: int = 0

    def named(self, section: str, name: Any) -> str | None:
        """The name of a section, None (with a diagnostic) if it has none."""
        text = str(name).strip() if isinstance(name, (str, int, float)) else ""
        if not text or isinstance(name, bool):
            hint = f"Write it behind '{section}:'; a name like true or null needs quotes."
            found = "nothing" if name in (None, "") else shown(name)
            self.notes.error("N102", f"Expected the name of the {section}, found {found}.", hint)
            return None
        self.places.setdefault(f"{section}:{text}", (self.notes.file, self.notes.line))
        return text

    def item(self, section: str, name: str, text: str) -> None:
        """One line of a section.

        Args:
            section: One of `SECTIONS`.
            name: The section's name.
            text: What stands behind the dash.
        """
        if not self.takes(section, name, text):
            return
        if section == "intent":
            self._annotated(name, text)
        elif section == "synonym":
            self.synonym(text, name)
        elif section == "regex":
            self._regex(name, text)
        else:
            self.lookups.setdefault(name, {})[text] = None

    def takes(self, section: str, name: str, text: str) -> bool:
        """Whether a line is used: it has words, not too many, and there are not too many lines."""
        if not text:
            hint = "Write some words behind the dash, or remove it."
            message = f"Expected words in the {section} {shown(name)}, found nothing."
            self.notes.warning("N103", message, hint)
            return False
        if len(text) > MAX_LENGTH:
            message = f"Left out: {len(text):,} characters are too many, {MAX_LENGTH:,} are read."
            self.notes.warning("N104", message)
            return False
        self.count += 1
        if self.count == MAX_EXAMPLES + 1:
            message = f"There are more than {MAX_EXAMPLES:,} examples; the rest is left out."
            self.notes.warning("N105", message, "Split the file, or learn from fewer.")
        return self.count <= MAX_EXAMPLES

    def example(self, text: str, intent: str | None, entities: tuple[Entity, ...]) -> None:
        """An example whose entities are known already."""
        for entity in entities:
            value = entity.get("value")
            words = text[entity["start"] : entity["end"]]
            if value is not None and value != words:
                self.synonym(words, str(value))
        found = TrainingExample(text, intent, entities, self.notes.file, self.notes.line)
        self.examples.setdefault((text, intent), found)

    def synonym(self, words: str, value: str) -> None:
        """Says what words stand for; of two meanings the last one counts, as in Rasa."""
        key = words.casefold()
        known = self.synonyms.get(key)
        if known is not None and known != value:
            message = f"{shown(words)} stands for {shown(known)} and for {shown(value)}."
            self.notes.warning("N107", message, "The last one counts: remove the other.")
        self.synonyms[key] = value

    def done(self) -> NLUExamples:
        """All that was found."""
        lookups = {name: tuple(words) for name, words in self.lookups.items()}
        return NLUExamples(
            tuple(self.examples.values()), self.synonyms, tuple(self.regexes), lookups,
            self.responses, self.places,
        )  # fmt: skip

    def _annotated(self, intent: str, text: str) -> None:
        notes = Notes(self.notes.file, self.notes.line)
        words, entities = read_marked(text, notes)
        self.notes.found += [_as_ours(found) for found in notes.found]
        self.example(words, intent, entities)

    def _regex(self, name: str, pattern: str) -> None:
        problem = pattern_problem(pattern)
        if problem:
            self.notes.error("N106", f"The regex {shown(name)} cannot be used: {problem}.")
        else:
            self.regexes[name, pattern] = None


def pattern_problem(pattern: str) -> str:
    r"""Why a pattern cannot be used, "" if it can.

    Example:
        >>> pattern_problem(r"\d{5}"), pattern_problem("(a")
        ('', "'(a' is no regular expression (missing ) at position 2)")
    """
    if len(pattern) > MAX_PATTERN_LENGTH:
        return f"it has {len(pattern):,} characters, {MAX_PATTERN_LENGTH:,} at most are used"
    try:
        regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        return f"{shown(pattern)} is no regular expression ({error})"
    return ""


def unknown_section(found: object) -> tuple[str, str]:
    """Message and hint about something that is none of the four sections."""
    return (
        f"Expected one of {listing(SECTIONS)}, found {found}; it is left out.",
        "Write it like '- intent: greet' with 'examples: |' below it.",
    )


def _as_ours(found: Diagnostic) -> Diagnostic:
    """What reading the marks of a story says, said about an example."""
    return replace(found, code="N108")
