"""What an action returned, checked: events that a conversation can keep, and not too many.

A conversation is its events, and has to be written as JSON and compared with others. One value that
cannot be (an array, a table, an object) would break every later step, far from where it came from.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final

from dialogue_nb.core.event_json import event_from_dict
from dialogue_nb.core.events import BotUttered, Event, SlotSet

MOST_EVENTS: Final = 10_000
"""How many events one action may return; more come from a loop that does not end."""


def returned_events(returned: Any) -> tuple[Event, ...]:
    """The events that an action returned.

    Args:
        returned: Events, or their JSON form, in anything that can be iterated over; None for none.

    Raises:
        TypeError: If it is something else, or an event holds what JSON cannot.
        ValueError: If there are more than `MOST_EVENTS`.
        EventError: If an event in JSON form cannot be read.

    Example:
        >>> returned_events([{"event": "slot", "name": "city", "value": "Oslo"}])[0].value
        'Oslo'
    """
    if returned is None:
        return ()
    if isinstance(returned, (Event, Mapping)) or not isinstance(returned, Iterable):
        raise TypeError(f"it must return a list of events, a text or None, not {returned!r:.80}")
    found = list(islice(returned, MOST_EVENTS + 1))
    if len(found) > MOST_EVENTS:
        raise ValueError(
            f"it returned more than {MOST_EVENTS:,} events, nothing of which was kept. "
            "Does a loop in it never end?"
        )
    events = tuple(e if isinstance(e, Event) else event_from_dict(e) for e in found)
    for event in events:
        _check(event)
    return events


def _check(event: Event) -> None:
    if isinstance(event, SlotSet) and not isinstance(event.key, str):
        raise TypeError(f"a slot has a name, got SlotSet({event.key!r:.40}, ...)")
    if isinstance(event, BotUttered) and not isinstance(event.text, str | None):
        raise TypeError(f"what the bot says must be a text, got {type(event.text).__name__}")
    try:
        json.dumps(event.as_dict())
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(_unfit(event)) from error


def _unfit(event: Event) -> str:
    what = f"an event of type '{event.type_name}'"
    kind = ""
    if isinstance(event, SlotSet):
        what = f"the value of slot '{event.key}'"
        kind = f" (got {type(event.value).__name__})"
    return (
        f"{what} cannot be kept{kind}: it must be what JSON knows, such as a text, a number, "
        "a list or a dict. Convert it first: float(x), str(x), list(x)."
    )
