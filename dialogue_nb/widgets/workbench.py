"""`Workbench`: write, train, talk and look, in one place with one selection."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import ipywidgets

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.ingredients import common_history, longest_history
from dialogue_nb.agent.live_project import Document
from dialogue_nb.agent.live_trackers import StorePlace, open_store
from dialogue_nb.agent.project import Project
from dialogue_nb.agent.store_places import project_store
from dialogue_nb.agent.training_run import TrainingRun
from dialogue_nb.core.diagnostics import errors_in
from dialogue_nb.core.exceptions import UnknownNameError
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.evaluation.changes import Change, changed_decisions
from dialogue_nb.stories.adding import add_stories, with_free_names
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.places import StoryPlaces
from dialogue_nb.stories.reader import StoryFormat, parse_stories
from dialogue_nb.views.html import Html, join
from dialogue_nb.views.turns import telling_turn, turns_of
from dialogue_nb.views.workbench import PANES, workbench_view
from dialogue_nb.widgets.base import StaticView, View
from dialogue_nb.widgets.cells import current_cell
from dialogue_nb.widgets.chat_pane import ChatPane
from dialogue_nb.widgets.confidence_bars import ConfidenceBars
from dialogue_nb.widgets.conversation_list import ConversationList
from dialogue_nb.widgets.feature_heatmap import FeatureHeatmap
from dialogue_nb.widgets.messages import sendable
from dialogue_nb.widgets.offline import offline_page
from dialogue_nb.widgets.rule_matcher import RuleMatcher
from dialogue_nb.widgets.story_editor import StoryEditor
from dialogue_nb.widgets.story_graph import StoryGraph
from dialogue_nb.widgets.tracker_timeline import TrackerTimeline
from dialogue_nb.widgets.training_panel import TrainingPanel
from dialogue_nb.widgets.workbench_bar import WorkbenchBar
from dialogue_nb.widgets.workbench_boxes import boxes_in, boxes_of
from dialogue_nb.widgets.workbench_selection import OneSelection

COMPARED: Final = 2_000
"""So many dialogues are decided twice after a training, to see what it changed; not more."""


class Workbench(OneSelection, ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets: no types
    """A bot to write, train, talk to and look into: all views of it, with one selection.

    Edit a story, press Train (or Ctrl-Enter in the editor), see which predictions changed, talk,
    and click any turn to see why it came.

    Args:
        project: The bot: a `Project`, or its folder.
        hidden: The panes that are hidden at first, keys of `dialogue_nb.views.workbench.PANES`.
        sender_id: Whose conversation it is; it goes on where it was left.
        tracker_store: Where conversations are kept, as for `Agent`; None: in memory. Default True:
            in the bot's folder, `.dialogue_nb/conversations.db`, or, for a bot that comes with the
            package or may only be read, in the person's own data folder. The chat says where.
        key: A name for this workbench: a new one with the same name replaces it.
        **agent_options: As for `Agent`: `policies`, `actions`, `interpreter`, `random_seed`.

    Raises:
        ProjectError: If there is no such bot.

    Attributes:
        editor: The `StoryEditor`; `editor.project` is the bot as it is written now.
        training: The `TrainingPanel`; `training.agent` is the bot as it learns.
        chat: The `ChatPane`.
        confidence: The `ConfidenceBars`.
        timeline: The `TrackerTimeline`.
        features: The `FeatureHeatmap`.
        graph: The `StoryGraph`.
        rules: The `RuleMatcher`.
        conversations: The `ConversationList`.
        bar: What stands above them.
        changes: What the last training changed; None before the second one.
    """

    def __init__(
        self,
        project: Project | str | Path,
        *,
        hidden: Sequence[str] = ("rules", "training", "graph", "conversations"),
        sender_id: str = "default",
        tracker_store: StorePlace | bool = True,
        key: str | None = None,
        **agent_options: Any,
    ) -> None:
        self.lock = threading.RLock()
        self.changes: list[Change] | None = None
        self._places: StoryPlaces | None = None
        self._watched: TrainingRun | None = None
        bot = project if isinstance(project, Project) else Project.load(project)
        chosen = None if isinstance(tracker_store, bool) else open_store(tracker_store)
        store, problem = project_store(bot) if tracker_store is True else (chosen, "")
        options = agent_options | {"tracker_store": store}
        self._make_views(bot, tuple(hidden), sender_id, options)
        if problem:
            self.chat.error = {"message": problem, "traceback": "", "during": "opening"}
        super().__init__(boxes_of(self))
        self.add_class("dn-workbench")
        self._link()
        self._learn_stories(self.project)
        self._show_turn({"turn": telling_turn(self.tracker), "branch": 0}, None)
        cell = (f"key:{key}", object()) if key else current_cell()
        if cell is not None:
            View.cells.add(self, cell=f"Workbench {cell[0]}", run=cell[1])

    def _make_views(
        self, bot: Project, hidden: tuple[str, ...], sender_id: str, agent_options: dict[str, Any]
    ) -> None:
        self.editor = StoryEditor(bot)
        self.training = TrainingPanel(self.editor.project, **agent_options)
        self.agent = self.training.agent
        self._max_history = common_history(self.agent.policies)
        self.chat = ChatPane(self.agent, sender_id)
        self.conversations = ConversationList(self.chat)
        self.confidence = ConfidenceBars(self.tracker, live=True)
        self.confidence.use(self.agent)
        names = [policy.name for policy in self.agent.policies]
        self.timeline = TrackerTimeline(self.tracker, on_fork=self._fork, policies=names)
        self.graph = StoryGraph(())
        self.features = FeatureHeatmap.of_agent(self.agent, self.sender_id)
        self.rules = RuleMatcher.of_agent(self.agent, self.sender_id, live=True)
        self.bar = WorkbenchBar(
            self._bar_view(), on_history=self.set_max_history, on_go=self._go, hidden=hidden
        )
        for view in self.views:  # one lock: they call each other, from several threads
            view.lock = self.lock

    # --- what a person does -----------------------------------------------------------------------

    @property
    def project(self) -> Project:
        """The bot as it is written now."""
        return self.editor.project

    @property
    def sender_id(self) -> str:
        """Whose conversation it is."""
        return self.chat.sender_id

    @property
    def tracker(self) -> DialogueStateTracker:
        """The conversation."""
        return self.agent.tracker(self.sender_id)

    def train(self, *, wait: bool = False) -> Agent:
        """Trains the bot as it is written now; what the Train button does.

        Args:
            wait: Whether to return only when it is over.

        Returns:
            The bot; while it learns, as it was before.

        Raises:
            AgentError: If it is being trained already, or there is nothing to learn from.
        """
        self.training.train()
        if wait:
            self.training.wait()
        return self.agent

    def say(self, text: str) -> list[dict[str, Any]]:
        """Says something to the bot; see `ChatPane.say`."""
        return self.chat.say(text)

    def set_max_history(self, value: int) -> None:
        """Lets the policies look back so many turns, from the next training on.

        Args:
            value: How many turns, from 1.
        """
        self.features.max_history = value
        self._max_history = value = self.features.max_history  # a very long one is cut
        for place, policy in enumerate(self.training.policies):
            if hasattr(policy, "max_history"):
                self.training.set_parameters(place, max_history=value)
        self._show_bar()

    # --- what happens -----------------------------------------------------------------------------

    def _link(self) -> None:
        self._link_selections()
        self.chat.on_message(self._spoken)
        self.chat.on_save(self._save)
        self.editor.on_change(self._edited)
        self.editor.on_submit(lambda _: self.train())
        self.features.on_select_source(self._open)
        self.graph.on_select_source(self._open)
        self.rules.on_select_source(self._open)
        self.training.on_trained(self._trained)
        self.training.observe(lambda _: self._watch_run(), "view")
        self.bar.observe(lambda _: self._show_hidden(), "hidden")

    def _spoken(self, tracker: DialogueStateTracker) -> None:
        """Something was said, undone or forked in the chat."""
        with self.lock:
            self._linking = True
            try:
                self.timeline.show(tracker, self.chat.others)
                for view in self._deciding:
                    if view.tracker is not tracker:
                        view.tracker = tracker
                    else:
                        view.refresh()
            finally:
                self._linking = False
            self._show_bar()
            self._show_turn(self.chat.selection, self.chat)

    def _fork(self, forked: DialogueStateTracker, turn: int) -> DialogueStateTracker:
        """The timeline forks: the chat can go on in the fork."""
        self.chat.conversations[f"fork {len(self.timeline.forks) + 1}, turn {turn}"] = forked
        self.chat.refresh()
        return forked

    def _save(self, text: str, format: StoryFormat) -> None:
        """A conversation becomes a story in the editor."""
        stories, _ = parse_stories(text, format=format)
        new = with_free_names(stories, [story.name for story in self.project.stories])
        name, old = next(iter(self.editor.texts.items()))
        written = Document.of_stories(old, name).format
        self.editor.set_text(name, add_stories(old, new, written))

    def _edited(self, project: Project) -> None:
        """Something was written in the editor."""
        self.training.project = project
        self._show_bar()

    def _watch_run(self) -> None:
        """A run begins, perhaps: the confidences follow its epochs."""
        run = self.training.runs[-1] if self.training.runs else None
        if run is not None and run is not self._watched:
            self._watched = run
            run.on_change(self._learning)
        self._show_bar()

    def _learning(self, run: TrainingRun) -> None:
        """There is news of a run."""
        with self.bar.errors_shown("learning"):
            if run.is_going_on and run.agent.is_trained and run.agent is not self.agent:
                self.confidence.use(run.agent)
            self._show_bar()

    def _trained(self, agent: Agent) -> None:
        """A run is over: everything shows what the bot is now."""
        with self.lock, self.bar.errors_shown("training"):
            before, self.agent = self.agent, agent
            self._max_history = common_history(agent.policies)
            self._learn_stories(self.training.project or self.project)
            self.chat.agent = agent
            self.changes = None
            if before.is_trained and before is not agent:
                data = self._places.data if self._places is not None else None
                data = data if data is not None and len(data) <= COMPARED else None
                self.changes = changed_decisions(before, agent, data, self.tracker)
            self.features.rule_only = agent.ensemble.share_rule_only()
            self.confidence.use(agent)
            if self.rules in self._deciding:
                self.rules.agent = agent
            self._spoken(self.tracker)

    def _learn_stories(self, project: Project) -> None:
        """Makes the dialogues that turns are looked up in."""
        self._places = None
        with self.bar.errors_shown("stories"):  # of too many dialogues, for example
            if not errors_in(project.diagnostics):
                stories = [*project.stories, *project.rules]
                last = longest_history(self.training.policies)  # as training takes them together
                data = generate(stories, project.domain, unique_last_num_states=last)
                self._places, self.features.data = StoryPlaces(data), data
        self._show_hidden()
        self._show_bar()

    def _show_hidden(self) -> None:
        """Graph and rules are made when somebody sees them."""
        if self.rules in self._deciding and self.rules.agent is not self.agent:
            self.rules.agent = self.agent
        if self.rules in self._deciding and self.rules.tracker is not self.confidence.tracker:
            self.rules.tracker = self.confidence.tracker
        if self.rules in self._deciding:
            self.rules.selection = {**self.rules.selection, **self._selected}
        data = self._places.data if self._places is not None else None
        if "graph" not in self.bar.hidden and data is not None and self.graph.source is not data:
            self.graph.source = data

    def _go(self, change: int) -> None:
        """A change was clicked on."""
        if self.changes is None or not 0 <= change < len(self.changes):
            raise UnknownNameError(f"There is no change {change}: train again, and look again.")
        one = self.changes[change]
        if one.is_conversation:
            self._show_turn({"turn": one.turn, "branch": 0}, None)
        elif self._places is not None and (place := self._places.of_turn(one.where, one.turn)):
            self._open(place.file, place.line, place.story, last_line=place.last_line)

    def _show_bar(self) -> None:
        self.bar.view = self._bar_view()

    def _bar_view(self) -> dict[str, Any]:
        history = self.features.max_history
        return workbench_view(
            self.project.name,
            windows=0 if self._places is None else self._places.windows(history),
            turns=len(turns_of(self.tracker)),
            policies=[policy.name for policy in self.training.policies],
            notes=self.training.notes,
            run=self.training.runs[-1] if self.training.runs else None,
            stale=self.training.stale,
            changes=self.changes,
            max_history=self._max_history,
        )

    # --- without a front end ----------------------------------------------------------------------

    @property
    def summary(self) -> str:
        """The bot, what it has learnt, and the conversation, in one line."""
        return f"Workbench: {self.bar.summary} {self.chat.summary}."

    @property
    def views(self) -> tuple[View, ...]:
        """All views, in the order in which they stand."""
        panes = (getattr(self, name) for name in PANES)
        return (self.bar, *panes)

    def html(self) -> Html:
        """All views that are shown, as static tables."""
        shown = [self.bar, *(getattr(self, n) for n in PANES if n not in self.bar.hidden)]
        return join(Html(view.html()) for view in shown)

    def static(self) -> StaticView:
        """The workbench as it stands now, for notebooks that are read without a kernel."""
        return StaticView(self.html(), self.summary)

    def to_html(self, path: str | Path, title: str | None = None) -> Path:
        """Writes conversation, confidences and features into one file, as `View.to_html` does."""
        views = (self.chat, self.features, *([] if "graph" in self.bar.hidden else [self.graph]))
        parts = [part for view in views for part in view.offline_parts()]
        page = offline_page(title or self.summary, parts, self.html())
        Path(path).write_text(page, encoding="utf-8")
        return Path(path)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        return bundle | sendable({"text/plain": self.summary, "text/html": str(self.html())})

    def __repr__(self) -> str:
        return self.summary

    def close(self) -> None:
        """Ends the workbench: all of it disappears, and a training that is going on stops."""
        if self.comm is None:  # it was never finished, or is closed already
            return
        for view in self.views:
            view.close()
        if self.agent.tracker_store.store is not None:
            self.agent.tracker_store.store.close()
        layouts = [box.layout for box in (*boxes_in(self), self)]
        for box in boxes_in(self):
            box.close()
        super().close()
        for layout in layouts:
            layout.close()
