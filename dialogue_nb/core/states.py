"""What a policy sees of a conversation at one turn.

A `State` is the nested state of Rasa 2 and 3: user (intent or text, entities), slots, previous
action, active loop. It is a flat tuple, so that it can be compared, hashed and interned: a data set
is a table of distinct states (`StateTable`) and sequences of their ids.
`State.nested()` is Rasa's own form of it; `State.flat()` the named numbers of the 0.x/1.x lineage.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ACTION_LISTEN_NAME, UserUttered
from dialogue_nb.core.remembered import remember
from dialogue_nb.core.showing import repr_mimebundle, repr_pretty
from dialogue_nb.core.situations import Situation
from dialogue_nb.core.slots import Slot
from dialogue_nb.core.trackers import DialogueStateTracker

SHOULD_NOT_BE_SET: Final = "should_not_be_set"
"""In rules: this slot, or any loop, must not be set (`slot: null`, `active_loop: null`)."""

MOST_VALUES: Final = 100_000
"""How many slot values a `StateReader` remembers the features of."""
MOST_ROWS: Final = 10_000
"""How many values of all slots together."""

SlotFeatures = tuple[float, ...] | str


class State(NamedTuple):
    """One turn as policies see it. Values of entities and texts of slots are not part of it.

    Args:
        intent: The intent of the last user message, None when it has none.
        text: Its words, only when it has no intent (end-to-end stories).
        entities: Labels of its entities (`type`, `type#role`, `type#group`), sorted.
        slots: (name, features) of every slot with a feature that is not 0, sorted by name; for
            rules `SHOULD_NOT_BE_SET` in place of the features.
        prev_action: The action before, None at the start.
        prev_text: The text of an end-to-end action before.
        active_loop: The active loop (form), None when there is none.

    Example:
        >>> state = State(intent="inform", entities=("city",), prev_action="action_listen")
        >>> state.flat()
        {'intent_inform': 1.0, 'entity_city': 1.0, 'prev_action_listen': 1.0}
    """

    intent: str | None = None
    text: str | None = None
    entities: tuple[str, ...] = ()
    slots: tuple[tuple[str, SlotFeatures], ...] = ()
    prev_action: str | None = None
    prev_text: str | None = None
    active_loop: str | None = None

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return repr_mimebundle(self, include, exclude)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        repr_pretty(self, printer, cycle)

    def nested(self) -> dict[str, Any]:
        """The state in the form of Rasa 2 and 3, ready for JSON; empty parts are left out."""
        user: dict[str, Any] = {"intent": self.intent, "text": self.text}
        user = {key: value for key, value in user.items() if value is not None}
        if self.entities:
            user["entities"] = list(self.entities)
        slots = {n: f if isinstance(f, str) else list(f) for n, f in self.slots}
        previous = {"action_name": self.prev_action, "action_text": self.prev_text}
        previous = {key: value for key, value in previous.items() if value is not None}
        loop = {} if self.active_loop is None else {"name": self.active_loop}
        parts = {"user": user, "slots": slots, "prev_action": previous, "active_loop": loop}
        return {name: part for name, part in parts.items() if part}

    @classmethod
    def from_nested(cls, nested: Mapping[str, Any]) -> State:
        """Reads what `nested` wrote."""
        user = nested.get("user", {})
        previous = nested.get("prev_action", {})
        slots = nested.get("slots", {}).items()
        return cls(
            intent=user.get("intent"),
            text=user.get("text"),
            entities=tuple(sorted(user.get("entities", ()))),
            slots=tuple(sorted((n, f if isinstance(f, str) else tuple(f)) for n, f in slots)),
            prev_action=previous.get("action_name"),
            prev_text=previous.get("action_text"),
            active_loop=nested.get("active_loop", {}).get("name"),
        )

    def flat(self) -> dict[str, float]:
        """The state as named numbers, zeros left out: `{"intent_greet": 1.0, ...}`.

        The names are those of `Domain.feature_names`. Roles and groups of entities, texts and what
        a rule forbids have no name there and are left out.
        """
        features: dict[str, float] = {}
        if self.intent is not None:
            features[f"intent_{self.intent}"] = 1.0
        features |= {f"entity_{label}": 1.0 for label in self.entities if "#" not in label}
        for name, values in self.slots:
            if not isinstance(values, str):
                features |= {f"slot_{name}_{i}": v for i, v in enumerate(values) if v != 0}
        if self.prev_action is not None or self.prev_text is not None:
            features[f"prev_{self.prev_action or self.prev_text}"] = 1.0
        if self.active_loop not in (None, SHOULD_NOT_BE_SET):
            features[f"active_loop_{self.active_loop}"] = 1.0
        return features


class RuleOnly(NamedTuple):
    """What only rules speak of, so that policies that learn from stories should not see it.

    Args:
        slots: Names of slots.
        loops: Names of loops.

    Example:
        >>> hidden = RuleOnly(loops=frozenset({"order_form"}))
        >>> hidden.hidden_in(State("yes", active_loop="order_form")).nested()
        {'user': {'intent': 'yes'}}
    """

    slots: frozenset[str] = frozenset()
    loops: frozenset[str] = frozenset()

    def hidden_in(self, state: State) -> State:
        """The state without what only rules speak of."""
        if self.slots and state.slots:
            kept = tuple(pair for pair in state.slots if pair[0] not in self.slots)
            state = state._replace(slots=kept)
        return state._replace(active_loop=None) if state.active_loop in self.loops else state


NOTHING_RULE_ONLY: Final = RuleOnly()


class StateTable(Sequence[State]):
    """Distinct states and their ids: the same state always gets the same small number.

    Example:
        >>> table = StateTable()
        >>> table.intern(State()), table.intern(State(intent="greet")), table.intern(State())
        (0, 1, 0)
        >>> table[1].intent
        'greet'
    """

    def __init__(self, states: Iterable[State] = ()) -> None:
        self._states: list[State] = []
        self._ids: dict[State, int] = {}
        for state in states:
            self.intern(state)

    def intern(self, state: State) -> int:
        """The id of the state, a new one when the table has not seen it before."""
        known = self._ids.get(state)
        if known is None:
            known = self._ids[state] = len(self._states)
            self._states.append(state)
        return known

    @property
    def states(self) -> list[State]:
        """All states; the place in the list is the id."""
        return list(self._states)

    def __getitem__(self, index: Any) -> Any:
        """The state with that id."""
        return self._states[index]

    def __len__(self) -> int:
        """How many distinct states there are."""
        return len(self._states)

    def __contains__(self, state: object) -> bool:
        """Whether the table has the state."""
        return state in self._ids


class StateReader:
    """Reads states off situations, for one domain.

    Args:
        domain: The domain: which entities count for which intent, which slots have features.
        omit_unset_slots: Leave out slots that have only their initial value (for rules).
    """

    def __init__(self, domain: Domain, *, omit_unset_slots: bool = False) -> None:
        self.domain = domain
        self.omit_unset_slots = omit_unset_slots
        self._featurized = sorted(
            (slot for slot in domain.slots if slot.dimension > 0), key=lambda slot: slot.name
        )
        # slots change rarely from one event to the next: the features of the last ones are kept
        self._last: tuple[Any, Any, tuple[tuple[str, SlotFeatures], ...]] = (None, None, ())
        self._wanted: dict[str, frozenset[str]] = {}
        self._known: dict[tuple[str, type, Any], SlotFeatures] = {}
        self._names = tuple(slot.name for slot in self._featurized)
        self._together: dict[tuple[Any, ...], tuple[tuple[str, SlotFeatures], ...]] = {}

    def state(self, situation: Situation) -> State:
        """What policies see of a situation."""
        message = situation.latest_message
        intent = None if situation.reads_text else message.intent_name
        action, loop = situation.latest_action, situation.active_loop
        return State(
            intent,
            message.text or None if intent is None and situation.reads_text is not False else None,
            self._entities(message, intent) if message.entities else (),
            self._slots(situation),
            action.action_name if action else None,
            action.action_text if action else None,
            loop.name if loop else None,
        )

    def _entities(self, message: UserUttered, intent: str | None) -> tuple[str, ...]:
        if intent is None:
            return ()
        labels = set()
        for entity in message.entities:
            name = str(entity.get("entity"))
            labels.add(name)
            labels |= {f"{name}#{entity[part]}" for part in ("role", "group") if entity.get(part)}
        if intent in self.domain.intent_names:
            if intent not in self._wanted:
                self._wanted[intent] = self.domain.wanted_entities(intent)
            labels &= self._wanted[intent]
        return tuple(sorted(labels))

    def _slots(self, situation: Situation) -> tuple[tuple[str, SlotFeatures], ...]:
        slots, slots_set, features = self._last
        if slots is situation.slots and slots_set is situation.slots_set:
            return features
        found = self._features_of(tuple(map(situation.slots.get, self._names)))
        if self.omit_unset_slots:
            found = tuple(pair for pair in found if pair[0] in situation.slots_set)
        self._last = (situation.slots, situation.slots_set, found)
        return found

    def _features_of(self, values: tuple[Any, ...]) -> tuple[tuple[str, SlotFeatures], ...]:
        """The features of all slots; remembered, as conversations come by the same values."""
        key = (values, tuple(map(type, values)))  # True is no 1
        try:
            found = self._together.get(key)
        except TypeError:  # a list or dict cannot be remembered by value
            return self._read(values)
        if found is None:
            read = self._read(values)
            found = remember(self._together, key, values, read, most=MOST_ROWS)
        return found

    def _read(self, values: tuple[Any, ...]) -> tuple[tuple[str, SlotFeatures], ...]:
        read = map(self._features, self._featurized, values)
        return tuple(pair for pair in zip(self._names, read, strict=True) if pair[1])

    def _features(self, slot: Slot, value: Any) -> SlotFeatures:
        """The slot's features, () when all are 0; remembered, as the same values come again."""
        key = (slot.name, type(value), value)
        try:
            return self._known[key]
        except KeyError:
            numbers = _nonzero_features(slot, value)
            return remember(self._known, key, (value,), numbers, most=MOST_VALUES)
        except TypeError:  # a list or dict, which cannot be remembered by value
            return _nonzero_features(slot, value)


