"""The head of the workbench as a widget of its own; `Workbench` fills it and listens to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from dialogue_nb.views.html import Html
from dialogue_nb.views.workbench import PANES, workbench_html
from dialogue_nb.widgets.base import View, read_static


class WorkbenchBar(View):
    """Name, policies, state of the training, what it changed, and which panes are shown.

    Its JavaScript also dresses the box of the panes: theme, keys, what is hidden.

    Args:
        view: From `workbench_view`.
        on_history: Called with a number when somebody moves the slider of `max_history`.
        on_go: Called with the number of a change when somebody clicks on it.
        hidden: The names of the panes that are hidden at first.
        panes: The names of the panes that there are.
        key: See `View`.
    """

    _esm = read_static("shared.js", "workbench.js")
    _css = read_static("shared.css", "workbench.css")
    panes = traitlets.List(traitlets.Unicode()).tag(sync=True)
    hidden = traitlets.List(traitlets.Unicode()).tag(sync=True)
    from_browser = ("selection", "hidden")

    def __init__(
        self,
        view: dict[str, Any],
        *,
        on_history: Callable[[int], Any],
        on_go: Callable[[int], Any],
        hidden: tuple[str, ...] = (),
        panes: tuple[str, ...] = tuple(PANES),
        key: str | None = None,
    ) -> None:
        super().__init__(key=key, view=view, hidden=list(hidden), panes=list(panes))
        self._on_history = on_history
        self._on_go = on_go

    def answer_history(self, value: int) -> None:
        """The slider was moved."""
        self._on_history(value)

    def answer_go(self, change: int) -> None:
        """A change was clicked on."""
        self._on_go(change)

    def answer_panes(self, hidden: list[str]) -> None:
        """Panes were hidden or shown."""
        self.hidden = [name for name in hidden if name in self.panes]

    @property
    def summary(self) -> str:
        """The bot and what it has learnt."""
        return (
            f"{self.view['name']}: {self.view['windows']} windows. {self.view['sentence']}".strip()
        )

    def html(self) -> Html:
        """Name, state, and what changed."""
        return workbench_html(self.view)
