"""Views in which a person can click the place where something is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dialogue_nb.core.listeners import listen
from dialogue_nb.widgets.base import View

OnSource = Callable[[str | None, int | None, str], Any]
"""Called with the file (None for text), the line from 1, and the name of the story or rule."""


class SourceView(View):
    """A view that tells which place was clicked.

    Args:
        **options: As for `View`.
    """

    def __init__(self, **options: Any) -> None:
        self._heard: list[OnSource] = []
        super().__init__(**options)

    def on_select_source(self, callback: OnSource) -> Callable[[], None]:
        """Asks to be told where something is written, when a person clicks its place.

        Args:
            callback: Called with the file (None for text), the line from 1, the story's name.

        Returns:
            A function that ends it.
        """
        return listen(self._heard, callback)

    def tell_source(self, file: str | None, line: int | None, story: str) -> None:
        """Tells everybody who asked."""
        for heard in list(self._heard):
            heard(file, line, story)