def _nonzero_features(slot: Slot, value: Any) -> SlotFeatures:
    if isinstance(value, str) and value == SHOULD_NOT_BE_SET:  # arrays compare in their own way
        return SHOULD_NOT_BE_SET
    numbers = slot.features(value)
    return numbers if any(numbers) else ()


def states_of(
    tracker: DialogueStateTracker, domain: Domain, *, omit_unset_slots: bool = False
) -> list[State]:
    """The states of a conversation: one before every action, and last the one it stands in.

    Args:
        tracker: The conversation.
        domain: Its domain.
        omit_unset_slots: Leave out slots that have only their initial value (for rules).

    Returns:
        n + 1 states for n actions: the last is the one that the next action is predicted from.

    Example:
        >>> from dialogue_nb.core.domain import Domain
        >>> from dialogue_nb.core.events import ActionExecuted
        >>> tracker = DialogueStateTracker(events=[ActionExecuted("action_listen")])
        >>> [state.nested() for state in states_of(tracker, Domain.from_yaml("intents: [greet]"))]
        [{}, {'prev_action': {'action_name': 'action_listen'}}]
    """
    reader = StateReader(domain, omit_unset_slots=omit_unset_slots)
    return [reader.state(situation) for situation, _ in tracker.situations()]


@lru_cache(maxsize=8)
def _reader(domain: Domain) -> StateReader:
    """A reader for predictions: what it remembers serves the next ones too."""
    return StateReader(domain)


