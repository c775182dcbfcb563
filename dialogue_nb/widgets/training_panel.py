"""`TrainingPanel`: train a bot, watch it learn, stop it, compare runs."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from typing import Any

import traitlets

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.ingredients import Resource
from dialogue_nb.agent.project import Project
from dialogue_nb.agent.training_run import Data, TrainingRun
from dialogue_nb.agent.training_source import TrainingSource, content_of
from dialogue_nb.core.diagnostics import did_you_mean, listing
from dialogue_nb.core.exceptions import AgentError, PolicyConfigError, UnknownNameError
from dialogue_nb.core.listeners import listen
from dialogue_nb.policies.parameters import Parameter
from dialogue_nb.policies.policy import Policy
from dialogue_nb.views.html import Html
from dialogue_nb.views.policy_marks import policy_marks
from dialogue_nb.views.training_curves import axes_of, progress_of, series_of
from dialogue_nb.views.training_panel import (
    problem_of,
    training_panel_html,
    training_panel_summary,
    training_panel_view,
)
from dialogue_nb.views.training_settings import settable, training_settings_view, values_of
from dialogue_nb.widgets.base import View, read_static
from dialogue_nb.widgets.offline import OfflinePart
from dialogue_nb.widgets.run_control import RunControl
from dialogue_nb.widgets.training_settings import TrainingSettings

STORIES = "Stories"
"""The name of what is set for all policies."""
AUGMENTATION = Parameter(
    "augmentation_factor",
    "whole",
    20,
    "How much stories are glued together, so that a policy sees them one after the other; 0 for "
    "not at all.",
    low=0,
)


class TrainingPanel(View):
    """Trains a bot: hyper-parameters, live curves, a stop that keeps what was learnt.

    A run goes on in the background (`TrainingRun`), so cells can be run meanwhile, and the bot
    answers with what the last finished epoch has taught it. Runs are kept and compared.

    Args:
        project_or_agent: A bot; of a `Project` each run makes an agent of its own, an `Agent` is
            trained itself.
        data: What an agent learns from: training dialogues (`agent.load_data(...)`), or stories, a
            file or a folder.
        key: See `View`.
        **agent_options: For the agents of a project, e.g. `actions`, `random_seed`, `policies`.

    Attributes:
        source: What is trained, and on what.
        runs: The runs, oldest first, with their `settings` and `curves`.
        run_control: The widget whose comm a stop goes over; it can be shown on its own too.
        settings_widget: The widget with the parameters.
        stale: Whether the project has changed since the last training.

    Example:
        >>> from dialogue_nb import bots
        >>> from dialogue_nb.policies.memoization import MemoizationPolicy
        >>> panel = TrainingPanel(bots.load("moodbot"), policies=[MemoizationPolicy()])
        >>> panel.set_parameters("MemoizationPolicy", max_history=3)
        >>> panel.train().wait()
        'finished'
        >>> panel.agent.predict_next().action
        'action_listen'
        >>> panel.close()
    """

    _esm = read_static("shared.js", "training_panel.js")
    _css = read_static("shared.css", "training_panel.css")
    control = traitlets.Unicode().tag(sync=True)
    settings = traitlets.Unicode().tag(sync=True)
    stale = traitlets.Bool().tag(sync=True)

    def __init__(
        self,
        project_or_agent: Project | Agent,
        *,
        data: Data | Resource | None = None,
        key: str | None = None,
        **agent_options: Any,
    ) -> None:
        super().__init__(key=key)
        self.runs: list[TrainingRun] = []
        self.source = TrainingSource(project_or_agent, data, agent_options)
        self.run_control = RunControl(self.train, key=f"{key} control" if key else None)
        self._trained: Project | None = None
        self._untrained = self.source.agent()
        self._first = [values_of(policy) for policy in self.policies]
        self._settings: list[dict[str, Any]] = [{} for _ in self.policies]
        self._factor: int = AUGMENTATION.default
        self.settings_widget = TrainingSettings(
            {"groups": []},
            lambda place, name, value: self.set_parameters(place, **{name: value}),
            self.reset,
            key=f"{key} settings" if key else None,
        )
        self._sent: dict[int, int] = {}
        self._over: list[TrainingRun] = []
        self._callbacks: list[Callable[[Agent], Any]] = []
        self._told = threading.Event()
        self.control, self.settings = self.run_control.model_id, self.settings_widget.model_id
        self.refresh()

    @classmethod
    def of_agent(cls, agent: Agent, **options: Any) -> TrainingPanel:
        """The training of an agent.

        Args:
            agent: The agent.
            **options: As for `TrainingPanel`: `data` at least.
        """
        return cls(agent, **options)

    # --- what is trained --------------------------------------------------------------------------

    @property
    def agent(self) -> Agent:
        """The bot as the last training left it; an untrained one before that."""
        trained = (run.agent for run in reversed(self.runs) if run.agent.is_trained)
        return self.source.given or next(trained, self._untrained)

    @property
    def project(self) -> Project | None:
        """The bot's files as they are now; the next run learns from what is set here."""
        return self.source.project

    @project.setter
    def project(self, project: Project) -> None:
        with self.lock:
            self.source.project = project
            self.stale = self._trained is not None and (
                content_of(project) != content_of(self._trained)
            )
            self.refresh()

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies, of which a run of a project trains copies."""
        return self._untrained.policies

    def set_parameters(self, policy: str | int, **values: Any) -> None:
        """Sets parameters for the next run.

        Args:
            policy: The policy's name or place; "Stories" for `augmentation_factor`.
            **values: The values by name.

        Raises:
            UnknownNameError: If there is no such policy.
            PolicyConfigError: If there is no such parameter, or a value cannot be used; then
                nothing is set.
        """
        place = self._place(policy)
        known = {p.name: p for p in self._parameters(place)}
        checked = {}
        for name, value in values.items():
            if name not in known:
                hint = did_you_mean(name, known) or f"It has {listing(known)}."
                raise PolicyConfigError(f"{policy} has no parameter '{name}' to set. {hint}")
            checked[name] = known[name].checked(value)
        with self.lock:
            if place < 0:
                self._factor = checked.get(AUGMENTATION.name, self._factor)
            else:
                self._settings[place] |= checked
            self.refresh()

    def _place(self, policy: str | int) -> int:
        if isinstance(policy, int) and -1 <= policy < len(self.policies):
            return policy
        names = [each.name for each in self.policies]
        places = {mark["label"]: i for i, mark in enumerate(policy_marks(names))}
        places |= {name: i for i, name in reversed(list(enumerate(names)))} | {STORIES: -1}
        if policy not in places:
            hint = did_you_mean(str(policy), places)
            raise UnknownNameError(
                f"There is no policy '{policy}', there are {listing(places)}. {hint}".strip()
            )
        return places[str(policy)]

    def _parameters(self, place: int) -> list[Parameter]:
        return settable(self.policies[place]) if place >= 0 else self._common()

    def _common(self) -> list[Parameter]:
        """What can be set for all policies: how dialogues are made, if they are not yet."""
        return [] if self.source.has_dialogues else [AUGMENTATION]

    # --- training ---------------------------------------------------------------------------------

    def train(self) -> TrainingRun:
        """Starts a run and returns it at once; what the Train button does.

        Raises:
            AgentError: If one is going on already, or there is nothing to learn from.
        """
        with self.lock:
            if any(run.is_going_on for run in self.runs):
                raise AgentError(
                    "The bot is being trained already. Wait until that is over, or stop it first."
                )
            problem = self.source.problem
            if problem:
                raise AgentError(problem)
            run = self._new_run()
            run.on_change(self._hear)
            self._sent = {}
            self._told.clear()
            run.start()
            self.runs.append(run)
            self.run_control.run = run
            self._trained, self.stale = self.source.project, False
            self.refresh()
        return run

    def stop(self) -> None:
        """Ends the run that is going on within a second; what was learnt is kept."""
        for run in self.runs:
            if run.is_going_on:
                run.stop()

    def wait(self, timeout: float | None = None) -> TrainingRun:
        """Waits until the run is over and everybody has been told.

        An interrupt (Ctrl-C, the notebook's button) stops the run.

        Args:
            timeout: How many seconds to wait at most; None: as long as it takes.

        Returns:
            The last run.
        """
        if not self.runs:
            raise AgentError("Nothing is being trained. Call train() first.")
        if self.runs[-1].wait(timeout) not in ("waiting", "running"):
            self._told.wait(timeout)
        return self.runs[-1]

    def on_trained(self, callback: Callable[[Agent], Any]) -> Callable[[], None]:
        """Has a function called with the agent after each run that has finished or was stopped.

        Args:
            callback: The function. It is called on a thread of the run.

        Returns:
            What ends that.
        """
        return listen(self._callbacks, callback)

    def _new_run(self) -> TrainingRun:
        agent = self.source.agent([copy.copy(policy) for policy in self.policies])
        settings = dict(enumerate(self._chosen()))
        about = {each.name: self._factor for each in self._common()}
        data = self.source.dialogues(agent, self._factor)
        return TrainingRun(agent, data, settings=settings, about=about)

    def _chosen(self) -> list[dict[str, Any]]:
        """The parameters of each policy for the next run."""
        return [first | chosen for first, chosen in zip(self._first, self._settings, strict=True)]

    # --- what is shown ----------------------------------------------------------------------------

    @property
    def notes(self) -> list[str]:
        """What is to be said about the policies: those of the bot's files that are left out."""
        return [" ".join(filter(None, (d.message, d.hint))) for d in self._untrained.diagnostics]

    def refresh(self) -> None:
        """Shows everything as it is now."""
        with self.lock:
            common = {each: self._factor for each in self._common()}
            self.settings_widget.view = training_settings_view(
                self.policies, self._chosen(), common
            )
            self.view = training_panel_view(
                self.runs,
                name=self.source.project.name if self.source.project is not None else "",
                notes=self.notes,
                problem=self.source.problem,
                stale=self.stale,
            )

    def _hear(self, run: TrainingRun) -> None:
        """Sends what is new of a run; called on its thread, at most ten times a second."""
        with self.errors_shown("training"):
            over = run.is_over
            with self.lock:
                news = series_of(run, self._sent)
                self._sent |= {one["policy"]: one["start"] + len(one["points"]) for one in news}
                number = self.runs.index(run)
                if over:
                    self.refresh()
                if run.error is not None and over:
                    self._show_failure(run)
            progress = progress_of(run)
            news_for = {"type": "points", "run": number, "series": news, "progress": progress}
            self.send(news_for | {"axes": axes_of(self.runs)})
        if over and run not in self._over:  # the end may be told twice
            self._over.append(run)
            if run.state != "failed" and run.agent.is_trained:
                for number, callback in enumerate(list(self._callbacks)):
                    with self.errors_shown(f"on_trained {number}"):
                        callback(run.agent)
            self._told.set()

    def _show_failure(self, run: TrainingRun) -> None:
        said = problem_of(run) or {}
        message = (
            f"Training failed in {said['where']}: {said['message'].rstrip('.')}. {said['todo']}"
        )
        self.error = {
            "message": message, "traceback": said["traceback"], "during": "train",
        }  # fmt: skip

    def answer_curves(self) -> dict[str, Any]:
        """A new view gets all curves."""
        return self._curves()

    def _curves(self) -> dict[str, Any]:
        progress = progress_of(self.runs[-1]) if self.runs else None
        series = [series_of(run) for run in self.runs]
        return {"series": series, "axes": axes_of(self.runs), "progress": progress}

    def answer_train(self) -> None:
        """The Train button."""
        self.train()

    def answer_stop(self) -> None:
        """The Stop button of a view that cannot reach `RunControl`."""

    def at_once(self, asked: str) -> None:
        """A stop comes before all else.

        Args:
            asked: The type of a message of the browser.
        """
        if asked == "stop":
            self.stop()

    def reset(self) -> None:
        """All parameters are again what they were in the beginning."""
        with self.lock:
            self._settings = [{} for _ in self.policies]
            self._factor = AUGMENTATION.default
            self.refresh()

    # --- without a front end ----------------------------------------------------------------------

    @property
    def summary(self) -> str:
        """The last run in one line."""
        return training_panel_summary(self.view)

    def html(self) -> Html:
        """The runs as a table."""
        return training_panel_html(self.view)

    def figure(self) -> Any:
        """The curves of all runs as a matplotlib figure."""
        from dialogue_nb.views.training_figure import training_panel_figure

        return training_panel_figure(self.view, [series_of(run) for run in self.runs])

    def offline_part(self, frames: Mapping[int, Mapping[str, Any]] | None = None) -> OfflinePart:
        """The runs with all their curves, for a file."""
        part = super().offline_part(frames)
        state = {**part.state, "control": "", "settings": "", "curves": self._curves()}
        return OfflinePart(part.esm, part.css, state, part.frames)

    def close(self) -> None:
        """Ends the widget, and a run that is going on; what was learnt is kept."""
        self.stop()
        self.run_control.close()
        self.settings_widget.close()
        super().close()
