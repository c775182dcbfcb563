"""One line of a Markdown story at a time: what a user says, an event or action, a checkpoint.

The reader uses these to read, the writer to make sure that what it wrote is read as it was meant.
"""

from __future__ import annotations

import re
from typing import Any, Final

from dialogue_nb.core.event_json import EVENT_TYPES, event_from_dict
from dialogue_nb.core.events import (
    ActionExecuted,
    Event,
    SlotSet,
    UserUttered,
)
from dialogue_nb.core.exceptions import EventError
from dialogue_nb.stories.messages import decode_json, read_annotated, read_intent, read_object
from dialogue_nb.stories.notes import Notes, shown

FORM_PREFIX = re.compile(r"[*-]\s+form: ")
RENAMED_ACTIONS: Final = {"action_deactivate_form": "action_deactivate_loop"}
# Events that cannot do without a value; the others may stand there as a bare name.
_NAMED_EVENTS: Final = {"form", "active_loop", "followup", "action_execution_rejected"}
_SPECIAL: Final = (
    frozenset(EVENT_TYPES) | {"form", "form_validation", "topic"} | set(RENAMED_ACTIONS)
)
# A colon ends the intent only where words, a mark or a message follow: names may contain one.
_TURN_MARK = re.compile(r" OR |\{|:(?=[\s\[/]|$)")
_SLOPPY_OR = re.compile(r"\s(or|Or|oR|OR)(\s|$)")


def read_user_line(body: str, notes: Notes, column: int = 1) -> tuple[UserUttered, ...]:
    """Reads what stands behind the `*` of a user line.

    Args:
        body: The line without its `*`.
        notes: Where errors are noted.
        column: The column of the body's first character.

    Returns:
        The alternatives, one without `OR`; () when nothing could be read.

    Example:
        >>> [m.intent_name for m in read_user_line(" greet OR hello", Notes())]
        ['greet', 'hello']
        >>> read_user_line(" greet: hello OR bye", Notes())[0].text
        'hello OR bye'
    """
    messages = (
        _read_alternative(body[start:end], notes, column + start)
        for start, end in _alternatives(body)
    )
    return tuple(message for message in messages if message)


def _alternatives(body: str) -> list[tuple[int, int]]:
    # Rasa cuts at every " OR ", also inside JSON and inside the words of a user; this does not.
    if " OR " not in body:
        return [(0, len(body))]
    parts: list[tuple[int, int]] = []
    start = position = 0
    broken = False
    while mark := _TURN_MARK.search(body, position):
        position = mark.end()
        if mark[0] == " OR ":
            parts.append((start, mark.start()))
            start = position
        elif mark[0] == "{" and not broken:
            try:
                position = decode_json(body, mark.start())[1]
            except ValueError:
                broken = True
        elif mark[0] == ":" and not broken:
            break
    return [*parts, (start, len(body))]


def _read_alternative(text: str, notes: Notes, column: int) -> UserUttered | None:
    mark = _TURN_MARK.search(text) if ":" in text else None
    if mark and mark[0] == ":":
        message, words = read_intent(text[: mark.start()], notes, column)[0], text[mark.end() :]
    else:
        message, rest = read_intent(text, notes, column)
        if not rest.startswith(":"):
            _complain_about_rest(text, rest, notes, column)
            return message
        words = rest[1:]
        notes.warning(
            "S122",
            "The entities before the colon are not used: those of the words behind it are.",
            "Mark them in the words, like [Oslo](city).",
        )
    plain, entities = read_annotated(words.strip(), notes)
    if "`" in plain:
        complain_about_template(plain, notes, is_error=False)
    if not message:
        return None
    if not plain:
        notes.warning("S123", "Expected the words of the user after the colon, found nothing.")
        return message
    return UserUttered(plain, message.intent, entities)


def _complain_about_rest(text: str, rest: str, notes: Notes, column: int) -> None:
    if rest:
        where = column + text.rfind(rest)
        notes.error("S120", f"Expected the line to end here, found {shown(rest)}.", "", where)
    name = text.partition("{")[0]
    if _SLOPPY_OR.search(name):
        notes.warning(
            "S121",
            f"{shown(name.strip())} is read as the name of one intent.",
            "Alternatives are separated by ' OR ' in capitals, with a space on both sides.",
        )
    if "`" in name:
        complain_about_template(name.strip(), notes)


