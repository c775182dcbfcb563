"""What became of every rule at one turn, once all policies have had their say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.domain_defaults import DEFAULT_INTENT_ACTIONS
from dialogue_nb.core.states import State
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.decision import Decision
from dialogue_nb.policies.rule_explanation import RuleVerdict, verdict
from dialogue_nb.policies.rule_lookup import (
    LOOP_WAS_INTERRUPTED,
    Finding,
    LearnedRule,
    Moment,
    conditions_of,
    loop_of,
    unmet,
)
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.views.policy_marks import policy_marks
from dialogue_nb.views.rule_words import failure_in_words

STATES: Final = {
    "won": ("●", "decides"),
    "goes_on": ("●", "decides, the form goes on"),
    "applies": ("●", "counts in the form"),
    "outvoted": ("◐", "matches, does not decide"),
    "refused": ("◐", "matches, its action was refused"),
    "silenced": ("◐", "matches, a story comes first"),
    "unasked": ("○", "matches, is not asked"),
    "weaker": ("○", "matches, less specific"),
    "failed": ("✗", "failed"),
}
"""What can become of a rule: a sign and words for it, in the order of the table."""


class Outcome(NamedTuple):
    """What became of one rule.

    Args:
        number: Which rule, as in `RuleTurn.rules`.
        state: A key of `STATES`.
        text: Why, in words.
        met: For each condition whether it holds, oldest turn first: "1" or "0".
    """

    number: int
    state: str
    text: str
    met: str


@dataclass(frozen=True, eq=False)
class RuleTurn:
    """All rules at one turn of a conversation.

    Args:
        policy: The policy, trained.
        tracker: The conversation as it stood then.
        domain: The domain.
        decision: What was decided then, None if nobody knows.
    """

    policy: RulePolicy
    tracker: DialogueStateTracker
    domain: Domain
    decision: Decision | None = None

    @cached_property
    def rules(self) -> tuple[LearnedRule, ...]:
        """The rules, then what is said of the turns in forms."""
        return (*self.policy.lookup_.rules.rules, *self.policy.lookup_.unhappy.rules)

    @cached_property
    def moment(self) -> Moment:
        """Where the conversation stands."""
        return self.policy.moment(self.tracker, self.domain)

    @cached_property
    def finding(self) -> Finding:
        """What the rules say."""
        return self.policy.lookup_.find(self.moment)

    @property
    def loop(self) -> str | None:
        """The active form."""
        return loop_of(self.moment.states[-1])

    @cached_property
    def winner(self) -> str:
        """The short name of the policy that decided, "" if none did."""
        decision = self.decision
        if decision is None or decision.winner is None:
            return ""
        names = [prediction.policy_name for prediction in decision.predictions]
        return str(policy_marks(names)[decision.winner]["label"])

    def fate_of(self, action: str | None) -> tuple[str, str]:
        """What became of what the rules want: "won", "outvoted" or "refused", and why."""
        decision = self.decision
        if decision is None:
            return "won", ""
        if decision.rule == "followup":
            return "outvoted", f"but {decision.action} was to follow whatever the policies say"
        if decision.rejected is not None and decision.rejected == action:
            return "refused", f"but {action} was just refused"
        if decision.policy == self.policy.name and decision.action == action:
            return "won", ""
        return (
            "outvoted",
            f"but {self.winner} decides: {decision.action} ({decision.confidence:.2f})",
        )

    # --- every rule

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """Every rule: what decides, what matches too, then the nearest misses.

        Of two that lack as many conditions, the one that failed longer ago comes first. What
        failed of the rules for turns in forms comes last.
        """
        count = len(self.policy.lookup_.rules)
        order = list(STATES)
        made = {}
        for number, rule in enumerate(self.rules):
            found = verdict(rule, self._states_for(rule), None)
            one = self._outcome(number, found)
            is_last = one.state == "failed" and number >= count
            nearness = (found.lacking, found.turn, -found.met)
            made[one] = (order.index(one.state), is_last, *nearness)
        return sorted(made, key=made.__getitem__)

    def _outcome(self, number: int, found: RuleVerdict) -> Outcome:
        rule = found.rule
        met = self._met(rule)
        if found.condition is None:
            return Outcome(number, *self._matching(number, rule), met)
        states, back = self._states_for(rule), -found.turn
        there = states[-back] if back <= len(states) else None
        return Outcome(
            number, "failed", failure_in_words(back, found.condition, there, self.domain), met
        )

    def _met(self, rule: LearnedRule) -> str:
        """For each condition whether it holds."""
        states, length = self._states_for(rule), len(rule.states)
        flags = ""
        for i, said in enumerate(rule.states):
            back = length - i
            there = states[-back] if back <= len(states) else State()
            lacking = {one.what for one in unmet(said, there)}
            flags += "".join("0" if what in lacking else "1" for what, _ in conditions_of(said))
        return flags

    def _states_for(self, rule: LearnedRule) -> Sequence[State]:
        """The conversation as a rule reads it: some read the words instead of the intent."""
        states, text, _ = self.moment
        if rule.states[-1].text is None or text is None:
            return states
        spoken = states[-1]._replace(intent=None, entities=(), text=text)
        return [*states[:-1], spoken]

    def _matching(self, number: int, rule: LearnedRule) -> tuple[str, str]:
        found = self.finding
        if number >= len(self.policy.lookup_.rules):
            return self._in_form(rule)
        if found.kind == "default_intent":
            return "unasked", f"matches, but {intent_of(found)} is always answered in one way"
        if found.kind in ("loop", "loop_listen"):
            return "unasked", f"matches, but the form '{self.loop}' comes first"
        if rule is not found.rule:
            return "weaker", self._weaker(rule)
        if found.kind == "loop_again":
            return "goes_on", f"matches and is over, so the form '{self.loop}' goes on"
        if found.kind == "silenced":
            return "silenced", f"matches, but in '{self.loop}' a story has something else to come"
        state, why = self.fate_of(found.action)
        if state != "won":
            return state, f"matches, {why}"
        count = len(found.matching)
        alone = f"the most specific of {count}" if count > 1 else "no other one does"
        return state, f"matches, {alone}"

    def _in_form(self, rule: LearnedRule) -> tuple[str, str]:
        if self.finding.kind in ("loop", "loop_listen", "default_intent"):
            return "unasked", f"matches, but the form '{self.loop}' comes first"
        if rule.action == LOOP_WAS_INTERRUPTED:
            return "applies", "matches: the form was interrupted and asks again"
        return "applies", "matches: the form does not go on by itself here"

    def _weaker(self, rule: LearnedRule) -> str:
        best = self.finding.rule
        if best is None:
            return "matches, but the rules say nothing here"
        name = best.names[0] if best.names else "another rule"
        same = " and says the same" if rule.action == best.action else ""
        if self.finding.is_text and rule.states[-1].text is None:
            return f"matches, but '{name}' knows the words of the message{same}"
        return f"matches, but '{name}' has {more_of(best, rule)}{same}"


def more_of(best: LearnedRule, rule: LearnedRule) -> str:
    """What the stronger of two rules has more of, in words.

    Args:
        best: The stronger one.
        rule: The other one.
    """
    if best.specificity == rule.specificity:
        return "as many conditions but is written first"
    return "more turns" if len(best.states) > len(rule.states) else "more conditions"


def intent_of(finding: Finding) -> str:
    """The message that a default intent answers, as it is typed."""
    intents = (i for i, action in DEFAULT_INTENT_ACTIONS.items() if action == finding.action)
    return f"/{next(intents, '')}"
