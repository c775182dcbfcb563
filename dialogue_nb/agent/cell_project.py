"""A bot that grows cell by cell: stories, rules and a domain typed into a notebook.

A cell that runs again replaces what it said before, and a story replaces the one that has its name,
so that nothing is learnt twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import indent
from typing import Any, Final

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.live_project import with_plain_breaks
from dialogue_nb.agent.project import Project
from dialogue_nb.core.diagnostics import Diagnostic, errors_in
from dialogue_nb.core.domain import Domain, parse_domain
from dialogue_nb.core.exceptions import AgentError, DialogueError
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.stories.diagnostics import lint_stories
from dialogue_nb.stories.reader import StoryFormat, parse_stories, story_format
from dialogue_nb.stories.steps import Story

_ITEM: Final = re.compile(r"^-\s+(story|rule)\s*:", re.MULTILINE)
_STEP: Final = re.compile(r"^-\s+[\w]+\s*:", re.MULTILINE)
_HEADER: Final = re.compile(r"^(##|>>)", re.MULTILINE)
_STORY_HEADER: Final = re.compile(r"^##(?!#)", re.MULTILINE)
_PLAIN_NAME: Final = re.compile(r"[^\W\d][\w ]*")
_NEXT_MESSAGE: Final = re.compile(r"\s+(?=/)")


@dataclass(frozen=True)
class Cell:
    """What a cell said.

    Args:
        name: What the cell is called in diagnostics.
        text: The text as it was read: with a header if the cell had none.
        format: "markdown", "yaml" or "domain".
        stories: The stories and rules that were read.
        diagnostics: What is to be said about it.
    """

    name: str
    text: str
    format: str
    stories: tuple[Story, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


class CellProject:
    r"""A bot whose stories, rules and domain come from cells, on top of a bot that there is.

    Args:
        base: The bot to begin with; None begins with nothing.

    Attributes:
        agent: What was trained last, None before.

    Example:
        >>> cells = CellProject()
        >>> _ = cells.set_domain("intents: [greet]\nactions: [utter_hi]")
        >>> cells.add_stories("## hello\n* greet\n- utter_gret").diagnostics[0].hint
        "Did you mean 'utter_hi'?"
        >>> cells.add_stories("## hello\n* greet\n- utter_hi").diagnostics
        ()
        >>> [story.name for story in cells.project.stories]
        ['hello']
    """

    def __init__(self, base: Project | None = None) -> None:
        self.base = base or Project(Path(), Domain(), (), (), ())
        self.has_domain = base is not None
        self.agent: Agent | None = None
        self._cells: dict[str, Cell] = {}
        self._trained: tuple[object, ...] = ()
        self._count = 0

    # --- what is written ------------------------------------------------------------------------

    def set_domain(self, text: str) -> Cell:
        """Takes a domain over; one with errors is only told about.

        Args:
            text: The domain as YAML.
        """
        text = with_plain_breaks(text)
        domain, found = parse_domain(text, "the domain")
        if domain is not None and not errors_in(found):
            self.base = replace(self.base, domain=domain)
            self.has_domain = True
        return Cell("the domain", text, "domain", (), tuple(found))

    def add_stories(
        self, text: str, name: str = "", *, is_rule: bool = False, cell: str | None = None
    ) -> Cell:
        """Takes stories and rules over.

        Args:
            text: The stories, in Markdown or YAML; of a single one, the steps are enough.
            name: The name of the story if the text has none.
            is_rule: Whether what has no header of its own is a rule.
            cell: Which cell the text stands in: what that said before is forgotten. None: unknown.

        Raises:
            DialogueError: If the text has no story and no name is given for one.
        """
        whole, format = with_header(with_plain_breaks(text), name, is_rule=is_rule)
        self._count += 1
        source = f"cell {self._count}"
        stories, found = parse_stories(whole, source, format)
        key = cell or f"stories {sorted(story.name for story in stories)}"
        self._cells.pop(key, None)
        self._cells[key] = Cell(source, whole, format, tuple(stories))
        if self.has_domain:
            linted = lint_stories(self._stories(), self.base.domain)
            found = [*found, *(one for one in linted if one.file == source)]
        said = sorted(found, key=lambda one: one.line or 0)
        self._cells[key] = replace(self._cells[key], diagnostics=tuple(said))
        return self._cells[key]

    def _stories(self) -> list[Story]:
        """All stories and rules: of those with the same name in several places, the last."""
        given: list[list[Story]] = [[*self.base.stories, *self.base.rules]]
        given += [list(cell.stories) for cell in self._cells.values()]
        kept: list[Story] = []
        for stories in given:
            names = {story.name for story in stories if story.name}
            kept = [story for story in kept if story.name not in names] + stories
        return kept

    @property
    def project(self) -> Project:
        """The bot as it is now."""
        stories = self._stories()
        said = tuple(one for cell in self._cells.values() for one in cell.diagnostics)
        return replace(
            self.base,
            stories=tuple(story for story in stories if not story.is_rule),
            rules=tuple(story for story in stories if story.is_rule),
            diagnostics=(*self.base.diagnostics, *said),
        )

    # --- what is done with it -------------------------------------------------------------------

    @property
    def is_stale(self) -> bool:
        """Whether something was written since the last training."""
        return self.agent is not None and self._trained != self._learnt()

    def train(
        self, policies: Any = None, *, augmentation_factor: int = 20, **options: Any
    ) -> Agent:
        """Trains a bot on what is written now; the conversations of the last one go on in it.

        Args:
            policies: As for `Agent`; default the bot's own configuration, if it has one.
            augmentation_factor: How much to glue stories together.
            **options: As for `Agent.train`: `epochs`, for example.

        Raises:
            AgentError: If there is nothing to learn.
            StoryError: If the stories have errors.
        """
        project = self.project
        stories = [*project.stories, *project.rules]
        if not stories:
            raise AgentError("There is nothing to learn yet: no story and no rule is written.")
        agent = project.agent(policies)
        learnt = self._learnt()
        data = agent.load_data(stories, augmentation_factor=augmentation_factor)
        agent.train(data, **options)
        for sender, tracker in (self.agent.tracker_store if self.agent else {}).items():
            agent.tracker_store[sender] = moved(tracker, agent)
        self.agent, self._trained = agent, learnt
        return agent

    def trained(self) -> Agent:
        """The bot that was trained last.

        Raises:
            AgentError: If there is none.
        """
        if self.agent is None:
            raise AgentError("No bot is trained yet: run %train first.")
        return self.agent

    def _learnt(self) -> tuple[object, ...]:
        return (self.base.domain, *self._stories())


def with_header(text: str, name: str, *, is_rule: bool = False) -> tuple[str, StoryFormat]:
    r"""A text of stories that can be read on its own, and its format.

    Args:
        text: Stories, or only the steps of one.
        name: What to call a story that has no name.
        is_rule: Whether it is a rule.

    Raises:
        DialogueError: If it has no name and none is given, or holds nothing.

    Example:
        >>> with_header("* greet\n- utter_hi", "hello")
        ('## hello\n* greet\n- utter_hi', 'markdown')
        >>> with_header("- rule: bye\n  steps: []", "")[0]
        'rules:\n- rule: bye\n  steps: []'
    """
    if not text.strip():
        raise DialogueError("The cell is empty: write a story under the first line.")
    kind, sign = ("rule", ">>") if is_rule else ("story", "##")
    section = "rules" if is_rule else "stories"
    if story_format(text) == "yaml":
        return text, "yaml"
    item = _ITEM.search(text)
    if item:
        return f"{'rules' if item[1] == 'rule' else 'stories'}:\n{text}", "yaml"
    if _HEADER.search(text):
        return _STORY_HEADER.sub(">>", text) if is_rule else text, "markdown"
    if not name:
        raise DialogueError(
            f"The {kind} has no name: write one behind %%{kind}, or a first line '{sign} its name'."
        )
    if _STEP.search(text):
        quoted = name if _PLAIN_NAME.fullmatch(name) else json.dumps(name, ensure_ascii=False)
        return f"{section}:\n- {kind}: {quoted}\n  steps:\n{indent(text, '  ')}", "yaml"
    return f"{sign} {name}\n{text}", "markdown"


def messages_in(text: str) -> list[str]:
    """The messages of a line: each begins with a slash behind a space.

    Args:
        text: The line.

    Example:
        >>> messages_in('/hi /inform{"city": "Oslo"}')
        ['/hi', '/inform{"city": "Oslo"}']
    """
    return [message for message in _NEXT_MESSAGE.split(text.strip()) if message]


def converse(
    agent: Agent, messages: Iterable[str], sender_id: str, *, answer_last: bool = True
) -> DialogueStateTracker:
    """Has a conversation from its beginning.

    Args:
        agent: The trained agent.
        messages: What the user says.
        sender_id: Who says it; an earlier conversation with them is forgotten.
        answer_last: Whether the bot also answers the last message.

    Returns:
        The conversation.
    """
    said = list(messages)
    agent.tracker_store.pop(sender_id, None)
    for message in said if answer_last else said[:-1]:
        agent.handle_text(message, sender_id)
    if said and not answer_last:
        agent.log_message(said[-1], sender_id)
    return agent.tracker(sender_id)


def moved(tracker: DialogueStateTracker, agent: Agent) -> DialogueStateTracker:
    """A conversation as one of another agent: with the slots of that one's domain.

    Args:
        tracker: The conversation; it is not changed.
        agent: The other agent.
    """
    made = DialogueStateTracker(tracker.sender_id, agent.domain.slots, tracker.events)
    made.decisions = list(tracker.decisions)
    return made
