"""What the story editor shows besides the text: structure, problems, and words to complete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dialogue_nb.agent.live_project import Document, LiveProject
from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ActionExecuted, ActiveLoop, SlotSet, UserUttered
from dialogue_nb.core.slots import DEFAULT_CATEGORICAL_VALUE, BooleanSlot, CategoricalSlot, Slot
from dialogue_nb.stories.steps import Alternatives, Line, Story
from dialogue_nb.views.html import Html, join, muted, note, table, tag
from dialogue_nb.views.problems import problem_views
from dialogue_nb.views.story_chips import StripMaker, domain_strips

_COLORS: Final = {"user": "#2457d6", "bot": "#00795a", "slot": "#855900", "condition": "#855900"}
_LINES_SHOWN: Final = 200
_ABOUT: Final = 80  # characters of a response shown beside the name of its action


def story_editor_view(live: LiveProject) -> dict[str, Any]:
    r"""What is to be shown of documents.

    Args:
        live: The documents, read.

    Returns:
        `{"documents": [...], "vocabulary": {...}}`. For each document `{"stories", "problems",
        "counts"}`: the chips of its stories (`story_chips`; of a domain, those of its sections),
        its problems (`problem_views`), and how many errors, warnings and infos there are. The
        vocabulary has the names to complete.

    Example:
        >>> live = LiveProject([Document.of_stories("## a\n* hi\n- utter_hi\n")])
        >>> view = story_editor_view(live)
        >>> view["documents"][0]["stories"][0]["name"], view["vocabulary"]["intents"]
        ('a', ['hi'])
    """
    documents = [document_view(live, index) for index in range(len(live.documents))]
    return {"documents": documents, "vocabulary": vocabulary(live.domain, live.stories)}


def document_state(document: Document) -> dict[str, Any]:
    """A document as the editor takes it.

    Args:
        document: The document.

    Returns:
        `{"name", "format", "is_domain", "text"}`.
    """
    return {
        "name": document.name,
        "format": document.format,
        "is_domain": document.is_domain,
        "text": document.text,
    }


def document_view(live: LiveProject, index: int, maker: StripMaker | None = None) -> dict[str, Any]:
    """What is to be shown of one document; see `story_editor_view`.

    Args:
        live: The documents, read.
        index: Which of them.
        maker: Who made the strips of this document before, None for nobody.
    """
    document = live.documents[index]
    if document.is_domain:
        strips = domain_strips(document.text)
    else:
        strips = (maker or StripMaker()).strips(in_text_order(live.stories[index]))
    can_add = any(document.is_domain for document in live.documents)
    lines = document.text.split("\n")
    diagnostics = live.diagnostics[index]
    counts = Counter(str(one.severity) for one in diagnostics)
    return {
        "stories": strips,
        "problems": problem_views(diagnostics, lines, can_add=can_add),
        "counts": {severity: counts[severity] for severity in ("error", "warning", "info")},
    }


class DocumentViewer:
    """Shows a document again and again while documents change; only what is new costs time.

    Args:
        index: Which document.
    """

    def __init__(self, index: int) -> None:
        self.index = index
        self._maker = StripMaker()
        self._seen: tuple[Document, list[Diagnostic]] | None = None
        self._view: dict[str, Any] = {}

    def view(self, live: LiveProject) -> dict[str, Any]:
        """What is to be shown now (`document_view`); the same dict when nothing has changed.

        Args:
            live: The documents, read.
        """
        seen = (live.documents[self.index], live.diagnostics[self.index])
        if seen != self._seen:
            self._seen, self._view = seen, document_view(live, self.index, self._maker)
        return self._view


def in_text_order(stories: Iterable[Story]) -> list[Story]:
    """Stories and rules in the order in which they stand in their text."""
    return sorted(stories, key=lambda story: story.line or 0)


def vocabulary(domain: Domain | None, stories: Sequence[Sequence[Story]]) -> dict[str, Any]:
    """The names that an editor can complete.

    Args:
        domain: The domain they come from; None: they are collected from the stories.
        stories: The stories of each document.

    Returns:
        `{"intents": [name], "entities": {name: [role or group]}, "slots": {name: {"type",
        "values"}}, "actions": {name: what it says}, "forms": [name]}`.
    """
    if domain is None:
        return _used_names(story for found in stories for story in found)
    said = {name: _about(variations) for name, variations in domain.responses.items()}
    return {
        "intents": list(domain.intent_names),
        "entities": {e.name: [*e.roles, *e.groups] for e in domain.entities},
        "slots": {slot.name: _slot_view(slot) for slot in domain.slots},
        "actions": {name: said.get(name, "") for name in domain.action_names},
        "forms": list(domain.form_names),
    }


def _about(variations: Sequence[Any]) -> str:
    text = next((each.text for each in variations if each.text), "")
    return " ".join(text.split())[:_ABOUT]


def _slot_view(slot: Slot) -> dict[str, Any]:
    values: list[Any] = []
    if isinstance(slot, CategoricalSlot):
        values = [value for value in slot.values if value != DEFAULT_CATEGORICAL_VALUE]
    elif isinstance(slot, BooleanSlot):
        values = [True, False]
    return {"type": slot.type_name, "values": values}


def _used_names(stories: Iterable[Story]) -> dict[str, Any]:
    names: dict[str, dict[str, None]] = {
        kind: {} for kind in ("intents", "entities", "slots", "actions", "forms")
    }
    for story in stories:
        for item in (*story.conditions, *story.items):
            for event in item.events if isinstance(item, Line | Alternatives) else ():
                if isinstance(event, UserUttered):
                    names["intents"].setdefault(event.intent_name or "")
                    names["entities"] |= {str(e.get("entity")): None for e in event.entities}
                elif isinstance(event, ActionExecuted):
                    names["actions"].setdefault(event.action_name or "")
                elif isinstance(event, SlotSet):
                    names["slots"].setdefault(event.key)
                elif isinstance(event, ActiveLoop):
                    names["forms"].setdefault(event.name or "")
    found = {kind: sorted(filter(None, used)) for kind, used in names.items()}
    return {
        "intents": found["intents"],
        "entities": {name: [] for name in found["entities"]},
        "slots": {name: {"type": "", "values": []} for name in found["slots"]},
        "actions": dict.fromkeys(found["actions"], ""),
        "forms": found["forms"],
    }


# --- without a front end --------------------------------------------------------------------------


def story_editor_html(documents: Sequence[Mapping[str, Any]], view: Mapping[str, Any]) -> Html:
    """The texts with numbered lines, and what is wrong with them, as static HTML.

    Args:
        documents: `{"name", "text"}` for each document.
        view: What `story_editor_view` made of them.
    """
    parts: list[Html] = []
    for document, shown in zip(documents, view["documents"], strict=True):
        if shown["problems"]:
            parts.append(_problem_table(document["name"], shown["problems"]))
        text = _text_table(document["text"], shown["stories"], shown["problems"])
        is_first = document is documents[0]
        summary = tag("summary", document["name"])
        parts.append(tag("details", summary, text, open="open" if is_first else None))
    return join(parts)


def _problem_table(name: str, problems: Sequence[Mapping[str, Any]]) -> Html:
    rows = [
        (p["line"], f"{p['severity']} {p['code']}", f"{p['message']} {p['hint']}".strip())
        for p in problems[:_LINES_SHOWN]
    ]
    return table(["line", "problem", "what"], rows, caption=f"Problems in {name}")


def _text_table(
    text: str, stories: Sequence[Mapping[str, Any]], problems: Sequence[Mapping[str, Any]]
) -> Html:
    styles = {story["line"]: "font-weight:bold" for story in stories}
    for story in stories:
        for chip in story["chips"]:
            color = _COLORS.get(chip["kind"])
            line = story["line"] + chip["at"]
            if color and line not in styles:
                styles[line] = f"color:{color}"
    marks = {p["line"] for p in problems if p["severity"] == "error"}
    lines = text.split("\n")
    rows = []
    for number, line in enumerate(lines[:_LINES_SHOWN], 1):
        shown = tag("code", line, style=f"white-space:pre;{styles.get(number, '')}")
        rows.append([muted(f"{number}{' !' if number in marks else ''}"), shown])
    more = len(lines) - _LINES_SHOWN
    return join([table(["", ""], rows), *([note(f"and {more} more lines")] if more > 0 else [])])
