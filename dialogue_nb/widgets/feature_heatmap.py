"""`FeatureHeatmap`: what policies see, as a matrix of turns and features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import traitlets

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.diagnostics import listing
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import FeaturizerError, UnknownNameError
from dialogue_nb.core.states import NOTHING_RULE_ONLY, RuleOnly
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.featurizers.single_state import SingleStateFeaturizer
from dialogue_nb.featurizers.tracker_featurizers import (
    MaxHistoryTrackerFeaturizer,
    Tracker,
    TrackerFeaturizer,
)
from dialogue_nb.stories.training_data import TrainingData, TrainingTracker
from dialogue_nb.views.feature_columns import StateCells, featurizers_of, state_cells
from dialogue_nb.views.feature_heatmap import (
    counts_in_words,
    feature_heatmap_html,
    feature_heatmap_view,
)
from dialogue_nb.views.html import Html
from dialogue_nb.views.training_heatmap import (
    SORTS,
    training_arrays,
    training_heatmap_html,
    training_heatmap_view,
)
from dialogue_nb.views.training_windows import TrainingWindows
from dialogue_nb.views.turns import telling_turn, turns_of
from dialogue_nb.widgets.base import read_static
from dialogue_nb.widgets.offline import OfflinePart
from dialogue_nb.widgets.source_view import SourceView

LONGEST: Final = 20
"""The most states that the slider offers, the whole dialogue aside."""
MOST: Final = 1_000
"""The longest window: each of its states is a row, padding too."""

_HINT: Final = "only in this view: policies keep their own max_history"
_OFFLINE_TURNS: Final = 400
_SHOWN: Final = ("non-zero", "all")
_REPEATS: Final = ("once", "each time")


class FeatureHeatmap(SourceView):
    """What policies see before the selected turn, or all windows of a training set.

    A conversation is shown as the window of its selected turn: a row for each turn of the window, a
    column for each feature. A training set is shown as all its windows, one below the other.
    `selection` is `{"turn", "row", "feature", "back"}`: the turn of the conversation; the number of
    the window in a training set; the name of the column; how many turns before the last one.

    Args:
        conversation: A conversation (a tracker), or training data, or a list of trackers.
        domain: Its domain; not needed for training data.
        featurizer: What the policies use, a featurizer of trackers or of states; default the binary
            one. The others can be chosen in the view.
        max_history: How many states a window has, 1,000 at most; None: all of them.
        data: For a conversation, the training data, to see what is known from there and which line
            of which story made it.
        rule_only: Slots and loops that only rules speak of (`agent.ensemble.share_rule_only()`):
            policies that learn from stories do not see them, so the window of a conversation is
            shown without them.
        key: See `View`.

    Example:
        >>> from dialogue_nb.core.events import ActionExecuted, UserUttered
        >>> domain = Domain.from_yaml("{intents: [greet], actions: [utter_hi]}")
        >>> said = [ActionExecuted("action_listen"), UserUttered.of("greet")]
        >>> talk = DialogueStateTracker("ann", domain.slots, said)
        >>> heatmap = FeatureHeatmap(talk, domain, max_history=3)
        >>> heatmap.summary
        'Features of ann: window of 3 before turn 1'
        >>> heatmap.close()
    """

    _esm = read_static("shared.js", "feature_cells.js", "feature_heatmap.js")
    _css = read_static("shared.css", "feature_heatmap.css")
    max_history = traitlets.Int(5, allow_none=True).tag(sync=True)
    kind = traitlets.Unicode("binary").tag(sync=True)
    sort = traitlets.Enum(SORTS, "story").tag(sync=True)
    equal = traitlets.Enum(_REPEATS, "once").tag(sync=True)
    cause = traitlets.Dict().tag(sync=True)
    features = traitlets.Enum(_SHOWN, "non-zero").tag(sync=True)
    from_browser = ("selection", "max_history", "kind", "sort", "equal", "features")

    def __init__(
        self,
        conversation: DialogueStateTracker | TrainingData | Sequence[Tracker] | TrainingTracker,
        domain: Domain | None = None,
        *,
        featurizer: TrackerFeaturizer | SingleStateFeaturizer | None = None,
        max_history: int | None = 5,
        data: TrainingData | Sequence[Tracker] | None = None,
        rule_only: RuleOnly = NOTHING_RULE_ONLY,
        key: str | None = None,
    ) -> None:
        own = featurizer.encoder if isinstance(featurizer, TrackerFeaturizer) else featurizer
        self.featurizers = featurizers_of(own)
        is_talk = isinstance(conversation, (DialogueStateTracker, TrainingTracker))
        script = {} if is_talk else {"_esm": TRAINING_ESM}
        super().__init__(
            key=key, max_history=max_history, kind=next(iter(self.featurizers)), **script
        )
        self._cells: dict[str, StateCells] = {}
        if isinstance(conversation, TrainingTracker):
            domain, conversation = domain or conversation.domain, conversation.tracker()
        self._tracker = conversation if isinstance(conversation, DialogueStateTracker) else None
        self._data: TrainingData | Sequence[Tracker] | None = (
            data if isinstance(conversation, DialogueStateTracker) else conversation
        )
        self.domain = domain or _domain_of(self._data)
        self._windows: TrainingWindows | None = None
        self._rule_only = rule_only
        if self._tracker is not None:
            self.selection = {"turn": telling_turn(self._tracker)}
        self._version = 0
        self._drawn: Any = None
        self.refresh()
        self.observe(self._selected, "selection")
        self.observe(lambda _: self._draw(), ["max_history", "kind", "sort", "equal", "features"])

    @classmethod
    def of_agent(cls, agent: Agent, sender_id: str = "default", **options: Any) -> FeatureHeatmap:
        """The features of a conversation of an agent, as its policies see them.

        Args:
            agent: The agent.
            sender_id: Whose conversation.
            **options: As for `FeatureHeatmap`; what the policies use is the default.
        """
        used = [p.featurizer for p in agent.policies if p.featurizer is not None]
        windows = [f for f in used if isinstance(f, MaxHistoryTrackerFeaturizer)]
        lengths = [f.max_history for f in windows]
        lengths += [p.max_history for p in agent.policies if hasattr(p, "max_history")]
        defaults = {
            "featurizer": used[0] if used else None,
            "max_history": lengths[0] if lengths else 5,
            "rule_only": agent.ensemble.share_rule_only(),
        }
        return cls(agent.tracker(sender_id), agent.domain, **defaults | options)

    # --- what is shown --------------------------------------------------------------------------

    @property
    def tracker(self) -> DialogueStateTracker | None:
        """The conversation, None for a training set. Another one may be set."""
        return self._tracker

    @tracker.setter
    def tracker(self, tracker: DialogueStateTracker) -> None:
        with self.lock:
            self._tracker = tracker
            self._draw()

    @property
    def data(self) -> TrainingData | Sequence[Tracker] | None:
        """The training set. Another one may be set, after stories or the domain have changed."""
        return self._data

    @data.setter
    def data(self, data: TrainingData | Sequence[Tracker] | None) -> None:
        with self.lock:
            self._data = data
            if isinstance(data, TrainingData):
                self.domain = data.domain
            self.refresh()

    @property
    def rule_only(self) -> RuleOnly:
        """What only rules speak of. Another one may be set, after a training."""
        return self._rule_only

    @rule_only.setter
    def rule_only(self, rule_only: RuleOnly) -> None:
        with self.lock:
            if rule_only != self._rule_only:
                self._rule_only = rule_only
                self._draw()

    @property
    def turn(self) -> int:
        """The turn that is shown: the selected one, or the last if there are fewer."""
        last = len(turns_of(self._tracker)) - 1 if self._tracker is not None else 0
        turn = self.selection.get("turn", last)
        return max(0, min(turn if isinstance(turn, int) else last, last))

    @property
    def windows(self) -> TrainingWindows | None:
        """The windows of the training set, None without one."""
        if self._windows is None and self._data is not None:
            self._windows = TrainingWindows(self._data, self.domain)
        return self._windows

    def refresh(self) -> None:
        """Looks at conversation and training set anew."""
        with self.lock:
            self._windows = None
            self._cells.clear()
            self._draw()

    def _draw(self) -> None:
        with self.lock, self.hold_sync():
            self._version += 1
            self._drawn = (self.turn, self._tracker)
            self.view = self._made()
            self.cause = self._cause()

    def _made(self, turn: int | None = None) -> dict[str, Any]:
        """What the browser gets: the view and what can be chosen in it."""
        choices = [["kind", "view", list(self.featurizers), self.kind]]
        choices.append(["features", "show", _SHOWN, self.features])
        every = self.features == "all"
        if self._tracker is None:
            choices.append(["sort", "sort by", SORTS, self.sort])
            choices.append(["equal", "equal windows", _REPEATS, self.equal])
            view = training_heatmap_view(
                self._all_windows(),
                self._training_cells(),
                max_history=self.max_history,
                every=every,
            )
        else:
            view = feature_heatmap_view(
                self._tracker,
                self.domain,
                turn=self.turn if turn is None else turn,
                max_history=self.max_history,
                featurizer=self._way(),
                windows=self.windows,
                training_cells=self._training_cells() if self.windows else None,
                every=every,
                rule_only=self._rule_only,
            )
        counted = counts_in_words(view["counts"]) if view["counts"] else ""
        more = {"counted": counted, "choices": choices, "longest": LONGEST, "hint": _HINT}
        return view | more | {"version": self._version}

    def _cause(self) -> dict[str, Any]:
        """What made the selected cell of a training set."""
        windows, chosen = self.windows, self.selection
        row, back, feature = (chosen.get(key) for key in ("row", "back", "feature"))
        if self._tracker is not None or windows is None or not isinstance(row, int):
            return {}
        if not isinstance(back, int) or not 0 <= row < len(windows):
            return {}
        step = int(windows.rows[row])
        parts = [c.part for c in self._training_cells().columns if c.name == feature]
        if not parts or not 0 <= back <= int(windows.turns[step]):
            return {}
        made = windows.causes(step - back).get(parts[0])
        return {"key": f"{row} {back} {feature}", "made": made}

    def _all_windows(self) -> TrainingWindows:
        windows = self.windows
        assert windows is not None  # there is a conversation or a training set
        return windows

    def _way(self) -> SingleStateFeaturizer | None:
        return self.featurizers[self.kind]

    def _training_cells(self) -> StateCells:
        if self.kind not in self._cells and self.windows is not None:
            states = self.windows.table.states
            self._cells[self.kind] = state_cells(states, self.domain, self._way())
        return self._cells[self.kind]

    def _selected(self, change: Mapping[str, Any]) -> None:
        with self.lock, self.errors_shown("selection"):
            if self._tracker is None:
                self.cause = self._cause()
            elif self._drawn != (self.turn, self._tracker):
                self._draw()

    @traitlets.validate("max_history")
    def _checked_history(self, proposal: Mapping[str, Any]) -> int | None:
        value: int | None = proposal["value"]
        if value is not None and value < 1:
            raise FeaturizerError(
                f"max_history must be a whole number from 1, or None for the whole history, "
                f"got {value!r}."
            )
        return value if value is None else min(value, MOST)

    @traitlets.validate("kind")
    def _checked_kind(self, proposal: Mapping[str, Any]) -> str:
        kind: str = proposal["value"]
        if kind not in self.featurizers:
            raise UnknownNameError(
                f"Expected a kind of view ({listing(self.featurizers)}), got '{kind}'."
            )
        return kind

    # --- messages -------------------------------------------------------------------------------

    def answer_look(self, change: dict[str, Any]) -> None:
        """The browser asks for another way of looking: `kind`, `max_history`, `sort` ..."""
        with self.hold_sync():
            for name in ("max_history", "kind", "sort", "equal", "features"):
                if name in change:
                    setattr(self, name, change[name])

    def answer_cells(self) -> dict[str, Any]:
        """The browser asks for the windows of the training set."""
        arrays = training_arrays(
            self._all_windows(),
            self._training_cells(),
            self.max_history,
            sort=self.sort,
            repeats=self.equal == _REPEATS[1],
            every=self.features == "all",
        )
        return {"version": self._version, **arrays}

    def answer_open(self, selection: dict[str, Any]) -> None:
        """Somebody clicked a cell: those who asked for it hear which line made it."""
        self.answer_select(selection)
        if self._tracker is None:
            made = self._cause().get("made")
        else:
            rows = [row for row in self.view["rows"] if row["ago"] == selection.get("back")]
            columns = self.view["columns"]
            parts = [c["part"] for c in columns if c["name"] == selection.get("feature")]
            made = rows[0]["made"].get(parts[0]) if rows and parts else None
        source = (made or {}).get("source")
        if source is not None:
            self.tell_source(source["file"], source["line"], source["story"])

    # --- without a front end --------------------------------------------------------------------

    @property
    def summary(self) -> str:
        """Whose features, and how many windows."""
        if self._tracker is None:
            return f"Features of a training set: {self.view['counted']}"
        title = str(self.view["title"]).partition(" ·")[0]
        return f"Features of {self._tracker.sender_id}: {title}"

    def html(self) -> Html:
        """What is not zero as a table."""
        if self._tracker is None:
            return training_heatmap_html(self.view, self._all_windows(), self._training_cells())
        return feature_heatmap_html(self.view)

    def figure(self) -> Any:
        """The matrix as a matplotlib figure; of a training set the first windows."""
        from dialogue_nb.views.feature_heatmap_figure import (
            feature_heatmap_figure,
            training_heatmap_figure,
        )

        if self._tracker is None:
            return training_heatmap_figure(self.view, self._all_windows(), self._training_cells())
        return feature_heatmap_figure(self.view)

    def offline_parts(self) -> Sequence[OfflinePart]:
        """The matrix with what is needed to look around in it: all turns, or all windows."""
        if self._tracker is None:
            part = self.offline_part()
            return [OfflinePart(part.esm, part.css, {**part.state, "cells": self.answer_cells()})]
        turns = turns_of(self._tracker)[-_OFFLINE_TURNS:]
        return [self.offline_part({t.index: {"view": self._made(t.index)} for t in turns})]


TRAINING_ESM: Final = read_static("shared.js", "feature_cells.js", "training_heatmap.js")
"""The script for training sets, which paints on a canvas."""


def _domain_of(data: TrainingData | Sequence[Tracker] | None) -> Domain:
    if isinstance(data, TrainingData):
        return data.domain
    for tracker in data or ():
        if isinstance(tracker, TrainingTracker):
            return tracker.domain
    raise FeaturizerError(
        "Expected the domain of the conversation, got none: FeatureHeatmap(tracker, domain)."
    )