def complain_about_template(text: str, notes: Notes, *, is_error: bool = True) -> None:
    """Notes a `variable` between two backticks: Rasa 1 put a value in its place.

    Args:
        text: What was written.
        notes: Where it is noted.
        is_error: Whether it stands where a name belongs (else only a warning: words may hold it).
    """
    if text.count("`") > 1:
        say = notes.error if is_error else notes.warning
        say(
            "S124",
            f"{shown(text)} holds a template variable of old Rasa; it stays as it stands.",
            "Write the value in the place of the `variable`.",
        )


def read_event_line(body: str, notes: Notes, column: int = 1) -> tuple[Event, ...]:
    """Reads what stands behind the `-` of a line: an action, slots, another event.

    Args:
        body: The line without its `-`.
        notes: Where errors are noted.
        column: The column of the body's first character.

    Returns:
        One event; several for several slots; () when nothing could be read.

    Example:
        >>> [(e.key, e.value) for e in read_event_line('slot{"a": "x", "b": null}', Notes())]
        [('a', 'x'), ('b', None)]
        >>> read_event_line('form{"name": "hotel_form"}', Notes())[0].name
        'hotel_form'
    """
    brace = body.find("{")
    name = (body if brace < 0 else body[:brace]).strip()
    if brace < 0 and name not in _SPECIAL:
        return _plain_action(name, notes)
    values: dict[str, Any] = {}
    found = len(notes.found)
    if brace >= 0:
        values, rest = read_object(body, brace, notes, column)
        _complain_about_rest(body, rest, notes, column)
    if len(notes.found) > found and not values and name in _SPECIAL:
        return ()
    if name == "slot":
        return _slots(values, notes)
    if name in RENAMED_ACTIONS:
        new = RENAMED_ACTIONS[name]
        notes.info("S126", f"{shown(name)} is called {shown(new)} since Rasa 2 and read as such.")
        name = new
    elif name in _SPECIAL:
        return _special_event(name, values, notes)
    if values:
        notes.warning(
            "S127",
            f"The values {shown(body[brace:])} behind the action {shown(name)} are not used.",
            "An action takes none. Slots that it sets are written below it: - slot{...}",
        )
    return _plain_action(name, notes)


def _plain_action(name: str, notes: Notes) -> tuple[Event, ...]:
    if not name:
        notes.error("S125", "Expected an action or event behind the '-', found nothing.")
        return ()
    if "`" in name:
        complain_about_template(name, notes)
    if "##" in name:
        notes.warning(
            "S128",
            f"{shown(name)} is read as the name of one action.",
            "Begin a new line before the '##' of the next story.",
        )
    return (ActionExecuted(name),)


def _slots(values: dict[str, Any], notes: Notes) -> tuple[Event, ...]:
    if not values:
        notes.error(
            "S129",
            "Expected the slots that are set, found none.",
            'Write them as JSON: - slot{"city": "Oslo"}',
        )
    return tuple(SlotSet(name, value) for name, value in values.items())


def _special_event(name: str, values: dict[str, Any], notes: Notes) -> tuple[Event, ...]:
    hint = "An action cannot have the name of an event."
    if name in ("topic", "user"):
        reason = "topics are gone since Rasa Core 0.11" if name == "topic" else "users speak in '*'"
        notes.error("S130", f"Expected an action or event, found {shown(name)}: {reason}.", hint)
        return ()
    nameless = not isinstance(values.get("name"), str)
    if name in ("form", "active_loop") and "name" in values and values["name"] is None:
        nameless = False
    if name in _NAMED_EVENTS and nameless:
        notes.error(
            "S131",
            f"Expected the event {shown(name)} to have a name.",
            f'Write it as - {name}{{"name": "..."}}. {hint}',
        )
        return ()
    try:
        return (event_from_dict({**values, "event": name, "timestamp": None, "metadata": None}),)
    except (EventError, ValueError, TypeError) as error:
        notes.error("S132", f"The event {shown(name)} cannot be read: {error}", hint)
        return ()


def read_checkpoint_line(
    body: str, notes: Notes, column: int = 1
) -> tuple[str, dict[str, Any]] | None:
    """Reads what stands behind the `>` of a checkpoint: its name and its conditions.

    Example:
        >>> read_checkpoint_line(' after_greeting{"city": "Oslo"}', Notes())
        ('after_greeting', {'city': 'Oslo'})
    """
    brace = body.find("{")
    name = (body if brace < 0 else body[:brace]).strip()
    values: dict[str, Any] = {}
    if brace >= 0:
        values, rest = read_object(body, brace, notes, column)
        if rest:
            _complain_about_rest(body, rest, notes, column)
    if "`" in name:
        complain_about_template(name, notes)
    if not name:
        notes.error("S133", "Expected the name of a checkpoint behind the '>', found nothing.")
        return None
    return name, values
