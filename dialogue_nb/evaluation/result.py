"""What came out of a test: every turn, and all tables that are read off the turns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.events import ACTION_LISTEN_NAME, ActionExecuted, ActionExecutionRejected
from dialogue_nb.core.showing import Showable
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.evaluation.messages import EvaluatedMessage, parts_of
from dialogue_nb.evaluation.scores import Scores, score
from dialogue_nb.policies.decision import Decision
from dialogue_nb.stories.training_data import TrainingTracker

NO_POLICY = "none"


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
        rank: The place of the gold action if all actions are ordered by the highest confidence that
            any policy has in them: 1 is the best. None if no policy thought of it.
        intent: The intent of the last message, None before the first.
        file: Where the action is written, None for text.
        line: The line there, None when it is not known.
    """

    story: str
    number: int
    turn: int
    gold: str
    predicted: str
    confidence: float
    policy: str | None
    rank: int | None = None
    intent: str | None = None
    file: str | None = None
    line: int | None = None

    @property
    def is_right(self) -> bool:
        """Whether the bot would have done what the story does."""
        return self.gold == self.predicted

    @property
    def is_listen(self) -> bool:
        """Whether the story listens here."""
        return self.gold == ACTION_LISTEN_NAME


@dataclass(frozen=True)
class EvaluationResult(Showable):
    """What came out of a test; everything is read off the list of turns.

    Args:
        turns: Every action of every story, in order.
        stories: The names of the stories, in order.
        dialogues: The stories as dialogues, in order.
        agent: The bot that was tested.
        messages: Every message of which the stories give the words, in order; none if the agent
            understands no plain words.

    Example:
        >>> turn = EvaluatedAction("a", 0, 1, "utter_hi", "utter_bye", 0.5, "KerasPolicy", 2)
        >>> result = EvaluationResult((turn,), ("a",))
        >>> int(result.confusion().loc["utter_hi", "utter_bye"])
        1
        >>> result.failure_table["rank"].tolist()
        [2]
    """

    turns: tuple[EvaluatedAction, ...]
    stories: tuple[str, ...]
    dialogues: tuple[TrainingTracker, ...] = field(default=(), repr=False, compare=False)
    agent: Agent | None = field(default=None, repr=False, compare=False)
    messages: tuple[EvaluatedMessage, ...] = ()

    # --- numbers

    @cached_property
    def scores(self) -> Scores:
        """All turns, listens included."""
        return self._score(self.turns)

    @cached_property
    def scores_without_listen(self) -> Scores:
        """Only the turns where the story does not listen."""
        return self._score(self._counted(listens=False))

    @cached_property
    def rasa_scores(self) -> Scores:
        """The turns that Rasa counts: all but the first listen of each story."""
        return self._score([t for t in self.turns if t.turn > 0])

    @cached_property
    def failures(self) -> tuple[EvaluatedAction, ...]:
        """The turns that went wrong."""
        return tuple(turn for turn in self.turns if not turn.is_right)

    @cached_property
    def failed_numbers(self) -> tuple[int, ...]:
        """Which of the stories have a wrong turn or a misunderstood message, counted from 0."""
        failed = {turn.number for turn in self.failures}
        misunderstood = {message.story for message in self.misunderstood}
        failed |= {i for i, name in enumerate(self.stories) if misunderstood & parts_of(name)}
        return tuple(sorted(failed))

    @cached_property
    def misunderstood(self) -> tuple[EvaluatedMessage, ...]:
        """The messages that were not understood as they were meant."""
        return tuple(message for message in self.messages if not message.is_right)

    @cached_property
    def failed_stories(self) -> tuple[str, ...]:
        """The names of the stories that failed, in order."""
        return tuple(self.stories[number] for number in self.failed_numbers)

    @property
    def stories_right(self) -> int:
        """How many stories went right from beginning to end."""
        return len(self.stories) - len(self.failed_stories)

    @cached_property
    def policies(self) -> dict[str, dict[str, int]]:
        """For each policy how often it decided (`decided`) and was right (`right`)."""
        decided = Counter(turn.policy or NO_POLICY for turn in self.turns)
        right = Counter(turn.policy or NO_POLICY for turn in self.turns if turn.is_right)
        return {name: {"decided": decided[name], "right": right[name]} for name in sorted(decided)}

    # --- tables

    def action_table(self, *, listens: bool = True) -> Any:
        """How well each action was predicted.

        Args:
            listens: Whether the turns where the story listens count.

        Returns:
            A DataFrame: `action`, `precision`, `recall`, `f1`, `support`, most frequent first; the
            numbers are those of scikit-learn's `classification_report`.
        """
        import pandas as pd

        scores = self.scores if listens else self.scores_without_listen
        rows = sorted(scores.actions, key=lambda row: (-row.support, row.action))
        names = ["action", "precision", "recall", "f1", "support"]
        return pd.DataFrame([asdict(row) for row in rows], columns=names)

    @property
    def policy_table(self) -> Any:
        """A DataFrame: `policy`, `decided`, its `share` of all turns, `right`, `accuracy`."""
        import pandas as pd

        rows = [
            {
                "policy": name,
                "decided": counts["decided"],
                "share": counts["decided"] / len(self.turns),
                "right": counts["right"],
                "accuracy": counts["right"] / counts["decided"],
            }
            for name, counts in self.policies.items()
        ]
        return pd.DataFrame(rows, columns=["policy", "decided", "share", "right", "accuracy"])

    def confusion(self, *, listens: bool = True) -> Any:
        """What was predicted in place of what.

        Args:
            listens: Whether the turns where the story listens count.

        Returns:
            A DataFrame of counts: a row for each gold action, a column for each predicted one, both
            in the order of the alphabet; the same numbers as scikit-learn's `confusion_matrix`.
        """
        import pandas as pd

        turns = self._counted(listens=listens)
        names = sorted({t.gold for t in turns} | {t.predicted for t in turns})
        counts = Counter((turn.gold, turn.predicted) for turn in turns)
        rows = [[counts[gold, predicted] for predicted in names] for gold in names]
        index, columns = pd.Index(names, name="gold"), pd.Index(names, name="predicted")
        return pd.DataFrame(rows, index=index, columns=columns, dtype=int)

    @property
    def failure_table(self) -> Any:
        """A DataFrame with a row for each turn that went wrong: the fields of its record."""
        import pandas as pd

        names = list(EvaluatedAction.__dataclass_fields__)
        return pd.DataFrame([asdict(turn) for turn in self.failures], columns=names)

    def turns_of(self, gold: str, predicted: str) -> tuple[EvaluatedAction, ...]:
        """The turns behind a cell of the confusion matrix.

        Args:
            gold: What the stories do.
            predicted: What the bot would have done.
        """
        return tuple(t for t in self.turns if (t.gold, t.predicted) == (gold, predicted))

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

    def __repr__(self) -> str:
        """How much of it was right."""
        wrong, turns = len(self.failures), len(self.turns)
        return (
            f"<EvaluationResult: {self.stories_right} of {len(self.stories)} stories right, "
            f"{wrong} of {turns} actions wrong>"
        )

    # --- a closer look at a turn

    def tracker(self, turn: EvaluatedAction) -> DialogueStateTracker:
        """The conversation as it stood before a turn.

        Args:
            turn: One of the result's turns.

        Raises:
            LookupError: If the result has no dialogues.
        """
        if turn.number >= len(self.dialogues):
            raise LookupError(f"The result has no dialogue {turn.number}: evaluate the bot again.")
        return tracker_before(self.dialogues[turn.number], turn.turn)

    def decision(self, turn: EvaluatedAction) -> Decision:
        """What the bot says to a turn, with all policies and their reasons (as it is now).

        Args:
            turn: One of the result's turns.

        Raises:
            LookupError: If the result has no dialogues, or no bot.
        """
        if self.agent is None:
            raise LookupError("The result has no bot: evaluate it again.")
        return self.agent.ensemble.decide(self.tracker(turn), self.agent.domain)

    def _counted(self, *, listens: bool) -> Sequence[EvaluatedAction]:
        return self.turns if listens else [t for t in self.turns if not t.is_listen]

    @staticmethod
    def _score(turns: Sequence[EvaluatedAction]) -> Scores:
        return score([turn.gold for turn in turns], [turn.predicted for turn in turns])


