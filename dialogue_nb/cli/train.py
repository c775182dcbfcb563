"""`dialogue-nb train`: the training script of Rasa Core 0.14, and a little more."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.model_files import check_target
from dialogue_nb.agent.progress import Progress
from dialogue_nb.cli import train_compare
from dialogue_nb.cli.options import (
    add_domain,
    add_nlu,
    add_stories,
    add_verbosity,
    count,
    mode_of,
    say,
    stories_from,
    write_json,
)
from dialogue_nb.cli.story_blocks import FILE_NAME, story_blocks_page
from dialogue_nb.core.diagnostics import Diagnostic, Severity
from dialogue_nb.core.events import ACTION_LISTEN_NAME, ActionExecuted
from dialogue_nb.core.exceptions import StoryError
from dialogue_nb.core.yaml_lines import read_text
from dialogue_nb.featurizers.tracker_featurizers import MaxHistoryTrackerFeaturizer
from dialogue_nb.nlu.interpreter import NLUInterpreter
from dialogue_nb.nlu.pipeline import Fallback, parse_pipeline
from dialogue_nb.policies.config import load_config
from dialogue_nb.policies.keras_backend import import_keras
from dialogue_nb.policies.network_policy import NetworkPolicy
from dialogue_nb.policies.policy import Policy
from dialogue_nb.stories.steps import Line, Story
from dialogue_nb.stories.training_data import TrainingData, TrainingTracker
from dialogue_nb.stories.writer import to_markdown

DEFAULT_AUGMENTATION = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    add = parser.add_argument
    add("mode", nargs="?", default="default",
        type=mode_of("train", ("default", "compare"), ("interactive",)),
        help="default (also when left out): train one model; compare: train several "
        "configurations on ever fewer stories and test them")  # fmt: skip
    add_domain(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    add_stories(source, required=False)
    source.add_argument("--url", help=argparse.SUPPRESS)
    add("-o", "--out", required=True, metavar="PATH",
        help="model folder or .zip; for compare the folder of the results")  # fmt: skip
    add("-c", "--config", nargs="+", metavar="FILE",
        help="policies, as in Rasa's config.yml; several for compare")  # fmt: skip
    add_nlu(parser)
    _add_learning(parser)
    train_compare.add_arguments(parser)
    add("--dump_stories", "--dump-stories", action="store_true",
        help="write the training dialogues into the model, as stories.md")  # fmt: skip
    add("--debug_plots", "--debug-plots", action="store_true",
        help=f"write {FILE_NAME}: the blocks of the stories and what connects them")  # fmt: skip
    add("--json", metavar="OUT", help="write a summary as JSON (- is stdout)")
    add_verbosity(parser)


def _add_learning(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--augmentation",
        type=count,
        default=DEFAULT_AUGMENTATION,
        metavar="N",
        help=f"how much to glue stories together, 0: not at all (default {DEFAULT_AUGMENTATION})",
    )
    add(
        "--history",
        "--max_history",
        type=count,
        metavar="N",
        help="max_history of all policies, 0: the whole dialogue",
    )
    add("--epochs", type=count, metavar="N", help="epochs of all policies that have them")
    add("--batch_size", "--batch-size", type=count, metavar="N", help="likewise")
    add("--validation_split", "--validation-split", type=float, metavar="X", help="likewise")
    add("--random_seed", "--random-seed", type=count, default=42, metavar="N",
        help="the same number makes a run repeat (default 42)")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Reads, trains and saves; or compares."""
    if options.url:
        reason = "Nothing is fetched from the network: save the file and give it with -s."
        raise StoryError([Diagnostic("P109", "error", reason, options.url)])
    if options.mode == "compare" or len(options.config or ()) > 1:
        return train_compare.run(options, _configurations(options))
    return _train(options)


