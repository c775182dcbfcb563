"""Testing a bot on stories it should know: at every action, what would it have done?

The stories are teacher-forced: whatever the bot predicts, the story's own action is what happened,
so that one mistake does not spoil the rest. All turns of all stories are predicted in one batch.
Where a story gives the user's words, the agent's interpreter is asked what they mean; what it gets
wrong is a failure of its own kind, and the story goes on with what was meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.ingredients import Resource, checked_stories
from dialogue_nb.core.events import ACTION_LISTEN_NAME, ActionExecuted, ActionExecutionRejected
from dialogue_nb.core.showing import Showable
from dialogue_nb.core.states import State
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.evaluation.batch import Verdict, verdict, verdicts
from dialogue_nb.evaluation.messages import EvaluatedMessage, evaluated_messages, parts_of
from dialogue_nb.evaluation.scores import Scores, score
from dialogue_nb.stories.steps import Story
from dialogue_nb.stories.training_data import TrainingData, TrainingTracker


@dataclass(frozen=True)
class EvaluatedAction:
    """One turn of a test story.

    Args:
        story: The story's name.
        number: Which of the stories it is, counted from 0: names may occur twice.
        turn: Which of its actions this is, counted from 0; 0 is the listen that begins every story.
        gold: What the story does.
        predicted: What the bot would have done.
        confidence: How sure the policy was that decided.
        policy: The policy that decided, None when none did.
    """

    story: str
    number: int
    turn: int
    gold: str
    predicted: str
    confidence: float
    policy: str | None

    @property
    def is_right(self) -> bool:
        """Whether the bot would have done what the story does."""
        return self.gold == self.predicted


@dataclass(frozen=True)
class EvaluationResult(Showable):
    """What came out of a test; everything is read off the list of turns.

    Args:
        turns: Every action of every story, in order.
        stories: The names of the stories, in order.
        messages: Every message of which the stories give the words, in order; none if the agent
            understands no plain words.
    """

    turns: tuple[EvaluatedAction, ...]
    stories: tuple[str, ...]
    messages: tuple[EvaluatedMessage, ...] = ()

    @cached_property
    def scores(self) -> Scores:
        """All turns, listens included."""
        return self._score(self.turns)

    @cached_property
    def scores_without_listen(self) -> Scores:
        """Only the turns where the story does not listen."""
        return self._score([t for t in self.turns if t.gold != ACTION_LISTEN_NAME])

    @cached_property
    def rasa_scores(self) -> Scores:
        """The turns that Rasa counts: all but the first listen of each story."""
        return self._score([t for t in self.turns if t.turn > 0])

    @cached_property
    def failures(self) -> tuple[EvaluatedAction, ...]:
        """The turns that went wrong."""
        return tuple(turn for turn in self.turns if not turn.is_right)

    @cached_property
    def failed_stories(self) -> tuple[str, ...]:
        """The stories with a turn that went wrong or a misunderstood message, in order."""
        failed = {turn.number for turn in self.failures}
        misunderstood = {message.story for message in self.misunderstood}
        failed |= {i for i, name in enumerate(self.stories) if misunderstood & parts_of(name)}
        return tuple(self.stories[number] for number in sorted(failed))

    @cached_property
    def misunderstood(self) -> tuple[EvaluatedMessage, ...]:
        """The messages that were not understood as they were meant."""
        return tuple(message for message in self.messages if not message.is_right)

    @property
    def stories_right(self) -> int:
        """How many stories went right from beginning to end."""
        return len(self.stories) - len(self.failed_stories)

    @cached_property
    def policies(self) -> dict[str, dict[str, int]]:
        """For each policy how often it decided (`decided`) and was right (`right`)."""
        decided = Counter(turn.policy or "none" for turn in self.turns)
        right = Counter(turn.policy or "none" for turn in self.turns if turn.is_right)
        return {name: {"decided": decided[name], "right": right[name]} for name in sorted(decided)}

    def as_dict(self) -> dict[str, Any]:
        """The result as a JSON-ready dict."""
        return {
            "stories": {
                "count": len(self.stories),
                "right": self.stories_right,
                "failed": list(self.failed_stories),
            },
            "actions": asdict(self.scores),
            "actions_without_listen": asdict(self.scores_without_listen),
            "actions_as_rasa_counts": asdict(self.rasa_scores),
            "policies": self.policies,
            "failures": [asdict(turn) for turn in self.failures],
            "messages": {
                "count": len(self.messages),
                "right": len(self.messages) - len(self.misunderstood),
            },
            "misunderstood": [asdict(message) for message in self.misunderstood],
        }

    @staticmethod
    def _score(turns: Sequence[EvaluatedAction]) -> Scores:
        return score([turn.gold for turn in turns], [turn.predicted for turn in turns])


@dataclass(frozen=True)
class _Turn:
    """One place where an action is to be predicted."""

    number: int
    turn: int
    tracker: TrainingTracker
    states: tuple[State, ...]

    @property
    def gold(self) -> str:
        return self.tracker.actions[self.turn]


def evaluate(agent: Agent, stories: Resource | TrainingData) -> EvaluationResult:
    r"""Tests an agent on stories.

    Args:
        agent: The trained agent.
        stories: Stories, or the files or folders to read them from, or dialogues made from them.
            Rules are no conversations and are left out, and so is what augmentation glued.

    Returns:
        What it would have done at every action.

    Raises:
        StoryError: If the stories cannot be read or name what the domain does not have.
        AgentError: If the agent was not trained.

    Example:
        >>> from dialogue_nb.core.domain import Domain
        >>> from dialogue_nb.policies.memoization import MemoizationPolicy
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> domain = Domain.from_yaml("{intents: [greet], actions: [utter_hi]}")
        >>> stories, _ = parse_stories("## hello\n* greet\n  - utter_hi")
        >>> agent = Agent(domain, [MemoizationPolicy()])
        >>> result = evaluate(agent.train(agent.load_data(stories)), stories)
        >>> result.stories_right, result.scores.accuracy
        (1, 1.0)
    """
    agent.check_trained()
    told: Sequence[Story] | TrainingData = ()
    if isinstance(stories, TrainingData):
        data = told = stories
    else:
        told, _ = checked_stories(stories, agent.domain)
        data = agent.load_data(told, augmentation_factor=0, unique_last_num_states=0)
    dialogues = data.originals
    turns = [turn for i, tracker in enumerate(dialogues) for turn in _turns(i, tracker)]
    results = map(_evaluated, turns, _verdicts(agent, turns))
    names = tuple(tracker.name for tracker in dialogues)
    return EvaluationResult(tuple(results), names, evaluated_messages(agent, told))


def _turns(number: int, tracker: TrainingTracker) -> list[_Turn]:
    """Where the story's actions can be predicted: not where it begins with one of the bot's."""
    states = tuple(tracker.states)
    return [
        _Turn(number, i, tracker, states[: i + 1])
        for i, predictable in enumerate(tracker.predictable)
        if predictable
    ]


def _verdicts(agent: Agent, turns: Sequence[_Turn]) -> list[Verdict]:
    states = [turn.states for turn in turns]
    if all(policy.answers_in_batches for policy in agent.policies):
        return verdicts(agent.policies, states, agent.domain)
    columns = [
        policy.predict_states(states, agent.domain)
        if policy.answers_in_batches
        else [policy.predict(_tracker_before(turn), agent.domain) for turn in turns]
        for policy in agent.policies
    ]
    return [verdict([column[i] for column in columns], agent.domain) for i in range(len(turns))]


def _tracker_before(turn: _Turn) -> DialogueStateTracker:
    """The conversation as it stood before the action, for policies that need more than states."""
    applied = turn.tracker.applied_events()
    actions = [i for i, event in enumerate(applied) if isinstance(event, ActionExecuted)]
    slots = turn.tracker.domain.slots
    before = DialogueStateTracker(turn.tracker.name, slots, applied[: actions[turn.turn]])
    loop = before.active_loop_name
    if loop is not None and loop not in (turn.gold, before.latest_action_name):
        # where a story says something else than its form, the form has refused the message
        before.update(ActionExecutionRejected(loop))
    return before


def _evaluated(turn: _Turn, decided: Verdict) -> EvaluatedAction:
    if turn.turn == 0 and turn.gold == ACTION_LISTEN_NAME:
        # a conversation begins with a listen, whatever the policies say
        decided = Verdict(turn.gold, 1.0, None)
    return EvaluatedAction(turn.tracker.name, turn.number, turn.turn, turn.gold, *decided)
