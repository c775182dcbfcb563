"""What all widgets share: state, messages, errors, and a life without a kernel.

State is a few traits: `view` is what to draw (made by a function of `dialogue_nb.views`),
`selection` is what is selected, `error` is what went wrong. Commands are messages: the browser
sends `{"id", "type", ...}`, the method `answer_<type>` runs, and `{"id", ...}` or `{"id", "error"}`
goes back; bytes in an answer travel as buffers, and never into a saved notebook. Callbacks may come
on any thread, so they run one at a time, under `lock`.
"""

from __future__ import annotations

import re
import threading
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Final

import anywidget
import rjsmin
import traitlets

from dialogue_nb.core.diagnostics import did_you_mean, listing
from dialogue_nb.core.exceptions import DialogueError
from dialogue_nb.views.html import Html, escape
from dialogue_nb.widgets.cells import Cells, current_cell
from dialogue_nb.widgets.messages import (
    MessageError,
    check_payload,
    check_selection,
    sendable,
)
from dialogue_nb.widgets.offline import OfflinePart, offline_page

STATIC: Final = Path(__file__).parent / "static"
_PREFIX: Final = "answer_"
_COMMENT: Final = re.compile(r"^[ \t]*(//.*|/\*(.|\n)*?\*/)[ \t]*$", re.MULTILINE)
_INDENTATION: Final = re.compile(r"^\s+", re.MULTILINE)
_LINE_END: Final = re.compile(r"(?<=[;,{(\[])\n|\n(?=[})\]])")

# a function of shared.js, or of another file that several views begin with
_FUNCTION: Final = re.compile(r"^function (\w+)\((?:.|\n)*?^\}\n", re.MULTILINE)


def read_static(*names: str) -> str:
    """The text of files of the `static` folder, one after the other, without their comments.

    Every widget carries its text into the notebook, so comments, indentation and needless line ends
    stay at home. Hence a comment of these files has lines of its own, and no string spans lines.

    Args:
        *names: For example "shared.js" and "tracker_timeline.js".
    """
    text = "\n".join((STATIC / name).read_text(encoding="utf-8") for name in names)
    if all(name.endswith(".js") for name in names):
        return str(rjsmin.jsmin(_without_unused(text) if len(names) > 1 else text))
    return _LINE_END.sub("", _INDENTATION.sub("", _COMMENT.sub("", text)))


def _without_unused(text: str) -> str:
    """JavaScript without the functions at its top that nothing in it names."""
    # not a property (`...name` is none), and not a word of a comment
    used = r"(?:(?<=\.\.\.)|(?<![\w.$]))\w+(?=[(),;\]}])"
    names = Counter(re.findall(used, str(rjsmin.jsmin(text))))
    found = [match for match in _FUNCTION.finditer(text) if names[match[1]] == 1]
    for match in reversed(found):
        text = text[: match.start()] + text[match.end() :]
    return text


class StaticView:
    """A view as it stood at one time: it needs no kernel and no front end.

    Args:
        html: The view as HTML.
        text: The view in one line.
    """

    def __init__(self, html: str, text: str) -> None:
        self.html = html
        self.text = text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return dict(sendable({"text/plain": self.text, "text/html": self.html}))

    def __repr__(self) -> str:
        return self.text


