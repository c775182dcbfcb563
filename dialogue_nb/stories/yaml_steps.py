"""One step of a YAML story at a time: user message, action, slots, loop, checkpoint, `or`.

The reader uses this to read, the writer to make sure that what it wrote is read as it was meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dialogue_nb.core.diagnostics import did_you_mean, listing
from dialogue_nb.core.event_json import EVENT_TYPES, event_from_dict
from dialogue_nb.core.events import (
    RULE_SNIPPET_ACTION_NAME,
    ActionExecuted,
    ActiveLoop,
    Event,
    SlotSet,
    UserUttered,
)
from dialogue_nb.core.yaml_lines import Positions
from dialogue_nb.stories.messages import RETRIEVAL_KEY, intent_record, read_annotated
from dialogue_nb.stories.notes import Notes, shown
from dialogue_nb.stories.steps import FILLED, Alternatives, Checkpoint, Item, Line

Path = tuple[str | int, ...]

# In this order Rasa asks what a step is; each with the keys that may stand beside it.
STEP_KEYS: Final = {
    "intent": {"user", "entities"},
    "user": {"entities"},
    "or": set[str](),
    "action": set[str](),
    "bot": set[str](),
    "checkpoint": {"slot_was_set"},
    "slot_was_set": set[str](),
    "active_loop": set[str](),
    "metadata": set[str](),
}
# An action with the name of an event is that event; those that need a value cannot be written so.
BARE_EVENTS: Final = frozenset(EVENT_TYPES) - {
    "action", "action_execution_rejected", "active_loop", "agent", "bot", "entities", "followup",
    "loop_interrupted", "reminder", "slot", "user", "user_featurization",
}  # fmt: skip
_NEEDY_EVENTS: Final = (frozenset(EVENT_TYPES) | {"form", "form_validation"}) - BARE_EVENTS


@dataclass
class StepReader:
    """Reads the steps of one file.

    Args:
        notes: Where errors are noted.
        positions: Where everything stands in the file; None: nowhere.
        is_test: Whether the file holds test stories (full retrieval intents belong there).

    Example:
        >>> reader = StepReader(Notes())
        >>> reader.read({"action": "utter_hello"}, ()).events[0].action_name
        'utter_hello'
    """

    notes: Notes
    positions: Positions | None = None
    is_test: bool = False

    def at(self, path: Path) -> None:
        """Turns to the line of this part of the file."""
        if self.positions is not None:
            self.notes.line = self.positions.line(*path)

    def error(self, path: Path, code: str, message: str, hint: str = "") -> None:
        """Notes an error about this part of the file, then turns back to the line it was at."""
        line, column = self.notes.line, None
        if self.positions is not None:
            self.at(path)
            column = self.positions.column(*path)
        self.notes.error(code, message, hint, column)
        self.notes.line = line

    def read(self, step: Any, path: Path) -> Item | None:
        """Reads one step.

        Args:
            step: The step as plain data.
            path: Where it is in the file.

        Returns:
            What it says, None when that cannot be told.
        """
        self.at(path)
        kind = self._kind(step, path)
        if kind == "or":
            return self._alternatives(step["or"], (*path, "or"))
        if kind == "checkpoint":
            return self._checkpoint(step, path)
        events: tuple[Event, ...] = ()
        if kind in ("intent", "user"):
            events = self._user(step, path)
        elif kind == "action":
            events = self._action(step["action"], (*path, "action"))
        elif kind == "bot":
            text = self._text(step["bot"], (*path, "bot"), "the bot's words")
            events = (ActionExecuted(None, action_text=text),) if text else ()
        elif kind == "slot_was_set":
            events = tuple(self._slots(step["slot_was_set"], (*path, "slot_was_set")))
        elif kind == "active_loop":
            events = self._loop(step["active_loop"], (*path, "active_loop"))
        return Line(events, self.notes.line) if events else None

    def _kind(self, step: Any, path: Path) -> str | None:
        if not isinstance(step, Mapping):
            hint = "Write it like '- action: utter_greet'."
            if step == RULE_SNIPPET_ACTION_NAME:
                hint = (
                    "Leave it out: rules have conversation_start and wait_for_user_input instead."
                )
            self.error(path, "S210", f"Expected a step, found {shown(step)}.", hint)
            return None
        kind = next((key for key in STEP_KEYS if key in step), None)
        if kind is None:
            found = listing(map(str, step))
            hint = next(filter(None, (did_you_mean(str(k), STEP_KEYS) for k in step)), "")
            hint = hint or f"A step is one of {listing(STEP_KEYS, limit=9)}."
            self.error(path, "S211", f"Expected a step, found a mapping with {found}.", hint)
            return None
        for key in step:
            if key != kind and key not in STEP_KEYS[kind]:
                self._complain_about_key(key, kind, path)
        if kind == "metadata":
            self.notes.info("S212", "The metadata of a step are not used.")
        return kind

    def _complain_about_key(self, key: Any, kind: str, path: Path) -> None:
        if key in STEP_KEYS:
            hint = f"Begin a step of its own: '- {key}:'."
        else:
            hint = did_you_mean(str(key), STEP_KEYS | dict.fromkeys(STEP_KEYS[kind]))
        self.error(
            (*path, key),
            "S213",
            f"Expected the step to say only {shown(kind)}, found {shown(key)} beside it; it is"
            " not used.",
            hint,
        )

    def _text(self, value: Any, path: Path, what: str) -> str:
        if isinstance(value, str) and value.strip():
            return value
        hint = "Write it in quotes." if isinstance(value, bool | int | float) else ""
        found = "nothing" if value in (None, "") else shown(value)
        self.error(path, "S214", f"Expected {what} as text, found {found}.", hint)
        return ""

    def _user(self, step: Mapping[str, Any], path: Path) -> tuple[UserUttered, ...]:
        name = ""
        if "intent" in step:
            name = self._text(step["intent"], (*path, "intent"), "the name of an intent").strip()
            name = self._without_slash(name)
            if not name:
                return ()
        intent = intent_record(name) if name else {"name": None, "confidence": 1.0}
        if RETRIEVAL_KEY in intent and not self.is_test:
            self.notes.warning(
                "S215",
                f"Of the retrieval intent {shown(name)} only {shown(intent['name'])} is learnt.",
                "Only test stories need the part behind the '/'.",
            )
        if "user" not in step:
            entities = self._entities(step.get("entities", ()), (*path, "entities"))
            return (UserUttered(None, intent, tuple(entities)),)
        words = self._text(step["user"], (*path, "user"), "the words of the user").strip()
        if "entities" in step:
            self.notes.warning(
                "S216",
                "The entities of this step are not used: those of the user's words are.",
                "Mark them in the words, like [Oslo](city), or leave out 'user'.",
            )
        text, marked = read_annotated(words, self.notes)
        if not text and not name:
            return ()
        return (UserUttered(text or None, intent, marked),)

    def _without_slash(self, name: str) -> str:
        if not name.startswith("/"):
            return name
        self.notes.warning("S217", f"The intent {shown(name)} needs no '/' before it.")
        return name[1:].strip()

    def _entities(self, values: Any, path: Path) -> Iterator[dict[str, Any]]:
        if not isinstance(values, list | tuple):
            hint = "Write each entity below it with a dash: '- city: Oslo'."
            self.error(path, "S218", f"Expected a list of entities, found {shown(values)}.", hint)
            return
        for index, value in enumerate(values):
            where = (*path, index)
            if isinstance(value, str) and value:
                yield {"entity": value, "value": ""}
            elif isinstance(value, Mapping):
                yield from self._entity(value, where)
            else:
                hint = "Write it like '- city: Oslo' or '- city'."
                self.error(where, "S218", f"Expected an entity, found {shown(value)}.", hint)

    def _entity(self, value: Mapping[Any, Any], path: Path) -> Iterator[dict[str, Any]]:
        parts: dict[str, Any] = {}
        for key in ("role", "group"):
            if value.get(key) is not None:
                parts[key] = self._text(value[key], (*path, key), f"the {key} of an entity")
        types = [key for key in value if key not in ("role", "group")]
        if not types:
            hint = "Write its type before it: '- city: Oslo'."
            self.error(path, "S218", "Expected an entity with a type, found none.", hint)
        if len(types) > 1:
            self.notes.warning(
                "S219",
                f"Expected one entity, found {listing(map(str, types))}; each counts as one.",
                "Rasa 3 takes only the last: write each entity with a dash of its own.",
            )
        for key in types:
            if name := self._text(key, (*path, key), "the type of an entity"):
                yield {"entity": name, "value": value[key], **parts}

    def _action(self, value: Any, path: Path) -> tuple[Event, ...]:
        name = self._text(value, path, "the name of an action").strip()
        if name in BARE_EVENTS:
            return (event_from_dict({"event": name}),)
        if name in _NEEDY_EVENTS:
            hint = "Rename it; slots and loops are written as slot_was_set and active_loop."
            self.error(path, "S220", f"Expected an action, found the event {shown(name)}.", hint)
            return ()
        return (ActionExecuted(name),) if name else ()

    def _slots(self, values: Any, path: Path) -> Iterator[SlotSet]:
        if isinstance(values, Mapping) and values:
            self.notes.warning(
                "S222",
                "Expected a list of slots, found a mapping; it is read as one.",
                "Rasa wants a dash before each slot: '- city: Oslo'.",
            )
            yield from self._slot_values(values, path)
        elif isinstance(values, list) and values:
            for index, value in enumerate(values):
                where = (*path, index)
                if isinstance(value, str) and value:
                    yield SlotSet(value, FILLED)
                elif isinstance(value, Mapping) and value:
                    yield from self._slot_values(value, where)
                else:
                    hint = "Write it like '- city: Oslo' or '- city'."
                    self.error(where, "S221", f"Expected a slot, found {shown(value)}.", hint)
        else:
            found = "nothing" if values in (None, [], {}) else shown(values)
            hint = "Write each slot below it with a dash: '- city: Oslo'."
            self.error(path, "S221", f"Expected a list of slots, found {found}.", hint)

    def _slot_values(self, values: Mapping[Any, Any], path: Path) -> Iterator[SlotSet]:
        for key, value in values.items():
            if name := self._text(key, (*path, key), "the name of a slot"):
                yield SlotSet(name, value)

    def _loop(self, value: Any, path: Path) -> tuple[Event, ...]:
        if value is None:
            return (ActiveLoop(None),)
        name = self._text(value, path, "the name of a loop, or null,").strip()
        return (ActiveLoop(name),) if name else ()

    def _checkpoint(self, step: Mapping[str, Any], path: Path) -> Checkpoint | None:
        name = self._text(step["checkpoint"], (*path, "checkpoint"), "the name of a checkpoint")
        conditions: dict[str, Any] = {}
        if "slot_was_set" in step:
            for slot in self._slots(step["slot_was_set"], (*path, "slot_was_set")):
                if slot.value is FILLED:
                    message = f"Expected a value of the slot {shown(slot.key)} as a condition."
                    hint = f"Write it like '- {slot.key}: Oslo'."
                    self.error((*path, "slot_was_set"), "S223", message, hint)
                else:
                    conditions[slot.key] = slot.value
        return Checkpoint(name, conditions, self.notes.line) if name else None

    def _alternatives(self, values: Any, path: Path) -> Item | None:
        events: list[Event] = []
        is_list = isinstance(values, list) and bool(values)
        for index, value in enumerate(values if is_list else ()):
            where = (*path, index)
            is_step = isinstance(value, Mapping)
            if is_step and ("intent" in value or "user" in value):
                self._kind(value, where)
                events += self._user(value, where)
            elif is_step and "slot_was_set" in value:
                self._kind(value, where)
                events += self._slots(value["slot_was_set"], (*where, "slot_was_set"))
            else:
                hint = "Only intents and slots can be alternatives."
                message = f"Expected 'intent' or 'slot_was_set' in 'or', found {shown(value)}."
                self.error(where, "S224", message, hint)
        if not is_list:
            hint = "Write each below it with a dash: '- intent: greet'."
            self.error(path, "S224", f"Expected alternatives, found {shown(values)}.", hint)
        if len(events) == 1:
            self.notes.warning("S225", "Expected two alternatives or more, found one.")
            return Line(tuple(events), self.notes.line)
        return Alternatives(tuple(events), self.notes.line) if events else None
