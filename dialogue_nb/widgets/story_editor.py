"""The story editor: a code editor for stories, rules and the domain, in a cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import traitlets

from dialogue_nb.agent.live_project import Document, LiveProject, documents_of
from dialogue_nb.agent.project import Project
from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.domain_edits import add_name
from dialogue_nb.core.exceptions import UnknownNameError
from dialogue_nb.core.listeners import listen
from dialogue_nb.stories.reader import StoryFormat
from dialogue_nb.stories.tidy import Rewritten, convert_stories, tidy_domain, tidy_stories
from dialogue_nb.views.story_editor import (
    DocumentViewer,
    document_state,
    story_editor_html,
    story_editor_view,
    vocabulary,
)
from dialogue_nb.widgets.base import STATIC, View, read_static
from dialogue_nb.widgets.text_edits import StaleEditError, edited, view_change

_ERRORS_TOLD: Final = 8


class StoryEditor(View):
    r"""Stories, rules and the domain, to write: with colours, completion, problems and structure.

    `selection` is `{"file", "line", "last_line"}`, the lines of the cursor; lines that are selected
    from elsewhere are shown in the text and in the structure, without moving a cursor in use.

    Args:
        value: The stories as text, or a project, whose files are then shown in tabs.
        domain: The domain that the stories are for; a project has its own. It gets a tab too.
        format: "markdown" or "yaml"; default what the text looks like.
        key: A name for this widget: a new one with the same name replaces it.

    Example:
        >>> editor = StoryEditor("## hello\n* greet\n- utter_gret", "intents: [greet]")
        >>> editor.project.stories[0].name, len(editor.diagnostics)
        ('hello', 1)
        >>> editor.close()
    """

    _esm = read_static("shared.js") + (STATIC / "story_editor.js").read_text(encoding="utf-8")
    _css = read_static("shared.css", "story_editor.css")

    value = traitlets.Unicode(help="The text of the first document: the stories.")
    documents = traitlets.List(traitlets.Dict()).tag(sync=True, echo_update=False)
    view = traitlets.Dict().tag(sync=True, echo_update=False)

    def __init__(
        self,
        value: str | Project = "",
        domain: Domain | str | None = None,
        *,
        format: StoryFormat | None = None,
        key: str | None = None,
    ) -> None:
        base = value if isinstance(value, Project) else None
        documents = documents_of(base) if base else [Document.of_stories(str(value), format=format)]
        if domain is not None:
            text = domain.to_yaml() if isinstance(domain, Domain) else domain
            documents = [each for each in documents if not each.is_domain]
            documents.append(Document.of_domain(text))
        self._live = LiveProject(documents, base)
        self._viewers = [DocumentViewer(index) for index in range(len(documents))]
        self._project: Project | None = None
        self._changed: list[Callable[[Project], Any]] = []
        self._submitted: list[Callable[[Project], Any]] = []
        super().__init__(
            key=key,
            value=documents[0].text,
            documents=[document_state(document) for document in documents],
            view=story_editor_view(self._live),
        )

    # --- what is written ------------------------------------------------------------------------

    @property
    def project(self) -> Project:
        """The bot as it is written now: domain, stories, rules, diagnostics."""
        if self._project is None:
            self._project = self._live.project
        return self._project

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything there is to say about the documents."""
        return self.project.diagnostics

    @property
    def texts(self) -> Mapping[str, str]:
        """The text of each document by its name."""
        return {document.name: document.text for document in self._live.documents}

    def set_text(self, name: str, text: str) -> None:
        """Replaces the text of a document.

        Args:
            name: Its name, one of `texts`.
            text: The new text.

        Raises:
            KeyError: If there is no such document.
        """
        index = list(self.texts).index(name) if name in self.texts else -1
        if index < 0:
            raise KeyError(f"Expected one of the documents {', '.join(self.texts)}, got '{name}'.")
        with self.lock:
            self._live.change(index, text)
            self._take_over()
            self.send_state(["documents", "view"])

    @traitlets.observe("value")
    def _value_set(self, change: Mapping[str, Any]) -> None:
        document = self._live.documents[0]
        if change["new"] != document.text:
            self.set_text(document.name, change["new"])

    def on_change(self, callback: Callable[[Project], Any]) -> Callable[[], None]:
        """Calls a function with the project after each change.

        Args:
            callback: The function; its errors are shown in the editor.

        Returns:
            A function that ends it.
        """
        return listen(self._changed, callback)

    def on_submit(self, callback: Callable[[Project], Any]) -> Callable[[], None]:
        """Calls a function with the project when Ctrl-Enter is pressed in the editor.

        Args:
            callback: The function; its errors are shown in the editor.

        Returns:
            A function that ends it.
        """
        return listen(self._submitted, callback)

    # --- messages -------------------------------------------------------------------------------

    def answer_edit(
        self,
        document: int,
        start: int,
        end: int,
        insert: str,
        base: int | None,
        format: StoryFormat,
    ) -> dict[str, Any]:
        """A document was edited; see `text_edits.edited`. Without `base`, `insert` is all of it."""
        text, here = insert, self._document(document)
        if base is not None:
            try:
                text = edited(here.text, start, end, insert, base)
            except StaleEditError:
                return {"stale": True}
        self._live.change(document, text, format)
        return self._take_over()

    def answer_tidy(self, document: int) -> dict[str, Any]:
        """A document is to be laid out evenly."""
        here = self._document(document)
        new = tidy_domain(here.text) if here.is_domain else tidy_stories(here.text, here.format)
        return _rewritten(new)

    def answer_convert(self, document: int, to: StoryFormat) -> dict[str, Any]:
        """Stories are to be written in the other format."""
        here = self._document(document)
        return _rewritten(convert_stories(here.text, here.format, to))

    def answer_add_to_domain(self, section: str, name: str) -> dict[str, Any]:
        """A name is to be added to the domain; the browser does it, so that undo knows it."""
        found = [i for i, each in enumerate(self._live.documents) if each.is_domain]
        if not found:
            raise UnknownNameError(
                "Expected a domain to add to, got none: StoryEditor(..., domain)."
            )
        text = add_name(self._live.documents[found[0]].text, section, name)
        return {"document": found[0], "text": text}

    def answer_submit(self) -> None:
        """Ctrl-Enter was pressed."""
        for callback in list(self._submitted):
            callback(self.project)

    def _document(self, index: int) -> Document:
        documents = self._live.documents
        if not 0 <= index < len(documents):
            last = len(documents) - 1
            raise UnknownNameError(f"Expected a document from 0 to {last}, got {index}.")
        return documents[index]

    def _take_over(self) -> dict[str, Any]:
        """Brings the traits up to date, tells who wants to know, and says what is new in `view`.

        The traits change in place: the browser has the text already, and gets the rest as answer.
        """
        self._project = None
        names_before = [document["name"] for document in self.documents]
        changes = []
        for index, document in enumerate(self._live.documents):
            self.documents[index] |= document_state(document)
            new = self._viewers[index].view(self._live)
            changes.append(view_change(self.view["documents"][index], new))
            self.view["documents"][index] = new
        answer: dict[str, Any] = {"documents": changes}
        if list(self.texts) != names_before:
            answer["names"] = list(self.texts)
        words = vocabulary(self._live.domain, self._live.stories)
        if words != self.view["vocabulary"]:
            answer["vocabulary"] = self.view["vocabulary"] = words
        self.value = self._live.documents[0].text
        for callback in list(self._changed):
            with self.errors_shown("on_change"):
                callback(self.project)
        return answer

    # --- without a front end --------------------------------------------------------------------

    @property
    def summary(self) -> str:
        """The editor in one line."""
        stories, rules = len(self.project.stories), len(self.project.rules)
        errors = sum(document["counts"]["error"] for document in self.view["documents"])
        names = ", ".join(self.texts)
        return f"StoryEditor({names}: {stories} stories, {rules} rules, {errors} errors)"

    def html(self) -> str:
        """The texts with their problems as static HTML."""
        return story_editor_html(self.documents, self.view)


def _rewritten(new: Rewritten) -> dict[str, Any]:
    errors = [str(error.at(None)) for error in new.errors]
    if len(errors) > _ERRORS_TOLD:
        errors[_ERRORS_TOLD:] = [f"and {len(errors) - _ERRORS_TOLD} more"]
    return {"text": new.text, "losses": list(new.losses), "errors": errors}