class View(anywidget.AnyWidget):
    """The base of all widgets of dialogue_nb.

    A subclass sets `_esm` and `_css` with `read_static`, fills `view`, and may write methods
    `answer_<type>` for the messages of its JavaScript; they return what to answer (a dict, or
    None). A class that serves both a notebook and a file overrides `offline_parts`.

    Args:
        key: A name for this widget: a new one with the same name replaces it. By default a cell's
            widgets are replaced when the cell is run again.
        **traits: First values of traits.

    Attributes:
        from_browser: The traits that a front end may set; all others are made here.
    """

    view = traitlets.Dict().tag(sync=True)
    selection = traitlets.Dict().tag(sync=True, echo_update=False)
    error = traitlets.Dict().tag(sync=True)

    cells: ClassVar[Cells] = Cells()
    alive: ClassVar[dict[int, View]] = {}
    from_browser: ClassVar[tuple[str, ...]] = ("selection",)

    def __init__(self, *, key: str | None = None, **traits: Any) -> None:
        self.lock = threading.RLock()
        super().__init__(**traits)
        self.on_msg(lambda _, content, __: self.receive(content))
        View.alive[id(self)] = self
        cell = (f"key:{key}", object()) if key else current_cell()
        if cell is not None:
            View.cells.add(self, cell=f"{type(self).__name__} {cell[0]}", run=cell[1])

    # --- messages -------------------------------------------------------------------------------

    def receive(self, content: Mapping[str, Any]) -> None:
        """Takes a message of the browser and sends the answer.

        Args:
            content: `{"id", "type", ...}`; without an id nothing is answered.
        """
        if isinstance(content, Mapping):
            self.at_once(str(content.get("type")))
        answer = self.answer(content)
        if answer["id"] is not None:
            arrays = {key: value for key, value in answer.items() if isinstance(value, bytes)}
            if arrays:
                answer = {k: v for k, v in answer.items() if k not in arrays}
                answer["buffers"] = list(arrays)
            self.send(answer, buffers=list(arrays.values()) or None)

    def at_once(self, asked: str) -> None:
        """Does what must not wait for the lock; subclasses override it.

        Args:
            asked: The type of the message, which is answered afterwards as any other.
        """

    def answer(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """What is to be answered to a message; errors are in the answer and in `error`.

        Args:
            content: `{"id", "type", ...}`.
        """
        if not isinstance(content, Mapping):  # then nobody can be answered, but told
            content = {"type": f"{type(content).__name__} without a type"}
        asked = str(content.get("type"))
        reply: dict[str, Any] = {"id": content.get("id")}
        with self.lock, self.errors_shown(asked) as problems:
            payload = {k: v for k, v in content.items() if k not in ("id", "type")}
            reply |= self._handler(asked, payload)(**payload) or {}
        return reply | ({"error": problems[0]} if problems else {})

    @contextmanager
    def errors_shown(self, during: str) -> Iterator[list[str]]:
        """Errors inside are shown in the widget and go no further.

        Args:
            during: What is being done; the error disappears when that succeeds later.

        Yields:
            A list that holds the message afterwards if there was an error.
        """
        problems: list[str] = []
        try:
            yield problems
        except Exception as problem:
            known = isinstance(problem, (DialogueError, traitlets.TraitError))
            message = str(problem) if known else f"{type(problem).__name__}: {problem}"
            details = "" if known else "".join(traceback.format_exception(problem))
            problems.append(message)
            self.error = {"message": message, "traceback": details, "during": during}
        else:
            if self.error.get("during") == during:
                self.error = {}

    def _handler(self, asked: str, payload: Mapping[str, Any]) -> Any:
        names = [n.removeprefix(_PREFIX) for n in dir(type(self)) if n.startswith(_PREFIX)]
        if asked not in names:
            hint = did_you_mean(asked, names)
            raise MessageError(
                f"Expected a message of type {listing(names)}, got '{asked}'. {hint}".strip()
            )
        handler = getattr(self, _PREFIX + asked)
        check_payload(asked, handler, payload)
        return handler

    def answer_select(self, selection: dict[str, Any]) -> None:
        """The browser selected something; observers of `selection` hear of it."""
        # as if the trait came from the browser: it is not sent back there
        self._take({"selection": selection})

    def answer_dismiss(self) -> None:
        """The error has been read."""
        self.error = {}

    def answer_hello(self) -> None:
        """Somebody asks whether anybody is there."""

    # --- what travels ---------------------------------------------------------------------------

    def set_state(self, sync_data: Mapping[str, Any]) -> None:
        """Takes traits that a front end sends; what goes wrong then is shown in the widget.

        Args:
            sync_data: The traits by name; those that are not in `from_browser` are ignored.
        """
        known = {name: sync_data[name] for name in self.from_browser if name in sync_data}
        with self.lock, self.errors_shown("update"):
            self._take(known)

    def _take(self, traits: Mapping[str, Any]) -> None:
        """Sets traits as if they came from the browser, all of them or none."""
        for name, value in traits.items():
            self.traits()[name]._validate(self, value)
        super().set_state(traits)

    @traitlets.validate("selection")
    def _checked_selection(self, proposal: Mapping[str, Any]) -> dict[str, Any]:
        check_selection(proposal["value"])
        return dict(proposal["value"])

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """The traits as they are sent and saved: with nothing that JSON cannot hold.

        Args:
            key: The name of a trait or several; None: all.
            drop_defaults: Whether traits that have their default are left out.
        """
        return {k: sendable(v) for k, v in super().get_state(key, drop_defaults).items()}

    def send(self, content: Any, buffers: Any = None) -> None:
        """Sends a message to the browser.

        Args:
            content: The message.
            buffers: Bytes that go with it.
        """
        super().send(sendable(content), buffers)

    # --- without a front end --------------------------------------------------------------------

    @property
    def summary(self) -> str:
        """The view in one line."""
        return f"{type(self).__name__}"

    def html(self) -> str:
        """The view as a static table; subclasses override it."""
        return escape(self.summary)

    def static(self) -> StaticView:
        """The view as it stands now, for notebooks that are read without a kernel."""
        return StaticView(Html(self.html()), self.summary)

    def offline_parts(self) -> Sequence[OfflinePart]:
        """What a file of this widget shows; the widget itself by default."""
        return [self.offline_part()]

    def offline_part(self, frames: Mapping[int, Mapping[str, Any]] | None = None) -> OfflinePart:
        """The widget itself for a file.

        Args:
            frames: What its traits become when a turn is selected: `{turn: {trait: value}}`.
        """
        names = self.traits(sync=True).keys() - anywidget.AnyWidget.class_trait_names()
        shown = sorted(n for n in names if not n.startswith("_") and n != "error")
        state = {name: getattr(self, name) for name in shown}
        return OfflinePart(self._esm, self._css, state, frames or {})

    def to_html(self, path: str | Path, title: str | None = None) -> Path:
        """Writes the view into one file that works offline, in any browser, without a kernel.

        Args:
            path: Where to; what is there is replaced.
            title: Its title; default the one-line summary.

        Returns:
            The path.
        """
        page = offline_page(title or self.summary, self.offline_parts(), self.html())
        Path(path).write_text(page, encoding="utf-8")
        return Path(path)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        shown = {"text/plain": self.summary, "text/html": str(self.html())}
        return data | sendable(shown), metadata

    # --- the end --------------------------------------------------------------------------------

    def close(self) -> None:
        """Ends the widget: it disappears from the notebook and answers no more."""
        if View.alive.pop(id(self), None) is None:
            return
        layout = self.layout
        super().close()
        layout.close()


def close_all() -> None:
    """Closes all widgets of dialogue_nb, for example before a long training."""
    for widget in list(View.alive.values()):
        widget.close()
