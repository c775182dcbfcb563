"""What training works on: generated dialogues over one table of states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import Event
from dialogue_nb.core.showing import Showable
from dialogue_nb.core.states import State, StateTable
from dialogue_nb.core.trackers import DialogueStateTracker


@dataclass(frozen=True)
class Origin:
    """Where a turn of a generated dialogue was written.

    Args:
        story: The name of the story or rule.
        file: The file, None for text.
        line: The line, counted from 1, None when it is not known.
    """

    story: str
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, eq=False)
class TrainingTracker(Showable):
    """One dialogue made from stories, as the states that come before its actions.

    Args:
        name: The names of its stories, joined by " > ".
        stories: The names of its stories, in order.
        table: The states of the whole data set.
        domain: The domain.
        state_ids: For each action the id of the state before it, and last the final state
            (n + 1 ids).
        actions: What was done in each state (n names).
        predictable: For each action whether it is an example to learn from (n flags).
        origins: For each action where it was written (n places).
        events: All events, oldest first.
        event_origins: For each event where it was written.
        is_augmented: Whether it was glued from several dialogues.
        is_rule_tracker: Whether it came from a rule.
    """

    name: str
    stories: tuple[str, ...]
    table: StateTable = field(repr=False)
    domain: Domain = field(repr=False)
    state_ids: tuple[int, ...]
    actions: tuple[str, ...]
    predictable: tuple[bool, ...]
    origins: tuple[Origin, ...] = field(default=(), repr=False)
    events: tuple[Event, ...] = field(default=(), repr=False)
    event_origins: tuple[Origin, ...] = field(default=(), repr=False)
    is_augmented: bool = False
    is_rule_tracker: bool = False

    @property
    def sender_id(self) -> str:
        """The name, as Rasa calls it."""
        return self.name

    @property
    def states(self) -> list[State]:
        """The state before each action, and last the final state."""
        return [self.table[i] for i in self.state_ids]

    def past_states(self, domain: Domain | None = None) -> list[State]:
        """The same as `states`; the domain is taken for the sake of Rasa's custom policies."""
        return self.states

    def tracker(self) -> DialogueStateTracker:
        """The dialogue as a conversation that can be replayed, branched and gone on with."""
        return DialogueStateTracker(self.name, self.domain.slots, self.events)

    def applied_events(self) -> list[Event]:
        """The events that policies see."""
        return self.tracker().applied_events()

    def as_dict(self, view: str = "nested") -> dict[str, Any]:
        """The examples in the dialogue, ready for JSON: name, states, and the action in each.

        Args:
            view: "nested" (Rasa 2 and 3) or "flat" (Rasa 0.x and 1.x).
        """
        turns = zip(self.state_ids[:-1], self.actions, self.predictable, strict=True)
        examples = [(self.table[i], action) for i, action, counts in turns if counts]
        states = [s.flat() if view == "flat" else s.nested() for s, _ in examples]
        return {"name": self.name, "states": states, "actions": [action for _, action in examples]}


class TrainingData(Showable, Sequence[TrainingTracker]):
    """All dialogues to learn from: stories, rules, and what augmentation glued together.

    Args:
        trackers: The dialogues.
        table: Their states.
        domain: The domain.
        diagnostics: What generation found out: checkpoints that lead nowhere.

    Example:
        >>> data = TrainingData([], StateTable(), Domain.from_yaml("intents: []"))
        >>> len(data), data.summary()["dialogues"]
        (0, 0)
    """

    def __init__(
        self,
        trackers: Iterable[TrainingTracker],
        table: StateTable,
        domain: Domain,
        diagnostics: Iterable[Diagnostic] = (),
    ) -> None:
        self.trackers = tuple(trackers)
        self.table = table
        self.domain = domain
        self.diagnostics = tuple(diagnostics)

    def __getitem__(self, index: Any) -> Any:
        """One dialogue, or a list of several for a slice."""
        return self.trackers[index]

    def __len__(self) -> int:
        """How many dialogues there are, rules and augmented ones included."""
        return len(self.trackers)

    @cached_property
    def originals(self) -> list[TrainingTracker]:
        """The dialogues that stories alone make."""
        return [t for t in self.trackers if not t.is_augmented and not t.is_rule_tracker]

    @cached_property
    def augmented(self) -> list[TrainingTracker]:
        """The dialogues that augmentation glued together."""
        return [t for t in self.trackers if t.is_augmented]

    @cached_property
    def rules(self) -> list[TrainingTracker]:
        """The dialogues that rules make."""
        return [t for t in self.trackers if t.is_rule_tracker]

    def distinct_windows(
        self, max_history: int | None = 5, trackers: Iterable[TrainingTracker] | None = None
    ) -> set[tuple[tuple[int, ...], str]]:
        """The distinct examples: (ids of the last states, action), as policies learn them.

        Args:
            max_history: How many states a window holds at most; None for whole dialogues.
            trackers: Which dialogues count; default all but the rules.
        """
        chosen = [*self.originals, *self.augmented] if trackers is None else trackers
        windows = set()
        for tracker in chosen:
            ids = tracker.state_ids
            for i, (action, counts) in enumerate(
                zip(tracker.actions, tracker.predictable, strict=True)
            ):
                if counts:
                    first = 0 if max_history is None else max(0, i + 1 - max_history)
                    windows.add((ids[first : i + 1], action))
        return windows

    def summary(self, max_history: int | None = 5) -> Mapping[str, int]:
        """How much there is to learn from.

        Args:
            max_history: How many states a window holds at most; None for whole dialogues.

        Returns:
            Counts of `dialogues` from stories, `augmented` ones, `rules`, distinct `states`,
            distinct `windows`, and `new_windows` that only augmentation brought.
        """
        windows = self.distinct_windows(max_history)
        original = self.distinct_windows(max_history, self.originals)
        return {
            "dialogues": len(self.originals),
            "augmented": len(self.augmented),
            "rules": len(self.rules),
            "states": len(self.table),
            "windows": len(windows),
            "new_windows": len(windows - original),
        }

    def __repr__(self) -> str:
        """The counts, without those that take time."""
        return (
            f"<TrainingData: {len(self.originals)} dialogues from stories, "
            f"{len(self.augmented)} augmented, {len(self.rules)} from rules, "
            f"{len(self.table)} distinct states>"
        )
