"""What is different between two windows of states, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import Any

from dialogue_nb.core.states import State


def turn_in_words(turn: int) -> str:
    """Where a turn stands, in words.

    Args:
        turn: Which state, counted from the end: -1 is the state before the next action.

    Example:
        >>> turn_in_words(-1), turn_in_words(-2), turn_in_words(-5)
        ('now', '1 turn ago', '4 turns ago')
    """
    ago = -1 - turn
    return "now" if ago == 0 else f"{ago} turn{'' if ago == 1 else 's'} ago"


@dataclass(frozen=True)
class Difference:
    """One thing that is different in one turn.

    Args:
        turn: Which state, counted from the end: -1 is the state before the next action.
        part: "intent", "text", "entity", "slot", "action", "loop", or "start" where one of the
            windows has no state any more.
        name: The entity or slot; "" for the other parts.
        found: What the conversation has there, None for nothing.
        expected: What the other window has there, None for nothing.

    Example:
        >>> print(Difference(-2, "slot", "city", (1.0,), None))
        1 turn ago: slot city is set
    """

    turn: int
    part: str
    name: str
    found: Any
    expected: Any

    def __str__(self) -> str:
        return f"{turn_in_words(self.turn)}: {self.sentence}"

    @property
    def sentence(self) -> str:
        """The difference in words, without its place."""
        found, expected, name = self.found, self.expected, self.name
        match self.part:
            case "entity":
                return f"entity {name} is {'there' if found else 'missing'}"
            case "slot" if expected is None:
                return f"slot {name} is set"
            case "slot" if found is None:
                return f"slot {name} is not set"
            case "slot":
                return f"slot {name} has another value"
            case "start":
                return "the conversation began " + ("later" if found is None else "earlier")
        word = {"intent": "intent", "text": "message", "action": "previous action"}.get(
            self.part, "form"
        )
        if found is None:
            return f"there is no {word}, but '{expected}' was expected"
        if expected is None:
            return f"there is the {word} '{found}', but none was expected"
        return f"the {word} is '{found}', not '{expected}'"

    def as_dict(self) -> dict[str, Any]:
        """The difference as a JSON-ready dict, with its sentence."""
        body = asdict(self)
        for key in ("found", "expected"):
            body[key] = list(body[key]) if isinstance(body[key], tuple) else body[key]
        return body | {"sentence": self.sentence}


def state_differences(found: State | None, expected: State | None, turn: int) -> list[Difference]:
    """What is different between two states.

    Args:
        found: The state of the conversation, None where it had not begun.
        expected: The state that it is compared with, None where that had not begun.
        turn: Where they stand, counted from the end, for the answer.

    Returns:
        The differences: user first, then previous action, form, slots.
    """
    if found is None or expected is None:
        there = [None if state is None else "state" for state in (found, expected)]
        return [] if found is expected else [Difference(turn, "start", "", *there)]
    return list(_differences(found, expected, turn))


def _differences(found: State, expected: State, turn: int) -> Iterator[Difference]:
    for part, field in (("intent", "intent"), ("text", "text")):
        one, other = getattr(found, field), getattr(expected, field)
        if one != other:
            yield Difference(turn, part, "", one, other)
    for entity in sorted({*found.entities} ^ {*expected.entities}):
        here = entity in found.entities
        yield Difference(turn, "entity", entity, here or None, not here or None)
    acted = [state.prev_action or state.prev_text for state in (found, expected)]
    if acted[0] != acted[1]:
        yield Difference(turn, "action", "", *acted)
    if found.active_loop != expected.active_loop:
        yield Difference(turn, "loop", "", found.active_loop, expected.active_loop)
    ours, theirs = dict(found.slots), dict(expected.slots)
    for slot in sorted({*ours} | {*theirs}):
        if ours.get(slot) != theirs.get(slot):
            yield Difference(turn, "slot", slot, ours.get(slot), theirs.get(slot))


def window_differences(
    found: Sequence[State | None], expected: Sequence[State | None]
) -> list[Difference]:
    """What is different between two windows, read from the last turn back.

    Args:
        found: The states of the conversation. Padding (None) and missing turns are the same.
        expected: The states that they are compared with.

    Returns:
        The differences, those of the last turn first.

    Example:
        >>> asked = [State(), State(intent="inform", slots=(("city", (1.0,)),))]
        >>> known = [State(), State(intent="inform", entities=("city",))]
        >>> [str(d) for d in window_differences(asked, known)]
        ['now: entity city is missing', 'now: slot city is set']
    """
    pairs = zip_longest(reversed(found), reversed(expected))
    return [
        d for i, (one, other) in enumerate(pairs) for d in state_differences(one, other, -i - 1)
    ]
