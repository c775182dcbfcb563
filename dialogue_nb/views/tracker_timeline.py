"""One conversation as a strip of turns: what was said, what was done, by whom, how sure.

    said -> (policy, confidence) action -> what it changed

with the loops that span turns, and what was taken back or forgotten marked as such.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dialogue_nb.core.events import ACTION_LISTEN_NAME, ActionExecuted, Event
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.decision import Decision
from dialogue_nb.views.happenings import happening
from dialogue_nb.views.html import Html, bar, join, muted, note, table, tag, visible
from dialogue_nb.views.loop_spans import loop_spans
from dialogue_nb.views.policy_marks import HUES, policy_marks
from dialogue_nb.views.turns import Turn, fates_of, turns_of

FATES: Final = {
    "reverted": "taken back",
    "forgotten": "before the new start",
    "in_form": "unseen in a form",
}
"""What became of a turn that policies do not see."""

NOTHING_SAID: Final = "nothing has been said yet: talk to the bot, and its turns appear here"

_FOLLOWUP: Final = "followup_action"
_RASA_NUMBER: Final = re.compile(r"^policy_\d+_")


def tracker_timeline_view(
    tracker: DialogueStateTracker,
    *,
    other: DialogueStateTracker | None = None,
    other_name: str = "fork",
    forks: Iterable[str] = (),
    policies: Iterable[str] = (),
) -> dict[str, Any]:
    """What is to be shown of a conversation.

    Args:
        tracker: The conversation.
        other: Another one to compare it with, for example a fork of it.
        other_name: What the other one is called.
        forks: The names of all forks that there are to compare with.
        policies: The names of the policies in the order of the ensemble; the default is what the
            recorded decisions and events name.

    Returns:
        `{"sender", "count", "policies", "branches", "shared", "forks", "compared"}`: `branches`
        has one or two `{"name", "turns", "spans"}`; `shared` is how many turns of the two are equal
        from the start. A turn has `index`, `before` and `after` (what happened), `action` (None
        where it is still to come), `loops`, `fate`, `says` (all of it in words) and `event`, the
        place of its action in `tracker.events`. `spans` and `loops` are the spans and the marks of
        `loop_spans`.

    Example:
        >>> from dialogue_nb.core.events import UserUttered
        >>> said = [ActionExecuted("action_listen"), UserUttered.of("greet")]
        >>> view = tracker_timeline_view(DialogueStateTracker("ann", events=said))
        >>> view["branches"][0]["turns"][1]["says"]
        ['user: greet 1.00', 'what comes next is open']
    """
    trackers = [tracker] if other is None else [tracker, other]
    names = list(policies) or _policy_names(trackers)
    marks = policy_marks(names)
    branches: list[dict[str, Any]] = [
        {"name": name, **_turns_and_spans(each, marks)}
        for each, name in zip(trackers, ["this conversation", other_name], strict=False)
    ]
    return {
        "sender": tracker.sender_id,
        "count": _count(branches[0]["turns"], list(forks)),
        "policies": marks,
        "branches": branches,
        "shared": _shared(tracker, other) if other is not None else 0,
        "forks": list(forks),
        "compared": other_name if other is not None else None,
    }


def _policy_names(trackers: Sequence[DialogueStateTracker]) -> list[str]:
    """The policies by name, in the order of the ensemble where one is recorded."""
    longest: list[str] = []
    named: dict[str, None] = {}
    for tracker in trackers:
        for _, decision in tracker.decisions:
            listed = [prediction.policy_name for prediction in decision.predictions]
            longest = max(longest, listed, key=len)
        for event in tracker.events:
            if isinstance(event, ActionExecuted) and (name := _policy_of(event)):
                named[name] = None
    return [*longest, *(name for name in named if name not in longest)]


def _policy_of(event: ActionExecuted) -> str | None:
    """The policy that an event names; Rasa 3.x puts its place in the pipeline before it."""
    name = event.policy
    return _RASA_NUMBER.sub("", name) if name and name != _FOLLOWUP else None


def _turns_and_spans(
    tracker: DialogueStateTracker, marks: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    events, turns = tracker.events, turns_of(tracker)
    fates = fates_of(events)
    spans, loops = loop_spans(tracker, turns)
    decisions = dict(tracker.decisions)
    made = []
    for turn in turns:
        items = {i: _items(events[i], fates[i]) for i in (*turn.before, *turn.after)}
        body: dict[str, Any] = {
            "index": turn.index,
            "event": turn.action_at,
            "before": [item for i in turn.before for item in items[i]],
            "action": _action(turn, events, marks, decisions),
            "after": [item for i in turn.after for item in items[i]],
            "loops": loops[turn.index],
            "fate": _fate(turn, fates),
        }
        made.append(body | {"says": _says(body, marks)})
    return {"turns": made, "spans": spans}


def _action(
    turn: Turn,
    events: Sequence[Event],
    marks: Sequence[Mapping[str, Any]],
    decisions: Mapping[int, Decision],
) -> dict[str, Any] | None:
    """The action of a turn, who chose it and how surely; None when it is still to come."""
    event = None if turn.action_at is None else events[turn.action_at]
    if not isinstance(event, ActionExecuted):
        return None
    names = [mark["name"] for mark in marks]
    policy, decision = _policy_of(event), decisions.get(turn.action_at or 0)
    place = names.index(policy) if policy in names else None
    if decision is not None and decision.winner is not None:
        listed = [prediction.policy_name for prediction in decision.predictions]
        # of two policies of one class, the decision knows which
        place = decision.winner if listed == names[: len(listed)] else place
    return {
        "name": event.label,
        "listens": event.action_name == ACTION_LISTEN_NAME,
        "policy": place,
        "confidence": event.confidence,
        "hidden": event.hide_rule_turn,
        "asked_for": event.policy == _FOLLOWUP,
    }


def _fate(turn: Turn, fates: Sequence[str]) -> str:
    """What became of a turn: of its action, or else of the first thing in it."""
    if turn.action_at is not None:
        return fates[turn.action_at]
    return next((fates[i] for i in turn.before), "")


def _says(turn: Mapping[str, Any], marks: Sequence[Mapping[str, Any]]) -> list[str]:
    """All that there is to say about a turn, in order."""
    action = turn["action"]
    said = [text for item in turn["before"] for text in item["says"]]
    if action is None:
        said.append("what comes next is open" if turn["index"] else NOTHING_SAID)
    else:
        by = "" if action["policy"] is None else f" by {marks[action['policy']]['label']}"
        by = " as another action asked" if action["asked_for"] else by
        sure = "" if action["confidence"] is None else f" {action['confidence']:.2f}"
        said.append(f"{action['name']}{by}{sure}")
    said += [text for item in turn["after"] for text in item["says"]]
    said += [mark["says"] for mark in turn["loops"]]
    said += ["only rules see this turn"] if action and action["hidden"] else []
    return said + ([FATES[turn["fate"]]] if turn["fate"] else [])


def _items(event: Event, fate: str) -> list[dict[str, Any]]:
    """What a turn says of an event, nothing where it only keeps the books."""
    item = happening(event)
    return [] if item is None else [item | ({"fate": fate} if fate else {})]


def _count(turns: Sequence[Mapping[str, Any]], forks: Sequence[str]) -> str:
    """How long a conversation is, in words."""
    length = sum(turn["action"] is not None for turn in turns)
    words = [f"{length} turn{'' if length == 1 else 's'}"]
    words += [f"{len(forks)} fork{'' if len(forks) == 1 else 's'}"] if forks else []
    return " · ".join(words)


def _shared(one: DialogueStateTracker, two: DialogueStateTracker) -> int:
    """How many turns of two conversations are equal from the start."""
    pairs = zip(one.events, two.events, strict=False)
    equal = next((i for i, (a, b) in enumerate(pairs) if a != b), None)
    if equal is None:
        equal = min(len(one.events), len(two.events))
    ends = ([t.stop for t in turns_of(each) if t.action_at is not None] for each in (one, two))
    return sum(a == b and a <= equal for a, b in zip(*ends, strict=False))


# --- without a front end --------------------------------------------------------------------------


def tracker_timeline_html(view: Mapping[str, Any], *, max_turns: int = 30) -> Html:
    """The conversation as a table with inline styles, for places without a front end.

    Args:
        view: What `tracker_timeline_view` made.
        max_turns: How many turns are shown of each branch, the last ones.
    """
    parts: list[Html] = []
    for branch in view["branches"]:
        shown = branch["turns"][-max_turns:]
        rows = [_row(turn, view["policies"]) for turn in shown]
        left_out = len(branch["turns"]) - len(shown)
        caption = f"{branch['name']}: {view['count']}"
        more = f" ({left_out} earlier turns are left out here)" if left_out else ""
        headings = ["turn", "said", "action", "policy", "confidence", "then"]
        headings += ["form"] if branch["spans"] else []
        parts.append(table(headings, rows, caption=caption + more))
        parts += [note(span["says"]) for span in branch["spans"][-max_turns:]]
    return join(parts)


def tracker_timeline_text(view: Mapping[str, Any], *, max_turns: int = 20) -> str:
    """The conversation for a terminal: a line for each turn, then the loops.

    Args:
        view: What `tracker_timeline_view` made.
        max_turns: How many turns are shown of each branch, the last ones.
    """
    written = []
    for branch in view["branches"]:
        written.append(f"Timeline of {view['sender']}, {branch['name']}: {view['count']}")
        for turn in branch["turns"][-max_turns:]:
            written.append(f"  {turn['index']:>3}  {'; '.join(turn['says'])}")
        written += [f"  {span['says']}" for span in branch["spans"][-max_turns:]]
    return "\n".join(map(visible, written))


def _row(turn: Mapping[str, Any], marks: Sequence[Mapping[str, Any]]) -> list[Any]:
    action = turn["action"]
    struck = turn["fate"] == "reverted"
    fate = muted(f" {FATES[turn['fate']]}") if turn["fate"] else ""
    name = tag("s", action["name"]) if action and struck else (action or {}).get("name", "(next)")
    mark = marks[action["policy"]] if action and action["policy"] is not None else None
    hue = HUES[mark["hue"]][0] if mark else HUES["grey"][0]
    sure = action["confidence"] if action else None
    return [
        turn["index"],
        join((_item_html(item) for item in turn["before"]), Html("<br>")),
        join([name, fate]),
        f"{mark['letter']} {mark['label']}" if mark else "",
        bar(sure, hue) if sure is not None else "",
        join((_item_html(item) for item in turn["after"]), Html("<br>")),
        *([join((mark["text"] for mark in turn["loops"]), Html("<br>"))] if turn["loops"] else []),
    ]


def _item_html(item: Mapping[str, Any]) -> Html:
    text = item["text"]
    return tag("s", text) if item.get("fate") == "reverted" else join([text])
