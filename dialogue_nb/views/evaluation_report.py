"""What came out of a test as a page: scores, actions, confusions, and the turns that went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dialogue_nb.core.events import ACTION_LISTEN_NAME, UserUttered
from dialogue_nb.evaluation.result import NO_POLICY, EvaluatedAction, EvaluationResult
from dialogue_nb.evaluation.scores import Scores
from dialogue_nb.views.html import Html, bar, join, note, table, tag
from dialogue_nb.views.policy_marks import HUES, policy_marks

MOST_TURNS: Final = 2000
"""So many wrong turns are sent to the browser; all of them are counted."""
MOST_NAMES: Final = 16
"""So many actions the matrix of confusions shows, the most confused ones."""
_IN_TABLE: Final = 20


def evaluation_report_view(result: EvaluationResult) -> dict[str, Any]:
    """The report as data, ready for JSON.

    Args:
        result: What came out of a test.

    Returns:
        `title`; `nothing`: what to say where no turn is wrong; `stories` and `right`; `actions`
        (how many turns) and `wrong`; `scores`: `[what, accuracy, F1, turns]`; `policies`: a mark
        with `decided` and `right`; `tables`: without and with listens, for each action `[action,
        precision, recall, F1, support]`; `names`: likewise the most confused actions, and `notes`
        on what they leave out; `cells`: `[gold, predicted, count]`; `turns`: the wrong ones as
        `rows_of` has them; `has_bot`.
    """
    names = {True: _most_confused(result, True), False: _most_confused(result, False)}
    counts = Counter((turn.gold, turn.predicted) for turn in result.turns)
    shown = set(names[True]) | set(names[False])
    cells = [[*pair, n] for pair, n in counts.items() if shown >= set(pair)]
    return {
        "title": _title(result),
        "nothing": "Every action was right." if result.turns else "Nothing was tested.",
        "stories": len(result.stories),
        "right": result.stories_right,
        "actions": len(result.turns),
        "wrong": len(result.failures),
        "scores": [
            ["all actions", *_numbers(result.scores)],
            ["without listens", *_numbers(result.scores_without_listen)],
            ["as Rasa counts", *_numbers(result.rasa_scores)],
        ],
        "policies": policies_of(result),
        "tables": [_table(result.scores_without_listen), _table(result.scores)],
        "names": [names[False], names[True]],
        "notes": [
            _left_out(counts, len(names[False]), listens=False),
            _left_out(counts, len(names[True]), listens=True),
        ],
        "has_bot": result.agent is not None,
        "cells": cells,
        "turns": rows_of(result, result.failures[:MOST_TURNS]),
    }


def policies_of(result: EvaluationResult) -> list[dict[str, Any]]:
    """The policies that decided, with their marks and how often they decided and were right."""
    counts = result.policies
    marks = policy_marks(name for name in counts if name != NO_POLICY)
    if NO_POLICY in counts:
        marks.append({"name": NO_POLICY, "label": "nobody", "letter": "–", "hue": "grey"})
    return [mark | counts[mark["name"]] for mark in marks]


def rows_of(result: EvaluationResult, turns: Iterable[EvaluatedAction]) -> list[list[Any]]:
    """Turns as rows: `[number, turn, story, gold, predicted, policy, confidence, rank, intent]`.

    Args:
        result: What came out of the test.
        turns: Some of its turns; the policy is its place among `policies_of`, -1 for nobody.
    """
    places = {mark["name"]: i for i, mark in enumerate(policies_of(result))}
    return [
        [t.number, t.turn, t.story, t.gold, t.predicted, places.get(t.policy or "", -1),
         round(t.confidence, 4), t.rank, t.intent]
        for t in turns
    ]  # fmt: skip


def turn_detail(result: EvaluationResult, turn: EvaluatedAction) -> dict[str, Any]:
    """A turn from close by: what every policy said, and why.

    Args:
        result: What came out of the test, with its bot.
        turn: One of its turns.

    Returns:
        `number`, `turn`, `story`, `gold`, `predicted`, `rank`; `said`: the last message; `before`:
        the actions before; `why`; `rows`: for each policy a mark with `action` (None: no opinion),
        `confidence`, `wanted` (its confidence in the right action) and `reason`; `place`.
    """
    decision, tracker = result.decision(turn), result.tracker(turn)
    marks = policy_marks(row["policy"] for row in decision.trace)
    names = decision.action_names
    gold = names.index(turn.gold) if turn.gold in names else -1
    rows = [
        mark
        | {
            "action": row["action"],
            "confidence": row["confidence"],
            "wanted": row["probabilities"][gold] if gold >= 0 else 0.0,
            "won": row["won"],
            "reason": str(row["explanation"].get("sentence", "")),
        }
        for mark, row in zip(marks, decision.trace, strict=True)
    ]
    done = [state.prev_action or state.prev_text for state in decision.states if state.prev_action]
    place = ":".join(str(each) for each in (turn.file, turn.line) if each is not None)
    return {
        "number": turn.number,
        "turn": turn.turn,
        "story": turn.story,
        "gold": turn.gold,
        "predicted": turn.predicted,
        "rank": turn.rank,
        "said": _said(tracker.latest_message),
        "before": done[-3:],
        "why": decision.why(),
        "rows": rows,
        "place": place,
    }


def summary_of(view: Mapping[str, Any]) -> str:
    """The report in a line.

    Example:
        >>> summary_of(evaluation_report_view(EvaluationResult((), ())))
        'Test: 0 of 0 stories right, 0 of 0 actions wrong.'
    """
    return f"Test: {view['title']}."


def evaluation_report_html(view: Mapping[str, Any]) -> Html:
    """The report as tables.

    Args:
        view: What `evaluation_report_view` made.
    """
    scores = [[what, f"{a:.3f}", f"{f1:.3f}", f"{n:,}"] for what, a, f1, n in view["scores"]]
    marks = view["policies"]
    policies = [
        [f"{m['letter']} {m['label']}", f"{m['decided']:,}",
         bar(m["right"] / max(m["decided"], 1), HUES[m["hue"]][0])]
        for m in marks
    ]  # fmt: skip
    actions = [
        [name, f"{p:.3f}", f"{r:.3f}", f"{f1:.3f}", n]
        for name, p, r, f1, n in view["tables"][0][:_IN_TABLE]
    ]
    parts = [
        tag("p", tag("b", summary_of(view)), style="margin:4px 8px"),
        table(["counted", "accuracy", "F1", "turns"], scores),
        table(["who decided", "turns", "right"], policies),
        table(["action", "precision", "recall", "F1", "support"], actions),
        _more(len(view["tables"][0]), _IN_TABLE, "actions"),
    ]
    if view["turns"]:
        head = ["story", "turn", "wanted", "predicted", "by", "confidence", "rank of the wanted"]
        rows = [
            [story, turn, gold, predicted, _who(marks, policy), f"{sure:.2f}", rank or "–"]
            for _, turn, story, gold, predicted, policy, sure, rank, _ in view["turns"][:_IN_TABLE]
        ]
        parts += [table(head, rows), _more(view["wrong"], _IN_TABLE, "wrong turns")]
    return join(parts)


def _more(total: int, shown: int, what: str) -> Html:
    return note(f"and {total - shown:,} more {what}") if total > shown else Html("")


def _who(marks: Sequence[Mapping[str, Any]], place: int) -> str:
    return str(marks[place]["label"]) if place >= 0 else "nobody"


def _numbers(scores: Scores) -> tuple[float, float, int]:
    return round(scores.accuracy, 6), round(scores.f1, 6), scores.count


def _table(scores: Scores) -> list[list[Any]]:
    rows = sorted(scores.actions, key=lambda row: (-row.support, row.action))
    return [
        [r.action, round(r.precision, 4), round(r.recall, 4), round(r.f1, 4), r.support]
        for r in rows
    ]


def _most_confused(result: EvaluationResult, listens: bool) -> list[str]:
    """The actions of the matrix: those that are confused most often, then the frequent ones."""
    turns = [turn for turn in result.turns if listens or not turn.is_listen]
    wrong: Counter[str] = Counter()
    often: Counter[str] = Counter()
    for turn in turns:
        often.update({turn.gold: 1})
        if not turn.is_right:
            wrong.update((turn.gold, turn.predicted))
    names = {*often, *wrong}
    first = sorted(names, key=lambda name: (-wrong[name], -often[name], name))[:MOST_NAMES]
    return sorted(first)


def _left_out(counts: Mapping[tuple[str, str], int], shown: int, *, listens: bool) -> str:
    """A note if the matrix does not have all actions that were wanted or predicted."""
    pairs = [pair for pair in counts if listens or pair[0] != ACTION_LISTEN_NAME]
    total = len({name for pair in pairs for name in pair})
    return f"The {shown} most confused of {total:,} actions." if total > shown else ""


def _title(result: EvaluationResult) -> str:
    right, stories = result.stories_right, len(result.stories)
    share = f" ({right / stories:.0%})".replace("%", " %") if stories else ""
    wrong = f"{len(result.failures):,} of {len(result.turns):,} actions wrong"
    return f"{right:,} of {stories:,} stories right{share}, {wrong}"


def _said(message: UserUttered) -> str:
    if message.text and not message.text.startswith("/"):
        return f"{message.intent_name or ''}: {message.text}".removeprefix(": ")
    found = ", ".join(f"{each.get('entity')}={each.get('value')}" for each in message.entities)
    name = message.intent_name or ""
    return f"{name} ({found})" if found else name
