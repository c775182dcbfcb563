"""What a bot would do otherwise since it has learnt something else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.events import ActionExecuted
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.evaluation.result import EvaluatedAction
from dialogue_nb.evaluation.test import evaluate
from dialogue_nb.stories.training_data import TrainingData


@dataclass(frozen=True)
class Change:
    """One place where two bots decide differently.

    Args:
        where: The name of the story, or of the conversation.
        turn: Which of its actions this is, counted from 0.
        gold: What the story does; None in a conversation, where nobody says what is right.
        before: What the first bot would do.
        before_confidence: How sure it is.
        now: What the second bot would do.
        now_confidence: How sure it is.
        is_conversation: Whether it is a place in the conversation.
    """

    where: str
    turn: int
    gold: str | None
    before: str
    before_confidence: float
    now: str
    now_confidence: float
    is_conversation: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The change as a JSON-ready dict."""
        return asdict(self)


def changed_decisions(
    before: Agent,
    now: Agent,
    data: TrainingData | None = None,
    tracker: DialogueStateTracker | None = None,
) -> list[Change]:
    r"""Where a bot decides otherwise than another one.

    Args:
        before: The first bot, trained.
        now: The second one, trained.
        data: Dialogues whose every action both are to predict; only what stories alone make.
        tracker: A conversation whose every action both are to predict.

    Returns:
        The differences, those of the conversation first.

    Raises:
        AgentError: If one of them was not trained.

    Example:
        >>> from dialogue_nb.core.domain import Domain
        >>> from dialogue_nb.policies.memoization import MemoizationPolicy
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> domain = Domain.from_yaml("{intents: [greet], actions: [utter_hi, utter_bye]}")
        >>> def learn(action):
        ...     agent = Agent(domain, [MemoizationPolicy()])
        ...     data = agent.load_data(parse_stories(f"## hello\n* greet\n  - {action}")[0])
        ...     return agent.train(data), data
        >>> (first, _), (second, data) = learn("utter_hi"), learn("utter_bye")
        >>> [(c.where, c.turn, c.before, c.now) for c in changed_decisions(first, second, data)]
        [('hello', 1, 'utter_hi', 'utter_bye')]
    """
    changes = [] if tracker is None else _in_conversation(before, now, tracker)
    if data is not None:
        pairs = zip(evaluate(before, data).turns, evaluate(now, data).turns, strict=True)
        changes += [_of_turn(a, b) for a, b in pairs if a.predicted != b.predicted]
    return changes


def _of_turn(a: EvaluatedAction, b: EvaluatedAction) -> Change:
    return Change(a.story, a.turn, a.gold, a.predicted, a.confidence, b.predicted, b.confidence)


def _in_conversation(before: Agent, now: Agent, tracker: DialogueStateTracker) -> list[Change]:
    """The differences at the places where the conversation's actions were chosen."""
    found = []
    for turn, then in enumerate(_places(tracker)):
        a, b = before.processor.decide(then), now.processor.decide(then)
        if a.action != b.action:
            sides = (a.action, a.confidence, b.action, b.confidence)
            found.append(Change(tracker.sender_id, turn, None, *sides, is_conversation=True))
    return found


def _places(tracker: DialogueStateTracker) -> Iterable[DialogueStateTracker]:
    """The conversation as it stood before each of its actions."""
    for i, event in enumerate(tracker.events):
        if isinstance(event, ActionExecuted):
            yield tracker.branch(i)
