"""A bot while its files are being written: texts that are read anew after every change, quickly.

The editor and the cell magics stand on this: each keystroke changes a document, and what the bot is
now, with everything there is to say about it, is known some milliseconds later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from dialogue_nb.agent.project import Project
from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.core.domain import Domain, parse_domain
from dialogue_nb.core.yaml_lines import read_text
from dialogue_nb.stories.diagnostics import StoryLinter, check_together
from dialogue_nb.stories.live import LiveStories
from dialogue_nb.stories.notes import Notes
from dialogue_nb.stories.reader import YAML_SUFFIXES, StoryFormat, story_format
from dialogue_nb.stories.steps import Story
from dialogue_nb.stories.writer import to_yaml

_STORIES: Final = re.compile(r"^stories\s*:", re.MULTILINE)
_SUFFIXES: Final = {"markdown": ".md", "yaml": ".yml"}


@dataclass(frozen=True)
class Document:
    r"""One file of a bot, as text.

    Args:
        name: Its name; stories and diagnostics carry it as their file.
        text: What is in it; lines end with "\n".
        format: "markdown" or "yaml"; a domain is always YAML.
        is_domain: Whether it holds the domain; otherwise it holds stories and rules.

    Example:
        >>> Document.of_stories("## hello\r\n* greet").text
        '## hello\n* greet'
    """

    name: str
    text: str
    format: StoryFormat = "yaml"
    is_domain: bool = False

    @classmethod
    def of_stories(
        cls, text: str, name: str | None = None, format: StoryFormat | None = None
    ) -> Document:
        """Stories and rules.

        Args:
            text: The stories.
            name: The name of the file; default "stories.md" or "stories.yml".
            format: "markdown" or "yaml"; default what the name says, then what the text looks like.
        """
        if format is None and name is not None:
            format = "yaml" if name.lower().endswith(YAML_SUFFIXES) else "markdown"
        format = format or story_format(text) or "markdown"
        return cls(name or f"stories{_SUFFIXES[format]}", with_plain_breaks(text), format)

    @classmethod
    def of_domain(cls, text: str, name: str = "domain.yml") -> Document:
        """A domain."""
        return cls(name, with_plain_breaks(text), is_domain=True)

    def changed(self, text: str, format: StoryFormat | None = None) -> Document:
        """The document with another text; its name follows the format.

        Args:
            text: The new text.
            format: The new format, None for the same as before.
        """
        text = with_plain_breaks(text)
        if format is None or format == self.format or self.is_domain:
            return replace(self, text=text)
        name = str(Path(self.name).with_suffix(_SUFFIXES[format]))
        return replace(self, text=text, format=format, name=name)


def with_plain_breaks(text: str) -> str:
    r"""The text with every line ending written as "\n", without a byte order mark."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def documents_of(project: Project) -> list[Document]:
    """The files of a bot that can be edited: stories and rules, then the domain.

    Args:
        project: The bot. A domain in several files comes as one document.
    """
    documents = []
    for file in project.story_files:
        name = file.relative_to(project.folder).as_posix()
        documents.append(Document.of_stories(read_text(file), name))
    # Stories before what is only rules.
    documents.sort(key=lambda each: each.format == "yaml" and not _STORIES.search(each.text))
    if not documents:
        written, _ = to_yaml([*project.stories, *project.rules])
        documents.append(Document.of_stories(written, "stories.yml"))
    if len(project.domain_files) == 1:
        (file,) = project.domain_files
        name = file.relative_to(project.folder).as_posix()
        if any(each.name == name for each in documents):  # one file with everything in it
            name += " (domain)"
        documents.append(Document.of_domain(read_text(file), name))
    else:
        documents.append(Document.of_domain(project.domain.to_yaml()))
    return documents


