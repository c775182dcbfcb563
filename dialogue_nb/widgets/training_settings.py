"""`TrainingSettings`: the parameters of the next training, each with its default and meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dialogue_nb.core.exceptions import PolicyConfigError
from dialogue_nb.views.html import Html
from dialogue_nb.views.training_settings import training_settings_html
from dialogue_nb.widgets.base import View, read_static


class TrainingSettings(View):
    """Fields for the parameters of each policy; `TrainingPanel` has one of these inside it.

    Args:
        view: What `training_settings_view` made.
        on_set: Called with the place of a policy, a name and a value; raises if it cannot be.
        on_reset: Called when all is to be as in the beginning.
        key: See `View`.

    Example:
        >>> from dialogue_nb.policies.policy import Policy
        >>> from dialogue_nb.views.training_settings import training_settings_view
        >>> chosen = {}
        >>> settings = TrainingSettings(training_settings_view([Policy()]),
        ...     lambda place, name, value: chosen.update({name: value}), chosen.clear)
        >>> settings.answer({"id": 1, "type": "set", "place": 0, "name": "priority", "value": "2"})
        {'id': 1}
        >>> chosen
        {'priority': '2'}
        >>> settings.close()
    """

    _esm = read_static("shared.js", "training_settings.js")
    _css = read_static("shared.css", "training_settings.css")

    def __init__(
        self,
        view: Mapping[str, Any],
        on_set: Callable[[int, str, Any], Any],
        on_reset: Callable[[], Any],
        *,
        key: str | None = None,
    ) -> None:
        super().__init__(key=key)
        self.view = dict(view)
        self._on_set = on_set
        self._on_reset = on_reset

    def answer_set(self, place: int, name: str, value: Any) -> dict[str, Any]:
        """A parameter was set in the browser; what cannot be is refused beside its field."""
        try:
            self._on_set(place, name, value)
        except PolicyConfigError as problem:
            return {"refused": str(problem)}
        return {}

    def answer_reset(self) -> None:
        """All parameters are to be what they were in the beginning."""
        self._on_reset()

    @property
    def summary(self) -> str:
        """What differs from the defaults."""
        set_ = [
            f"{group['label']} {p['name']} {p['value']}"
            for group in self.view["groups"]
            for p in group["parameters"]
            if p["changed"]
        ]
        return f"Settings of the next training: {', '.join(set_) or 'all defaults'}"

    def html(self) -> Html:
        """The parameters as a table."""
        return training_settings_html(self.view)
