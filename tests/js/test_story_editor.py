"""What the editor colours as intent, action, slot is what the engine reads as such."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from dialogue_nb import bots
from dialogue_nb.agent.live_project import documents_of
from dialogue_nb.stories.markdown_lines import RENAMED_ACTIONS
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.stories.writer import write_stories
from dialogue_nb.views.story_chips import story_chips

HERE = Path(__file__).parent
MORE = """## form, with words and alternatives
> start{"vip": true}
* order{"drink": "tea", "size": "L"} OR greet
* bye: see [you](who) soon
    - action_pay
    - slot{"paid": true, "who": null}
    - form{"name": "order_form"}
    - form{"name": null}
    - restart
> end

<!-- ## not a story
* nothing -->
>> rule
    - slot{"paid": true}
    - ...
* leave <!-- now -->
    - utter_bye
"""
KINDS = {"user": "intent", "bot": "action", "checkpoint": "checkpoint", "loop": "form"}


def texts():
    """The stories of all packaged bots and some more, in both formats."""
    yield MORE, "markdown"
    yield write_stories(parse_stories(MORE)[0], "yaml")[0], "yaml"
    for name in bots.names():
        for document in documents_of(bots.load(name)):
            if not document.is_domain:
                yield document.text, document.format
                stories = parse_stories(document.text, format=document.format)[0]
                yield write_stories(stories, "markdown")[0], "markdown"


def expected(text, format):
    """(line, colour, name) of everything that the engine reads."""
    for story in parse_stories(text, format=format)[0]:
        shown = story_chips(story)
        yield shown["line"], "name", story.name
        for chip in shown["chips"]:
            line = shown["line"] + chip["at"]
            if chip["kind"] == "user" and format == "markdown":
                yield from ((line, "intent", name) for name in chip["label"].split(" | "))
            elif chip["kind"] == "slot":
                yield line, "slot", chip["label"].split(" = ")[0]
            elif chip["kind"] in KINDS and " | " not in chip["label"]:
                name = chip["label"].removeprefix("loop ")
                if name != "ends":
                    yield line, KINDS[chip["kind"]], name


if shutil.which("node"):  # a reader without node still has the other tests

    @pytest.fixture(scope="module")
    def coloured():
        asked = list(texts())
        done = subprocess.run(
            ["node", str(HERE / "tokens.mjs")],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return list(zip(asked, json.loads(done.stdout), strict=True))

    def test_colours_and_engine_agree(coloured):
        count = 0
        for (text, format), lines in coloured:
            for line, kind, name in expected(text, format):
                count += 1
                # Slots of one step may stand on lines of their own.
                near = lines[line - 1 : line + (4 if kind in ("slot", "form") else 0)]
                found = [said.strip().strip("\"'") for row in near for k, said in row if k == kind]
                # the engine calls an action by its new name also where Markdown has the old one
                found = [RENAMED_ACTIONS.get(said, said) for said in found]
                is_there = name in found or any(name in said for said in found if kind == "form")
                if kind == "form" and format == "markdown":
                    is_there = any(name in said for row in near for _, said in row)
                assert is_there, (format, line, kind, name, near)
        assert count > 150
