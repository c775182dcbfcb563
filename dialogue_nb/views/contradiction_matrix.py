"""Where rules and stories disagree: a table of rules and stories, and each place in detail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import RULE_SNIPPET_ACTION_NAME
from dialogue_nb.core.states import State
from dialogue_nb.featurizers.tracker_featurizers import Tracker
from dialogue_nb.policies.rule_checks import contradiction_diagnostic, short_file
from dialogue_nb.policies.rule_learning import Contradiction, RuleDialogue, read_dialogue
from dialogue_nb.policies.rule_lookup import (
    DEFAULT_INTENT_SOURCE,
    LOOP_SOURCE,
    fits,
    since_snippet,
)
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.stories.training_data import Origin
from dialogue_nb.views.html import Html, join, muted, note, table, tag
from dialogue_nb.views.rule_words import place_row, said_of, where
from dialogue_nb.views.sheets import counted

NO_RULES: Final = "There are no rules yet: write one, and what contradicts it appears here."
MOST_TURNS: Final = 6
"""So many turns of a story and of a rule stand side by side, the last ones."""


class Contradictions:
    """All that is wrong with rules, by rule and story.

    Args:
        policy: How rules are checked; it need not be trained.
        trackers: Dialogues of rules and stories.
        domain: The domain they belong to.

    Attributes:
        diagnostics: What is wrong besides contradictions.
        contradictions: The contradictions.
    """

    def __init__(self, policy: RulePolicy, trackers: Sequence[Tracker], domain: Domain) -> None:
        found, self.contradictions = policy.examine(trackers, domain)
        self.diagnostics = [one for one in found if one.code != "R104"]
        self.domain = domain
        read = [read_dialogue(tracker, domain) for tracker in policy.select(trackers)]
        self._rules = [dialogue for dialogue in read if dialogue.is_rule]
        self._stories = [dialogue for dialogue in read if not dialogue.is_rule]
        self._by_place: dict[Origin, list[tuple[RuleDialogue, int]]] = defaultdict(list)
        for dialogue in read:
            for turn, origin in enumerate(dialogue.origins):
                self._by_place[origin].append((dialogue, turn))

    @property
    def rule_names(self) -> list[str]:
        """The names of all rules."""
        return list(dict.fromkeys(dialogue.name for dialogue in self._rules))

    @property
    def story_names(self) -> list[str]:
        """The names of all stories."""
        return list(dict.fromkeys(dialogue.name for dialogue in self._stories))

    @cached_property
    def rows(self) -> list[tuple[str, str]]:
        """The rules that contradict something, as (name, "rule" or "built in")."""
        order = {name: number for number, name in enumerate(self.rule_names)}
        found = dict.fromkeys(_row_of(rule, found) for rule, found in self._pairs)
        return sorted(found, key=lambda row: order.get(row[0], len(order)))

    @cached_property
    def columns(self) -> list[tuple[str, str]]:
        """What is contradicted, as (name, "story" or "rule")."""
        return list(dict.fromkeys(_column_of(found) for _, found in self._pairs))

    @cached_property
    def cells(self) -> dict[tuple[int, int], list[tuple[Origin, Contradiction]]]:
        """By row and column: each place in the rule, with the contradiction that it makes."""
        cells: dict[tuple[int, int], list[tuple[Origin, Contradiction]]] = defaultdict(list)
        for rule, found in self._pairs:
            row = self.rows.index(_row_of(rule, found))
            cells[row, self.columns.index(_column_of(found))].append((rule, found))
        return dict(sorted(cells.items()))

    @cached_property
    def _pairs(self) -> list[tuple[Origin, Contradiction]]:
        """Each contradiction with each rule in it; of two rules that contradict each other, one."""
        pairs: dict[object, tuple[Origin, Contradiction]] = {}
        for found in self.contradictions:
            for rule in found.rules:
                both = frozenset((rule, found.origin)) if found.is_rule else (rule, found.origin)
                pairs.setdefault((both, found.turn), (rule, found))
        return list(pairs.values())

    def says(self, rule: Origin, found: Contradiction) -> str:
        """What a rule wants to come where it is contradicted."""
        if found.predicted is not None:
            return found.predicted
        actions = (dialogue.actions[turn] for dialogue, turn in self._by_place.get(rule, ()))
        others = (
            action for action in actions if action not in (found.action, RULE_SNIPPET_ACTION_NAME)
        )
        return next(others, "something else")

    def windows(self, rule: Origin, found: Contradiction) -> tuple[list[State], list[State]]:
        """The turns that a rule looks at (none for what is built in), and as many of the story."""
        told: Sequence[State] = ()
        for dialogue, turn in self._by_place.get(found.origin, ()):
            if (turn, *dialogue[:2]) == (found.turn, found.name, found.is_rule):
                states = dialogue.full_states[: turn + 1]
                told = since_snippet(states) if dialogue.is_rule else states
        wanted = self.says(rule, found)
        windows = [
            since_snippet(dialogue.states[: turn + 1])
            for dialogue, turn in self._by_place.get(rule, ())
            if dialogue.is_rule and dialogue.actions[turn] == wanted
        ]
        # several turns may be written in one line: that which contradicts fits the story
        fitting = [one for one in windows if len(one) <= len(told) and _fits(one, told)]
        asked = next(iter([*fitting, *windows]), ())
        return list(asked)[-MOST_TURNS:], list(told)[-min(max(1, len(asked)), MOST_TURNS) :]


def _fits(rule: Sequence[State], told: Sequence[State]) -> bool:
    return all(map(fits, rule[::-1], told[::-1]))


def contradiction_matrix_view(matrix: Contradictions) -> dict[str, Any]:
    """What is to be shown of contradictions.

    Args:
        matrix: The contradictions.

    Returns:
        `{"title", "rules", "stories", "others", "rest", "cells", "states", "problems", "nothing"}`.
        Rules and stories are those with a contradiction, as `{"name", "kind"}`; `others` has the
        names of all the others, `rest` counts them. A cell is `{"rule", "story", "items"}`, its
        places in these lists; an item says at which `turn`, what the rule `says` and the story
        `does`, where (`places`: of the rule, of the story, as [file, line, name]), the `windows` of
        both (numbers of `states`, oldest first) and a `hint`.
    """
    states = _Numbered()
    in_rows = {name for name, _ in matrix.rows}
    in_rows |= {name for name, kind in matrix.columns if kind == "rule"}
    in_columns = {name for name, kind in matrix.columns if kind == "story"}
    cells = [
        {"rule": r, "story": s, "items": [_item(matrix, *pair, states) for pair in pairs]}
        for (r, s), pairs in matrix.cells.items()
    ]
    others = {
        "rules": [name for name in matrix.rule_names if name not in in_rows],
        "stories": [name for name in matrix.story_names if name not in in_columns],
    }
    return {
        "title": title_of(matrix),
        "rules": [{"name": name, "kind": kind} for name, kind in matrix.rows],
        "stories": [{"name": name, "kind": kind} for name, kind in matrix.columns],
        "others": others,
        "rest": _rest(len(others["rules"]), len(others["stories"])),
        "cells": cells,
        "states": [said_of(state, matrix.domain) for state in states],
        "problems": [_problem(one) for one in matrix.diagnostics],
        "nothing": _nothing(matrix),
    }


def _row_of(rule: Origin, found: Contradiction) -> tuple[str, str]:
    return (built_in_name(rule.story), "built in") if found.reason else (rule.story, "rule")


def _column_of(found: Contradiction) -> tuple[str, str]:
    return found.name, "rule" if found.is_rule else "story"


class _Numbered(dict[Any, int]):
    """Things and their numbers, in the order in which they were asked for."""

    def __missing__(self, key: Any) -> int:
        return self.setdefault(key, len(self))


def _item(
    matrix: Contradictions, rule: Origin, found: Contradiction, states: _Numbered
) -> dict[str, Any]:
    asked, told = matrix.windows(rule, found)
    said = contradiction_diagnostic(found)
    return {
        "turn": found.turn,
        "says": matrix.says(rule, found),
        "does": found.action,
        "places": [None if found.reason else place_row(rule), place_row(found.origin)],
        "windows": [[states[state] for state in asked], [states[state] for state in told]],
        "hint": said.hint,
    }


def built_in_name(source: str) -> str:
    """What decides without a rule, as people call it.

    Example:
        >>> built_in_name("handling active loops and forms - order_form")
        "form 'order_form'"
        >>> built_in_name("predicting default action with intent restart")
        '/restart'
    """
    if source.startswith(DEFAULT_INTENT_SOURCE):
        return f"/{source.removeprefix(DEFAULT_INTENT_SOURCE)}"
    return f"form '{source.removeprefix(LOOP_SOURCE).partition(' - ')[0]}'"


def _rest(rules: int, stories: int) -> str:
    """How many rules and stories nothing contradicts, in words."""
    words = [counted(rules, "other rule")] if rules else []
    words += [counted(stories, "other story", "other stories")] if stories else []
    verb = "agrees" if rules + stories == 1 else "agree"
    return f"{' and '.join(words)} {verb} with all." if words else ""


def _problem(one: Diagnostic) -> dict[str, Any]:
    return {
        "code": one.code,
        "severity": str(one.severity),
        "message": one.message,
        "hint": one.hint,
        "place": [short_file(one.file), one.line, one.story or ""],
    }


def title_of(matrix: Contradictions) -> str:
    """How many contradictions and other problems there are, among how many rules and stories."""
    count = sum(map(len, matrix.cells.values()))
    among = (
        f"{counted(len(matrix.rule_names), 'rule')} and "
        f"{counted(len(matrix.story_names), 'story', 'stories')}"
    )
    words = [f"{counted(count, 'contradiction') if count else 'no contradictions'} among {among}"]
    others = len(matrix.diagnostics)
    return ", ".join([*words, *([counted(others, "other problem")] if others else [])])


def _nothing(matrix: Contradictions) -> str:
    if not matrix.rule_names:
        return NO_RULES
    if matrix.contradictions:
        return ""
    said = title_of(matrix)
    return f"✓ {said[0].upper()}{said[1:]}."


# --- without a front end --------------------------------------------------------------------------


def sentence_of(item: Mapping[str, Any], rule: Mapping[str, Any], story: Mapping[str, Any]) -> str:
    """A contradiction in one sentence.

    Args:
        item: An item of a cell.
        rule: The row of the cell.
        story: The column of the cell.

    Example:
        >>> item = {"turn": 3, "says": "utter_bye", "does": "utter_hi"}
        >>> rows = {"name": "goodbye", "kind": "rule"}, {"name": "hello", "kind": "story"}
        >>> print(sentence_of(item, *rows))
        At turn 3 the rule 'goodbye' says utter_bye, the story 'hello' says utter_hi.
    """
    first = f"the rule '{rule['name']}'" if rule["kind"] == "rule" else f"{rule['name']} (built in)"
    second = f"the {story['kind']} '{story['name']}'"
    return f"At turn {item['turn']} {first} says {item['says']}, {second} says {item['does']}."


def contradiction_matrix_html(view: Mapping[str, Any]) -> Html:
    """The contradictions as tables with inline styles, for places without a front end.

    Args:
        view: What `contradiction_matrix_view` made.
    """
    parts: list[Html] = []
    if view["cells"]:
        parts.append(_grid(view))
        parts.append(table(["contradiction", "rule", "story"], _told(view)))
    if view["nothing"]:
        parts.append(note(view["nothing"]))
    if view["cells"] and view["rest"]:
        parts.append(note(view["rest"]))
    if view["problems"]:
        rows = [
            [one["code"], one["severity"], f"{one['message']} {one['hint']}", _at(one["place"])]
            for one in view["problems"]
        ]
        parts.append(table(["", "", "other problems", "where"], rows))
    return join(parts)


def _grid(view: Mapping[str, Any]) -> Html:
    cells = {(cell["rule"], cell["story"]): cell["items"] for cell in view["cells"]}
    headings = ["", *(heading_of(story, "story") for story in view["stories"])]
    rows = [
        [
            tag("b", heading_of(rule, "rule")),
            *(turns_in(cells.get((r, s), ())) for s in _places(view)),
        ]
        for r, rule in enumerate(view["rules"])
    ]
    return table(headings, rows, caption=view["title"])


def _places(view: Mapping[str, Any]) -> range:
    return range(len(view["stories"]))


def heading_of(one: Mapping[str, Any], plain: str) -> str:
    """The name of a row or column, with what it is where it is not what all the others are.

    Args:
        one: The row or column.
        plain: What all the others are, "rule" or "story".

    Example:
        >>> heading_of({"name": "dogs", "kind": "rule"}, "story")
        'dogs (rule)'
    """
    name = str(one["name"])
    return name if one["kind"] == plain else f"{name} ({one['kind']})"


def turns_in(items: Iterable[Mapping[str, Any]]) -> str:
    """The turns of a cell, in words.

    Example:
        >>> turns_in([{"turn": 3}, {"turn": 5}]), turns_in([])
        ('✗ turn 3, 5', '')
    """
    turns = ", ".join(str(item["turn"]) for item in items)
    return f"✗ turn {turns}" if turns else ""


def _told(view: Mapping[str, Any]) -> Iterator[list[Any]]:
    for cell in view["cells"]:
        rule, story = view["rules"][cell["rule"]], view["stories"][cell["story"]]
        for item in cell["items"]:
            first, second = item["places"]
            told = join([sentence_of(item, rule, story), " ", muted(item["hint"])])
            yield [told, where(first) if first else "built in", where(second)]


def _at(place: Sequence[Any]) -> str:
    return ", ".join(filter(None, [str(place[2]), where(place)]))