def tracker_before(dialogue: TrainingTracker, turn: int) -> DialogueStateTracker:
    """The conversation of a dialogue as it stood before one of its actions.

    Args:
        dialogue: The dialogue.
        turn: Which of its actions, counted from 0.

    Returns:
        The conversation. Where the story says something else than its form, the form has refused
        the message: that is how Rasa tests what forms do not take.
    """
    applied = dialogue.applied_events()
    actions = [i for i, event in enumerate(applied) if isinstance(event, ActionExecuted)]
    before = DialogueStateTracker(dialogue.name, dialogue.domain.slots, applied[: actions[turn]])
    loop = rejected_loop(before.active_loop_name, dialogue.actions[turn], before.latest_action_name)
    if loop is not None:
        before.update(ActionExecutionRejected(loop))
    return before


def rejected_loop(loop: str | None, gold: str, latest_action: str | None) -> str | None:
    """The form that must have refused the message, for the story says something else; or None.

    Args:
        loop: The form that is active.
        gold: What the story does.
        latest_action: What it did before: after the form itself nothing was refused.

    Example:
        >>> rejected_loop("order_form", "utter_chitchat", "action_listen")
        'order_form'
        >>> rejected_loop("order_form", "action_listen", "order_form") is None
        True
    """
    return None if loop is None or loop in (gold, latest_action) else loop
