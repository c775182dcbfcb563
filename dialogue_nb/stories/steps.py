"""Stories and rules as records: what the readers make, what the writers take.

A `Story` keeps the order, the lines and the alternatives of the text it came from. Cutting it into
the steps of a story graph (at checkpoints and OR) is `graph.story_steps`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from dialogue_nb.core.events import Event
from dialogue_nb.core.showing import Showable


class SlotMark(StrEnum):
    """What a story says about a slot's value where it gives none.

    A mark is a `str`, so it travels through JSON, but it only equals itself: the text "filled" that
    somebody wrote is another value.

    Example:
        >>> SlotMark.FILLED == "filled", SlotMark.FILLED == SlotMark.FILLED
        (False, True)
    """

    FILLED = "filled"

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __hash__(self) -> int:
        return str.__hash__(self)


FILLED: Final = SlotMark.FILLED
"""The value of `slot_was_set: [city]`: the slot has one, whichever. Readers do not know the slot's
type. The generator replaces the mark: "filled" for text slots, ["filled"] for lists, else None.
"""


@dataclass(frozen=True)
class Checkpoint:
    """A place where stories meet.

    Args:
        name: Its name.
        conditions: Slot values that must hold for a story to go on from here (`{slot: value}`).
        line: Where it stands, counted from 1.
    """

    name: str
    conditions: Mapping[str, Any] = field(default_factory=dict)
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Line:
    """One thing that happens in a story.

    Args:
        events: What happens: one event, or several that stand together on one line
            (`- slot{"a": 1, "b": 2}`).
        line: Where it stands, counted from 1.
    """

    events: tuple[Event, ...]
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Alternatives:
    """One of several things happens (OR): user messages, or slot values (3.x).

    Args:
        events: The alternatives, two or more.
        line: Where it stands, counted from 1.
    """

    events: tuple[Event, ...]
    line: int | None = field(default=None, compare=False)


Item = Line | Alternatives | Checkpoint


@dataclass(frozen=True)
class Story(Showable):
    """A story or a rule as it was written.

    Args:
        name: Its name; may be empty.
        items: What happens, in order. A rule's `condition:` is in `conditions`, not here.
        is_rule: Whether it is a rule.
        conditions: A rule's conditions: what must hold before it starts (slots, active loop).
        conversation_start: Whether the rule only holds at the start of a conversation.
        wait_for_user_input: Whether the bot listens when the rule is over.
        metadata: What the file says about it besides; kept, not used.
        file: The file it came from, None for text.
        line: Where it begins, counted from 1.

    Example:
        >>> from dialogue_nb.core.events import ActionExecuted, UserUttered
        >>> greet = Line((UserUttered.of("greet"),), 2), Line((ActionExecuted("utter_greet"),), 3)
        >>> Story("hello", greet).items[1].line
        3
    """

    name: str
    items: tuple[Item, ...] = ()
    is_rule: bool = False
    conditions: tuple[Line, ...] = ()
    conversation_start: bool = False
    wait_for_user_input: bool = True
    metadata: Mapping[str, Any] = field(default_factory=dict, compare=False)
    file: str | None = field(default=None, compare=False)
    line: int | None = field(default=None, compare=False)
