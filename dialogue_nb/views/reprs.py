"""What Jupyter shows of an engine object that stands alone at the end of a cell.

Each object is a sheet: a line that says what it is, with all counts in full, and a table that stays
small however large the object is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import singledispatch
from itertools import islice
from pathlib import Path
from typing import Any, Final

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.project import Project
from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ACTION_LISTEN_NAME
from dialogue_nb.core.states import State
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.evaluation.comparison import Comparison
from dialogue_nb.evaluation.result import EvaluationResult
from dialogue_nb.policies.decision import Decision
from dialogue_nb.policies.policy import Policy, parameter_names
from dialogue_nb.stories.graph import StoryGraph
from dialogue_nb.stories.steps import Story
from dialogue_nb.stories.training_data import TrainingData, TrainingTracker
from dialogue_nb.stories.writer import to_markdown
from dialogue_nb.views.completions import own_intents
from dialogue_nb.views.confidence_bars import confidence_bars_html, confidence_bars_view
from dialogue_nb.views.happenings import shown_value
from dialogue_nb.views.highlight import COLORS, highlight
from dialogue_nb.views.html import Html, join, tag, visible
from dialogue_nb.views.policy_marks import policy_marks
from dialogue_nb.views.sheets import LONGEST, Sheet, counted, listed, short
from dialogue_nb.views.tracker_timeline import tracker_timeline_html, tracker_timeline_view

MOST_BYTES: Final = 20_000
"""How long the HTML of an object may be."""

_LIMITS: Final = (30, 12, 6, 3, 1)
_CODE: Final = "font-family:ui-monospace,monospace;white-space:pre-wrap;font-size:12px"


def bundle(thing: Any) -> dict[str, str]:
    """An object as text and as HTML.

    Args:
        thing: A domain, story, story graph, conversation, state, set of training dialogues, policy,
            decision, agent, project or evaluation result.

    Returns:
        `{"text/plain", "text/html"}`; of other things only the text, their `repr`.

    Example:
        >>> print(bundle(State("greet", prev_action="action_listen"))["text/plain"])
        State: greet · after action_listen
          intent           greet
          previous action  action_listen
    """
    first = sheet_of(thing, _LIMITS[0])
    if first is None:
        return {"text/plain": repr(thing)}
    return {"text/plain": first.text(), "text/html": str(_small_html(thing, first))}


def _small_html(thing: Any, sheet: Sheet) -> Html:
    """The first of ever shorter tables that is small enough, else only the lines of the text."""
    for limit in _LIMITS:
        sheet = sheet_of(thing, limit) or sheet
        html = sheet.html()
        if len(html.encode("utf-8", "replace")) <= MOST_BYTES:
            return html
    lines = join(sheet.lines or (), "\n")
    return replace(sheet, body=tag("pre", lines, style=_CODE)).html()


@singledispatch
def sheet_of(thing: Any, limit: int) -> Sheet | None:
    """The sheet of a thing, None where there is none.

    Args:
        thing: The thing.
        limit: How many rows and names are shown.
    """
    return None


@sheet_of.register
def _domain(domain: Domain, limit: int) -> Sheet:
    intents = own_intents(domain)
    slots = [f"{slot.name} ({slot.type_name})" for slot in domain.slots]
    actions = [name for name in domain.action_names if name not in domain.default_actions]
    parts = [
        ("intents", intents, len(domain.intents)),
        ("entities", list(domain.entity_labels), len(domain.entity_labels)),
        ("slots", slots, len(slots)),
        ("responses", list(domain.responses), len(domain.responses)),
        ("actions", actions, domain.num_actions),
        ("forms", list(domain.form_names), len(domain.form_names)),
    ]
    rows = [[what, f"{total:,}", listed(names, limit)] for what, names, total in parts]
    counts = ", ".join(f"{total:,} {what}" for what, _, total in parts)
    return Sheet(
        f"Domain: {counts}",
        [("read from", domain.source)] if domain.source else [],
        ["", "how many", "its own"],
        rows,
    )


@sheet_of.register
def _story(story: Story, limit: int) -> Sheet:
    text = to_markdown([story])[0].rstrip("\n")
    lines = text.split("\n")
    shown = [visible(line)[:LONGEST] for line in lines[:limit]]
    coloured = highlight("\n".join(shown), "markdown")
    spans = [join(_span(kind, piece) for kind, piece in line) for line in coloured]
    body = tag("pre", tag("code", join(spans, "\n")), style=_CODE)
    place = ":".join(str(each) for each in (story.file, story.line) if each is not None)
    kind = "Rule" if story.is_rule else "Story"
    title = f"{kind} '{short(story.name, 60)}': {counted(len(story.items), 'line')}"
    more = len(lines) - len(shown)
    written = [*shown, f"and {more:,} more lines"] if more > 0 else shown
    facts = [("written in", place)] if place else []
    if more > 0:
        facts.append(("shown", f"the first {len(shown)} of {len(lines):,} lines"))
    return Sheet(title, facts, body=body, lines=written)


def _span(kind: str, text: str) -> Html:
    style = f"color:{COLORS[kind]}" if COLORS.get(kind) else None
    return tag("span", text, style="font-weight:bold" if kind == "header" else style)


@sheet_of.register
def _graph(graph: StoryGraph, limit: int) -> Sheet:
    names = graph.checkpoint_names
    cycles = len(graph.cyclic_edges())
    after = graph.successors()
    rows = [
        [step.number, step.name, len(step.events), listed([str(n) for n in after[step.number]], 8)]
        for step in islice(graph.steps, limit)
    ]
    title = f"Story graph: {counted(len(graph.steps), 'step')}"
    title += f", {counted(len(names), 'checkpoint')}, {counted(cycles, 'cycle')}"
    facts = [("checkpoints", listed(names, limit))] if names else []
    return Sheet(title, facts, ["step", "story", "events", "leads to"], rows, len(graph.steps))


@sheet_of.register
def _tracker(tracker: DialogueStateTracker, limit: int) -> Sheet:
    view = tracker_timeline_view(tracker)
    turns = view["branches"][0]["turns"]
    slots = {name: value for name, value in tracker.current_slot_values().items() if value}
    facts = [(f"slot {name}", shown_value(value)) for name, value in islice(slots.items(), limit)]
    if len(slots) > limit:
        facts.append(("more slots", f"{len(slots) - limit:,}"))
    loop = tracker.active_loop_name
    facts += [("form", loop)] if loop else []
    lines = [f"{turn['index']:>3}  {'; '.join(turn['says'])}" for turn in turns[-limit:]]
    title = f"Conversation of {short(tracker.sender_id, 60)}: {view['count']}"
    title += f", {counted(len(tracker.events), 'event')}"
    return Sheet(
        title,
        facts,
        body=tracker_timeline_html(view, max_turns=limit),
        lines=[short(line) for line in lines],
    )


@sheet_of.register
def _state(state: State, limit: int) -> Sheet:
    slots = [f"{name}: {_features(numbers)}" for name, numbers in state.slots]
    parts = [
        ("intent", state.intent),
        ("words", state.text),
        ("entities", listed(state.entities, limit)),
        ("slots", listed(slots, limit)),
        ("previous action", state.prev_action or state.prev_text),
        ("form", state.active_loop),
    ]
    facts = [(what, value) for what, value in parts if value]
    return Sheet(f"State: {short(_brief(state))}", facts)


def _features(numbers: Any) -> str:
    if isinstance(numbers, str):
        return numbers
    return "(" + ", ".join(f"{number:g}" for number in numbers) + ")"


@sheet_of.register
def _data(data: TrainingData, limit: int) -> Sheet:
    counts = data.summary()
    title = f"Training data: {counted(counts['dialogues'], 'dialogue')} from stories"
    title += f", {counts['augmented']:,} augmented, {counts['rules']:,} from rules"
    facts = [
        ("distinct states", f"{counts['states']:,}"),
        ("distinct windows of 5", f"{counts['windows']:,}"),
        ("of them by augmentation", f"{counts['new_windows']:,}"),
        ("warnings", f"{len(data.diagnostics):,}"),
    ]
    rows = [
        [i, _kind(tracker), tracker.name, len(tracker.actions), listed(_done(tracker), 6)]
        for i, tracker in enumerate(islice(data.trackers, limit))
    ]
    return Sheet(
        title, facts, ["", "kind", "dialogue", "turns", "what the bot does"], rows, len(data)
    )


def _kind(tracker: TrainingTracker) -> str:
    return "rule" if tracker.is_rule_tracker else "augmented" if tracker.is_augmented else "story"


def _done(tracker: TrainingTracker) -> list[str]:
    return [action for action in tracker.actions if action != ACTION_LISTEN_NAME]


@sheet_of.register
def _dialogue(tracker: TrainingTracker, limit: int) -> Sheet:
    turns = zip(tracker.states, tracker.actions, tracker.predictable, strict=False)
    rows = [
        [i, _brief(state), action, "" if counts else "not learnt"]
        for i, (state, action, counts) in enumerate(islice(turns, limit))
    ]
    title = f"Training dialogue '{short(tracker.name, 60)}' ({_kind(tracker)}): "
    title += counted(len(tracker.actions), "turn")
    facts = [("stories", listed(tracker.stories, limit))]
    headings = ["turn", "state", "what the bot does", ""]
    return Sheet(title, facts, headings, rows, len(tracker.actions))


def _brief(state: State) -> str:
    said = state.intent or state.text or ""
    slots = [f"{name} {_features(numbers)}" for name, numbers in state.slots]
    after = state.prev_action or state.prev_text or "the start"
    return " · ".join(filter(None, [said, *state.entities, *slots, f"after {after}"]))


@sheet_of.register
def _policy(policy: Policy, limit: int) -> Sheet:
    mark = policy_marks([policy.name])[0]
    kinds = {
        "stories": policy.uses_stories,
        "glued stories": policy.uses_stories and policy.uses_augmented,
        "rules": policy.uses_rules,
    }
    learns = [kind for kind, does in kinds.items() if does]
    facts = [("learns from", ", ".join(learns) or "nothing"), ("priority", policy.priority)]
    names = parameter_names(type(policy))
    rows = [[name, _parameter(policy, name)] for name in names[:limit] if name != "priority"]
    return Sheet(f"{mark['letter']} {policy.name}", facts, ["parameter", "value"], rows)


def _parameter(policy: Policy, name: str) -> str:
    """A parameter of a policy; a class of somebody's own may not keep it."""
    value = getattr(policy, name, "")
    return "default" if value is None else repr(value)


