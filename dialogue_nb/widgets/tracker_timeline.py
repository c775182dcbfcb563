"""`TrackerTimeline`: one conversation as a strip of turns, to walk through, fork and compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dialogue_nb.core.diagnostics import listing
from dialogue_nb.core.exceptions import UnknownNameError
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.views.confidence_bars import confidence_bars_view
from dialogue_nb.views.html import Html
from dialogue_nb.views.tracker_timeline import (
    tracker_timeline_html,
    tracker_timeline_text,
    tracker_timeline_view,
)
from dialogue_nb.views.turns import Turn, decision_at, fork_at, telling_turn, turns_of
from dialogue_nb.widgets.base import View, read_static
from dialogue_nb.widgets.messages import sendable
from dialogue_nb.widgets.offline import OfflinePart

OnFork = Callable[[DialogueStateTracker, int], DialogueStateTracker | None]


class TrackerTimeline(View):
    """A conversation as a strip of turns.

    A turn is selected with a click or the arrow keys; `selection` is then `{"turn": n, "branch":
    0}`, with branch 1 for the conversation that is compared with. `f` or the button forks the
    conversation before the selected turn.

    Args:
        tracker: The conversation.
        on_fork: Called with the fork and the number of the turn. It may return the conversation to
            compare with instead, for instance one that has gone on from there.
        policies: The names of the policies in the order of the ensemble; the default is what the
            conversation names.
        key: See `View`.

    Attributes:
        forks: The forks by name.

    Example:
        >>> from dialogue_nb.core.events import ActionExecuted, UserUttered
        >>> said = [ActionExecuted("action_listen"), UserUttered.of("greet")]
        >>> timeline = TrackerTimeline(DialogueStateTracker("ann", events=said))
        >>> timeline.summary
        'Timeline of ann: 1 turn'
        >>> timeline.fork(1).latest_message.intent_name is None
        True
        >>> timeline.close()
    """

    _esm = read_static("shared.js", "tracker_timeline.js")
    _css = read_static("shared.css", "tracker_timeline.css")

    def __init__(
        self,
        tracker: DialogueStateTracker,
        *,
        on_fork: OnFork | None = None,
        policies: Sequence[str] = (),
        key: str | None = None,
    ) -> None:
        super().__init__(key=key)
        self.on_fork = on_fork
        self.policies = tuple(policies)
        self.forks: dict[str, DialogueStateTracker] = {}
        self._compared: str | None = None
        self._tracker = tracker
        self.refresh()
        self.selection = {"turn": telling_turn(tracker), "branch": 0}

    @property
    def tracker(self) -> DialogueStateTracker:
        """The conversation. Setting another one forgets the forks."""
        return self._tracker

    @tracker.setter
    def tracker(self, tracker: DialogueStateTracker) -> None:
        self.show(tracker, {})

    def show(
        self, tracker: DialogueStateTracker, forks: Mapping[str, DialogueStateTracker]
    ) -> None:
        """Shows another conversation, and what it may be compared with.

        Args:
            tracker: The conversation. If it is another one than before, its telling turn is
                selected.
            forks: By name, what to compare it with. What was compared stays so; if it is no longer
                there, the conversation that was shown before takes its place.
        """
        with self.lock, self.hold_sync():
            before, self._tracker, self.forks = self._tracker, tracker, dict(forks)
            if self._compared not in self.forks:
                shown = (name for name, fork in self.forks.items() if fork is before)
                self._compared = next(shown, None)
            self.refresh()
            if tracker is not before:
                self.selection = {**self.selection, "turn": telling_turn(tracker), "branch": 0}

    def refresh(self) -> None:
        """Looks at the conversation anew, after something was said."""
        with self.lock:
            self.view = tracker_timeline_view(
                self._tracker,
                other=self.forks.get(self._compared or ""),
                other_name=self._compared or "",
                forks=self.forks,
                policies=self.policies,
            )

    @property
    def selected_tracker(self) -> DialogueStateTracker:
        """The conversation whose turn is selected: the one that is shown, or the compared one."""
        other = self.forks.get(self._compared or "")
        return other if other is not None and self.selection.get("branch") else self._tracker

    def fork(self, turn: int, branch: int = 0) -> DialogueStateTracker:
        """Forks the conversation before a turn and compares it with the fork.

        Args:
            turn: The turn; what came before it is shared.
            branch: 1 to fork the conversation that is compared with.

        Returns:
            The fork, or what `on_fork` made of it.

        Raises:
            UnknownNameError: If there is no such turn.
        """
        with self.lock:
            source = self.forks.get(self._compared or "") if branch else None
            forked = fork_at(source if source is not None else self._tracker, turn)
            forked = (self.on_fork(forked, turn) if self.on_fork else None) or forked
            name = f"fork {len(self.forks) + 1}, turn {turn}"
            self.forks[name] = forked
            self.compare(name)
        return forked

    def compare(self, fork: str | None) -> None:
        """Shows a fork under the conversation.

        Args:
            fork: Its name in `forks`; None shows the conversation alone.

        Raises:
            UnknownNameError: If there is no such fork.
        """
        if fork is not None and fork not in self.forks:
            raise UnknownNameError(f"Expected a fork ({listing(self.forks)}), got {fork!r}.")
        with self.lock, self.hold_sync():
            self._compared = fork
            self.refresh()
            if fork is None:
                self.selection = {**self.selection, "branch": 0}

    def answer_fork(self, turn: int, branch: int = 0) -> None:
        """The browser asks for a fork."""
        self.fork(turn, branch)

    def answer_compare(self, fork: str | None) -> None:
        """The browser asks for a comparison."""
        self.compare(fork)

    # --- without a front end --------------------------------------------------------------------

    @property
    def summary(self) -> str:
        """Whose conversation it is, and how long."""
        return f"Timeline of {self._tracker.sender_id}: {self.view['count']}"

    def html(self) -> Html:
        """The conversation as a table."""
        return tracker_timeline_html(self.view)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        return data | {"text/plain": sendable(tracker_timeline_text(self.view))}, metadata

    def figure(self) -> Any:
        """The conversation as a matplotlib figure."""
        from dialogue_nb.views.figures import tracker_timeline_figure

        return tracker_timeline_figure(self.view)

    def offline_parts(self) -> Sequence[OfflinePart]:
        """The strip, and under it the confidences of every turn, if any decision is recorded."""
        from dialogue_nb.widgets.confidence_bars import ConfidenceBars

        if not self._tracker.decisions:
            return [self.offline_part()]
        frames = {turn.index: {"view": self._confidences(turn)} for turn in turns_of(self._tracker)}
        bars = ConfidenceBars()
        bars.view = frames[min(int(self.selection.get("turn", 0)), max(frames))]["view"]
        part = bars.offline_part(frames)
        bars.close()
        return [self.offline_part(), part]

    def _confidences(self, turn: Turn) -> dict[str, Any]:
        """What a file shows of the decision of a turn; only its most likely actions."""
        decision = decision_at(self._tracker, turn.index)
        then = self._tracker.branch(turn.predicted_at)
        return confidence_bars_view(decision, turn=turn.index, tracker=then, limit=12)
