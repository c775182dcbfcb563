"""Dialogues in the making.

A dialogue is a chain of turns that shares its past with the dialogues it branched off from, states
are interned, and a sequence of states has one number. So going on costs what is new, and comparing
two dialogues costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import (
    ActionExecuted,
    ActionReverted,
    ActiveLoop,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from dialogue_nb.core.situations import Situation, advance
from dialogue_nb.core.slots import ListSlot, TextSlot
from dialogue_nb.core.states import SHOULD_NOT_BE_SET, StateReader, StateTable
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.stories.graph import StoryStep
from dialogue_nb.stories.steps import FILLED, Checkpoint
from dialogue_nb.stories.training_data import Origin, TrainingTracker
from dialogue_nb.stories.walking import Arrivals


class OverBudgetError(Exception):
    """More dialogues than the budget allows; `generate` says it in full."""


class _Turn(NamedTuple):
    """A turn that is over: the state, the action taken in it, and the turns before."""

    before: _Turn | None
    chain: int
    state: int
    action: str
    predictable: bool
    origin: Origin
    situation: Situation


class _Past(NamedTuple):
    """The events so far, newest first."""

    before: _Past | None
    event: Event
    origin: Origin


@dataclass(slots=True)
class Dialogue:
    """A dialogue in the making."""

    situation: Situation
    state: int
    turns: _Turn | None = None
    past: _Past | None = None
    stories: tuple[str, ...] = ()
    path: tuple[int, ...] = ()
    conditions: tuple[tuple[int, Checkpoint], ...] = ()
    length: int = 0

    def key(self) -> tuple[int, int]:
        """Equal for dialogues whose sequences of states are equal."""
        return (self.turns.chain if self.turns else -1, self.state)

    def last_states(self, count: int) -> tuple[int, ...]:
        """The ids of the last states, newest first."""
        ids, turn = [self.state], self.turns
        while turn is not None and len(ids) < count:
            ids.append(turn.state)
            turn = turn.before
        return tuple(ids)

    def timeline(self) -> list[tuple[Event, Origin]]:
        """All events, oldest first."""
        made, past = [], self.past
        while past is not None:
            made.append((past.event, past.origin))
            past = past.before
        return made[::-1]


def holds(checkpoint: Checkpoint, situation: Situation) -> bool:
    """Whether a dialogue may go on from the checkpoint: all its slots have the values it names."""
    return all(situation.slots.get(k) == v for k, v in checkpoint.conditions.items())


class DialogueBuilder:
    """Makes the dialogues of one set of steps (stories, or rules); it travels the story graph.

    Args:
        domain: The domain.
        table: Where states are interned.
        is_rule: Whether the steps are those of rules.
        remove_duplicates: Whether dialogues with equal states are made once only.
        unique_last_num_states: See `generate`.
        budget: How many dialogues may set out into steps, all steps together.
    """

    def __init__(
        self,
        domain: Domain,
        table: StateTable,
        *,
        is_rule: bool,
        remove_duplicates: bool,
        unique_last_num_states: int | None,
        budget: int,
    ) -> None:
        self.domain = domain
        self.table = table
        self.is_rule = is_rule
        self.remove_duplicates = remove_duplicates
        self.unique_last_num_states = unique_last_num_states
        self.budget = budget
        self.made = 0
        self.reader = StateReader(domain, omit_unset_slots=is_rule)
        self.start = DialogueStateTracker("", domain.slots).situation
        self.chains: dict[tuple[int, int], int] = {}
        self.seen: set[tuple[int, int]] = set()
        self.unfinished: list[Dialogue] = []
        self.ended: list[Dialogue] = []
        self._events: dict[int, list[tuple[Event, Origin]]] = {}

    def beginning(self) -> Dialogue:
        """A dialogue in which nothing has happened."""
        return Dialogue(self.start, self._see(self.start))

    # -- the traveller

    def arrive(self, step: StoryStep, arrivals: Arrivals) -> list[Dialogue]:
        """Those whose slots meet the conditions, one of each kind."""
        incoming = []
        for start, waiting in arrivals:
            for dialogue in waiting:
                if start.conditions:
                    if not holds(start, dialogue.situation):
                        continue
                    condition = (dialogue.length, start)
                    dialogue = replace(dialogue, conditions=(*dialogue.conditions, condition))
                incoming.append(dialogue)
        return self._unique_arrivals(incoming) if self.remove_duplicates else incoming

    def travel(self, step: StoryStep, incoming: list[Dialogue]) -> list[Dialogue]:
        """The dialogues after all that happens in the step."""
        self.made += len(incoming)
        if self.made > self.budget:
            raise OverBudgetError
        events = self._explicit(step)
        outgoing = [self._follow(dialogue, step, events) for dialogue in incoming]
        if not step.ends:
            self.ended += self._unique_ends(outgoing) if self.remove_duplicates else outgoing
        return outgoing

    def _follow(
        self, dialogue: Dialogue, step: StoryStep, events: list[tuple[Event, Origin]]
    ) -> Dialogue:
        names = dialogue.stories
        longer = names if step.name in names or not step.name else (*names, step.name)
        dialogue = replace(dialogue, stories=longer, path=(*dialogue.path, step.number))
        for event, origin in events:
            if isinstance(event, (ActionReverted, UserUtteranceReverted, Restarted)):
                self.unfinished.append(replace(dialogue))
            self.add(dialogue, event, origin)
        return dialogue

    def _explicit(self, step: StoryStep) -> list[tuple[Event, Origin]]:
        """The step's events as they happen: listens, filled slots, a rule's "must not be set"."""
        if step.number not in self._events:
            made: list[tuple[Event, Origin]] = []
            for written, line in step.explicit_events():
                origin = Origin(step.name, step.story.file, line)
                event = self._resolved(written)
                made.append((event, origin))
                if isinstance(event, UserUttered) and event.entities:
                    slots = self.domain.slots_for_entities(event.entities)
                    made += [(slot, origin) for slot in slots]
            self._events[step.number] = made
        return self._events[step.number]

    def _resolved(self, event: Event) -> Event:
        match event:
            case SlotSet(key=key, value=value) if value is FILLED:
                slot = self.domain.slot_by_name.get(key)
                if isinstance(slot, (TextSlot, ListSlot)):
                    return SlotSet(key, slot.coerce(str(FILLED.value)))
                return SlotSet(key, None)
            case SlotSet(key=key, value=None) if self.is_rule:
                return SlotSet(key, SHOULD_NOT_BE_SET)
            case ActiveLoop(name=None) if self.is_rule:
                return ActiveLoop(SHOULD_NOT_BE_SET)
            case _:
                return event

    # -- one event

    def add(self, dialogue: Dialogue, event: Event, origin: Origin) -> None:
        """What happens next in the dialogue; it is changed in place."""
        before = dialogue.situation
        dialogue.past = _Past(dialogue.past, event, origin)
        dialogue.length += 1
        match event:
            case ActionExecuted():
                self._end_turn(dialogue, before, event, origin)
            case ActionReverted() if dialogue.turns is not None:
                dialogue.situation = dialogue.turns.situation
                dialogue.turns = dialogue.turns.before
            case ActionReverted() | UserUtteranceReverted() | Restarted() | SessionStarted():
                self.replay(dialogue)
                return
        if not isinstance(event, ActionReverted):
            dialogue.situation = advance(dialogue.situation, event, self.start)
        if dialogue.situation is not before:
            dialogue.state = self._see(dialogue.situation)

    def _end_turn(
        self, dialogue: Dialogue, before: Situation, action: ActionExecuted, origin: Origin
    ) -> None:
        key = dialogue.key()
        chain = self.chains.setdefault(key, len(self.chains))
        dialogue.turns = _Turn(
            dialogue.turns,
            chain,
            dialogue.state,
            action.label,
            not action.unpredictable,
            origin,
            before,
        )

    def replay(self, dialogue: Dialogue) -> None:
        """Makes the turns anew from the events that count after reverts, restarts and loops."""
        timeline = dialogue.timeline()
        origins = {id(event): origin for event, origin in timeline}
        tracker = DialogueStateTracker("", self.domain.slots, [event for event, _ in timeline])
        dialogue.turns = None
        for situation, action in tracker.situations():
            dialogue.state = self._see(situation)
            if action is not None:
                self._end_turn(dialogue, situation, action, origins[id(action)])
        dialogue.situation = tracker.situation

    def _see(self, situation: Situation) -> int:
        return self.table.intern(self.reader.state(situation))

    # -- duplicates

    def _unique_arrivals(self, dialogues: list[Dialogue]) -> list[Dialogue]:
        """One of each sequence of states: what happens from here on is the same for all."""
        unique: list[Dialogue] = []
        whole: set[tuple[int, int]] = set()
        windows: set[tuple[int, ...]] = set()
        count = self.unique_last_num_states
        for dialogue in dialogues:
            key = dialogue.key()
            if key in whole:
                continue
            whole.add(key)
            last = dialogue.last_states(count) if count else ()
            if not count or last not in windows:
                windows.add(last)
                unique.append(dialogue)
            elif key not in self.seen and len(dialogue.last_states(count + 1)) > count:
                self.seen.add(key)
                self.unfinished.append(dialogue)
        return unique

    def _unique_ends(self, dialogues: list[Dialogue]) -> list[Dialogue]:
        unique = []
        for dialogue in dialogues:
            if dialogue.key() not in self.seen:
                self.seen.add(dialogue.key())
                unique.append(dialogue)
        return unique

    # -- the result

    def finished(self, dialogue: Dialogue, *, is_augmented: bool = False) -> TrainingTracker:
        """The dialogue as a record to learn from."""
        timeline = dialogue.timeline()
        if any(isinstance(event, ActiveLoop) for event, _ in timeline):
            self.replay(dialogue)
        turns, turn = [], dialogue.turns
        while turn is not None:
            turns.append(turn)
            turn = turn.before
        turns.reverse()
        return TrainingTracker(
            name=" > ".join(dict.fromkeys(dialogue.stories)),
            stories=dialogue.stories,
            table=self.table,
            domain=self.domain,
            state_ids=(*(turn.state for turn in turns), dialogue.state),
            actions=tuple(turn.action for turn in turns),
            predictable=tuple(turn.predictable for turn in turns),
            origins=tuple(turn.origin for turn in turns),
            events=tuple(event for event, _ in timeline),
            event_origins=tuple(origin for _, origin in timeline),
            is_augmented=is_augmented,
            is_rule_tracker=self.is_rule,
        )
