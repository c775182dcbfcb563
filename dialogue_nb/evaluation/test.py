"""Testing a bot on stories it should know: at every action, what would it have done?

The stories are teacher-forced: whatever the bot predicts, the story's own action is what happened,
so that one mistake does not spoil the rest. All turns of all stories are predicted in one batch.
Where a story gives the user's words, the agent's interpreter is asked what they mean; what it gets
wrong is a failure of its own kind, and the story goes on with what was meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.ingredients import Resource, checked_stories
from dialogue_nb.core.events import ACTION_LISTEN_NAME
from dialogue_nb.core.states import NOTHING_RULE_ONLY, RuleOnly, State
from dialogue_nb.evaluation.batch import Verdict, verdict, verdicts
from dialogue_nb.evaluation.messages import evaluated_messages
from dialogue_nb.evaluation.result import (
    EvaluatedAction,
    EvaluationResult,
    rejected_loop,
    tracker_before,
)
from dialogue_nb.stories.steps import Story
from dialogue_nb.stories.training_data import TrainingData, TrainingTracker


@dataclass(frozen=True)
class _Turn:
    """One place where an action is to be predicted."""

    number: int
    turn: int
    tracker: TrainingTracker
    states: tuple[State, ...]
    rejected: str | None

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
    with agent.ensemble.lock:
        rule_only = agent.ensemble.share_rule_only()
        turns = [
            turn for i, tracker in enumerate(dialogues) for turn in _turns(i, tracker, rule_only)
        ]
        results = tuple(map(_evaluated, turns, _verdicts(agent, turns)))
    names = tuple(tracker.name for tracker in dialogues)
    messages = evaluated_messages(agent, told)
    return EvaluationResult(results, names, tuple(dialogues), agent, messages)


def _turns(number: int, tracker: TrainingTracker, rule_only: RuleOnly) -> list[_Turn]:
    """Where the story's actions can be predicted: not where it begins with one of the bot's."""
    states = tuple(tracker.states)
    refused = [
        rejected_loop(state.active_loop, action, state.prev_action)
        for state, action in zip(states, tracker.actions, strict=False)
    ]
    if rule_only is not NOTHING_RULE_ONLY:
        states = tuple(rule_only.hidden_in(state) for state in states)
    return [
        _Turn(number, i, tracker, states[: i + 1], refused[i])
        for i, predictable in enumerate(tracker.predictable)
        if predictable
    ]


def _verdicts(agent: Agent, turns: Sequence[_Turn]) -> list[Verdict]:
    states, golds = [turn.states for turn in turns], [turn.gold for turn in turns]
    refused = [turn.rejected for turn in turns]
    if all(policy.answers_in_batches for policy in agent.policies):
        return verdicts(agent.policies, states, agent.domain, golds, refused)
    trackers = [tracker_before(turn.tracker, turn.turn) for turn in turns]
    columns = [
        policy.predict_states(states, agent.domain)
        if policy.answers_in_batches
        else [policy.predict(tracker, agent.domain) for tracker in trackers]
        for policy in agent.policies
    ]
    rows = ([column[i] for column in columns] for i in range(len(turns)))
    return [
        verdict(row, agent.domain, gold, rejected)
        for row, gold, rejected in zip(rows, golds, refused, strict=True)
    ]


def _evaluated(turn: _Turn, decided: Verdict) -> EvaluatedAction:
    if turn.turn == 0 and turn.gold == ACTION_LISTEN_NAME:
        # a conversation begins with a listen, whatever the policies say
        decided = Verdict(turn.gold, 1.0, None, 1)
    tracker, place = turn.tracker, turn.turn
    origin = tracker.origins[place] if place < len(tracker.origins) else None
    return EvaluatedAction(
        tracker.name,
        turn.number,
        place,
        turn.gold,
        *decided,
        turn.states[-1].intent,
        None if origin is None else origin.file,
        None if origin is None else origin.line,
    )
