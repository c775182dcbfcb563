"""One selection for all views of a workbench: a turn that is chosen in one is shown in all."""

from __future__ import annotations

import threading
from typing import Any, Final

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.states import prediction_states
from dialogue_nb.stories.places import StoryPlaces
from dialogue_nb.views.turns import tracker_at, turns_of
from dialogue_nb.widgets.base import View
from dialogue_nb.widgets.chat_pane import ChatPane
from dialogue_nb.widgets.confidence_bars import ConfidenceBars
from dialogue_nb.widgets.feature_heatmap import FeatureHeatmap
from dialogue_nb.widgets.rule_matcher import RuleMatcher
from dialogue_nb.widgets.story_editor import StoryEditor
from dialogue_nb.widgets.tracker_timeline import TrackerTimeline
from dialogue_nb.widgets.workbench_bar import WorkbenchBar

_SHARED: Final = ("turn", "branch")


class OneSelection:
    """The part of a `Workbench` that keeps one turn selected in all of its views."""

    agent: Agent
    lock: threading.RLock
    bar: WorkbenchBar
    chat: ChatPane
    confidence: ConfidenceBars
    editor: StoryEditor
    features: FeatureHeatmap
    rules: RuleMatcher
    timeline: TrackerTimeline
    _places: StoryPlaces | None
    _linking = False

    @property
    def selection(self) -> dict[str, Any]:
        """The turn that is selected everywhere, `{"turn", "branch"}`; it may be set."""
        return dict(self.timeline.selection)

    @selection.setter
    def selection(self, selection: dict[str, Any]) -> None:
        self._show_turn(selection, None)

    @property
    def _selected(self) -> dict[str, Any]:
        return {key: value for key, value in self.selection.items() if key in _SHARED}

    @property
    def _deciding(self) -> tuple[ConfidenceBars | FeatureHeatmap | RuleMatcher, ...]:
        """The views that show what was decided at the turn; the rules, when they are seen."""
        rules = () if "rules" in self.bar.hidden else (self.rules,)
        return (self.confidence, self.features, *rules)

    @property
    def _following(self) -> tuple[View, ...]:
        """The views that show the selected turn."""
        return (self.bar, self.timeline, self.chat, *self._deciding)

    def _link_selections(self) -> None:
        always = (self.bar, self.timeline, self.chat, self.confidence, self.features)
        for view in (*always, self.rules):
            view.observe(
                lambda change: self._show_turn(change["new"], change["owner"]), "selection"
            )

    def _show_turn(self, selection: dict[str, Any], source: Any) -> None:
        """Selects a turn in all views; the one that asked for it has it already."""
        with self.lock:
            if self._linking:
                return
            self._linking = True
            try:
                wanted: dict[str, Any] = {k: selection[k] for k in _SHARED if k in selection}
                if source is self.timeline:
                    self._follow_branch()
                for view in self._following:
                    if view is not source and not wanted.items() <= view.selection.items():
                        view.selection = {**view.selection, **wanted}
                self._show_lines(int(wanted.get("turn", 0)))
            finally:
                self._linking = False

    def _follow_branch(self) -> None:
        """Confidences and features of the branch whose turn is selected."""
        chosen = self.timeline.selected_tracker
        for view in self._deciding:
            if view.tracker is not chosen:
                view.tracker = chosen

    def _show_lines(self, turn: int) -> None:
        """The lines of the stories that teach what was decided at a turn."""
        tracker = self.timeline.selected_tracker
        if self._places is None or turn >= len(turns_of(tracker)):
            return
        action = self.confidence.view.get("action")  # what the bot would do now
        rule_only = self.agent.ensemble.share_rule_only()
        states = prediction_states(tracker_at(tracker, turn), self.agent.domain, rule_only)
        place = self._places.find(states, action)
        if place is None:
            self._open(None, None, "")
        else:
            self._open(place.file, place.line, place.story, last_line=place.last_line)

    def _open(self, file: str | None, line: int | None, story: str, last_line: int = 0) -> None:
        """Shows lines in the editor; without a line, none."""
        names = list(self.editor.texts)
        name = names[0] if file is None else file
        lines = {"file": name, "line": line, "last_line": last_line or line}
        self.editor.selection = lines if line is not None and name in names else {}
