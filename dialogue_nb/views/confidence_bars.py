"""Every policy's confidence in every action at one turn, which one won, and why in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.decision import Decision
from dialogue_nb.policies.policy import Policy
from dialogue_nb.views.html import Html, bar, join, muted, note, table, tag
from dialogue_nb.views.policy_marks import HUES, policy_marks
from dialogue_nb.views.turns import place_of

DIGITS: Final = 4
NOTHING_DECIDED: Final = "No decision is recorded at this turn: nobody had to choose here."
_THRESHOLDS: Final = {
    "core_fallback_threshold": "the bot falls back if nobody is surer",
    "core_threshold": "the bot falls back if nobody is surer",
}


def thresholds_of(policies: Sequence[Policy]) -> list[dict[str, Any]]:
    """The confidences at which something changes, as the policies' parameters say.

    Args:
        policies: The policies, in the order of the ensemble.

    Returns:
        `{"policy", "value", "name", "text"}`: the place of the policy that has it, the number, the
        parameter and what it does. A policy whose fallback is turned off has none.
    """
    found = []
    for place, policy in enumerate(policies):
        if not getattr(policy, "enable_fallback_prediction", True):
            continue
        for name, meaning in _THRESHOLDS.items():
            value = getattr(policy, name, None)
            if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
                text = f"{value:.2f}: {meaning}"
                row = {"policy": place, "value": float(value), "name": name, "text": text}
                found.append(row)
    return found


def confidence_bars_view(
    decision: Decision | None,
    *,
    turn: int | None = None,
    tracker: DialogueStateTracker | None = None,
    thresholds: Iterable[Mapping[str, Any]] = (),
    k: int = 5,
    limit: int | None = None,
    nothing: str = NOTHING_DECIDED,
) -> dict[str, Any]:
    """What is to be shown of a decision.

    Args:
        decision: The decision; None where none was made.
        turn: Which turn of a conversation it belongs to.
        tracker: The conversation as it stood when the decision was made.
        thresholds: What `thresholds_of` found.
        k: How many actions are shown before the rest is summed.
        limit: How many actions the view holds at all, the most likely ones; None holds all.
        nothing: What to say where there is no decision.

    Returns:
        `{"turn", "title", "action", "confidence", "rule", "winner", "policies", "rows", "others",
        "k", "thresholds", "why", "decided"}`. A row has `action`, `values` (one for each policy)
        and what there is of `won` and `refused`; the rows are sorted, the winner first. `others`
        sums the rows that the view does not hold. `why` is a list of `{"text", "kind"}`.

    Example:
        >>> from dialogue_nb.policies.prediction import PolicyPrediction
        >>> sure = PolicyPrediction(np.array([0.2, 0.8]), "MyPolicy", 1)
        >>> names = ("action_listen", "utter_hi")
        >>> decision = Decision("utter_hi", 0.8, "MyPolicy", "confidence", (sure,), (), names,
        ...                     winner=0)
        >>> [(row["action"], row["values"]) for row in confidence_bars_view(decision)["rows"]]
        [('utter_hi', [0.8]), ('action_listen', [0.2])]
    """
    head: dict[str, Any] = {"turn": turn, "title": _title(turn, tracker), "k": k}
    if decision is None:
        why = [{"text": nothing, "kind": ""}]
        return head | {"decided": False, "policies": [], "rows": [], "thresholds": [], "why": why}
    values = (
        np.stack([p.probabilities for p in decision.predictions], axis=1)
        if (decision.predictions)
        else np.zeros((len(decision.action_names), 0))
    )  # (A, P)
    order = _order(decision, values)
    shown = order[:limit]
    left = order[len(shown) :]
    return head | {
        "decided": True,
        "action": decision.action,
        "confidence": round(decision.confidence, DIGITS),
        "rule": decision.rule,
        "winner": decision.winner,
        "policies": _policies(decision),
        "rows": [_row(decision, i, values[i]) for i in shown],
        "others": {"count": len(left), "values": _rounded(values[left].sum(axis=0))},
        "thresholds": [dict(threshold) for threshold in thresholds],
        "why": why_parts(decision),
    }


def _title(turn: int | None, tracker: DialogueStateTracker | None) -> str:
    place = place_of(tracker) if tracker is not None else ""
    after = f"what comes after {place}" if place else ""
    return ": ".join(filter(None, ["" if turn is None else f"turn {turn}", after]))


def _rounded(values: npt.NDArray[np.float64]) -> list[float]:
    return [round(float(value), DIGITS) for value in values]


def _order(decision: Decision, values: npt.NDArray[np.float64]) -> list[int]:
    """The actions, the chosen one first, then by the highest confidence that any policy has."""
    highest = values.max(axis=1, initial=0.0)  # (A,)
    order = [int(i) for i in np.argsort(-highest, kind="stable")]
    if decision.action in decision.action_names:
        chosen = decision.action_names.index(decision.action)
        order.remove(chosen)
        order.insert(0, chosen)
    return order


def _row(decision: Decision, index: int, values: npt.NDArray[np.float64]) -> dict[str, Any]:
    name = decision.action_names[index]
    row: dict[str, Any] = {"action": name, "values": _rounded(values)}
    if name == decision.action:
        row["won"] = True
    if name == decision.rejected:
        row["refused"] = True
    return row


def _policies(decision: Decision) -> list[dict[str, Any]]:
    marks = policy_marks(prediction.policy_name for prediction in decision.predictions)
    return [
        mark
        | {
            "priority": row["priority"],
            "confidence": round(row["confidence"], DIGITS),
            "action": row["action"],
            "won": row["won"],
        }
        for mark, row in zip(marks, decision.trace, strict=True)
    ]


def why_parts(decision: Decision) -> list[dict[str, str]]:
    """The sentence of `Decision.why`, with the names in it marked.

    Args:
        decision: The decision.

    Returns:
        `{"text", "kind"}`: the texts in order; kind is "action", "policy", "story" or "". Policies
        are called by their short names.

    Example:
        >>> from dialogue_nb.policies.prediction import PolicyPrediction
        >>> sure = PolicyPrediction(np.array([0.2, 0.8]), "MyPolicy", 1)
        >>> decision = Decision("utter_hi", 0.8, "MyPolicy", "confidence", (sure,), (),
        ...                     ("action_listen", "utter_hi"), winner=0)
        >>> [(part["text"], part["kind"]) for part in why_parts(decision)][:3]
        [('MyPolicy', 'policy'), (' chose ', ''), ('utter_hi', 'action')]
    """
    text = decision.why()
    kinds = dict.fromkeys(decision.action_names, "action")
    marks = policy_marks(prediction.policy_name for prediction in decision.predictions)
    labels = {mark["name"]: mark["label"] for mark in reversed(marks)}
    kinds |= dict.fromkeys(labels, "policy")
    for prediction in decision.predictions:
        kinds |= dict.fromkeys(_stories(prediction.explanation), "story")
    known = sorted((name for name in kinds if name and name in text), key=len, reverse=True)
    if not known:
        return [{"text": text, "kind": ""}]
    # whole names only: utter_hi is not found in utter_hi_again
    pattern = "|".join(re.escape(name) for name in known)
    parts = re.split(rf"(?<!\w)({pattern})(?!\w)", text)
    kind_of = [kinds[part] if i % 2 else "" for i, part in enumerate(parts)]
    return [
        {"text": labels[part] if kind == "policy" else part, "kind": kind}
        for part, kind in zip(parts, kind_of, strict=True)
        if part
    ]


def _stories(explanation: Mapping[str, Any]) -> Iterable[str]:
    """The names of stories in an explanation: those that were found, near or in conflict."""
    yield from explanation.get("stories") or ()
    for near in explanation.get("nearest") or ():
        yield from near.get("stories") or () if isinstance(near, Mapping) else ()
    conflict = explanation.get("conflict") or {}
    for names in (conflict.get("actions") or {}).values() if isinstance(conflict, Mapping) else ():
        yield from names


# --- without a front end --------------------------------------------------------------------------


def confidence_bars_html(view: Mapping[str, Any]) -> Html:
    """The confidences as a table with inline styles, for places without a front end.

    Args:
        view: What `confidence_bars_view` made.
    """
    if not view["decided"]:
        return note(view["why"][0]["text"])
    marks = view["policies"]
    headings = ["action", *(f"{mark['letter']} {mark['label']}" for mark in marks)]
    rows = view["rows"][: view["k"]]
    cells = [[_name_html(row), *_cells(row["values"], marks)] for row in rows]
    count, sums = rest_of(view)
    if count:
        cells.append([muted(f"{count} others"), *_cells(sums, marks)])
    styles = {0: "background-color:rgba(36,87,214,0.12)"}
    shown = table(headings, cells, caption=f"Confidence {view['title']}", row_styles=styles)
    limits = [note(threshold["text"]) for threshold in view["thresholds"]]
    return join([shown, *limits, note("".join(part["text"] for part in view["why"]))])


def rest_of(view: Mapping[str, Any], k: int | None = None) -> tuple[int, list[float]]:
    """How many actions come after the first k, and the sum of what each policy gives them.

    Args:
        view: What `confidence_bars_view` made.
        k: How many are shown; None: as many as the view says.
    """
    if "others" not in view:  # there is no decision
        return 0, []
    rest = view["rows"][view["k"] if k is None else k :]
    sums = [
        sum(column)
        for column in zip(view["others"]["values"], *(r["values"] for r in rest), strict=True)
    ]
    return len(rest) + view["others"]["count"], sums


def _name_html(row: Mapping[str, Any]) -> Html:
    if row.get("won"):
        return tag("b", row["action"])
    return (
        join([tag("s", row["action"]), muted(" refused")])
        if row.get("refused")
        else tag("span", row["action"])
    )


def _cells(values: Sequence[float], marks: Sequence[Mapping[str, Any]]) -> list[Html]:
    return [bar(v, HUES[mark["hue"]][0]) for v, mark in zip(values, marks, strict=True)]
