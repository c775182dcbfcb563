"""How things show themselves in notebooks.

What draws them stands on a higher floor than they do, so it is put in from above: the package does
so when it is imported (`dialogue_nb/__init__.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Renderer = Callable[[Any], dict[str, str]]

_renderers: list[Renderer] = []


def set_renderer(renderer: Renderer) -> None:
    """Says who draws things from now on.

    Args:
        renderer: Gives texts by their MIME type for a thing: "text/plain" and "text/html".
    """
    _renderers[:] = [renderer]


def repr_mimebundle(thing: Any, include: Any = None, exclude: Any = None) -> dict[str, str]:
    """What Jupyter shows of a thing that stands at the end of a cell.

    Args:
        thing: The thing.
        include: Which MIME types the front end wants; both are given anyway.
        exclude: Which it does not want.

    Returns:
        Texts by their MIME type.
    """
    return _renderers[0](thing) if _renderers else {"text/plain": repr(thing)}


def repr_pretty(thing: Any, printer: Any, cycle: bool) -> None:
    """What IPython writes of a thing that it would otherwise take for a tuple: its first line.

    Args:
        thing: The thing.
        printer: IPython's printer.
        cycle: Whether the thing is inside of itself.
    """
    printer.text(repr_mimebundle(thing)["text/plain"].split("\n")[0])


class Showable:
    """Something that Jupyter shows with a table of its own.

    Example:
        >>> class Thing(Showable):
        ...     def __repr__(self):
        ...         return "a thing"
        >>> Thing()._repr_mimebundle_()["text/plain"]
        'a thing'
    """

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """See `repr_mimebundle`."""
        return repr_mimebundle(self, include, exclude)
