"""Rasa-style dialogue management to learn and explore in Jupyter notebooks.

    import dialogue_nb as dn

    agent = dn.Agent("domain.yml", policies=[dn.MemoizationPolicy(), dn.KerasPolicy(epochs=100)])
    agent.train(agent.load_data("data/stories.md"))
    agent.handle_text("/greet")

    dn.Workbench(dn.bots.load("moodbot"))     # in a notebook: write, train, talk and look

Names are imported when they are first used, so that `import dialogue_nb` is quick.
"""

from __future__ import annotations

import importlib
from typing import Any

from dialogue_nb.core import showing as _showing
from dialogue_nb.core.version import __version__

_HOMES = {
    "Action": "dialogue_nb.agent.actions",
    "Agent": "dialogue_nb.agent.agent",
    "ChatPane": "dialogue_nb.widgets.chat_pane",
    "ConfidenceBars": "dialogue_nb.widgets.confidence_bars",
    "ContradictionMatrix": "dialogue_nb.widgets.contradiction_matrix",
    "ConversationList": "dialogue_nb.widgets.conversation_list",
    "DialogueError": "dialogue_nb.core.exceptions",
    "DialogueStateTracker": "dialogue_nb.core.trackers",
    "Domain": "dialogue_nb.core.domain",
    "EvaluationReport": "dialogue_nb.widgets.evaluation_report",
    "FeatureHeatmap": "dialogue_nb.widgets.feature_heatmap",
    "FormAction": "dialogue_nb.agent.forms",
    "FormValidationAction": "dialogue_nb.agent.validation",
    "KerasPolicy": "dialogue_nb.policies.keras_policy",
    "MemoizationPolicy": "dialogue_nb.policies.memoization",
    "NLUExamples": "dialogue_nb.nlu.examples",
    "NLUInterpreter": "dialogue_nb.nlu.interpreter",
    "Policy": "dialogue_nb.policies.policy",
    "Project": "dialogue_nb.agent.project",
    "RuleMatcher": "dialogue_nb.widgets.rule_matcher",
    "RulePolicy": "dialogue_nb.policies.rule_policy",
    "SQLTrackerStore": "dialogue_nb.agent.sql_tracker_store",
    "StoryEditor": "dialogue_nb.widgets.story_editor",
    "StoryGraph": "dialogue_nb.widgets.story_graph",
    "TEDPolicy": "dialogue_nb.policies.ted_policy",
    "TrackerTimeline": "dialogue_nb.widgets.tracker_timeline",
    "TrainingPanel": "dialogue_nb.widgets.training_panel",
    "TrainingRun": "dialogue_nb.agent.training_run",
    "Workbench": "dialogue_nb.widgets.workbench",
    "bots": "dialogue_nb",
    "close_all": "dialogue_nb.widgets.base",
    "compare": "dialogue_nb.evaluation.compare",
    "evaluate": "dialogue_nb.evaluation.test",
    "evaluate_nlu": "dialogue_nb.evaluation.understanding",
    "learning_curves": "dialogue_nb.views.learning_curves",
}
"""Where each public name lives."""

__all__ = [
    "Action",
    "Agent",
    "ChatPane",
    "ConfidenceBars",
    "ContradictionMatrix",
    "ConversationList",
    "DialogueError",
    "DialogueStateTracker",
    "Domain",
    "EvaluationReport",
    "FeatureHeatmap",
    "FormAction",
    "FormValidationAction",
    "KerasPolicy",
    "MemoizationPolicy",
    "NLUExamples",
    "NLUInterpreter",
    "Policy",
    "Project",
    "RuleMatcher",
    "RulePolicy",
    "SQLTrackerStore",
    "StoryEditor",
    "StoryGraph",
    "TEDPolicy",
    "TrackerTimeline",
    "TrainingPanel",
    "TrainingRun",
    "Workbench",
    "__version__",
    "bots",
    "close_all",
    "compare",
    "evaluate",
    "evaluate_nlu",
    "learning_curves",
    "load_ipython_extension",
]


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'dialogue_nb' has no attribute {name!r}")
    if home == __name__:
        return importlib.import_module(f"{home}.{name}")
    value = globals()[name] = getattr(importlib.import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: Any) -> None:
    """Gives a notebook the magics: `%load_ext dialogue_nb`, then `%%story`, `%train`, `%talk` ...

    Args:
        shell: The IPython shell; `%load_ext` passes it.
    """
    from dialogue_nb.magics import DialogueMagics

    shell.register_magics(DialogueMagics)


def _show(thing: Any) -> dict[str, str]:
    """What Jupyter shows of an engine object; see `views.reprs`."""
    from dialogue_nb.views.reprs import bundle

    return bundle(thing)


_showing.set_renderer(_show)
