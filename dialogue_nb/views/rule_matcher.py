"""Every rule at one turn: it decides, something else is more specific, or where it failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dialogue_nb.core.domain import Domain
from dialogue_nb.featurizers.differences import turn_in_words
from dialogue_nb.policies.rule_lookup import LOOP_WAS_INTERRUPTED, LearnedRule, RuleLookup
from dialogue_nb.views.html import Html, join, muted, note, table, tag
from dialogue_nb.views.policy_marks import policy_marks
from dialogue_nb.views.rule_outcomes import STATES, RuleTurn, intent_of, more_of
from dialogue_nb.views.rule_words import place_row, said_of, where
from dialogue_nb.views.turns import place_of

NO_RULES: Final = "There are no rules yet: write one, train, and it appears here."
NO_POLICY: Final = "No RulePolicy is among the policies of this bot: add one to follow rules."
NOTHING_LEARNT: Final = "Nothing is learnt yet. Train the bot to see which rules match."
IN_FORM: Final = {True: "the form asks again", False: "the form does not go on by itself"}
ROWS_IN_TABLE: Final = 12
_BREAK: Final = Html("<br>")


def rules_view(lookup: RuleLookup, domain: Domain) -> list[dict[str, Any]]:
    """What is known of rules whatever the conversation: made once for each training.

    Args:
        lookup: The rules.
        domain: The domain.

    Returns:
        For each rule, and then for what is said of the turns in forms, `{"places", "action",
        "in_form", "turns"}`: where it is written as [file, line, name]; what it says comes next;
        for each of its turns, oldest first, its conditions as [label, value].

    Example:
        >>> from dialogue_nb.core.states import State
        >>> from dialogue_nb.policies.rule_lookup import RuleIndex
        >>> from dialogue_nb.stories.training_data import Origin
        >>> state = State("bye", prev_action="action_listen")
        >>> rule = LearnedRule((state,), "utter_bye", (Origin("goodbye", "rules.yml", 7),))
        >>> domain = Domain.from_yaml("{intents: [bye], actions: [utter_bye]}")
        >>> print(rules_view(RuleLookup(RuleIndex([rule])), domain)[0]["turns"])
        [[['after', 'action_listen'], ['intent', 'bye']]]
    """
    plain = [_rule(rule, rule.action, domain) for rule in lookup.rules.rules]
    in_forms = [
        _rule(rule, IN_FORM[rule.action == LOOP_WAS_INTERRUPTED], domain) | {"in_form": True}
        for rule in lookup.unhappy.rules
    ]
    return plain + in_forms


def _rule(rule: LearnedRule, action: str, domain: Domain) -> dict[str, Any]:
    return {
        "places": [place_row(origin) for origin in rule.origins],
        "action": action,
        "turns": [said_of(state, domain) for state in rule.states],
    }


def rule_matcher_view(now: RuleTurn, *, turn: int | None = None, turns: int = 1) -> dict[str, Any]:
    """What is to be shown of the rules at one turn.

    Args:
        now: The rules at this turn.
        turn: Its number.
        turns: How many turns the conversation has.

    Returns:
        `{"turn", "turns", "title", "hue", "why", "found", "built_in", "states", "rows",
        "nothing"}`. `why` is a list of [text, kind], kind being "", "policy" or the number of a
        rule. `found` has
        for each turn, the last one first, what was so as [label, value]. `states` has for each
        state that occurs [state, sign, words, how many]. A row has `rule` (its number in
        `rules_view`), `state`, `text` and `met` (for each condition "1" or "0").
    """
    outcomes = now.outcomes
    counts = Counter(one.state for one in outcomes)
    decision = now.decision
    mark = policy_marks([now.policy.name])[0]
    if decision is not None and decision.winner is not None:
        names = [prediction.policy_name for prediction in decision.predictions]
        mark = policy_marks(names)[decision.winner]
    place = place_of(now.tracker)
    head = "" if turn is None else f"turn {turn}"
    return {
        "turn": turn,
        "turns": turns,
        "title": ": ".join(filter(None, [head, f"what comes after {place}" if place else ""])),
        "hue": mark["hue"],
        "why": _why(now),
        "found": _found(now),
        "built_in": _built_in(now),
        "states": [[key, *STATES[key], counts[key]] for key in STATES if counts[key]],
        "rows": [
            {"rule": one.number, "state": one.state, "text": one.text, "met": one.met}
            for one in outcomes
        ],
        "nothing": "" if outcomes else NO_RULES,
    }


def nothing_view(nothing: str) -> dict[str, Any]:
    """The view where no rules can be asked.

    Args:
        nothing: Why.
    """
    empty: dict[str, Any] = {"why": [], "found": [], "states": [], "rows": []}
    head = {"turn": None, "turns": 0, "title": "", "hue": "grey", "built_in": None}
    return {**head, **empty, "nothing": nothing}


def _found(now: RuleTurn) -> list[list[list[str]]]:
    states, text, _ = now.moment
    found = [said_of(state, now.domain) for state in reversed(states)]
    if text is not None and not any(label == "text" for label, _ in found[0]):
        found[0].append(["text", text])
    return found


# --- in words -------------------------------------------------------------------------------------

Part = tuple[str, str | int]


def _why(now: RuleTurn) -> list[list[str | int]]:
    parts = _reason(now)
    decision = now.decision
    if decision is None or decision.rule == "followup":
        after = f" {decision.action} was to follow." if decision else ""
        return [list(part) for part in (*parts, (after, "")) if part[0]]
    if now.finding.action is None and now.policy.enable_fallback_prediction:
        fallback = now.policy.core_fallback_action_name
        parts += [(f" So {fallback} is proposed ({now.policy.core_fallback_threshold:.2f}).", "")]
    who: list[Part] = [(" ", ""), (now.winner, "policy")] if now.winner else [(" Nobody", "")]
    said = f" decides: {decision.action} ({decision.confidence:.2f})."
    return [list(part) for part in (*parts, *who, (said, ""))]


def _reason(now: RuleTurn) -> list[Part]:
    found, loop = now.finding, now.loop
    match found.kind:
        case "default_intent":
            return [(f"{intent_of(found)} always runs {found.action}, whatever rules say.", "")]
        case "loop":
            return [(f"The form '{loop}' is active, so it goes on; no rule is asked.", "")]
        case "loop_listen":
            return [(f"The form '{loop}' has asked, so the bot listens; no rule is asked.", "")]
    if found.rule is None:
        return _nearest(now)
    parts: list[Part] = [("The rule '", ""), _named(now, found.rule), ("' matches", "")]
    rivals = [rule for rule in found.matching if rule.action != found.rule.action]
    if rivals:
        rival = max(rivals, key=lambda rule: rule.specificity)
        more = more_of(found.rule, rival)
        parts += [(f" and has {more}, so it comes before '", ""), _named(now, rival), ("'", "")]
    end = {
        "loop_again": f" and is over, so the form '{loop}' goes on.",
        "silenced": f", but in the form '{loop}' a story has something else to come first.",
    }
    return [*parts, (end.get(found.kind, "."), "")]


def _nearest(now: RuleTurn) -> list[Part]:
    count = len(now.policy.lookup_.rules)
    near = [one for one in now.outcomes if one.state == "failed" and one.number < count]
    if not near:
        return [("No rule matches." if count else "There are no rules.", "")]
    first = near[0]
    reason = first.text.removeprefix("failed ")
    named = _named(now, now.rules[first.number])
    return [("No rule matches; the nearest, '", ""), named, (f"', failed {reason}.", "")]


def _named(now: RuleTurn, rule: LearnedRule) -> Part:
    number = next(i for i, other in enumerate(now.rules) if other is rule)
    return (rule.names[0] if rule.names else rule.action), number


def _built_in(now: RuleTurn) -> dict[str, str] | None:
    """What decides, or is proposed, without a rule."""
    found, loop = now.finding, now.loop
    action, names = found.action, {
        "default_intent": f"{intent_of(found)}, built in",
        "loop": f"the form '{loop}' is active",
        "loop_listen": f"the form '{loop}' has asked",
        "loop_again": f"the form '{loop}' goes on",
    }  # fmt: skip
    name = names.get(found.kind)
    if action is None and now.policy.enable_fallback_prediction:
        name = "no rule matches: the fallback"
        action = now.policy.core_fallback_action_name
    if name is None or action is None:
        return None
    state, why = now.fate_of(action)
    sign, words = STATES[state]
    words = {"won": words, "outvoted": "proposed", "refused": "refused"}[state]
    return {"name": name, "action": action, "sign": sign, "label": words, "text": why}


# --- without a front end --------------------------------------------------------------------------


def summary_of(view: Mapping[str, Any]) -> str:
    """The sentence of a view, or why there is none.

    Args:
        view: What `rule_matcher_view` made.
    """
    return "".join(text for text, _ in view["why"]) or str(view["nothing"])


def rule_matcher_html(
    view: Mapping[str, Any], rules: Sequence[Mapping[str, Any]], *, rows: int = ROWS_IN_TABLE
) -> Html:
    """The rules as a table with inline styles, for places without a front end.

    Args:
        view: What `rule_matcher_view` made.
        rules: What `rules_view` made.
        rows: How many rules are shown; the others are counted.
    """
    if not view["rows"] and not view["built_in"]:
        return note(join([summary_of(view), " ", view["nothing"] if view["why"] else ""]))
    cells: list[list[Any]] = []
    if view["built_in"]:
        built = view["built_in"]
        state = [f"{built['sign']} {built['label']}", f" {built['text']}" if built["text"] else ""]
        cells.append([join(state), tag("i", built["name"]), built["action"], ""])
    cells += [_row(row, rules[row["rule"]], view["found"]) for row in view["rows"][:rows]]
    left = len(view["rows"]) - rows
    if left > 0:
        cells.append([muted(f"and {left:,} more rules")])
    shown = table(["state", "rule", "says", "conditions"], cells, caption=f"Rules, {view['title']}")
    return join([shown, note(summary_of(view))])


def _row(
    row: Mapping[str, Any], rule: Mapping[str, Any], found: Sequence[Sequence[Sequence[str]]]
) -> list[Any]:
    sign, words = STATES[row["state"]]
    if row["state"] == "failed":
        words = f"{row['met'].count('0')} of {len(row['met'])} missing"
    place = rule["places"][0] if rule["places"] else [None, None, ""]
    name = join([tag("b", place[2]), muted(f" {where(place)}")])
    state = join([f"{sign} ", words, _BREAK, muted(row["text"])])
    return [state, name, rule["action"], _conditions(row["met"], rule["turns"], found)]


def _conditions(
    met: str, turns: Sequence[Sequence[Sequence[str]]], found: Sequence[Sequence[Sequence[str]]]
) -> Html:
    lines, at = [], 0
    for i, said in enumerate(turns):
        back = len(turns) - i
        there = {label: value for label, value in found[back - 1]} if back <= len(found) else {}
        words = [
            condition_in_words(label, value, met[at + k] == "1", there.get(label))
            for k, (label, value) in enumerate(said)
        ]
        at += len(said)
        lines.append(join([muted(f"{turn_in_words(-back)}: "), "; ".join(words)]))
    return join(lines, _BREAK)


def condition_in_words(label: str, value: str, is_met: bool, there: str | None) -> str:
    """One condition with its sign, and what was there where it does not hold.

    Example:
        >>> print(condition_in_words("intent", "greet", False, "bye"))
        ✗ intent greet (is bye)
    """
    shown = f"{label} {value}".strip()
    if is_met:
        return f"✓ {shown}"
    if not value:
        return f"✗ {shown} (it is not)"
    absent = "not set" if label.startswith("slot ") else "none"
    return f"✗ {shown} (is {there or absent})"
