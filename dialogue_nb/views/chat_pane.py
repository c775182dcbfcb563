"""A conversation as a chat: who said what, what was understood, who decided, how surely."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dialogue_nb.agent.default_actions import ACTION_RESTART_NAME
from dialogue_nb.core.events import (
    ACTION_SESSION_START_NAME,
    ActionExecuted,
    BotUttered,
    Event,
    UserUttered,
)
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.views.happenings import shown_value
from dialogue_nb.views.html import Html, bar, join, muted, note, table, visible
from dialogue_nb.views.loop_spans import waiting_for
from dialogue_nb.views.policy_marks import HUES
from dialogue_nb.views.tracker_timeline import FATES, tracker_timeline_view
from dialogue_nb.views.turns import Turn, telling_turn, turns_of

NOTHING_SAID: Final = "Nothing has been said yet. Say something to the bot:"
LONGEST_MESSAGE: Final = 4_000
"""How many characters of a message are shown; the rest is cut."""

_TOLD: Final = ("loop", "restart", "reverted", "rejected", "note")
_LINKS: Final = ("http://", "https://")
_LONGEST_OTHER: Final = 1_000

Line = list[str]
"""A line of a bubble: its kind, its text, and where it leads if it is a link."""


def chat_pane_view(
    tracker: DialogueStateTracker,
    *,
    starters: Sequence[str] = (),
    name: str = "",
    names: Iterable[str] = (),
    where: str | None = None,
) -> dict[str, Any]:
    """What is to be shown of a conversation.

    Args:
        tracker: The conversation.
        starters: Messages to begin with.
        name: What the conversation is called, "" when there is only one.
        names: What others there are.
        where: Where it is kept; None: in memory.

    Returns:
        `{"sender", "count", "turns", "waiting", "empty", "starters", "placeholder", "can_undo",
        "names", "kept"}`; `waiting` is what the active form waits for, in pieces (see
        `waiting_for`). A turn has `said` (for each message of the user its lines), `bot` (None
        where the action is still to come), `before` and `after` (lines above the bot's and under
        it), `buttons` (`[title, message]`) and `kind`. The bot's part has `lines`, `mark` (its
        policy's, None), `by` (who decided and how surely), `title`, `action`, `confidence`, and
        `quiet` where the bot only listened. A line is `[kind, text]`, with the address behind it
        where it is a link.

    Example:
        >>> said = [ActionExecuted("action_listen"), UserUttered.of("greet", text="hi")]
        >>> view = chat_pane_view(DialogueStateTracker("ann", events=said))
        >>> view["turns"][1]["said"], view["can_undo"]
        ([[['words', 'hi'], ['about', 'greet 1.00']]], True)
    """
    strip = tracker_timeline_view(tracker)
    events = tracker.events
    pairs = zip(turns_of(tracker), strip["branches"][0]["turns"], strict=True)
    turns = [_turn(turn, shown, events, strip["policies"]) for turn, shown in pairs]
    messages = sum(len(turn["said"]) for turn in turns)
    count = f"{messages} message{'' if messages == 1 else 's'}"
    example = f", like {starters[0]}" if starters else ""
    is_silent = not any(turn["said"] or not _is_quiet(turn) for turn in turns)
    return {
        "sender": tracker.sender_id,
        "count": f"{name} · {count}" if name else count,
        "turns": turns,
        "waiting": waiting_for(strip["branches"][0]),
        "empty": NOTHING_SAID if is_silent else "",
        "starters": list(starters) if is_silent else [],
        "placeholder": f"Message{example}",
        "can_undo": last_exchange(events) is not None,
        "names": list(names),
        "kept": f"“{visible(tracker.sender_id[:40])}” is kept in {where}" if where else "",
    }


def _is_quiet(turn: Mapping[str, Any]) -> bool:
    return turn["bot"] is None or bool(turn["bot"]["quiet"])


def _turn(
    turn: Turn,
    shown: Mapping[str, Any],
    events: Sequence[Event],
    marks: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    here = [events[i] for i in (*turn.before, *turn.after)]
    messages = [event for event in here if isinstance(event, BotUttered)]
    first, then = (
        [["happened", item["text"]] for item in shown[when] if item["kind"] in _TOLD]
        if turn.index
        else []
        for when in ("before", "after")
    )
    action = shown["action"]
    said = [_said(event) for event in here if isinstance(event, UserUttered)]
    return {
        "said": said,
        "bot": action and _bot(turn.index, action, messages, marks, shown["fate"], bool(said)),
        "buttons": [_button(each) for e in messages for each in e.data.get("buttons") or ()],
        "before": first,
        "after": [*(line for each in messages for line in _others(each)), *then],
        "kind": "turn dn-chat__gone" if shown["fate"] else "turn",
    }


def _said(event: UserUttered) -> list[Line]:
    """A message of the user, what was understood, and what could not be."""
    sure = event.intent.get("confidence")
    number = f" {_digits(sure)}" if isinstance(sure, (int, float)) else ""
    about = [f"{event.intent_name}{number}" if event.intent_name else "not understood"]
    about += [
        f"{'#'.join(str(e[k]) for k in ('entity', 'role', 'group') if e.get(k))}: "
        f"{shown_value(e.get('value'))}"
        for e in event.entities
    ]
    words = (event.text or f"/{event.intent_name or ''}")[:LONGEST_MESSAGE]
    return [["words", words], ["about", " · ".join(about)], *_notes(event)]


def _bot(
    index: int,
    action: Mapping[str, Any],
    messages: Sequence[BotUttered],
    marks: Sequence[Mapping[str, Any]],
    fate: str,
    is_answer: bool,
) -> dict[str, Any]:
    """What the bot did in a turn, and who decided it; to listen is an answer too."""
    lines = [line for message in messages for line in _spoken(message)]
    mark = None if action["policy"] is None else marks[action["policy"]]
    who = mark["label"] if mark else "as another action asked" if action["asked_for"] else ""
    sure = "" if action["confidence"] is None else _digits(action["confidence"])
    by = " · ".join(filter(None, [f"{who} {sure}".strip(), FATES.get(fate, "")]))
    begins = action["name"] == ACTION_SESSION_START_NAME
    return {
        "lines": lines or [["name", action["name"]]],
        "mark": mark,
        "by": by,
        "title": f"turn {index}: {action['name']}",
        "action": action["name"],
        "confidence": action["confidence"],
        "quiet": not messages and (begins or (action["listens"] and not is_answer)),
    }


def _spoken(event: BotUttered) -> list[Line]:
    words = (event.text or "")[:LONGEST_MESSAGE]
    if event.metadata.get("problem"):
        return [["problem", f"Problem: {words}"], *_notes(event)]
    return [*([["words", words]] if words else []), *_notes(event)]


def _notes(event: Event) -> list[Line]:
    return [["note", str(each)] for each in event.metadata.get("notes") or ()]


def _others(event: BotUttered) -> list[Line]:
    """Images and the like, never fetched: what kind of thing it is and where it can be found."""
    lines = []
    for kind, value in event.data.items():
        if value and kind != "buttons":
            text = shown_value(value, _LONGEST_OTHER)
            is_link = isinstance(value, str) and value.startswith(_LINKS)
            lines.append(["other", f"{kind}: {text}", *([value] if is_link else [])])
    return lines


def _button(button: Any) -> list[str]:
    """A button as its title and the message that it sends."""
    body = button if isinstance(button, Mapping) else {"title": button}
    title = str(body.get("title") or body.get("payload") or "")
    return [title, str(body.get("payload") or title)]


def _digits(confidence: float) -> str:
    """A confidence with two digits; one that is not 1 never reads 1.00."""
    return f"{0.99 if 0.995 < confidence < 1 else confidence:.2f}"


def answering_turn(tracker: DialogueStateTracker) -> int:
    """The turn to look at after a message: the last in which the bot did something about it.

    Args:
        tracker: The conversation.

    Returns:
        Its number: where the bot only listened after the message, that of the listen.
    """
    answers = [
        turn.index
        for turn in turns_of(tracker)
        if turn.action_at is not None
        and any(isinstance(tracker.events[i], UserUttered) for i in turn.before)
    ]
    return max([telling_turn(tracker), *answers[-1:]])


def last_exchange(events: Sequence[Event]) -> int | None:
    """Where the last thing that the user did began: a message, or a restart by hand.

    Args:
        events: All events, oldest first.

    Returns:
        The place of its first event, None when there is nothing to undo.
    """
    for place in range(len(events) - 1, -1, -1):
        event = events[place]
        if isinstance(event, UserUttered) or _is_restart_by_hand(event):
            return place
    return None


def _is_restart_by_hand(event: Event) -> bool:
    if not isinstance(event, ActionExecuted) or event.action_name != ACTION_RESTART_NAME:
        return False
    return event.confidence is None  # what policies decide has one


# --- without a kernel, without a front end --------------------------------------------------------


def without_kernel(view: Mapping[str, Any]) -> dict[str, Any]:
    """The view for a file: what was said can be read, but nobody answers.

    Args:
        view: What `chat_pane_view` made.
    """
    turns = []
    for turn in view["turns"]:
        offered = [["other", f"button: {title} ({text})"] for title, text in turn["buttons"]]
        turns.append({**turn, "buttons": [], "after": [*offered, *turn["after"]]})
    empty = "Nothing was said." if view["empty"] else ""
    return {**view, "turns": turns, "starters": [], "names": [], "kept": "", "empty": empty}


def chat_pane_html(view: Mapping[str, Any], *, max_turns: int = 60) -> Html:
    """The conversation as a table with inline styles, for places without a front end.

    Args:
        view: What `chat_pane_view` made.
        max_turns: How many turns are shown, the last ones.
    """
    if view["empty"]:
        return note("Nothing has been said yet.")
    turns = list(enumerate(view["turns"]))
    rows = [row for index, turn in turns[-max_turns:] for row in _rows(index, turn)]
    left_out = len(turns) - max_turns
    more = f" ({left_out} earlier turns are left out here)" if left_out > 0 else ""
    caption = f"Chat of {view['sender']}: {view['count']}{more}"
    shown = table(["turn", "who", "what", "understood, or decided by"], rows, caption=caption)
    waiting = "".join(text for _, text in view["waiting"])
    return join([shown, note(waiting)]) if waiting else shown


def chat_pane_text(view: Mapping[str, Any], *, max_turns: int = 20) -> str:
    """The conversation for a terminal: who said what, and who decided it.

    Args:
        view: What `chat_pane_view` made.
        max_turns: How many turns are shown, the last ones.
    """
    written = [f"Chat of {visible(view['sender'])}: {view['count']}"]
    for turn in view["turns"][-max_turns:]:
        bot = turn["bot"]
        written += [f"  user: {_plain(lines)} ({_about(lines)})" for lines in turn["said"]]
        written += [f"        {line[1]}" for line in turn["before"]]
        if bot and not bot["quiet"]:
            titles = "".join(f" [{title}]" for title, _ in turn["buttons"])
            written.append(f"   bot: {_plain(bot['lines'])}{titles} ({bot['by']})")
        written += [f"        {line[1]}" for line in turn["after"]]
    waiting = "".join(text for _, text in view["waiting"])
    written += [f"  {waiting}"] if waiting else []
    return "\n".join(map(visible, written))


def _plain(lines: Sequence[Line]) -> str:
    return " ".join(line[1] for line in lines if line[0] != "about")


def _rows(index: int, turn: Mapping[str, Any]) -> list[list[Any]]:
    rows = [[index, "user", _lines(lines), _about(lines)] for lines in turn["said"]]
    rows += [[index, "", muted(line[1]), ""] for line in turn["before"]]
    bot = turn["bot"]
    if bot and not bot["quiet"]:
        titles = [muted(f"[{title}]") for title, _ in turn["buttons"]]
        words = [_lines(bot["lines"]), *titles]
        rows.append([index, "bot", join(words, " "), _by(bot)])
    return rows + [[index, "", muted(line[1]), ""] for line in turn["after"]]


def _lines(lines: Sequence[Line]) -> Html:
    shown = [
        muted(line[1]) if line[0] in ("note", "name") else line[1]
        for line in lines
        if line[0] != "about"
    ]
    return join(shown, Html("<br>"))


def _about(lines: Sequence[Line]) -> str:
    return next((line[1] for line in lines if line[0] == "about"), "")


def _by(bot: Mapping[str, Any]) -> Html:
    mark, sure = bot["mark"], bot["confidence"]
    name = f"{mark['letter']} {bot['by']} " if mark else f"{bot['by']} "
    hue = HUES[mark["hue"]][0] if mark else HUES["grey"][0]
    return join([name, bar(sure, hue) if sure is not None else ""])
