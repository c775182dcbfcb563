"""Every rule at one turn of a conversation: it matched, it was beaten, or where it failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dialogue_nb.core.domain_defaults import DEFAULT_INTENT_ACTIONS
from dialogue_nb.core.states import SHOULD_NOT_BE_SET, State
from dialogue_nb.featurizers.differences import turn_in_words
from dialogue_nb.policies.prediction import FALLBACK_BELOW
from dialogue_nb.policies.rule_checks import place_of, short_file
from dialogue_nb.policies.rule_lookup import (
    Condition,
    Finding,
    LearnedRule,
    RuleLookup,
    matches,
    unmet,
)

NEAREST: Final = 3
"""How many rules that failed an explanation tells of."""


@dataclass(frozen=True)
class RuleVerdict:
    """What became of one rule at one turn.

    Args:
        rule: The rule.
        status: "matched" (it decided), "less specific" (it matches, but another one says more) or
            "failed".
        met: How many of its conditions hold.
        turn: The turn at which it failed, counted back from the last, which is -1; 0 if it did not.
        condition: What failed there; None if nothing did.
    """

    rule: LearnedRule
    status: str
    met: int = 0
    turn: int = 0
    condition: Condition | None = None

    @property
    def lacking(self) -> int:
        """How many of its conditions do not hold."""
        return self.rule.specificity[1] - self.met

    @property
    def reason(self) -> str:
        """Where it failed, in words; "" if it did not.

        Example:
            >>> rule = LearnedRule((State("greet", prev_action="action_listen"),), "utter_hi")
            >>> RuleVerdict(rule, "failed", 1, -1, Condition("intent", "greet", "bye")).reason
            "now the intent is 'bye', not 'greet'"
        """
        if self.condition is None:
            return ""
        what, wanted, found = self.condition
        when, is_now = turn_in_words(self.turn), self.turn == -1
        if what == "start":
            return f"the conversation {'does' if is_now else 'did'} not start {when}"
        names = {"prev_action": "previous action", "active_loop": "active loop"}
        name = names.get(what, what)
        plural = what == "entities"
        verb = ("are" if plural else "is") if is_now else ("were" if plural else "was")
        if found is None:
            return f"{when} there {verb} no {name} ({_shown(wanted)} is wanted)"
        said = f"{when} the {name} {verb} {_shown(found)}"
        if wanted == SHOULD_NOT_BE_SET:
            return f"{said}, and there must be none"
        return f"{said}, not {_shown(wanted)}"

    def as_dict(self) -> dict[str, Any]:
        """The verdict as a JSON-ready dict."""
        body: dict[str, Any] = {
            "rules": [
                {"name": origin.story, "file": short_file(origin.file), "line": origin.line}
                for origin in self.rule.origins
            ],
            "action": self.rule.action,
            "turns": len(self.rule.states),
            "conditions": self.rule.specificity[1],
            "met": self.met,
            "status": self.status,
        }
        if self.condition is None:
            return body
        what, wanted, found = self.condition
        failed = {"turn": self.turn, "condition": what, "wanted": wanted, "found": found}
        return body | failed | {"reason": self.reason}


def _shown(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ", ".join(f"'{v}'" if isinstance(v, str) else f"{v:g}" for v in value)
    return f"'{value}'"


def verdict(rule: LearnedRule, states: Sequence[State], chosen: LearnedRule | None) -> RuleVerdict:
    """What becomes of a rule in a conversation.

    Args:
        rule: The rule.
        states: The last states of the conversation, oldest first.
        chosen: The rule that decides.
    """
    if rule is chosen:
        return RuleVerdict(rule, "matched", rule.specificity[1])
    if matches(rule, states):
        return RuleVerdict(rule, "less specific", rule.specificity[1])
    lacking = 0
    failed: tuple[int, Condition | None] = (0, None)
    for back in range(1, len(rule.states) + 1):
        there = states[-back] if back <= len(states) else State()
        for one in unmet(rule.states[-back], there):
            # what is told is what fails at the latest turn
            failed = failed if failed[0] else (-back, one)
            lacking += len(one.wanted) if one.what == "entities" else 1
    if not failed[0]:
        # all conditions hold, so it can only be that the conversation began later than the rule
        failed = (-len(rule.states), Condition("start", True))
    return RuleVerdict(rule, "failed", rule.specificity[1] - lacking, *failed)


def verdicts(
    lookup: RuleLookup, states: Sequence[State], chosen: LearnedRule | None
) -> list[RuleVerdict]:
    """What becomes of every rule: what decided, then what was beaten, then what was nearest.

    Args:
        lookup: The rules.
        states: The last states of the conversation, oldest first.
        chosen: The rule that decides, None if none does.
    """
    made = [verdict(rule, states, chosen) for rule in lookup.rules.rules]
    return sorted(made, key=_order)


def _order(one: RuleVerdict) -> tuple[int, int, int, int]:
    place = ("matched", "less specific", "failed").index(one.status)
    # of those that failed, the ones that lack least, that failed longest ago, that have most
    return place, one.lacking, one.turn, -one.met


def explain(
    lookup: RuleLookup,
    finding: Finding,
    states: Sequence[State],
    fallback: str = "",
    fallback_below: float | None = None,
) -> dict[str, Any]:
    """Why the rules say what they say.

    Args:
        lookup: The rules.
        finding: What they say.
        states: The last states of the conversation, oldest first.
        fallback: What is predicted where they say nothing, in words; "" for nothing.
        fallback_below: How sure somebody else must be for that not to happen.

    Returns:
        A JSON-ready dict: `kind` (see `Finding`), `rule` (the one that decided, None if none did),
        `beaten` (those that match and are less specific), `nearest` (those that failed, with turn
        and condition), `states`, all of it in a `sentence`, and `fallback_below` if the rules say
        nothing.
    """
    made = verdicts(lookup, states, finding.rule)
    matched = [one.as_dict() for one in made if one.status == "matched"]
    beaten = [one for one in made if one.status == "less specific"]
    nearest = [one for one in made if one.status == "failed"][:NEAREST]
    body: dict[str, Any] = {
        "kind": finding.kind,
        "rule": matched[0] if matched else None,
        "beaten": [one.as_dict() for one in beaten],
        "nearest": [one.as_dict() for one in nearest],
        "states": [state.nested() for state in states],
        "sentence": _sentence(finding, beaten, nearest, fallback),
    }
    if finding.action is None and fallback:
        body[FALLBACK_BELOW] = fallback_below
    return body


def _sentence(
    finding: Finding, beaten: Sequence[RuleVerdict], nearest: Sequence[RuleVerdict], fallback: str
) -> str:
    match finding.kind:
        case "default_intent":
            action = finding.action
            intent = next((i for i, a in DEFAULT_INTENT_ACTIONS.items() if a == action), "")
            return f"/{intent} always runs {action}"
        case "loop":
            return f"the form '{finding.action}' is active, so it takes the message"
        case "loop_listen":
            return "the active form has asked, so the bot listens"
    if finding.rule is None:
        end = f", so {fallback}" if fallback else ""
        near = nearest[0] if nearest else None
        if near is None:
            return f"there are no rules{end}"
        return f"no rule matches{end}; the nearest is {_named(near.rule)}: {near.reason}"
    said = _matched(finding.rule, beaten)
    if finding.kind == "loop_again":
        return f"{said}, and after it the form goes on"
    if finding.kind == "silenced":
        end = f", so {fallback}" if fallback else ""
        return f"{said}, but inside this form something else comes first{end}"
    return said


def _matched(rule: LearnedRule, beaten: Sequence[RuleVerdict]) -> str:
    said = f"{_named(rule)} matches"
    rivals = [one.rule for one in beaten if one.rule.action != rule.action]
    if not rivals:
        return said
    rival = rivals[0]
    more = "turns" if len(rule.states) > len(rival.states) else "conditions"
    if rule.specificity == rival.specificity:
        return f"{said} and so does {_named(rival)}, which has as many conditions"
    return f"{said} and has more {more} than {_named(rival)}"


def _named(rule: LearnedRule) -> str:
    return _listed(place_of(origin) for origin in rule.origins[:2])


def _listed(names: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(names)) or "a rule"
