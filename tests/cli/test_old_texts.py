"""The old guide to training: its command and its code run with only the package's name changed."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from dialogue_nb.agent.agent import Agent

from .conftest import ENVIRONMENT

BESIDE = Path(__file__).resolve().parents[3] / "shared/conformance"
CONFORMANCE = Path(os.environ.get("DIALOGUE_NB_CONFORMANCE") or BESIDE)
TEXT = CONFORMANCE.parent / "docs/references/training-and-policies-0.14.txt"


def trained(command):
    """Runs a training command of the old package in our one; gives what was trained."""
    python, *words = shlex.split(command.replace("rasa_core", "dialogue_nb"))
    assert python == "python"
    subprocess.run([sys.executable, *words], capture_output=True, check=True, env=ENVIRONMENT)
    return Agent.load(words[words.index("-o") + 1])


def run_code(code):
    """What code that was written for the old package makes."""
    names = {}
    exec(code.replace("rasa_core", "dialogue_nb"), names)
    return names


def test_the_old_command_and_the_old_code_run(bot):
    line = "python -m rasa_core.train -d domain.yml -s data -o models/now --epochs 3"
    assert [policy.name for policy in trained(line).policies] == [
        "MemoizationPolicy",
        "KerasPolicy",
    ]
    made = run_code("from rasa_core.agent import Agent\ndata = Agent().load_data('data')")
    assert len(made["data"].originals) == 2


if TEXT.is_file():

    def snippets(text):
        """The pieces of Python that make an agent, up to the next line of prose."""
        block = r"^from rasa_core[^\n]*\n(?:(?:from|agent|data|  )[^\n]*\n|\n(?=agent|data))*"
        return [code for code in re.findall(block, text, re.MULTILINE) if "Agent(" in code]

    def test_the_command_and_the_code_of_the_reference_text_run(bot):
        shutil.copy("data/stories.md", "stories.md")
        text = TEXT.read_text(encoding="utf-8")
        (command,) = re.findall(r"^python -m rasa_core\.train .*$", text, re.MULTILINE)
        assert trained(command).policies[1].epochs == 200
        first, second = (run_code(code) for code in snippets(text))
        assert len(first["data"].originals) == 2
        assert len(second["agent"].policies) == 2
        talker = second["agent"].train(first["data"], epochs=2)
        assert talker.handle_text("/leave") is not None
