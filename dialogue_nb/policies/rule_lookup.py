"""What rules have taught, and which of it matches a conversation.

A learned rule is a few states and the action that comes after them. It matches a conversation if
each of its states fits one of the last turns: what the rule says of that turn must be so, what it
does not say may be anything.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

from dialogue_nb.core.domain_defaults import DEFAULT_INTENT_ACTIONS
from dialogue_nb.core.events import ACTION_LISTEN_NAME, RULE_SNIPPET_ACTION_NAME
from dialogue_nb.core.exceptions import ModelError
from dialogue_nb.core.states import NOTHING_RULE_ONLY, SHOULD_NOT_BE_SET, RuleOnly, State
from dialogue_nb.stories.training_data import Origin

LOOP_WAS_INTERRUPTED: Final = "loop_was_interrupted"
DO_NOT_PREDICT_LOOP: Final = "do_not_predict_loop_action"

DEFAULT_INTENT_SOURCE: Final = "predicting default action with intent "
LOOP_SOURCE: Final = "handling active loops and forms - "
DEFAULT_INTENT_SOURCES: Final = tuple(DEFAULT_INTENT_SOURCE + i for i in DEFAULT_INTENT_ACTIONS)


def loop_sources(loops: Iterable[str]) -> list[str]:
    """The names of what decides inside loops without a rule: they go on, and they listen."""
    return [
        source + end
        for source in (LOOP_SOURCE + loop for loop in loops)
        for end in ("", f" - {ACTION_LISTEN_NAME}")
    ]


class Condition(NamedTuple):
    """One thing that a rule says of a turn, and what was there instead.

    Args:
        what: "intent", "text", "entities", "slot NAME", "prev_action", "active_loop" or "start".
        wanted: What the rule says; `SHOULD_NOT_BE_SET` for nothing.
        found: What was there, None for nothing.
    """

    what: str
    wanted: Any
    found: Any = None


def conditions_of(state: State) -> list[tuple[str, Any]]:
    """What the state of a rule says, as (what, wanted).

    Example:
        >>> conditions_of(State(intent="greet", prev_action="action_listen"))
        [('prev_action', 'action_listen'), ('intent', 'greet')]
        >>> conditions_of(State())
        [('start', True)]
    """
    before = state.prev_action if state.prev_text is None else state.prev_text
    if before is None:
        return [("start", True)]
    said: list[tuple[str, Any]] = [("prev_action", before)]
    said += [("intent", state.intent), ("text", state.text)]
    said += [("entities", state.entities or None), ("active_loop", state.active_loop)]
    said += [(f"slot {name}", features) for name, features in state.slots]
    return [(what, wanted) for what, wanted in said if wanted is not None]


def unmet(rule: State, state: State) -> Iterator[Condition]:
    """What a rule says of a turn and is not so.

    Args:
        rule: The state of the rule.
        state: The state of the conversation.
    """
    found = dict(conditions_of(state))
    for what, wanted in conditions_of(rule):
        there = found.get(what)
        if wanted == SHOULD_NOT_BE_SET:
            if there not in (None, SHOULD_NOT_BE_SET):
                yield Condition(what, wanted, there)
        elif there != wanted:
            yield Condition(what, wanted, there)


def fits(rule: State, state: State) -> bool:
    """Whether all that a rule says of a turn is so; the same as that nothing is `unmet`.

    Example:
        >>> turn = State("greet", entities=("name",), prev_action="action_listen")
        >>> fits(State("greet", prev_action="action_listen"), turn)
        True
        >>> fits(State("greet", prev_action="action_listen", active_loop="order_form"), turn)
        False
    """
    if rule.prev_action != state.prev_action or rule.prev_text != state.prev_text:
        return False
    if rule.prev_action is None and rule.prev_text is None:
        return True  # both begin a conversation: slots have their initial values
    if rule.intent is not None and rule.intent != state.intent:
        return False
    if rule.text is not None and rule.text != state.text:
        return False
    if rule.entities and rule.entities != state.entities:
        return False
    if rule.active_loop is not None and not _same(rule.active_loop, state.active_loop):
        return False
    if not rule.slots:
        return True
    known = dict(state.slots)
    return all(_same(wanted, known.get(name)) for name, wanted in rule.slots)


def _same(wanted: Any, found: Any) -> bool:
    if wanted == SHOULD_NOT_BE_SET:
        return found is None or found == SHOULD_NOT_BE_SET
    return bool(wanted == found)


def loop_of(state: State) -> str | None:
    """The active loop of a state; a rule's "must not be set" is none."""
    return None if state.active_loop == SHOULD_NOT_BE_SET else state.active_loop


def since_snippet(states: Sequence[State]) -> tuple[State, ...]:
    """The states after the last `...`, which stands in rules for whatever came before."""
    for i in range(len(states) - 1, -1, -1):
        if states[i].prev_action == RULE_SNIPPET_ACTION_NAME:
            return tuple(states[i + 1 :])
    return tuple(states)


