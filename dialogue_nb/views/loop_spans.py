"""The loops (forms) of a conversation: from where to where each was active, and how it went.

A loop is active from the event that starts it to the one that ends it. In between it asks and
waits, refuses a message that it has no use for, or is interrupted by another action.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dialogue_nb.core.domain_defaults import REQUESTED_SLOT
from dialogue_nb.core.events import (
    ACTION_LISTEN_NAME,
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    Event,
    LoopInterrupted,
    Restarted,
    SessionStarted,
    SlotSet,
)
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.views.turns import Turn

SIGNS: Final = {
    "active": "●", "rejected": "⊘", "interrupted": "↷", "filled": "✓", "done": "✓",
    "deactivated": "■", "replaced": "→", "restarted": "↺", "taken back": "↶", "open": "…",
}  # fmt: skip
"""The sign of each state and each ending; words stand beside it always."""

_TWO_STAGE: Final = "action_two_stage_fallback"
_NOT_UNDERSTOOD: Final = "nlu_fallback"
# what these do is no answer to the user
_SILENT: Final = (ACTION_LISTEN_NAME, "action_unlikely_intent")

Pieces = list[list[str]]
"""Text in pieces, `[kind, text]`; kind is "name" for what users named."""


@dataclass
class _Visit:
    """What a loop did in one turn."""

    begins: bool = False
    refuses: bool = False
    answered_by: str = ""
    is_cut: bool = False  # somebody said that it is interrupted
    runs: bool = False
    asked: str = ""
    ends: bool = False


@dataclass
class _Span:
    """A loop from where it started to where it ended."""

    name: str
    visits: dict[int, _Visit] = field(default_factory=dict)
    asks_slots: bool = False
    asked: str = ""
    ending: str = "open"
    by: str = ""


def loop_spans(
    tracker: DialogueStateTracker, turns: Sequence[Turn]
) -> tuple[list[dict[str, Any]], list[list[dict[str, Any]]]]:
    """The loops of a conversation, and what each did in each turn.

    Args:
        tracker: The conversation.
        turns: Its turns, as `turns_of` counts them.

    Returns:
        The spans, oldest first, and for each turn the marks of the loops in it. A span is `{"name",
        "first", "last", "lane", "ending", "text", "says"}`: its turns, a line of its own where two
        meet in a turn, how it ended ("filled", "done", "deactivated", "replaced", "restarted",
        "taken back", "open") with its sign and in words. A mark is `{"span", "states", "text",
        "says", "asked", "by"}`: states are "active", "rejected", "interrupted" or the ending;
        `asked` is what the loop waits for, `by` who interrupted it.

    Example:
        >>> from dialogue_nb.views.turns import turns_of
        >>> run, begun = ActionExecuted("my_form"), ActiveLoop("my_form")
        >>> tracker = DialogueStateTracker(events=[run, begun, SlotSet("requested_slot", "a")])
        >>> spans, marks = loop_spans(tracker, turns_of(tracker))
        >>> spans[0]["says"], marks[0][0]["text"]
        ('my_form, turns 0 to 1: still open', '● asks for a')
    """
    found = _walk(tracker, turns)
    spans = [_span_view(span) for span in found]
    _put_in_lanes(spans)
    actions = [None if t.action_at is None else tracker.events[t.action_at] for t in turns]
    marks: list[list[dict[str, Any]]] = [[] for _ in turns]
    for number, span in enumerate(found):
        for turn, visit in span.visits.items():
            marks[turn].append({"span": number, **_mark(span, visit, actions[turn])})
    return spans, marks


def _walk(tracker: DialogueStateTracker, turns: Sequence[Turn]) -> list[_Span]:
    """Replays the conversation and writes down what its loops do."""
    replay, events = tracker.branch(0), tracker.events
    spans: list[_Span] = []
    now: _Span | None = None
    action = ""
    for turn in turns:
        for event in events[turn.start : turn.stop]:
            if now is not None:
                _note(now, turn.index, event)
            action = event.label if isinstance(event, ActionExecuted) else action
            replay.update(event)
            name = replay.active_loop_name
            if now is not None and name != now.name:
                _end(now, turn.index, event, action)
                now = None
            if name is not None and now is None:
                # what a loop that comes back asked for is known, what an earlier one did is not
                now = _Span(name, asks_slots=not isinstance(event, ActiveLoop))
                now.visits[turn.index] = _Visit(begins=True, runs=action == name)
                spans.append(now)
        if now is not None:
            visit = now.visits.setdefault(turn.index, _Visit())
            visit.asked = now.asked = _asked(now, visit, replay)
    return spans


def _note(span: _Span, turn: int, event: Event) -> None:
    """What an event means for the loop that is active when it happens."""
    visit = span.visits.setdefault(turn, _Visit())
    match event:
        case ActionExecutionRejected(name=name) if name == span.name:
            visit.refuses = True
        case LoopInterrupted(is_interrupted=True):
            visit.is_cut = True
        case ActionExecuted() if event.label == span.name:
            visit.runs = True
        case ActionExecuted() if event.label not in _SILENT:
            visit.answered_by = event.label
        case SlotSet(key=key) if key == REQUESTED_SLOT:
            span.asks_slots = True


def _end(span: _Span, turn: int, event: Event, action: str) -> None:
    """The loop is over: by what."""
    span.visits.setdefault(turn, _Visit()).ends = True
    match event:
        case ActiveLoop(name=None):
            by_itself = "filled" if span.asks_slots else "done"
            span.ending = by_itself if action == span.name else "deactivated"
            span.by = "" if action == span.name else action
        case ActiveLoop(name=name):
            span.ending, span.by = "replaced", name or ""
        case Restarted():
            span.ending = "restarted"
        case SessionStarted():
            span.ending, span.by = "restarted", "a new session"
        case _:
            span.ending = "taken back"


def _asked(span: _Span, visit: _Visit, replay: DialogueStateTracker) -> str:
    """What the loop waits for at the end of a turn."""
    if span.name == _TWO_STAGE:
        if not visit.runs:
            return span.asked
        unclear = replay.latest_message.intent_name == _NOT_UNDERSTOOD
        return "a confirmation" if visit.begins or unclear else "a rephrasing"
    return str(replay.get_slot(REQUESTED_SLOT) or "") if span.asks_slots else ""


# --- in words -------------------------------------------------------------------------------------


def _span_view(span: _Span) -> dict[str, Any]:
    first, last = min(span.visits), max(span.visits)
    words = _ending(span)
    turns = f"turn {first}" if first == last else f"turns {first} to {last}"
    return {
        "name": span.name,
        "first": first,
        "last": last,
        "lane": 0,
        "ending": span.ending,
        "text": f"{SIGNS[span.ending]} {words}",
        "says": f"{span.name}, {turns}: {words}",
    }


def _ending(span: _Span) -> str:
    """How a loop ended, in words."""
    match span.ending:
        case "deactivated" | "replaced":
            return f"{span.ending} by {span.by}" if span.by else span.ending
        case "restarted":
            return f"cut by {span.by or 'a restart'}"
        case "open":
            return "still open"
        case ending:
            return ending


def _put_in_lanes(spans: Sequence[dict[str, Any]]) -> None:
    """Spans that share a turn stand on lines of their own."""
    ends: list[int] = []
    for span in spans:
        free = (lane for lane, last in enumerate(ends) if last < span["first"])
        span["lane"] = next(free, len(ends))
        ends[span["lane"] : span["lane"] + 1] = [span["last"]]


def _mark(span: _Span, visit: _Visit, action: Event | None) -> dict[str, Any]:
    """What a loop did in a turn, with signs, and in words."""
    interrupts = not visit.ends and bool(visit.answered_by or visit.is_cut)
    states = ["rejected"] * visit.refuses + ["interrupted"] * interrupts
    states += [span.ending] if visit.ends else []
    shown = [f"{SIGNS[state]} {_STATES.get(state) or _ending(span)}" for state in states]
    told = ["refused the message"] * visit.refuses
    told += [f"interrupted{f' by {visit.answered_by}' * bool(visit.answered_by)}"] * interrupts
    told += [_ending(span)] * visit.ends
    if not states:
        is_asking = visit.runs and isinstance(action, ActionExecuted)
        does = "asks" if is_asking else "waits"
        words = f"{does} for {visit.asked}" if visit.asked else "active"
        words = "begins" if visit.begins and not visit.asked else words
        states, shown, told = ["active"], [f"{SIGNS['active']} {words}"], [words]
    return {
        "states": states,
        "text": " ".join(shown),
        "says": f"{span.name}: {', '.join(told)}",
        "asked": visit.asked,
        "by": visit.answered_by,
    }


_STATES: Final = {"rejected": "refused", "interrupted": "interrupted"}


def waiting_for(branch: Mapping[str, Any]) -> Pieces:
    """What the loop that is active now waits for, as pieces of a sentence.

    Args:
        branch: A branch of `tracker_timeline_view`.

    Returns:
        The pieces; none when no loop is active.
    """
    if not branch["spans"] or branch["spans"][-1]["ending"] != "open":
        return []
    span, number = branch["spans"][-1], len(branch["spans"]) - 1
    asked, states, by = "", set(), ""
    for turn in reversed(branch["turns"]):
        marks = [mark for mark in turn["loops"] if mark["span"] == number]
        states |= {state for mark in marks for state in mark["states"]}
        asked = asked or next((mark["asked"] for mark in marks), "")
        by = next((mark["by"] for mark in marks if mark["by"]), by)
        if not marks or any(item["kind"] == "user" for item in turn["before"]):
            break
    name, what = ["name", span["name"]], _what(span["name"], asked)
    if "rejected" in states:
        return [name, ["", " could not use the last message; still waiting"], *what]
    if "interrupted" in states:
        cut = [["name", by], ["", " answered in between; "]] if by else []
        return [*cut, name, ["", " is still waiting"], *what]
    return [name, ["", " is waiting"], *what]


def _what(loop: str, asked: str) -> Pieces:
    if not asked:
        return []
    return [["", f" for {asked}"]] if loop == _TWO_STAGE else [["", " for: "], ["name", asked]]
