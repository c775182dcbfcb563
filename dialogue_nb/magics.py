"""Magics for notebooks: `%load_ext dialogue_nb`, and then stories are written into cells.

    %project moodbot        begin with a bot that comes along, a bot folder, or a variable
    %%domain                the domain stands in the cell
    %%story hello           a story (or several, with headers) stands in the cell
    %%rule hello            the same for rules
    %train --epochs 100     learn what is written
    %talk                   talk to what was trained
    %probe /greet /bye      what every policy thinks after these messages
    %timeline               the conversation as a strip of turns

Each is a thin call: `CellProject` keeps what the cells say, the rest are the views.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class

from dialogue_nb import bots
from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.cell_project import Cell, CellProject, converse, messages_in
from dialogue_nb.agent.project import Project
from dialogue_nb.core.diagnostics import did_you_mean, listing
from dialogue_nb.core.exceptions import DialogueError
from dialogue_nb.views.completions import check_readable
from dialogue_nb.views.story_cell import story_cell_html, story_cell_text, story_cell_view
from dialogue_nb.views.turns import turns_of
from dialogue_nb.widgets.base import StaticView, View
from dialogue_nb.widgets.cells import current_cell
from dialogue_nb.widgets.chat_pane import ChatPane
from dialogue_nb.widgets.confidence_bars import ConfidenceBars
from dialogue_nb.widgets.tracker_timeline import TrackerTimeline

P = ParamSpec("P")
R = TypeVar("R")

_SENDER: Final = "default"
_TRIED: Final = "%probe"
_TRAIN_OPTIONS: Final = {"--epochs": "epochs", "--augmentation": "augmentation_factor"}
_NO_DOMAIN: Final = (
    "There is no domain yet, so names were not checked: write one with %%domain, or begin with a "
    "bot: %project moodbot."
)
_STALE: Final = "Stories or domain have changed since the last training: %train learns them."


def told(magic: Callable[P, R]) -> Callable[P, R]:
    """A magic whose mistakes are told in a sentence, without a traceback."""

    @functools.wraps(magic)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return magic(*args, **kwargs)
        except DialogueError as error:
            raise UsageError(str(error)) from error

    return run


@magics_class
class DialogueMagics(Magics):
    """The magics of dialogue_nb; one object for each shell.

    Attributes:
        cells: What was written and trained.
    """

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.cells = CellProject()
        self._chat: ChatPane | None = None

    # --- writing --------------------------------------------------------------------------------

    @line_magic
    @told
    def project(self, line: str) -> Project:
        """%project [NAME]: the bot that cells add to, or another one to begin with.

        NAME is a bot that comes along, the folder of a bot, or a variable with a Project. Without
        it, the bot as it is now. What cells wrote before is forgotten with another bot.
        """
        name = _unquoted(line)
        if name:
            self.cells = CellProject(self._named(name))
        return self.cells.project

    def _named(self, name: str) -> Project:
        variable = self.shell.user_ns.get(name) if self.shell else None
        if isinstance(variable, Project):
            return variable
        if name in bots.names():
            return bots.load(name)
        if "/" in name or "\\" in name or name.startswith("."):
            return Project.load(name)
        try:
            return Project.load(name)
        except DialogueError as error:
            hint = did_you_mean(name, bots.names())
            raise DialogueError(
                f"Expected a bot that comes along ({listing(bots.names())}), a bot folder or a "
                f"variable with a Project, got '{name}'. {hint or error}".strip()
            ) from error

    @cell_magic
    @told
    def story(self, line: str, cell: str) -> StaticView:
        """%%story [NAME]: the stories in the cell, in Markdown or YAML.

        NAME is what a single story is called whose steps alone stand in the cell.
        """
        return self._shown(self.cells.add_stories(cell, _unquoted(line), cell=_cell_id()))

    @cell_magic
    @told
    def rule(self, line: str, cell: str) -> StaticView:
        """%%rule [NAME]: the rules in the cell, in Markdown or YAML."""
        read = self.cells.add_stories(cell, _unquoted(line), is_rule=True, cell=_cell_id())
        return self._shown(read)

    @cell_magic
    @told
    def domain(self, line: str, cell: str) -> StaticView:
        """%%domain: the domain in the cell, in YAML, is the bot's domain from now on."""
        if line.strip():
            raise DialogueError(f"%%domain takes nothing behind it, got '{line.strip()}'.")
        return self._shown(self.cells.set_domain(cell))

    def _shown(self, cell: Cell) -> StaticView:
        note = "" if self.cells.has_domain or cell.format == "domain" else _NO_DOMAIN
        view = story_cell_view(cell, note=note or (_STALE if self.cells.is_stale else ""))
        return StaticView(story_cell_html(view), story_cell_text(view))

    # --- using ----------------------------------------------------------------------------------

    @line_magic
    @told
    def train(self, line: str) -> Agent:
        """%train [--epochs N] [--augmentation N]: learns what is written; gives the agent."""
        agent = self.cells.train(**_numbers(line))
        if self._chat is not None and id(self._chat) in View.alive:
            self._chat.agent = agent
        return agent

    @line_magic
    @told
    def talk(self, line: str) -> ChatPane:
        """%talk [MESSAGE ...]: a chat with the bot, in which the messages are said first."""
        agent = self._trained()
        messages = _readable(line, agent)
        self._chat = ChatPane(agent, _SENDER)
        for message in messages:
            self._chat.say(message)
        return self._chat

    @line_magic
    @told
    def probe(self, line: str) -> ConfidenceBars:
        """%probe MESSAGE ...: what every policy would do after these messages."""
        agent = self._trained()
        messages = _readable(line, agent)
        if not messages:
            raise DialogueError('Expected messages, for example: %probe /greet /inform{"a": "b"}.')
        tracker = converse(agent, messages, _TRIED, answer_last=False)
        bars = ConfidenceBars.of_agent(agent, _TRIED)
        bars.selection = {"turn": len(turns_of(tracker)) - 1}
        return bars

    @line_magic
    @told
    def timeline(self, line: str) -> TrackerTimeline:
        """%timeline [MESSAGE ...]: the conversation of %talk, or one with these messages."""
        agent = self._trained()
        messages = _readable(line, agent)
        if not messages:
            return TrackerTimeline(agent.tracker(_SENDER))
        return TrackerTimeline(converse(agent, messages, _TRIED))

    def _trained(self) -> Agent:
        agent = self.cells.trained()
        if self.cells.is_stale:
            print(_STALE)
        return agent


def _cell_id() -> str | None:
    """Which cell runs, None outside of notebooks."""
    cell = current_cell()
    return cell[0] if cell else None


def _unquoted(line: str) -> str:
    """What stands behind a magic, without quotes around all of it."""
    text = line.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _readable(line: str, agent: Agent) -> list[str]:
    """The messages of a line, all of which the bot can read."""
    messages = messages_in(line)
    for message in messages:
        check_readable(message, agent)
    return messages


def _numbers(line: str) -> dict[str, int]:
    """The options of %train."""
    words = line.replace("=", " ").split()
    known = listing(_TRAIN_OPTIONS)
    chosen: dict[str, int] = {}
    while words:
        option = words.pop(0)
        if option not in _TRAIN_OPTIONS:
            hint = did_you_mean(option, _TRAIN_OPTIONS)
            raise DialogueError(f"Expected an option of %train ({known}), got '{option}'. {hint}")
        number = words.pop(0) if words else ""
        if not number.isdecimal():
            raise DialogueError(f"Expected a whole number behind {option}, got '{number}'.")
        chosen[_TRAIN_OPTIONS[option]] = int(number)
    return chosen
