"""Which cell made which widget, so that running a cell again leaves no widget of the last run."""

from __future__ import annotations

import weakref
from typing import Protocol


class Closable(Protocol):
    """What can be closed."""

    def close(self) -> None:
        """Ends it."""


class Cells:
    """The widgets that the last run of each cell made.

    Example:
        >>> class Thing:
        ...     def close(self):
        ...         print("closed")
        >>> cells, first, second, third = Cells(), Thing(), Thing(), Thing()
        >>> cells.add(first, cell="a", run=1)
        >>> cells.add(second, cell="a", run=1)
        >>> cells.add(third, cell="a", run=2)
        closed
        closed
    """

    def __init__(self) -> None:
        self._runs: dict[str, tuple[object, list[weakref.ref[Closable]]]] = {}

    def add(self, widget: Closable, *, cell: str, run: object) -> None:
        """Notes a widget; those of an earlier run of the same cell are closed.

        Args:
            widget: The new one.
            cell: Which cell makes it, or a name that the user gave.
            run: Which run of that cell.
        """
        last, made = self._runs.get(cell, (run, []))
        if last != run:
            for reference in made:
                old = reference()
                if old is not None:
                    old.close()
            made = []
        self._runs[cell] = (run, [*made, weakref.ref(widget)])


def current_cell() -> tuple[str, str] | None:
    """The id of the cell that runs now and the id of this run; None outside of notebooks.

    Front ends name the cell in the request to run it: JupyterLab, Notebook 7 and VS Code do.
    """
    from IPython import get_ipython

    shell = get_ipython()
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    cell = (parent.get("metadata") or {}).get("cellId")
    run = (parent.get("header") or {}).get("msg_id")
    return (str(cell), str(run)) if cell and run else None
