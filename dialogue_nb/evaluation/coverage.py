"""What tests exercise: which intents, actions, rules, stories and memorised windows they reach."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.domain_defaults import without_default_intents
from dialogue_nb.core.events import ACTION_LISTEN_NAME
from dialogue_nb.core.showing import Showable
from dialogue_nb.evaluation.result import EvaluationResult
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.rule_policy import RulePolicy


@dataclass(frozen=True)
class Covered:
    """How much of one kind of thing tests exercise.

    Args:
        kind: "intents", "actions", "rules", "stories" or "windows".
        total: How many there are.
        reached: How many of them some test exercises.
        missing: The names of the others; of windows the stories that have them and the action.
    """

    kind: str
    total: int
    reached: int
    missing: tuple[str, ...]

    @property
    def share(self) -> float:
        """How many of them are exercised, 0 to 1; 1 where there are none."""
        return self.reached / self.total if self.total else 1.0


@dataclass(frozen=True)
class Coverage(Showable):
    """What tests exercise.

    Args:
        kinds: Intents and actions of the domain; rules, stories and windows as far as the bot has
            policies that remember them.
    """

    kinds: tuple[Covered, ...]

    def __getitem__(self, kind: str) -> Covered:
        """One kind of things, by its name."""
        return next(each for each in self.kinds if each.kind == kind)

    @property
    def table(self) -> Any:
        """A DataFrame with a row for each kind: `kind`, `reached`, `total`, `share`, `missing`."""
        import pandas as pd

        rows = [(c.kind, c.reached, c.total, c.share, list(c.missing)) for c in self.kinds]
        return pd.DataFrame(rows, columns=["kind", "reached", "total", "share", "missing"])


def coverage(result: EvaluationResult) -> Coverage:
    r"""What the stories of a test exercise.

    A rule is exercised where it decides; a story that the bot has learnt, where a test goes through
    one of its memorised windows that has another action than listening.

    Args:
        result: What came out of the test.

    Raises:
        LookupError: If the result has no bot: it was made by hand.

    Example:
        >>> from dialogue_nb.core.domain import Domain
        >>> from dialogue_nb.evaluation.test import evaluate
        >>> from dialogue_nb.stories.reader import parse_stories
        >>> domain = Domain.from_yaml("{intents: [hi, bye], actions: [utter_hi]}")
        >>> stories, _ = parse_stories("## hello\n* hi\n  - utter_hi")
        >>> agent = Agent(domain, [MemoizationPolicy()])
        >>> found = coverage(evaluate(agent.train(agent.load_data(stories)), stories))
        >>> found["intents"].missing, found["windows"].share
        (('bye',), 1.0)
    """
    agent = result.agent
    if agent is None:
        raise LookupError("The result has no bot: evaluate it again.")
    domain = agent.domain
    intents = [intent.name for intent in without_default_intents(domain.intents)]
    actions = [name for name in domain.action_names if name not in domain.default_actions]
    said = {turn.intent for turn in result.turns if turn.intent}
    done = {turn.gold for turn in result.turns}
    kinds = [_covered("intents", intents, said), _covered("actions", actions, done)]
    for policy in agent.policies:
        if isinstance(policy, RulePolicy):
            kinds.append(_rules(policy, agent, result))
        elif isinstance(policy, MemoizationPolicy):
            kinds += _memory(policy, agent, result)
    return Coverage(tuple({each.kind: each for each in reversed(kinds)}.values())[::-1])


def _covered(kind: str, names: Iterable[str], reached: Iterable[str]) -> Covered:
    all_names, found = list(dict.fromkeys(names)), set(reached)
    missing = tuple(name for name in all_names if name not in found)
    return Covered(kind, len(all_names), len(all_names) - len(missing), missing)


def _rules(policy: RulePolicy, agent: Agent, result: EvaluationResult) -> Covered:
    names = [name for rule in policy.lookup_.rules.rules for name in rule.names]
    reached: set[str] = set()
    for turn in result.turns:
        rule = policy.finding(result.tracker(turn), agent.domain).rule
        reached.update(rule.names if rule is not None else ())
    return _covered("rules", names, reached)


def _memory(policy: MemoizationPolicy, agent: Agent, result: EvaluationResult) -> list[Covered]:
    memory = policy.memory_
    trackers = [result.tracker(turn) for turn in result.turns]
    windows = (policy.predict(tracker, agent.domain).explanation for tracker in trackers)
    seen = {str(each["states"]) for each in windows if each["found"]}
    known = [(str([state.nested() for state in window.states]), window) for window in memory]
    reached = [window for name, window in known if name in seen]
    missing = tuple(_described(window.stories, window.action)
                    for name, window in known if name not in seen)  # fmt: skip
    stories = [name for window in memory for name in window.stories]
    # all stories begin with the same listen: that exercises none of them
    done = [window for window in reached if window.action != ACTION_LISTEN_NAME]
    told = {name for window in done for name in window.stories}
    return [
        _covered("stories", stories, told),
        Covered("windows", len(memory), len(reached), missing),
    ]


def _described(stories: Sequence[str], action: str) -> str:
    return f"{', '.join(stories)}: {action}"