def _configurations(options: argparse.Namespace) -> dict[str, list[Policy]]:
    """The policies of each config file, by a name of its own."""
    files = options.config or []
    stems = [Path(file).stem for file in files]
    return {
        stem if stems.count(stem) == 1 else file: [
            adjusted(policy, options) for policy in load_config(file)
        ]
        for stem, file in zip(stems, files, strict=True)
    }


def _train(options: argparse.Namespace) -> int:
    check_target(Path(options.out))
    tell = (lambda line: None) if options.quiet else say
    started = time.perf_counter()
    config = options.config[0] if options.config else None
    configured = Agent(options.domain, config, random_seed=options.random_seed)
    policies = [adjusted(policy, options) for policy in configured.policies]
    nlu = NLUInterpreter(options.nlu, fallback=_fallback(config)) if options.nlu else None
    agent = Agent(configured.domain, policies, nlu, random_seed=options.random_seed)
    if options.debug_plots:
        page = story_blocks_page(stories_from(options.stories)[0])
        Path(FILE_NAME).write_text(page, encoding="utf-8")
    data = agent.load_data(options.stories, augmentation_factor=options.augmentation)
    wanted = {Severity.WARNING} | ({Severity.INFO} if options.verbose or options.debug else set())
    for diagnostic in (*configured.diagnostics, *data.diagnostics):
        if diagnostic.severity in wanted:
            tell(str(diagnostic))
    tell(f"{data!r}")
    if any(isinstance(policy, NetworkPolicy) for policy in agent.policies):
        # this process only trains: it does without what Keras imports for its plots
        import_keras(without_helpers=True)
    agent.train(data, progress=Progress(shown=False if options.quiet else None))
    for policy in agent.policies:
        for diagnostic in getattr(policy, "diagnostics_", ()):
            tell(str(diagnostic))
        if getattr(policy, "stopped_", False):
            tell(f"{policy.name} was stopped; what it had learnt until then is kept.")
    dump = {"stories.md": flattened(data)} if options.dump_stories else None
    agent.persist(options.out, extra_files=dump)
    seconds = time.perf_counter() - started
    tell(f"Saved '{options.out}' after {seconds:.1f} s.")
    if options.json:
        write_json(_summary(agent, data, options, seconds), options.json)
    return 0


def _fallback(config: str | None) -> Fallback | None:
    """When a message counts as not understood, as the configuration says."""
    return None if config is None else parse_pipeline(read_text(config), config)[0]


def adjusted(policy: Policy, options: argparse.Namespace) -> Policy:
    """The policy with the parameters that the command line sets; others stay as they are."""
    params = policy.get_params()
    for name in ("epochs", "batch_size", "validation_split"):
        value = getattr(options, name)
        if value is not None and name in params:
            params[name] = value
    if "random_seed" in params and params["random_seed"] is None:
        params["random_seed"] = options.random_seed
    if options.history is not None and "max_history" in params:
        params["max_history"] = options.history or None
        featurizer = params.get("featurizer")
        if isinstance(featurizer, MaxHistoryTrackerFeaturizer):
            params["featurizer"] = MaxHistoryTrackerFeaturizer(
                featurizer.state_featurizer, options.history or None, featurizer.remove_duplicates
            )
    return type(policy)(**params)


def flattened(data: TrainingData) -> str:
    """The training dialogues as Markdown stories, each from its beginning to its end."""
    return to_markdown([_as_story(tracker) for tracker in data if not tracker.is_rule_tracker])[0]


def _as_story(tracker: TrainingTracker) -> Story:
    listens = (ActionExecuted(ACTION_LISTEN_NAME), ActionExecuted(ACTION_LISTEN_NAME))
    items = [Line((event,)) for event in tracker.events if event not in listens]
    return Story(tracker.name, tuple(items))


def _summary(
    agent: Agent, data: TrainingData, options: argparse.Namespace, seconds: float
) -> dict[str, Any]:
    return {
        "model": str(Path(options.out)),
        "policies": [policy.name for policy in agent.policies],
        "data": dict(data.summary()),
        "seconds": round(seconds, 3),
    }
