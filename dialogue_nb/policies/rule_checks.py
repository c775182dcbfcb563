"""What is wrong with rules: all of it, with both places and what to change.

R101  a rule with more than one user message
R102  an action of a rule does not set a slot that it sets in other rules
R103  a form of a rule does not say which loop is active after it
R104  a rule or a story goes on in another way than a rule has it
R105  two rules match the same turns, and neither is more specific (a warning)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import PurePath
from typing import NamedTuple

from dialogue_nb.core.diagnostics import Diagnostic, listing
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import (
    ACTION_LISTEN_NAME,
    RULE_SNIPPET_ACTION_NAME,
    ActionExecuted,
    ActiveLoop,
    SlotSet,
    UserUttered,
)
from dialogue_nb.core.states import SHOULD_NOT_BE_SET, State
from dialogue_nb.policies.rule_learning import Contradiction, RuleDialogue
from dialogue_nb.policies.rule_lookup import (
    DEFAULT_INTENT_SOURCE,
    LOOP_SOURCE,
    LearnedRule,
    RuleIndex,
    conditions_of,
)
from dialogue_nb.stories.training_data import Origin


def place_of(origin: Origin) -> str:
    """A rule and where it is written, for the middle of a sentence.

    Example:
        >>> place_of(Origin("always say goodbye", "rules.yml", 4))
        "rule 'always say goodbye' (rules.yml, line 4)"
    """
    line = "" if origin.line is None else f"line {origin.line}"
    where = ", ".join(part for part in (short_file(origin.file), line) if part)
    return f"rule '{origin.story}'" + (f" ({where})" if where else "")


def short_file(file: str | None) -> str | None:
    """A file as it is told to people: without the folders of this machine.

    Example:
        >>> short_file("/home/ann/bot/data/rules.yml"), short_file("data/rules.yml")
        ('rules.yml', 'data/rules.yml')
    """
    return PurePath(file).name if file is not None and PurePath(file).is_absolute() else file


def _diagnostic(code: str, message: str, origin: Origin, hint: str) -> Diagnostic:
    severity = "warning" if code == "R105" else "error"
    place = (origin.file, origin.line, None)
    return Diagnostic(code, severity, message, *place, hint, origin.story or None)


# --- R101


def check_messages(rules: Iterable[RuleDialogue]) -> Iterator[Diagnostic]:
    """Rules with more than one user message."""
    for rule in rules:
        count = sum(isinstance(event, UserUttered) for event in rule.events)
        if count > 1:
            message = f"A rule has at most one user message, this one has {count}."
            hint = "Write it as a story, or set restrict_rules: false for RulePolicy."
            yield _diagnostic("R101", message, rule.origin, hint)


# --- R102, R103


class Fingerprint(NamedTuple):
    """What an action does in rules.

    Args:
        slots: The slots it sets, each with the rule that says so.
        loops: The loops that are active after it.
        loop_origin: The rule that says so.
    """

    slots: dict[str, Origin]
    loops: dict[str | None, Origin]


def check_completeness(rules: Sequence[RuleDialogue], domain: Domain) -> Iterator[Diagnostic]:
    """Actions that do in some rules what they do not do in others.

    An action that sets a slot in one rule sets it everywhere, so a rule which goes on after it must
    say so, or it would never match.
    """
    prints = _fingerprints(rules, domain)
    for rule in rules:
        following = [*rule.actions, ACTION_LISTEN_NAME]
        for turn, state in enumerate(rule.full_states):
            known = prints.get(state.prev_action or state.prev_text or "")
            if known is None or not turn or following[turn] == RULE_SNIPPET_ACTION_NAME:
                continue
            yield from _missing(known, state, rule.origins[turn - 1])


def _fingerprints(rules: Iterable[RuleDialogue], domain: Domain) -> dict[str, Fingerprint]:
    featurized = {slot.name for slot in domain.slots if slot.dimension > 0}
    prints: dict[str, Fingerprint] = defaultdict(lambda: Fingerprint({}, {}))
    for rule in rules:
        action = None
        for event in rule.events:
            match event:
                case ActionExecuted():
                    action = event.label
                case UserUttered():
                    action = None  # slots that entities fill are no action's doing
                case SlotSet(key=key) if action and key in featurized:
                    prints[action].slots.setdefault(key, rule.origin)
                case ActiveLoop(name=name) if action:
                    prints[action].loops.setdefault(name, rule.origin)
    prints.pop(RULE_SNIPPET_ACTION_NAME, None)
    return dict(prints)


def _missing(known: Fingerprint, state: State, origin: Origin) -> Iterator[Diagnostic]:
    action = state.prev_action or state.prev_text
    there = {name for name, _ in state.slots}
    ending = "or, if the rule ends with it, 'wait_for_user_input: false'"
    absent = [name for name in known.slots if name not in there]
    if absent:
        other = place_of(known.slots[absent[0]])
        message = f"'{action}' does not set {listing(absent)} here, but it does in {other}."
        hint = f"Add 'slot_was_set' after it with its value (null for none), {ending}."
        yield _diagnostic("R102", message, origin, hint)
    if known.loops and state.active_loop not in known.loops:
        name, where = next(iter(known.loops.items()))
        value = "null" if name in (None, SHOULD_NOT_BE_SET) else str(name)
        message = (
            f"Nothing is said about the active loop after '{action}', but in {place_of(where)} "
            f"'active_loop: {value}' follows it."
        )
        hint = f"Add 'active_loop: {action}' or 'active_loop: null' after it, {ending}."
        yield _diagnostic("R103", message, origin, hint)


# --- R104


def contradiction_diagnostic(found: Contradiction) -> Diagnostic:
    """A contradiction in words.

    Args:
        found: The contradiction.

    Example:
        >>> found = Contradiction("by hand", False, 2, "utter_hi", Origin("by hand", "s.yml", 5),
        ...                       "utter_bye", (Origin("always", "r.yml", 3),))
        >>> print(contradiction_diagnostic(found).message)
        Here comes 'utter_hi', but rule 'always' (r.yml, line 3) says 'utter_bye'.
    """
    kind = "rule" if found.is_rule else "story"
    if found.reason:
        who = _default_rule(found)
        hint = f"Remove this turn from the {kind}."
    else:
        shown = "; ".join(place_of(origin) for origin in found.rules[:3])
        more = len(found.rules) - 3
        who = shown + (f" and {more} more" if more > 0 else "")
        hint = (
            f"Let both go on in the same way, or add a condition (a slot, active_loop, "
            f"conversation_start) to the rule that this {kind} does not meet."
        )
    says = "say" if len(found.rules) > 1 else "says"
    what = f"{says} '{found.predicted}'"
    if found.predicted is None:
        what = f"{'go' if len(found.rules) > 1 else 'goes'} on otherwise after the same turns"
    message = f"Here comes '{found.action}', but {who} {what}."
    return _diagnostic("R104", message, found.origin, hint)


def _default_rule(found: Contradiction) -> str:
    """What decides without a rule, in words."""
    source = found.rules[0].story
    if source.startswith(DEFAULT_INTENT_SOURCE):
        return f"/{source.removeprefix(DEFAULT_INTENT_SOURCE)} is always answered in one way: it"
    loop = source.removeprefix(LOOP_SOURCE).removesuffix(f" - {ACTION_LISTEN_NAME}")
    return f"the active form '{loop}'"


# --- R105


def check_ties(index: RuleIndex) -> Iterator[Diagnostic]:
    """Rules of which neither is more specific, that can match the same turns and differ."""
    alike: dict[tuple[object, ...], list[LearnedRule]] = defaultdict(list)
    for rule in index.rules:
        last = rule.states[-1]
        alike[rule.specificity, last.prev_action, last.prev_text].append(rule)
    for group in alike.values():
        for one, other in _pairs(group):
            if one.action != other.action and _can_both_match(one, other):
                yield _tie(one, other)


def _pairs(rules: Sequence[LearnedRule]) -> Iterator[tuple[LearnedRule, LearnedRule]]:
    """The pairs whose last messages can be the same."""
    by_intent: dict[str | None, list[LearnedRule]] = defaultdict(list)
    for rule in rules:
        by_intent[rule.states[-1].intent].append(rule)
    anything = by_intent.pop(None, [])
    yield from combinations(anything, 2)
    for group in by_intent.values():
        yield from combinations(group, 2)
        yield from ((one, other) for one in anything for other in group)


def _can_both_match(one: LearnedRule, other: LearnedRule) -> bool:
    # a rule that is a turn shorter says nothing about that turn; these are equally long
    return all(map(_can_be_one_turn, one.states, other.states))


def _can_be_one_turn(one: State, other: State) -> bool:
    said = dict(conditions_of(one))
    if ("start" in said) != (conditions_of(other) == [("start", True)]):
        return False
    return all(said.get(what, wanted) == wanted for what, wanted in conditions_of(other))


def _tie(one: LearnedRule, other: LearnedRule) -> Diagnostic:
    mine, theirs = one.origins[0], other.origins[0]
    message = (
        f"This says '{one.action}' and {place_of(theirs)} says '{other.action}' where both match; "
        f"neither has more turns or conditions, so this one counts."
    )
    hint = "Give the one that is meant a condition more."
    return _diagnostic("R105", message, mine, hint)