@sheet_of.register
def _decision(decision: Decision, limit: int) -> Sheet:
    view = confidence_bars_view(decision, k=min(limit, 8), limit=limit)
    top = [f"{confidence:.2f}  {action}" for action, confidence in decision.top(5)]
    who = decision.policy or decision.rule
    title = f"Decision: {short(decision.action, 60)} ({decision.confidence:.2f}) by {who}"
    lines = [short(decision.why(), 300), *top]
    return Sheet(title, body=confidence_bars_html(view), lines=lines)


@sheet_of.register
def _agent(agent: Agent, limit: int) -> Sheet:
    marks = policy_marks(policy.name for policy in agent.policies)
    rows = [
        [f"{mark['letter']} {policy.name}", policy.priority, _parameters(policy)]
        for mark, policy in islice(zip(marks, agent.policies, strict=True), limit)
    ]
    state = "trained" if agent.is_trained else "not trained yet"
    trackers = agent.tracker_store
    latest = trackers.conversations(limit=5)
    talks = ", ".join(f"{short(info.sender_id, 40)} ({info.events} events)" for info in latest)
    count = trackers.count()
    more = count - len(latest)
    said = [f"{count:,}", f": {talks}" if talks else "", f" and {more:,} more" if more else ""]
    facts = [
        ("domain", _domain(agent.domain, 1).title.removeprefix("Domain: ")),
        ("its own actions", listed(sorted(agent.actions), limit) or "none registered"),
        ("understands", type(agent.interpreter).__name__),
        ("conversations", "".join(said)),
        ("kept in", trackers.where or "memory, until the program ends"),
    ]
    title = f"Agent, {state}: {', '.join(mark['label'] for mark in marks) or 'no policy'}"
    return Sheet(title, facts, ["policy", "priority", "parameters"], rows, len(agent.policies))