def recent_states(tracker: DialogueStateTracker, domain: Domain, count: int) -> list[State]:
    """The last states of a conversation, nothing hidden: what rules look at.

    Args:
        tracker: The conversation.
        domain: Its domain.
        count: How many at most; one at least comes.

    Example:
        >>> from dialogue_nb.core.domain import Domain
        >>> from dialogue_nb.core.events import ActionExecuted
        >>> tracker = DialogueStateTracker(events=[ActionExecuted("action_listen")])
        >>> [s.prev_action for s in recent_states(tracker, Domain.from_yaml("intents: []"), 5)]
        [None, 'action_listen']
    """
    reader = _reader(domain)
    last = deque(tracker.situations(), maxlen=max(count, 1))
    return [reader.state(situation) for situation, _ in last]


def prediction_states(
    tracker: DialogueStateTracker, domain: Domain, rule_only: RuleOnly = NOTHING_RULE_ONLY
) -> list[State]:
    """The states that the next action is predicted from, as learning policies see them (Rasa 3.6).

    They are those of `states_of`, with three differences. Turns that only a rule took
    (`hide_rule_turn`) are left out. What the user said is taken note of after a listen only. And
    where the user has just spoken the words themselves are left out, also when they have no intent.

    Args:
        tracker: The conversation.
        domain: Its domain.
        rule_only: Slots and loops that only rules speak of, which are left out too.

    Returns:
        At least one state: n + 1 for n actions if no turn is hidden.

    Example:
        >>> from dialogue_nb.core.domain import Domain
        >>> from dialogue_nb.core.events import ActionExecuted
        >>> said = [ActionExecuted("action_listen"), UserUttered("what now?")]
        >>> tracker = DialogueStateTracker(events=said)
        >>> [state.text for state in prediction_states(tracker, Domain.from_yaml("intents: []"))]
        [None, None]
    """
    return [state for _, state in numbered_prediction_states(tracker, domain, rule_only)]


def numbered_prediction_states(
    tracker: DialogueStateTracker, domain: Domain, rule_only: RuleOnly = NOTHING_RULE_ONLY
) -> list[tuple[int, State]]:
    """The states of `prediction_states`, each with its number among those of `states_of`.

    Args:
        tracker: The conversation.
        domain: Its domain.
        rule_only: As for `prediction_states`.
    """
    reader = _reader(domain)
    states: list[State] = []
    numbers: list[int] = []
    number, is_hidden, seen, state = 0, False, None, State()
    for number, (situation, action) in enumerate(tracker.situations()):
        last, loop = situation.latest_action, situation.active_loop
        if not is_hidden:
            seen = last
        # a follow-up and a form that goes on belong to the turn before them
        goes_on = (last.label if last else None) == (loop.name if loop else None)
        if situation.followup_action is None and not goes_on:
            is_hidden = action is not None and action.hide_rule_turn
        state = reader.state(situation)
        if is_hidden:
            continue
        if rule_only is not NOTHING_RULE_ONLY:
            state = rule_only.hidden_in(state)
        if states and state.prev_action != ACTION_LISTEN_NAME and state[:3] != states[-1][:3]:
            heard = states[-1]
            state = state._replace(intent=heard.intent, text=heard.text, entities=heard.entities)
        if seen is not None and seen is not last:
            state = state._replace(prev_action=seen.action_name, prev_text=seen.action_text)
        states.append(state)
        numbers.append(number)
    if not states:
        states, numbers = [state], [number]
    if states[-1].text is not None and states[-1].prev_action == ACTION_LISTEN_NAME:
        states[-1] = states[-1]._replace(text=None)
    return list(zip(numbers, states, strict=True))
