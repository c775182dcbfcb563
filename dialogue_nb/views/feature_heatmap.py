"""What policies see at one turn, or in a whole training set, as a matrix of turns and features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.states import NOTHING_RULE_ONLY, RuleOnly, numbered_prediction_states
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.featurizers.differences import turn_in_words
from dialogue_nb.featurizers.examples import NO_STATE
from dialogue_nb.featurizers.single_state import SingleStateFeaturizer
from dialogue_nb.views.causes import Moment, in_words, moments_of
from dialogue_nb.views.feature_columns import StateCells, state_cells
from dialogue_nb.views.html import Html, join, muted, note, table, tag
from dialogue_nb.views.training_windows import TrainingWindows
from dialogue_nb.views.turns import Turn, tracker_at, turns_of

MAX_HTML: Final = 20_000
"""How many characters the static table has at most."""

PADDING_SAYS: Final = "padding: before the conversation began"


def shown_columns(cells: StateCells, *, every: bool) -> tuple[list[dict[str, Any]], list[int]]:
    """The columns to show, and for each column of the cells its place among them.

    A column that begins a group has `first`, one that the vector does not have has `unseen`.

    Args:
        cells: The cells.
        every: Whether all columns are shown, not only those that are not zero somewhere.
    """
    used = {int(place) for place in np.unique(cells.places)}
    shown = [i for i in range(len(cells.columns)) if every or i in used]
    place = dict(zip(shown, range(len(shown)), strict=True))
    made: list[dict[str, Any]] = []
    group = None
    for i in shown:
        column = cells.columns[i]
        more = {"first": True} if made and column.group != group else {}
        group = column.group
        made.append(column.as_dict() | more | ({"unseen": True} if i >= cells.size else {}))
    return made, [place.get(i, 0) for i in range(len(cells.columns))]


def count_in_words(cells: StateCells) -> str:
    """How many features are not zero somewhere."""
    used = len(np.unique(cells.places))
    return f"{used} of {len(cells.columns)} features non-zero somewhere"


# --- the window of one turn -----------------------------------------------------------------------


def feature_heatmap_view(
    tracker: DialogueStateTracker,
    domain: Domain,
    *,
    turn: int,
    max_history: int | None = 5,
    featurizer: SingleStateFeaturizer | None,
    windows: TrainingWindows | None = None,
    training_cells: StateCells | None = None,
    every: bool = False,
    rule_only: RuleOnly = NOTHING_RULE_ONLY,
) -> dict[str, Any]:
    """The window that the action of a turn is predicted from.

    Args:
        tracker: The conversation.
        domain: Its domain.
        turn: The turn, as in `views.turns`.
        max_history: How many states the window has; None: all.
        featurizer: What makes vectors of states; None: their parts are shown as they are.
        windows: The training set, to say what of the window was seen there.
        training_cells: The cells of its states.
        every: Whether all features are shown, not only those that are not zero somewhere.
        rule_only: Slots and loops that only rules speak of, which policies do not see.

    Returns:
        `{"title", "turn", "max_history", "columns", "texts", "rows", "cells", "training",
        "about", "counts"}`. `rows` has one entry for each turn of the window, oldest first: `ago`,
        `turn` and `made` (what made each part of the state, as `{"text", "turn", "source"}`);
        padding has no `turn`. `cells` has what is not zero in each of `steps` states: those of
        state i begin at `offsets[i]`. In the nested view values are places in `texts`.

    Example:
        >>> from dialogue_nb.core.events import ActionExecuted, UserUttered
        >>> domain = Domain.from_yaml("{intents: [greet], actions: [utter_hi]}")
        >>> said = [ActionExecuted("action_listen"), UserUttered.of("greet")]
        >>> talk = DialogueStateTracker("ann", domain.slots, said)
        >>> view = feature_heatmap_view(talk, domain, turn=1, max_history=3, featurizer=None)
        >>> [(row["ago"], row["turn"]) for row in view["rows"]]
        [(2, None), (1, 0), (0, 1)]
        >>> view["rows"][2]["made"]["intent"]["text"]
        'user: greet (turn 1)'
    """
    then = tracker_at(tracker, turn)
    numbered = numbered_prediction_states(then, domain, rule_only)
    kept = numbered if max_history is None else numbered[-max_history:]
    width = len(kept) if max_history is None else max_history
    cells = state_cells([state for _, state in kept], domain, featurizer)
    columns, places = shown_columns(cells, every=every)
    ids = windows.ids_of([state for _, state in numbered]) if windows is not None else []
    rows = _rows(then, tracker, domain, turn, width, [n for n, _ in kept], windows, ids)
    training = None
    if windows is not None and training_cells is not None:
        training = _seen(cells, windows, training_cells, max_history, ids[-len(kept) :])
    return {
        "mode": "window",
        "title": f"window of {width} before turn {turn} · {count_in_words(cells)}",
        "turn": turn,
        "max_history": max_history,
        "columns": columns,
        "texts": cells.texts,
        "rows": rows,
        "cells": _listed(cells, places, len(kept)),
        "training": training,
        "about": _known_in_words(training),
        "counts": None if windows is None else windows.counted(max_history).as_dict(),
    }


def _listed(cells: StateCells, places: Sequence[int], states: int) -> dict[str, Any]:
    return {
        "offsets": cells.offsets.tolist(),
        "places": [places[place] for place in cells.places.tolist()],
        "values": [round(value, 4) for value in cells.values.tolist()],
        "steps": states,
    }


def _rows(
    then: DialogueStateTracker,
    tracker: DialogueStateTracker,
    domain: Domain,
    turn: int,
    width: int,
    numbers: Sequence[int],
    windows: TrainingWindows | None,
    ids: Sequence[int],
) -> list[dict[str, Any]]:
    """The turns of a window, padding first, with what made each."""
    moments, turns = moments_of(then, domain), turns_of(tracker)
    padding = range(width - 1, len(numbers) - 1, -1)
    rows: list[dict[str, Any]] = [{"ago": ago, "turn": None, "made": {}} for ago in padding]
    for i, number in enumerate(numbers):
        before = ids[: len(ids) - len(numbers) + i + 1]
        at = moments[number].action_at
        then_turn = turn if at is None else next(t.index for t in turns if t.action_at == at)
        made = _made(moments[number], tracker, turns, windows, before)
        rows.append({"ago": len(numbers) - 1 - i, "turn": then_turn, "made": made})
    return rows


def _made(
    moment: Moment,
    tracker: DialogueStateTracker,
    turns: Sequence[Turn],
    windows: TrainingWindows | None,
    ids: Sequence[int],
) -> dict[str, Any]:
    """What made each part of a state: an event of the conversation, and a line of a story."""
    step = windows.likest(ids) if windows is not None and ids else None
    told = windows.causes(step) if windows is not None and step is not None else {}
    made = {}
    for part, at in moment.causes.items():
        turn = next(t.index for t in turns if t.start <= at < t.stop)
        text = f"{in_words(tracker.events[at])} (turn {turn})"
        made[part] = {"text": text, "source": (told.get(part) or {}).get("source")}
    return made


def _seen(
    cells: StateCells,
    windows: TrainingWindows,
    training_cells: StateCells,
    max_history: int | None,
    ids: Sequence[int],
) -> dict[str, Any]:
    """By name of a column and turns ago: how many examples have the same there.

    And `windows`, how many there are, and `known`, the actions that follow this very window.
    """
    counted = windows.counted(max_history)
    place = {column: i for i, column in enumerate(training_cells.columns)}
    texts = {text: float(i) for i, text in enumerate(training_cells.texts or ())}
    rows = [cells.row(i) for i in reversed(range(len(ids)))][: counted.max_history]
    seen: dict[str, list[int]] = {}
    for column in sorted({column for row in rows for column in row}):
        found = windows.seen(training_cells, counted, place.get(cells.columns[column], -1))
        values = [row.get(column, 0.0) for row in rows]
        if cells.texts is not None:
            values = [texts.get(cells.texts[int(value)], -1.0) for value in values]
        counts = [found[back].get(value, 0) for back, value in enumerate(values)]
        seen[cells.columns[column].name] = counts
    window = [NO_STATE] * (counted.max_history - len(ids)) + list(ids)
    fits = len(window) == counted.max_history
    known = windows.actions_after(window, counted) if fits else []
    return {"seen": seen, "windows": len(counted.group), "known": known}


def _known_in_words(training: Mapping[str, Any] | None) -> str:
    """Whether the window was seen in training, as a sentence; "" without training data."""
    if not training:
        return ""
    if not training["known"]:
        return f"None of the {training['windows']:,} training windows is exactly like this one."
    after = " or ".join(training["known"])
    return f"Exactly this window is in the training data: {after} follows it there."


# --- without a front end --------------------------------------------------------------------------


def feature_heatmap_html(view: Mapping[str, Any]) -> Html:
    """The features of a window that are not zero as a table with inline styles.

    Args:
        view: What `feature_heatmap_view` made.
    """
    rows: list[list[Any]] = []
    for row, named in zip(view["rows"], named_cells(view), strict=True):
        if row["turn"] is None:
            what: Any = muted(PADDING_SAYS)
        else:
            texts = [
                join([tag("b", name), f" = {text}", muted(f" ({told['text']})") if told else ""])
                for name, text, told in named
            ]
            what = join(texts, Html("<br>")) if texts else muted("nothing: all are 0")
        turn = "" if row["turn"] is None else row["turn"]
        rows.append([ago_in_words(row["ago"]), turn, what])
    caption = f"Features: {view['title']}"
    shown = fitting(["", "turn", "features that are not 0, and what made them"], rows, caption)
    return join([shown, note(view["about"]) if view["about"] else ""])


def fitting(headings: Sequence[str], rows: Sequence[Sequence[Any]], caption: str) -> Html:
    """A table of as many rows as fit into `MAX_HTML` characters, and a word about the others."""
    sizes = [len(table([], [row])) for row in rows]
    room, shown = MAX_HTML - len(table(headings, [], caption=caption)) - 300, 0
    while shown < len(rows) and room >= sizes[shown]:
        room -= sizes[shown]
        shown += 1
    made = table(headings, rows[:shown], caption=caption)
    left = len(rows) - shown
    return join([made, note(f"{left} more are left out here.")]) if left else made


def named_cells(view: Mapping[str, Any]) -> list[list[tuple[str, str, Mapping[str, Any] | None]]]:
    """For each turn of a window the cells that are not zero: name, value, what made it."""
    cells, rows, columns = view["cells"], view["rows"], view["columns"]
    padding = len(rows) - cells["steps"]
    made: list[list[tuple[str, str, Mapping[str, Any] | None]]] = [[] for _ in range(padding)]
    for state, row in enumerate(rows[padding:]):
        named = []
        for i in range(cells["offsets"][state], cells["offsets"][state + 1]):
            column, value = columns[cells["places"][i]], cells["values"][i]
            text = view["texts"][int(value)] if view["texts"] is not None else f"{value:g}"
            text = "not in the vector" if column.get("unseen") else text
            named.append((column["name"], text, row["made"].get(column["part"])))
        made.append(named)
    return made


def ago_in_words(ago: int) -> str:
    """How many turns ago, in words.

    Example:
        >>> ago_in_words(0), ago_in_words(1), ago_in_words(4)
        ('now', '1 turn ago', '4 turns ago')
    """
    return turn_in_words(-1 - ago)


def counts_in_words(counts: Mapping[str, int]) -> str:
    """How many windows there are, how many contradict each other, how many are memorised."""
    word = "conflict" if counts["conflicts"] == 1 else "conflicts"
    return (
        f"{counts['windows']:,} windows ({counts['found']:,} with repetitions), "
        f"{counts['conflicts']:,} {word}, {counts['memorised']:,} memorised"
    )