def _parameters(policy: Policy) -> str:
    names = [name for name in parameter_names(type(policy)) if name != "priority"]
    set_ = [name for name in names if getattr(policy, name, None) is not None]
    return ", ".join(f"{name}={getattr(policy, name)!r}" for name in set_)


@sheet_of.register
def _project(project: Project, limit: int) -> Sheet:
    found = Counter(str(one.severity) for one in project.diagnostics)
    said = ", ".join(counted(found[kind], kind) for kind in ("error", "warning") if found[kind])
    files = [*project.domain_files, *project.story_files, *project.test_files]
    facts = [
        ("domain", _domain(project.domain, 1).title.removeprefix("Domain: ")),
        ("stories", listed([story.name for story in project.stories], limit)),
        ("rules", listed([rule.name for rule in project.rules], limit)),
        ("files", listed([file.name for file in files], limit)),
        ("policies", project.config_file.name if project.config_file else "the default ones"),
    ]
    title = f"Project {project.name}: ".replace(" :", ":")
    title += f"{counted(len(project.stories), 'story', 'stories')}, "
    title += f"{counted(len(project.rules), 'rule')}, "
    title += counted(len(project.test_stories), "test story", "test stories")
    rows = [
        [f"{one.severity} {one.code}: {one.message} {one.hint}", _place(one)]
        for one in project.diagnostics[:limit]
    ]
    headings = [f"problems: {said}" if said else "problems", "where"] if rows else []
    shown = [(what, value) for what, value in facts if value]
    return Sheet(title, shown, headings, rows, len(project.diagnostics))


