"""The head of the workbench: what the bot is, what it has learnt, and what that changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dialogue_nb.agent.training_run import TrainingRun
from dialogue_nb.evaluation.changes import Change
from dialogue_nb.views.html import Html, join, muted, note, table, tag
from dialogue_nb.views.policy_marks import policy_marks

PANES: Final = {
    "editor": "Editor",
    "chat": "Chat",
    "confidence": "Confidence",
    "timeline": "Timeline",
    "features": "Features",
    "rules": "Rules",
    "training": "Training",
    "graph": "Graph",
    "conversations": "Conversations",
}
"""The panes by the names that `Workbench(panes=...)` takes, in the order in which they stand."""

STATES: Final = {
    "untrained": "Nothing is learnt yet.",
    "stale": "The bot was trained on other stories.",
    "running": "It is learning.",
    "finished": "",
    "stopped": "Training was stopped; what was learnt is kept.",
    "failed": "Training failed.",
}
_SHOWN: Final = 200
_LOSSES: Final = ("loss", "val_loss")


def workbench_view(
    name: str,
    *,
    windows: int,
    turns: int,
    policies: Iterable[str],
    notes: Iterable[str] = (),
    run: TrainingRun | None = None,
    stale: bool = False,
    changes: Sequence[Change] | None = None,
    max_history: int | None = None,
) -> dict[str, Any]:
    """What the head of the workbench shows.

    Args:
        name: The bot's name.
        windows: How many windows the stories make.
        turns: How many turns the conversation has.
        policies: The names of the policies, in the order of the ensemble.
        notes: What is to be said about them: which ones of the bot's files are left out.
        run: The last training, None before the first.
        stale: Whether the stories have changed since.
        changes: What the last training changed; None where there was nothing before it.
        max_history: How many turns the policies look back; None where they differ.

    Returns:
        The same, ready for JSON: of the run, its `state` (one of `STATES`) and `curve` (the loss
        after each epoch, `{"loss": [...], "val_loss": [...]}`), a `sentence` about it, the
        policies' marks, and at most 200 changes.

    Example:
        >>> view = workbench_view("moodbot", windows=31, turns=2, policies=["MemoizationPolicy"])
        >>> view["sentence"], view["policies"][0]["letter"], view["changes"]
        ('Nothing is learnt yet.', 'M', None)
    """
    state: str = "untrained" if run is None else run.state if run.is_over else "running"
    if stale and state != "running":
        state = "stale"
    rows = None if changes is None else [change.as_dict() for change in changes[:_SHOWN]]
    return {
        "name": name,
        "windows": windows,
        "turns": turns,
        "policies": policy_marks(policies),
        "notes": list(notes),
        "state": state,
        "sentence": STATES[state],
        "curve": {} if run is None else {name: _losses(run, name) for name in _LOSSES},
        "changes": rows,
        "changed": len(changes or ()),
        "max_history": max_history,
    }


def _losses(run: TrainingRun, name: str) -> list[float]:
    """A loss after each epoch of the policy that learnt last."""
    points = next((points for points in reversed(run.curves.values()) if points), [])
    return [round(point[name], 4) for point in points if point[name] is not None]


def workbench_html(view: Mapping[str, Any]) -> Html:
    """The head as static HTML: name, state, and a table of what changed.

    Args:
        view: From `workbench_view`.
    """
    policies = ", ".join(mark["label"] for mark in view["policies"])
    title = join([tag("b", view["name"]), f" {view['windows']} windows. Policies: {policies}."])
    parts = [tag("p", title), *map(note, filter(None, [*view["notes"], view["sentence"]]))]
    if view["changes"]:
        parts.append(
            table(
                ["where", "turn", "before", "now"],
                [
                    [row["where"], row["turn"], _decided(row, "before"), _decided(row, "now")]
                    for row in view["changes"]
                ],
            )
        )
    return join(parts)


def _decided(row: Mapping[str, Any], which: str) -> Html:
    return join([row[which], " ", muted(f"{row[which + '_confidence']:.2f}")])