class LiveProject:
    r"""What a bot's documents say, kept up to date while they change.

    Args:
        documents: The documents: stories and rules, and at most one domain.
        base: The bot that they belong to; what is not in the documents is taken from it.

    Example:
        >>> live = LiveProject([Document.of_stories("## a\n* greet\n- utter_gret\n"),
        ...                     Document.of_domain("intents: [greet]\nactions: [utter_greet]\n")])
        >>> print(live.diagnostics[0][0])  # doctest: +NORMALIZE_WHITESPACE
        stories.md:3: error S404: The domain has no action 'utter_gret'. (in 'a')
            Did you mean 'utter_greet'?
        >>> live.change(0, "## a\n* greet\n- utter_greet\n")
        >>> live.diagnostics[0], len(live.project.stories)
        ([], 1)
    """

    def __init__(self, documents: Sequence[Document], base: Project | None = None) -> None:
        self.documents = list(documents)
        self.base = base
        self.domain: Domain | None = base.domain if base else None
        self.stories: list[list[Story]] = [[] for _ in documents]
        self.diagnostics: list[list[Diagnostic]] = [[] for _ in documents]
        self._readers = [LiveStories() for _ in documents]
        self._found: list[list[Diagnostic]] = [[] for _ in documents]
        self._linter: StoryLinter | None = None
        self._linted_for: Domain | None = None
        self._linted: dict[int, tuple[Story, list[Diagnostic]]] = {}
        for index in range(len(self.documents)):
            self._read(index)
        self._check()

    def change(self, index: int, text: str, format: StoryFormat | None = None) -> None:
        """Takes over a new text of a document.

        Args:
            index: Which document.
            text: All of its text.
            format: Its format, None for the same as before.
        """
        document = self.documents[index].changed(text, format)
        if document != self.documents[index]:
            self.documents[index] = document
            self._read(index)
            self._check()

    @property
    def project(self) -> Project:
        """The bot as it is now; its diagnostics are those of the documents."""
        stories = [story for found in self.stories for story in found]
        said = tuple(one for found in self.diagnostics for one in found)
        base = self.base or Project(Path(), Domain(), (), (), ())
        return replace(
            base,
            domain=self.domain or base.domain,
            stories=tuple(story for story in stories if not story.is_rule),
            rules=tuple(story for story in stories if story.is_rule),
            diagnostics=said,
        )

    def _read(self, index: int) -> None:
        document = self.documents[index]
        if document.is_domain:
            domain, found = parse_domain(document.text, document.name)
            # A domain that cannot be read for the moment is remembered as it was.
            self.domain = domain or self.domain
            self._found[index] = found
            return
        if self._readers[index].source != document.name:
            self._readers[index] = LiveStories(document.name)
        reader = self._readers[index]
        self.stories[index], self._found[index] = reader.read(document.text, document.format)

    def _check(self) -> None:
        stories = [story for found in self.stories for story in found]
        notes = Notes()
        check_together(stories, notes)
        said = [*self._names_checked(stories), *notes.found]
        by_file: dict[str | None, list[Diagnostic]] = {}
        for one in said:
            by_file.setdefault(one.file, []).append(one)
        for index, document in enumerate(self.documents):
            found = [*self._found[index], *by_file.get(document.name, ())]
            self.diagnostics[index] = sorted(found, key=lambda one: one.line or 0)

    def _names_checked(self, stories: Iterable[Story]) -> list[Diagnostic]:
        """What the domain says to each story; those that are as before are not checked again."""
        if self.domain is None:
            return []
        if self._linter is None or self._linted_for is not self.domain:
            self._linter, self._linted_for = StoryLinter(self.domain, Notes()), self.domain
            self._linted = {}
        known, self._linted = self._linted, {}
        for story in stories:
            # The story is kept too, so that no other one can have its id.
            self._linted[id(story)] = known.get(id(story)) or (story, self._lint(story))
        return [one for _, found in self._linted.values() for one in found]

    def _lint(self, story: Story) -> list[Diagnostic]:
        assert self._linter is not None
        self._linter.notes = Notes()
        self._linter.story(story)
        return self._linter.notes.found