def _place(problem: Diagnostic) -> str:
    """The file and line of a problem, without the folder."""
    name = Path(problem.file).name if problem.file else ""
    return ":".join(str(each) for each in (name, problem.line) if each)


@sheet_of.register
def _result(result: EvaluationResult, limit: int) -> Sheet:
    scores = [
        ("all actions", result.scores),
        ("without action_listen", result.scores_without_listen),
        ("as Rasa counts", result.rasa_scores),
    ]
    facts: list[tuple[str, Any]] = [
        (what, f"accuracy {each.accuracy:.3f}, F1 {each.f1:.3f}, {counted(each.count, 'action')}")
        for what, each in scores
    ]
    facts += [
        (name, f"decided {numbers['decided']:,} times, {numbers['right']:,} of them right")
        for name, numbers in result.policies.items()
    ]
    rows = [
        [turn.story, turn.turn, turn.gold, turn.predicted, turn.policy, f"{turn.confidence:.2f}"]
        for turn in result.failures[:limit]
    ]
    title = f"Evaluation: {result.stories_right:,} of "
    title += f"{counted(len(result.stories), 'story', 'stories')} right, "
    title += f"{counted(len(result.failures), 'action')} of {len(result.turns):,} wrong"
    headings = ["story", "turn", "expected", "predicted", "policy", "confidence"]
    return Sheet(title, facts, headings if rows else [], rows, len(result.failures))


@sheet_of.register
def _comparison(comparison: Comparison, limit: int) -> Sheet:
    rows = []
    if comparison.results:
        right, accuracy = (
            comparison.curve(name).to_dict("records")
            for name in ("stories_right", "accuracy_as_rasa")
        )
        rows = [
            [a["configuration"], f"{a['percentage']:g} %", f"{a['stories']:g}", a["runs"],
             f"{a['mean']:.1f}", f"{b['mean']:.3f}"]
            for a, b in zip(right, accuracy, strict=True)
        ]  # fmt: skip
    title = f"Comparison of {counted(len(comparison.configurations), 'configuration')}: "
    title += f"{len(comparison.results):,} of {counted(len(comparison.plan), 'training')} done"
    facts: list[tuple[str, Any]] = [("problem", str(each)) for each in comparison.problems[:limit]]
    if comparison.results:
        facts.append(("test stories", f"{comparison.results[0].test_stories:,}"))
    if comparison.folder:
        facts.append(("kept in", comparison.folder))
    headings = ["configuration", "left out", "stories", "runs", "stories right", "actions right"]
    return Sheet(title, facts, headings if rows else [], rows[:limit], len(rows))