def source_of(states: Sequence[State]) -> str:
    """States as text: the key that Rasa looks rules up by."""
    return json.dumps([state.nested() for state in states], sort_keys=True)


@dataclass(frozen=True, eq=False)
class LearnedRule:
    """What comes after a few turns, as rules have it.

    Args:
        states: The turns, oldest first.
        action: What comes next.
        origins: Where that is written, in each rule that says so.

    Example:
        >>> greeted = State("greet", prev_action="action_listen")
        >>> LearnedRule((greeted,), "utter_greet").specificity
        (1, 2)
    """

    states: tuple[State, ...]
    action: str
    origins: tuple[Origin, ...] = ()

    @cached_property
    def source(self) -> str:
        """Its states as text."""
        return source_of(self.states)

    @cached_property
    def specificity(self) -> tuple[int, int]:
        """How many turns it looks at, and how many conditions it has: the more, the stronger."""
        said = (pair for state in self.states for pair in conditions_of(state))
        count = sum(len(wanted) if what == "entities" else 1 for what, wanted in said)
        return len(self.states), count

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the rules."""
        return tuple(dict.fromkeys(origin.story for origin in self.origins))

    def as_dict(self) -> dict[str, Any]:
        """The rule as a JSON-ready dict."""
        return {
            "states": [state.nested() for state in self.states],
            "action": self.action,
            "origins": [[origin.story, origin.file, origin.line] for origin in self.origins],
        }

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> LearnedRule:
        """Reads what `as_dict` wrote."""
        states = tuple(State.from_nested(state) for state in body["states"])
        if not states:
            raise ValueError("a rule without turns")
        origins = tuple(Origin(story, file, line) for story, file, line in body["origins"])
        return cls(states, str(body["action"]), origins)


Bucket = tuple[str | None, str | None, str | None]


class RuleIndex:
    """Learned rules, found by what their last turn says: the action before, and the message.

    Args:
        rules: The rules, in the order in which they were written.

    Example:
        >>> hello = LearnedRule((State("greet", prev_action="action_listen"),), "utter_greet")
        >>> index = RuleIndex([hello])
        >>> [rule.action for rule in index.matching([State(), *hello.states])]
        ['utter_greet']
        >>> index.matching([State(), State("bye", prev_action="action_listen")])
        []
    """

    def __init__(self, rules: Iterable[LearnedRule] = ()) -> None:
        self.rules = tuple(rules)
        self.depth = max((len(rule.states) for rule in self.rules), default=0)
        self.reads_text = any(rule.states[-1].text is not None for rule in self.rules)
        self._buckets: dict[Bucket, list[LearnedRule]] = defaultdict(list)
        for rule in self.rules:
            last = rule.states[-1]
            before = last.prev_action or last.prev_text
            # at the start nothing but the start counts
            key = (before, last.intent, last.text) if before is not None else (None, None, None)
            self._buckets[key].append(rule)

    def __len__(self) -> int:
        """How many rules there are."""
        return len(self.rules)

    def matching(self, states: Sequence[State]) -> list[LearnedRule]:
        """The rules that match a conversation.

        Args:
            states: Its last states, oldest first; all of them, or `depth` of them.
        """
        last = states[-1]
        before = last.prev_action or last.prev_text
        said: dict[tuple[str | None, str | None], None] = {(last.intent, last.text): None}
        said |= {(last.intent, None): None, (None, last.text): None, (None, None): None}
        return [
            rule
            for intent, text in said
            for rule in self._buckets.get((before, intent, text), ())
            if matches(rule, states)
        ]

    def without(self, rule: LearnedRule) -> RuleIndex:
        """The index without one of its rules."""
        return RuleIndex(other for other in self.rules if other is not rule)


def matches(rule: LearnedRule, states: Sequence[State]) -> bool:
    """Whether every turn of the rule fits the turn of the conversation at the same place."""
    # the first state of a conversation fits no later turn of a rule, so none is left over
    return len(rule.states) <= len(states) and all(map(fits, rule.states[::-1], states[::-1]))


class Moment(NamedTuple):
    """Where a conversation stands when rules are asked.

    Args:
        states: Its last states; the last message is read as an intent.
        text: The words of the message, if the user has just spoken.
        is_rejected: Whether the active loop has refused to handle the message.
    """

    states: Sequence[State]
    text: str | None = None
    is_rejected: bool = False


class Finding(NamedTuple):
    """What the rules say.

    Args:
        action: The action that comes next, None if they say nothing.
        kind: "rule"; "default_intent", "loop" (it goes on) or "loop_listen" (it waits), which need
            no rule; "loop_again" (a rule is over, so the loop goes on); "silenced" (a rule would
            listen, but stories have something else to come first in this loop); "none".
        rule: The rule that decided, None where it needed none.
        matching: All rules that match.
        source: What decided, as text; None if nothing did.
        is_text: Whether the words of the message decided.
        is_interrupted: Whether a loop goes on that something else came into.
    """

    action: str | None = None
    kind: str = "none"
    rule: LearnedRule | None = None
    matching: tuple[LearnedRule, ...] = ()
    source: str | None = None
    is_text: bool = False
    is_interrupted: bool = False


@dataclass(frozen=True, eq=False)
class RuleLookup:
    """All that rules have taught.

    Args:
        rules: The rules.
        unhappy: What stories and rules say of the turns in a loop that its form does not take.
        not_in_stories: The sources that decide nothing in any story: such turns are hidden.
        rule_only: Slots and loops that only rules speak of.
    """

    rules: RuleIndex = field(default_factory=RuleIndex)
    unhappy: RuleIndex = field(default_factory=RuleIndex)
    not_in_stories: frozenset[str] = frozenset()
    rule_only: RuleOnly = NOTHING_RULE_ONLY

    @cached_property
    def depth(self) -> int:
        """How many states at most are looked at."""
        return max(self.rules.depth, self.unhappy.depth, 1)

    def find(self, moment: Moment) -> Finding:
        """What comes next: default intents, then the active loop, then the rules.

        Args:
            moment: Where the conversation stands.
        """
        last = moment.states[-1]
        after_listen = last.prev_action == ACTION_LISTEN_NAME
        said = self._by_text(moment) if after_listen and moment.text is not None else Finding()
        intent = last.intent or ""
        if after_listen and intent in DEFAULT_INTENT_ACTIONS and said.action is None:
            action = DEFAULT_INTENT_ACTIONS[intent]
            return Finding(action, "default_intent", source=DEFAULT_INTENT_SOURCE + intent)
        loop, before = loop_of(last), last.prev_action or last.prev_text
        if loop is not None and before is not None and not moment.is_rejected:
            if before != loop:
                return Finding(loop, "loop", source=LOOP_SOURCE + loop)
            source = f"{LOOP_SOURCE}{loop} - {ACTION_LISTEN_NAME}"
            return Finding(ACTION_LISTEN_NAME, "loop_listen", source=source)
        if said.action is not None:
            return said
        found = self._by_rules(moment.states)
        return found._replace(is_interrupted=said.is_interrupted or found.is_interrupted)

    def _by_text(self, moment: Moment) -> Finding:
        """What rules say to the words of the message."""
        if not (self.rules.reads_text or self.unhappy.reads_text):
            return Finding()
        spoken = moment.states[-1]._replace(intent=None, entities=(), text=moment.text)
        found = self._by_rules([*moment.states[:-1], spoken])
        if found.rule is None or found.rule.states[-1].text is None:
            return Finding(is_interrupted=found.is_interrupted)
        return found._replace(is_text=True)

    def _by_rules(self, states: Sequence[State]) -> Finding:
        matching = tuple(self.rules.matching(states))
        best = max(matching, key=lambda rule: rule.specificity, default=None)
        loop = loop_of(states[-1])
        says = {rule.action for rule in self.unhappy.matching(states)} if loop else set()
        is_interrupted = LOOP_WAS_INTERRUPTED in says
        if best is None:
            return Finding(is_interrupted=is_interrupted)
        found = Finding(best.action, "rule", best, matching, best.source)
        if loop and best.action == ACTION_LISTEN_NAME and loop_of(best.states[-1]) is None:
            # a rule that knows nothing of the loop is over: the loop has the next word
            if DO_NOT_PREDICT_LOOP not in says:
                return found._replace(action=loop, kind="loop_again")
            found = found._replace(action=None, kind="silenced")
        return found._replace(is_interrupted=is_interrupted)

    def as_dict(self) -> dict[str, Any]:
        """The lookup as a JSON-ready dict; `from_dict` reads it back."""
        return {
            "rules": [rule.as_dict() for rule in self.rules.rules],
            "rules_for_loop_unhappy_path": [rule.as_dict() for rule in self.unhappy.rules],
            "rules_not_in_stories": sorted(self.not_in_stories),
            "rule_only_slots": sorted(self.rule_only.slots),
            "rule_only_loops": sorted(self.rule_only.loops),
        }

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> RuleLookup:
        """Reads what `as_dict` wrote.

        Raises:
            ModelError: If something is missing or is not what it should be.
        """
        try:
            slots, loops = body["rule_only_slots"], body["rule_only_loops"]
            return cls(
                RuleIndex(LearnedRule.from_dict(rule) for rule in body["rules"]),
                RuleIndex(
                    LearnedRule.from_dict(rule) for rule in body["rules_for_loop_unhappy_path"]
                ),
                frozenset(map(str, body["rules_not_in_stories"])),
                RuleOnly(frozenset(map(str, slots)), frozenset(map(str, loops))),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelError(f"The learned rules are damaged: {error!r}. Train again.") from error
