"""Draws the picture in the README: a real conversation with moodbot, and who wanted what.

usage: python benchmarks/picture.py [FILE]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from measure import HERE

from dialogue_nb import bots
from dialogue_nb.policies.decision import Decision

PICTURE = HERE / "plots" / "moodbot_decisions.png"
MESSAGES = (
    "/greet",
    "/mood_unhappy",
    "/deny",
    "/greet",
    "/bot_challenge",
    "/mood_great",
    "/goodbye",
)
POLICIES = {
    "MemoizationPolicy": ("memoization", "the stories, word for word", "#0b7a75"),
    "RulePolicy": ("rules", "what always holds", "#7a3b69"),
    "KerasPolicy": ("LSTM", "what it learnt from the stories", "#c8702a"),
}
INK, PALE, LINE = "#22292f", "#8795a1", "#e4e8eb"
TEXT_WIDTH, COLUMN_WIDTH, BAR_WIDTH = 4.6, 4.2, 3.8

Turn = tuple[str | None, Decision]  # what the user said just before, and the decision


def conversation(messages: Sequence[str]) -> list[Turn]:
    """Trains moodbot, talks to it, and returns its decisions without the listens."""
    project = bots.load("moodbot")
    agent = project.agent()
    stories = [*project.stories, *project.rules]
    agent.train(agent.load_data(stories))
    turns: list[Turn] = []
    for message in messages:
        before = len(agent.tracker().decisions)
        agent.handle_text(message)
        said: str | None = message.removeprefix("/")
        for _, decision in agent.tracker().decisions[before:]:
            if decision.action != "action_listen":
                turns.append((said, decision))
                said = None
    return turns


def draw(turns: Sequence[Turn]) -> Figure:
    """One line for each decision: the conversation on the left, a bar for each policy."""
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(10.2, 0.62 * len(turns) + 1.1), layout="constrained")
        axes = figure.add_subplot()
        axes.set_axis_off()
        shown = [row["policy"] for row in turns[0][1].trace]
        axes.set_xlim(0, TEXT_WIDTH + COLUMN_WIDTH * len(shown))
        axes.set_ylim(len(turns) - 0.35, -1.25)
        for column, policy in enumerate(shown):
            title, subtitle, color = POLICIES[policy]
            left = TEXT_WIDTH + column * COLUMN_WIDTH
            axes.text(left, -0.95, title, color=color, weight="bold", fontsize=11)
            axes.text(left, -0.62, subtitle, color=PALE)
        for row, (said, decision) in enumerate(turns):
            _draw_turn(axes, row, said, decision)
        return figure


def _draw_turn(axes: Axes, row: int, said: str | None, decision: Decision) -> None:
    axes.axhline(row - 0.42, color=LINE, linewidth=1 if said else 0)
    if said:
        bubble = {"boxstyle": "round,pad=0.35", "facecolor": "#eef1f3", "edgecolor": "none"}
        axes.text(0.1, row, said, va="center", color=INK, bbox=bubble)
    axes.text(1.95, row, decision.action, va="center", color=INK, weight="bold")
    for column, opinion in enumerate(decision.trace):
        _draw_opinion(axes, TEXT_WIDTH + column * COLUMN_WIDTH, row, opinion)


def _draw_opinion(axes: Axes, left: float, row: int, opinion: dict[str, object]) -> None:
    color = POLICIES[str(opinion["policy"])][2]
    confidence, won = float(str(opinion["confidence"])), bool(opinion["won"])
    axes.barh(row + 0.17, BAR_WIDTH, 0.16, left=left, color=LINE)
    strength = 1.0 if won else 0.35
    axes.barh(row + 0.17, BAR_WIDTH * confidence, 0.16, left=left, color=color, alpha=strength)
    action = str(opinion["action"]) if opinion["action"] else "no opinion"
    weight, ink = ("bold", INK) if won else ("normal", PALE)
    axes.text(left, row - 0.1, action, va="center", fontsize=8, weight=weight, color=ink)
    if opinion["action"]:
        axes.text(
            left + BAR_WIDTH,
            row - 0.1,
            f"{confidence:.2f}",
            ha="right",
            va="center",
            fontsize=8,
            weight=weight,
            color=ink,
        )


def main(target: Path) -> None:
    """Draws and saves."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draw(conversation(MESSAGES)).savefig(target, dpi=150, facecolor="white")
    print(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else PICTURE)
