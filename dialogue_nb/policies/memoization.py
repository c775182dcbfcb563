"""Policies that remember: after exactly the same last turns, the same action (Rasa 3.6).

MemoizationPolicy           looks up the last `max_history` states
AugmentedMemoizationPolicy  and on a miss forgets the oldest turns, one after the other
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final, Self

import numpy as np
import numpy.typing as npt

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ACTION_LISTEN_NAME, ActionExecuted, Event
from dialogue_nb.core.exceptions import FeaturizerError
from dialogue_nb.core.states import State, prediction_states
from dialogue_nb.core.trackers import DialogueStateTracker, applied_events
from dialogue_nb.featurizers.tracker_featurizers import (
    MaxHistoryTrackerFeaturizer,
    Tracker,
    TrackerFeaturizer,
)
from dialogue_nb.policies.json_file import read_json, write_json
from dialogue_nb.policies.look_up import LookUp, explain
from dialogue_nb.policies.memory import Memory, remember
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.prediction import LazyExplanation, PolicyPrediction, nlu_confidence

MEMORY_FILE: Final = "memorized_turns.json"


class MemoizationPolicy(Policy):
    """Remembers the last turns before every action of the stories.

    If exactly these turns come again, it predicts the action with confidence 1, otherwise it has no
    opinion. Stories that were glued together and rules are not learnt. Where stories go on
    differently after the same turns nothing is memorised: such conflicts are kept, with their
    stories, in `memory_`.

    Args:
        featurizer: A `MaxHistoryTrackerFeaturizer`, whose max_history then counts; None: one with
            `max_history`.
        priority: The higher wins where two policies are equally confident.
        max_history: How many states are looked at; None: all.
        use_nlu_confidence_as_score: Whether the confidence is that of the last message's intent.

    Attributes:
        memory_: What was learnt, a `Memory`.

    Example:
        >>> from dialogue_nb.core.events import UserUttered
        >>> domain = Domain.from_yaml("{intents: [greet], actions: [utter_hi]}")
        >>> listen = ActionExecuted("action_listen")
        >>> said = [listen, UserUttered.of("greet"), ActionExecuted("utter_hi"), listen]
        >>> story = DialogueStateTracker("hello", domain.slots, said)
        >>> policy = MemoizationPolicy(max_history=2).train([story], domain)
        >>> prediction = policy.predict(story.branch(2), domain)
        >>> prediction.best(domain), prediction.confidence, prediction.explanation["stories"]
        ('utter_hi', 1.0, ['hello'])
    """

    uses_augmented: ClassVar[bool] = False
    is_memoizing: ClassVar[bool] = True

    memory_: Memory

    def __init__(
        self,
        featurizer: TrackerFeaturizer | None = None,
        priority: int = 3,
        max_history: int | None = 5,
        use_nlu_confidence_as_score: bool = False,
    ) -> None:
        super().__init__(featurizer, priority)
        self.max_history = max_history
        self.use_nlu_confidence_as_score = use_nlu_confidence_as_score

    @property
    def predicts_from_states(self) -> bool:
        """Whether `predict_batch` works: yes, unless the intent's confidence is wanted."""
        return not self.use_nlu_confidence_as_score

    def train(self, training_trackers: Sequence[Tracker], domain: Domain, **kwargs: Any) -> Self:
        """Memorises the windows of stories, forgetting what was known before.

        Args:
            training_trackers: Dialogues; augmented ones and rules are passed over.
            domain: The domain they belong to.
            **kwargs: Not used.

        Returns:
            The policy itself.

        Raises:
            FeaturizerError: If the featurizer is of another kind, or max_history is below 1.
        """
        featurizer = self._window_featurizer()
        self.memory_ = remember(
            featurizer.featurize_trackers(self.select(training_trackers), domain)
        )
        return self

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain
    ) -> PolicyPrediction:
        """Confidence 1 for the memorised action, or zeros.

        Args:
            tracker: The conversation so far.
            domain: The domain.

        Returns:
            The prediction; its explanation (worked out when it is looked at) says what was looked
            up, from which stories the action is known, or which memorised windows are nearest.

        Raises:
            NotTrainedError: If nothing was learnt yet.
        """
        memory = self._trained()
        looked_up = self._look_up(tracker, domain)
        probabilities = np.zeros(domain.num_actions)  # (A,)
        if looked_up.action is not None:
            probabilities[domain.index_for_action(looked_up.action)] = self._score(tracker)
        explanation = LazyExplanation(partial(explain, memory, looked_up))
        return self._prediction(probabilities, explanation=explanation)

    def predict_batch(
        self, states: Sequence[Sequence[State]], domain: Domain
    ) -> npt.NDArray[np.float64]:
        """The same for many conversations at once.

        Args:
            states: All states of each conversation.
            domain: The domain.

        Returns:
            Probabilities, (B, A) float64.

        Raises:
            NotTrainedError: If nothing was learnt yet.
        """
        memory, featurizer = self._trained(), self._window_featurizer()
        windows = [featurizer.prediction_window(conversation) for conversation in states]
        return _rows([LookUp(memory.action(window), window) for window in windows], domain)

    def predict_states(
        self, states: Sequence[Sequence[State]], domain: Domain
    ) -> list[PolicyPrediction]:
        """The predictions for many conversations at once, with explanations.

        Args:
            states: All states of each conversation.
            domain: The domain.

        Returns:
            One prediction for each conversation.

        Raises:
            NotTrainedError: If nothing was learnt yet.
        """
        memory, featurizer = self._trained(), self._window_featurizer()
        windows = [featurizer.prediction_window(conversation) for conversation in states]
        found = [LookUp(memory.action(window), window) for window in windows]
        rows = _rows(found, domain)  # (B, A)
        return [
            self._prediction(row, explanation=LazyExplanation(partial(explain, memory, looked_up)))
            for row, looked_up in zip(rows, found, strict=True)
        ]

    def persist(self, path: str | Path) -> None:
        """Writes parameters and memory into a folder, as JSON.

        Args:
            path: The folder; it is made if it is not there.

        Raises:
            NotTrainedError: If nothing was learnt yet.
        """
        memory = self._trained()
        self.write_policy_file(path)
        write_json(Path(path) / MEMORY_FILE, memory.as_dict())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Reads a policy that `persist` wrote.

        Args:
            path: The folder.

        Raises:
            ModelError: If the folder holds no such policy, or a damaged one.
        """
        policy = super().load(path)
        body = read_json(Path(path) / MEMORY_FILE, "memorised turns")
        policy.memory_ = Memory.from_dict(body)
        return policy

    def _look_up(self, tracker: DialogueStateTracker, domain: Domain) -> LookUp:
        states = prediction_states(tracker, domain, self.rule_only)
        window = self._window_featurizer().prediction_window(states)
        return LookUp(self.memory_.action(window), window)

    def _score(self, tracker: DialogueStateTracker) -> float:
        return nlu_confidence(tracker) if self.use_nlu_confidence_as_score else 1.0

    def _window_featurizer(self) -> MaxHistoryTrackerFeaturizer:
        if self.featurizer is None:
            return MaxHistoryTrackerFeaturizer(max_history=self.max_history)
        if isinstance(self.featurizer, MaxHistoryTrackerFeaturizer):
            return self.featurizer
        raise FeaturizerError(
            f"{self.name} needs a MaxHistoryTrackerFeaturizer, got {self.featurizer!r}."
        )

    def _trained(self) -> Memory:
        memory: Memory = self._learnt("memory_")
        return memory


def _rows(found: Sequence[LookUp], domain: Domain) -> npt.NDArray[np.float64]:
    """Confidence 1 for every action that was found, (B, A) float64."""
    rows = np.zeros((len(found), domain.num_actions))  # (B, A)
    for row, looked_up in zip(rows, found, strict=True):
        if looked_up.action is not None:
            row[domain.index_for_action(looked_up.action)] = 1.0
    return rows


class AugmentedMemoizationPolicy(MemoizationPolicy):
    """Remembers like `MemoizationPolicy`, and on a miss forgets the oldest turns one by one.

    What happened before is forgotten with all its consequences, so that a slot which was set there
    is empty again. That finds stories again which were told without that slot.

    Args:
        featurizer: A `MaxHistoryTrackerFeaturizer`, whose max_history then counts; None: one with
            `max_history`.
        priority: The higher wins where two policies are equally confident.
        max_history: How many states are looked at; None: all.
        use_nlu_confidence_as_score: Whether the confidence is that of the last message's intent.

    Attributes:
        memory_: What was learnt, a `Memory`.

    Example:
        >>> from dialogue_nb.core.events import SlotSet, UserUttered
        >>> domain = Domain.from_yaml(
        ...     "{intents: [greet], actions: [utter_hi], slots: {name: {type: text}}}"
        ... )
        >>> listen, greet = ActionExecuted("action_listen"), UserUttered.of("greet")
        >>> hi, name = ActionExecuted("utter_hi"), SlotSet("name", "Ann")
        >>> story = DialogueStateTracker("story", domain.slots, [listen, greet, hi])
        >>> talk = DialogueStateTracker("talk", domain.slots, [hi, name, listen, greet])
        >>> for cls in (MemoizationPolicy, AugmentedMemoizationPolicy):
        ...     policy = cls(max_history=1).train([story], domain)
        ...     print(cls.__name__, policy.predict(talk, domain).best(domain))
        MemoizationPolicy None
        AugmentedMemoizationPolicy utter_hi
    """

    @property
    def predicts_from_states(self) -> bool:
        """Whether `predict_batch` works: no, to forget it needs the events."""
        return False

    def predict_batch(
        self, states: Sequence[Sequence[State]], domain: Domain
    ) -> npt.NDArray[np.float64]:
        """Not possible: to forget it needs the events, not only the states."""
        return Policy.predict_batch(self, states, domain)

    def _look_up(self, tracker: DialogueStateTracker, domain: Domain) -> LookUp:
        first = super()._look_up(tracker, domain)
        if first.action is not None:
            return first
        featurizer = self._window_featurizer()
        last, tried = first.states, 1
        for shorter in shortened(tracker, featurizer.max_history, domain):
            states = prediction_states(shorter, domain, self.rule_only)
            window = featurizer.prediction_window(states)
            if window != last:
                last, tried = window, tried + 1
                action = self.memory_.action(window)
                if action is not None:
                    forgotten = _actions(tracker) - _actions(shorter)
                    return LookUp(action, window, forgotten, tried)
        return first._replace(tried=tried)


def shortened(
    tracker: DialogueStateTracker, max_history: int | None, domain: Domain
) -> Iterator[DialogueStateTracker]:
    """The conversation from its first action on, then from its second, and so on (Rasa 3.6).

    Args:
        tracker: The conversation.
        max_history: With a number, begin at the last listen that has so many actions after it; what
            was before it cannot be in the window, but its slots can.
        domain: The domain, for the slots that a conversation begins with.

    Yields:
        Shorter and shorter conversations, in which nothing came before.
    """
    events = _trimmed(tracker.applied_events(), max_history)
    first = 0
    while True:
        actions = [i for i, event in enumerate(events) if isinstance(event, ActionExecuted)]
        if len(actions) <= first:
            return
        shorter = DialogueStateTracker(tracker.sender_id, domain.slots, events[actions[first] :])
        yield shorter
        # loops are hidden anew each time: without its beginning a form looks different
        events = applied_events(shorter.events)
        first = 1


def _actions(tracker: DialogueStateTracker) -> int:
    return sum(isinstance(event, ActionExecuted) for event in tracker.applied_events())


def _trimmed(events: list[Event], max_history: int | None) -> list[Event]:
    """The events from the last listen on that has `max_history` actions after it."""
    if max_history is None:
        return events
    actions = 0
    for i in range(len(events) - 1, -1, -1):
        event = events[i]
        if isinstance(event, ActionExecuted):
            actions += 1
            if actions > max_history and event.action_name == ACTION_LISTEN_NAME:
                return events[i:]
    return events
