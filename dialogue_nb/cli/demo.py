"""`dialogue-nb demo`: the main job in one go, in a terminal."""

from __future__ import annotations

import argparse
import time
from typing import Final

from dialogue_nb import bots
from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.progress import Progress
from dialogue_nb.agent.project import Project
from dialogue_nb.cli.options import count
from dialogue_nb.cli.talk import answer
from dialogue_nb.policies.keras_policy import KerasPolicy
from dialogue_nb.policies.memoization import MemoizationPolicy

BOT: Final = "moodbot"
# The last message comes where no story has it: only the network has an opinion then.
CONVERSATION: Final = ("/greet", "/mood_unhappy", "/affirm", "/goodbye", "/mood_unhappy")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("--epochs", type=count, default=100, metavar="N", help="default 100")
    parser.add_argument("--out", "-o", metavar="PATH", help="save the model, to talk to it later")


def run(options: argparse.Namespace) -> int:
    """Trains, talks, explains."""
    project = bots.load(BOT)
    print(f"1. The bot '{project.name}': {project.folder}")
    print(f"   {len(project.stories)} stories, {len(project.rules)} rules, {project.domain!r}")
    agent = trained(project, epochs=options.epochs)
    print("\n3. A conversation. Under each message stands every decision of the bot:")
    print("   what it does and why, and what each policy thought of it.")
    for text in CONVERSATION:
        print(f"\nyou> {text}")
        answer(agent, text, debug=True)
    if options.out:
        agent.persist(options.out)
        print(f"\nSaved. Talk to it yourself: dialogue-nb talk -m {options.out} --debug")
    return 0


def trained(project: Project, *, epochs: int) -> Agent:
    """The bot with a memory and a network, trained on its stories."""
    policies = [MemoizationPolicy(max_history=5), KerasPolicy(epochs=epochs, random_seed=1)]
    agent = project.agent(policies)
    data = agent.load_data([*project.stories, *project.rules])
    print(f"\n2. Training {' and '.join(policy.name for policy in agent.policies)} on {data!r}")
    started = time.perf_counter()
    agent.train(data, progress=Progress())
    print(f"   {time.perf_counter() - started:.1f} s")
    return agent
