"""What a memoization policy looked up, and in words why it found something or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from dialogue_nb.core.diagnostics import listing
from dialogue_nb.core.states import State
from dialogue_nb.policies.memory import Conflict, MemorizedWindow, Memory, NearMiss


class LookUp(NamedTuple):
    """What was looked up, and what was found.

    Args:
        action: The action that was found, None on a miss.
        states: The window that was found, or the one that was looked up first.
        forgotten: How many actions were forgotten, counted from the start, to find it.
        tried: How many different windows were looked up.
    """

    action: str | None
    states: tuple[State, ...]
    forgotten: int = 0
    tried: int = 1


def _hit(window: MemorizedWindow, forgotten: int) -> str:
    count = len(window.states)
    turns = "the last turn is" if count == 1 else f"the last {count} turns are"
    more = window.count - len(window.stories)
    places = f" and {more} more place{'s' if more > 1 else ''}" if more > 0 else ""
    past = "action" if forgotten == 1 else f"{forgotten} actions"
    earlier = f", after forgetting the first {past}" if forgotten > 0 else ""
    return f"{turns} in its memory, from {listing(window.stories)}{places}{earlier}"


def _miss(conflict: Conflict | None, near: Sequence[NearMiss]) -> str:
    if conflict is not None:
        told = [f"{listing(names)} with {action}" for action, names in conflict.actions.items()]
        return f"its stories disagree after these turns: {', '.join(told)}"
    if not near:
        return "nothing is memorised"
    return f"the nearest memorised window differs {near[0].first_difference}"


def explain(memory: Memory, looked_up: LookUp, nearest: int = 3) -> dict[str, Any]:
    """Why a memoization policy answered as it did.

    Args:
        memory: What it knows.
        looked_up: What it looked up.
        nearest: How many memorised windows to compare with on a miss.

    Returns:
        A JSON-ready dict: `found`, `states` (the window), `tried` and `forgotten`; when found the
        `action`, the `stories` it comes from and in how many places it stands (`count`); on a miss
        `conflict` (None, or the stories that disagree) or else the `nearest` memorised windows;
        and all of it in a `sentence`.
    """
    body: dict[str, Any] = {
        "found": looked_up.action is not None,
        "states": [state.nested() for state in looked_up.states],
        "tried": looked_up.tried,
        "forgotten": looked_up.forgotten,
    }
    window = memory.recall(looked_up.states)
    if window is not None:
        return body | {
            "action": window.action,
            "stories": list(window.stories),
            "count": window.count,
            "sentence": _hit(window, looked_up.forgotten),
        }
    conflict = memory.conflict(looked_up.states)
    near = [] if conflict else memory.nearest(looked_up.states, nearest)
    return body | {
        "conflict": conflict.as_dict() if conflict else None,
        "nearest": [miss.as_dict() for miss in near],
        "sentence": _miss(conflict, near),
    }
