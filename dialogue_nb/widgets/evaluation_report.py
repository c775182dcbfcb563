"""`EvaluationReport`: how good a bot is, and every turn that it would get wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import traitlets

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.ingredients import Resource
from dialogue_nb.core.exceptions import DialogueError
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.evaluation.result import EvaluatedAction, EvaluationResult
from dialogue_nb.evaluation.test import evaluate
from dialogue_nb.stories.training_data import TrainingData
from dialogue_nb.views.evaluation_report import (
    evaluation_report_html,
    evaluation_report_view,
    rows_of,
    summary_of,
    turn_detail,
)
from dialogue_nb.views.html import Html
from dialogue_nb.widgets.base import read_static
from dialogue_nb.widgets.source_view import SourceView

MOST_BEHIND: Final = 500
"""So many turns behind a cell are shown."""


class EvaluationReport(SourceView):
    """Scores, a table of the actions, what is taken for what, and the turns behind each number.

    A click on a cell of the matrix, or on an action, shows the turns behind it; a click on a turn
    shows what every policy said there, and why.

    Args:
        result: What `evaluate` gave.
        key: See `View`.

    Example:
        >>> from dialogue_nb import bots
        >>> from dialogue_nb.policies.memoization import MemoizationPolicy
        >>> project = bots.load("moodbot")
        >>> agent = project.agent([MemoizationPolicy()])
        >>> agent = agent.train(agent.load_data(project.stories[:2]))
        >>> report = EvaluationReport.of_agent(agent, project.stories)
        >>> print(report.summary)
        Test: 2 of 4 stories right (50 %), 8 of 34 actions wrong.
        >>> report.close()
    """

    _esm = read_static("shared.js", "evaluation_report.js")
    _css = read_static("shared.css", "evaluation_report.css")
    detail: Any = traitlets.Dict().tag(sync=True)
    behind: Any = traitlets.Dict().tag(sync=True)

    def __init__(self, result: EvaluationResult, *, key: str | None = None) -> None:
        super().__init__(key=key)
        self._result = result
        self.refresh()
        self.observe(lambda _: self._follow(), "selection")

    @classmethod
    def of_agent(
        cls, agent: Agent, stories: Resource | TrainingData, **options: Any
    ) -> EvaluationReport:
        """Tests an agent and shows what came out.

        Args:
            agent: The agent, trained.
            stories: As for `evaluate`.
            **options: As for `EvaluationReport`.
        """
        return cls(evaluate(agent, stories), **options)

    # --- what is shown --------------------------------------------------------------------------

    @property
    def result(self) -> EvaluationResult:
        """What came out of the test; setting another one shows that."""
        return self._result

    @result.setter
    def result(self, result: EvaluationResult) -> None:
        with self.lock:
            self._result = result
            self.refresh()

    @property
    def tracker(self) -> DialogueStateTracker:
        """The whole conversation of the selected story, for a `TrackerTimeline` beside this."""
        number = self.selection.get("number", 0)
        dialogues = self._result.dialogues
        if not isinstance(number, int) or not 0 <= number < len(dialogues):
            raise DialogueError(
                f"Expected one of the {len(dialogues)} stories of the test to be selected, "
                f"got number {number!r}."
            )
        return dialogues[number].tracker()

    @property
    def turn(self) -> EvaluatedAction | None:
        """The selected turn, None if there is none."""
        at = self.selection.get("number"), self.selection.get("turn")
        return next((t for t in self._result.turns if (t.number, t.turn) == at), None)

    def refresh(self) -> None:
        """Looks at the result anew."""
        with self.lock, self.hold_sync():
            self.view = evaluation_report_view(self._result)
            self._look()

    def _follow(self) -> None:
        with self.lock, self.errors_shown("selection"):
            self._look()

    def _look(self) -> None:
        """Looks at the selected turn and at the turns behind the selected cell."""
        cell, turn = self.selection.get("cell"), self.turn
        if isinstance(cell, list | tuple) and len(cell) == 2:
            found = self._result.turns_of(str(cell[0]), str(cell[1]))
            rows = rows_of(self._result, found[:MOST_BEHIND])
            self.behind = {"cell": [str(name) for name in cell], "turns": rows, "count": len(found)}
        else:
            self.behind = {}
        if turn is None or self._result.agent is None:
            self.detail = {}
        elif (turn.number, turn.turn) != (self.detail.get("number"), self.detail.get("turn")):
            self.detail = turn_detail(self._result, turn)

    # --- what a person does ---------------------------------------------------------------------

    def answer_source(self) -> None:
        """The place of the selected turn was clicked: whoever asked is told of it."""
        turn = self.turn
        if turn is not None:
            self.tell_source(turn.file, turn.line, turn.story)

    # --- without a front end --------------------------------------------------------------------

    @property
    def summary(self) -> str:
        """How many stories and actions were right, in a line."""
        return summary_of(self.view)

    def html(self) -> Html:
        """The report as tables."""
        return evaluation_report_html(self.view)

    def figures(self) -> Mapping[str, Any]:
        """Confusion matrix, calibration, fallback threshold, policies as matplotlib figures."""
        from dialogue_nb.views.evaluation_figures import evaluation_figures

        return evaluation_figures(self._result)
