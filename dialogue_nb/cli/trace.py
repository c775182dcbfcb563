"""A decision as text: what each policy said, and why one of them won."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.decision import Decision

SHOWN_ACTIONS: Final = 3


def decision_lines(decision: Decision) -> Iterator[str]:
    """A decision in a few lines.

    Args:
        decision: What was decided.

    Yields:
        The action with its reason, then for each policy its confidence and favourite actions.
    """
    yield f"   -> {decision.action}   {decision.why()}"
    width = max((len(str(row["policy"])) for row in decision.trace), default=0)
    for row in decision.trace:
        who = f"{'*' if row['won'] else ' '} {row['policy']:<{width}}"
        yield f"    {who}  {row['confidence']:.2f}  {_favourites(row, decision)}"


def _favourites(row: Mapping[str, Any], decision: Decision) -> str:
    """The most likely actions of one policy with a bar for each; "no opinion" if all are 0."""
    ranked = sorted(
        zip(row["probabilities"], decision.action_names, strict=True), key=lambda pair: -pair[0]
    )
    likely = [(p, name) for p, name in ranked[:SHOWN_ACTIONS] if p >= 0.005]
    return "  ".join(f"{bar(p)} {p:.2f} {name}" for p, name in likely) or "no opinion"


def bar(share: float, width: int = 5) -> str:
    """A bar of blocks.

    Example:
        >>> bar(0.6), bar(0.0)
        ('###..', '.....')
    """
    full = round(max(0.0, min(share, 1.0)) * width)
    return "#" * full + "." * (width - full)


def decisions_since(tracker: DialogueStateTracker, events: int) -> list[Decision]:
    """The decisions that were taken since the conversation had so many events."""
    return [decision for at, decision in tracker.decisions if at >= events]
