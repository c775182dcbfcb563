"""What is wrong with stories that can be read: names against the domain, checkpoints, doubles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dialogue_nb.core.diagnostics import Diagnostic, did_you_mean
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from dialogue_nb.core.slots import DEFAULT_CATEGORICAL_VALUE, CategoricalSlot, ListSlot, TextSlot
from dialogue_nb.stories.connections import check_connections
from dialogue_nb.stories.notes import Notes, shown
from dialogue_nb.stories.steps import FILLED, Alternatives, Checkpoint, Line, Story

# What a name is called, its code, and where in the domain it belongs.
_KINDS: Final = {
    "intent": ("S401", "intents"),
    "entity": ("S402", "entities"),
    "slot": ("S403", "slots"),
    "action": ("S404", "actions, or to its responses"),
    "loop": ("S405", "forms"),
}

# The one default action that is a loop of its own.
_LOOP_ACTIONS: Final = ("action_two_stage_fallback",)


def lint_stories(stories: Sequence[Story], domain: Domain) -> list[Diagnostic]:
    r"""Checks stories and rules against the domain and against each other.

    Args:
        stories: All stories and rules that are loaded together.
        domain: The domain they are for.

    Returns:
        Errors for names that the domain does not have (a warning for an entity: policies do not
        see it, that is all), warnings for slot values that it does not list, for checkpoints that
        lead nowhere, steps that cannot be reached, and names used twice.

    Example:
        >>> domain = Domain.from_yaml("intents: [greet]\nresponses: {utter_hi: [{text: hi}]}")
        >>> said = Line((UserUttered.of("gret"),), 2)
        >>> print(lint_stories([Story("hello", (said,), line=1)], domain)[0])
        2: error S401: The domain has no intent 'gret'. (in 'hello') Did you mean 'greet'?
    """
    notes = Notes()
    linter = StoryLinter(domain, notes)
    for story in stories:
        linter.story(story)
    check_together(stories, notes)
    return notes.found


def check_together(stories: Sequence[Story], notes: Notes) -> None:
    """Checks stories and rules against each other: names used twice, and checkpoints.

    Args:
        stories: All stories and rules that are loaded together.
        notes: Where it is noted.
    """
    _check_names(stories, notes)
    check_connections(stories, notes)


class StoryLinter:
    """Checks stories against a domain; asks for each unknown name only once what is close to it.

    Args:
        domain: The domain.
        notes: Where it is noted.
    """

    def __init__(self, domain: Domain, notes: Notes) -> None:
        self.notes = notes
        self.entities = {entity.name: entity for entity in domain.entities}
        self.slot_by_name = domain.slot_by_name
        self.known: Mapping[str, set[str]] = {
            "intent": set(domain.intent_names),
            "entity": set(self.entities),
            "slot": set(domain.slot_by_name),
            "action": set(domain.action_names),
            "loop": {*domain.form_names, *_LOOP_ACTIONS},
        }
        self._hints: dict[tuple[str, str], str] = {}

    def story(self, story: Story) -> None:
        """Checks one story or rule."""
        self.notes.file, self.notes.story = story.file, story.name
        for item in (*story.conditions, *story.items):
            self.notes.line = item.line
            if isinstance(item, Checkpoint):
                self.slots(item.conditions)
            elif isinstance(item, Line | Alternatives):
                for event in item.events:
                    self.event(event)

    def event(self, event: Event) -> None:
        """Checks one event."""
        if isinstance(event, UserUttered):
            if event.intent_name is not None:
                self.name("intent", event.intent_name)
            for entity in event.entities:
                self.entity(entity)
        elif isinstance(event, ActionExecuted):
            if event.action_name is not None:
                self.name("action", event.action_name)
        elif isinstance(event, SlotSet):
            self.slots({event.key: event.value})
        elif isinstance(event, ActiveLoop) and event.name is not None:
            self.name("loop", event.name)

    def name(self, kind: str, name: str) -> bool:
        """Checks one name; says whether the domain has it."""
        if name in self.known[kind]:
            return True
        code, place = _KINDS[kind]
        if (kind, name) not in self._hints:
            hint = did_you_mean(name, sorted(self.known[kind]))
            self._hints[kind, name] = hint or f"Add it to the domain's {place}."
        message = f"The domain has no {kind} {shown(name)}."
        # an unknown entity only fills the slot of its name: real bots with one train all the same
        report = self.notes.warning if kind == "entity" else self.notes.error
        report(code, message, self._hints[kind, name])
        return False

    def entity(self, entity: Mapping[str, Any]) -> None:
        """Checks an entity with its role and group."""
        name = str(entity.get("entity"))
        if not self.name("entity", name):
            return
        for part, known in (
            ("role", self.entities[name].roles),
            ("group", self.entities[name].groups),
        ):
            found = entity.get(part)
            if found is not None and found not in known:
                hint = did_you_mean(str(found), known) or f"Add it to the entity's {part}s."
                message = f"The entity {shown(name)} has no {part} {shown(found)} in the domain."
                self.notes.warning("S406", message, hint)

    def slots(self, values: Mapping[str, Any]) -> None:
        """Checks slots and their values."""
        for name, value in values.items():
            if not self.name("slot", name):
                continue
            slot = self.slot_by_name[name]
            if value is FILLED:
                if slot.dimension and not isinstance(slot, TextSlot | ListSlot):
                    message = f"Expected a value of the slot {shown(name)}, found only its name."
                    hint = f"It counts as empty: a {slot.type_name} slot needs one."
                    self.notes.warning("S407", message, hint)
            elif isinstance(slot, CategoricalSlot) and value is not None:
                self._category(slot, value)

    def _category(self, slot: CategoricalSlot, value: Any) -> None:
        if str(value).lower() in slot.values:
            return
        known = [known for known in slot.values if known != DEFAULT_CATEGORICAL_VALUE]
        hint = did_you_mean(str(value), known) or "It counts as any other value."
        message = f"The slot {shown(slot.name)} has no value {shown(value)} in the domain."
        self.notes.warning("S408", message, hint)


def _check_names(stories: Iterable[Story], notes: Notes) -> None:
    first: dict[tuple[bool, str], Story] = {}
    for story in stories:
        known = first.setdefault((story.is_rule, story.name), story)
        if known is not story and story.name:
            notes.file, notes.line, notes.story = story.file, story.line, story.name
            place = ":".join(str(part) for part in (known.file, known.line) if part is not None)
            kind = "rule" if story.is_rule else "story"
            where = f" (at {place})" if place else ""
            notes.info(
                "S410", f"Another {kind} has this name too{where}.", "Names help to find them."
            )
