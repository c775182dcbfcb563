"""`RunControl`: Train and Stop on a comm of their own, so that a stop is heard at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dialogue_nb.agent.training_run import TrainingRun
from dialogue_nb.core.exceptions import AgentError
from dialogue_nb.views.html import Html, note
from dialogue_nb.views.training_curves import progress_of
from dialogue_nb.widgets.base import View, read_static


class RunControl(View):
    """Two buttons: Train and Stop.

    It has a comm of its own on which Python only ever answers. Newer kernels send a message of the
    browser to the thread that spoke last on its comm; as no cell speaks on this one, a stop is
    heard although a cell is busy, where the kernel has subshells. The stop itself only sets an
    event.

    Args:
        run: A run, or a function that starts one and returns it.
        key: See `View`.

    Attributes:
        run: The run that Stop stops; None if there is none yet.

    Example:
        >>> from dialogue_nb import bots
        >>> agent = bots.load("moodbot").agent([])
        >>> control = RunControl(TrainingRun(agent, []).start())
        >>> control.receive({"type": "stop"})
        >>> control.run.wait()
        'finished'
        >>> control.close()
    """

    _esm = read_static("shared.js", "run_control.js")
    _css = read_static("shared.css", "run_control.css")

    def __init__(
        self, run: TrainingRun | Callable[[], TrainingRun], *, key: str | None = None
    ) -> None:
        super().__init__(key=key)
        self.run: TrainingRun | None = run if isinstance(run, TrainingRun) else None
        self._start = run.start if isinstance(run, TrainingRun) else run

    def at_once(self, asked: str) -> None:
        """A stop comes before all else.

        Args:
            asked: The type of a message of the browser.
        """
        run = self.run
        if asked == "stop" and run is not None:
            run.stop()

    def answer_stop(self) -> dict[str, Any]:
        """The run was asked to stop already."""
        return self.answer_progress()

    def answer_progress(self) -> dict[str, Any]:
        """How far the run is."""
        run = self.run
        return {"progress": None if run is None else progress_of(run)}

    def answer_train(self) -> dict[str, Any]:
        """Starts a run."""
        if self.run is not None and self.run.is_going_on:
            raise AgentError("The bot is being trained already. Wait for that, or stop it first.")
        self.run = self._start()
        return self.answer_progress()

    @property
    def summary(self) -> str:
        """What the run does, and how to stop it without the button."""
        if self.run is None:
            return "No training yet."
        return f"Training: {self.run.state}. To stop it: run.stop()."

    def html(self) -> Html:
        """The same as HTML."""
        return note(self.summary)
