"""The magics in a real IPython shell, with and without a notebook around it."""

from __future__ import annotations

import html
import os
import subprocess
import sys
import textwrap

import nbclient
import nbconvert
import nbformat
import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

import dialogue_nb as dn
from dialogue_nb.magics import DialogueMagics
from dialogue_nb.widgets.base import View, close_all
from tests import house
from tests.chats import GREENHOUSE

HELLO = "* hello\n- utter_hello\n"
CONFIG = "policies:\n- name: MemoizationPolicy\n"


@pytest.fixture
def shell():
    made = InteractiveShell()
    made.run_line_magic("load_ext", "dialogue_nb")
    yield made
    close_all()


@pytest.fixture
def bot(shell, tmp_path):
    """A bot folder with a memory only, so that training takes no time."""
    (tmp_path / "domain.yml").write_text(GREENHOUSE, "utf-8")
    (tmp_path / "config.yml").write_text(CONFIG, "utf-8")
    shell.run_line_magic("project", str(tmp_path))
    return shell


def cell(shell, magic, text, line=""):
    return shell.run_cell_magic(magic, line, text)


def line(shell, magic, text=""):
    return shell.run_line_magic(magic, text)


def fails(call, *args):
    with pytest.raises(UsageError) as caught:
        call(*args)
    return str(caught.value)


def test_the_extension_gives_all_magics(shell):
    names = shell.magics_manager.lsmagic()
    assert {"story", "rule", "domain"} <= set(names["cell"])
    assert {"project", "train", "talk", "probe", "timeline"} <= set(names["line"])
    for magic in ("story", "rule", "domain", "project", "train", "talk", "probe", "timeline"):
        assert getattr(DialogueMagics, magic).__doc__


def test_from_a_bare_domain_to_an_answer(shell):
    shown = cell(shell, "domain", GREENHOUSE)
    assert "The domain was read" in shown.text
    assert cell(shell, "story", HELLO, "hello").text.endswith("1 story was read.")
    assert cell(shell, "rule", "* bye\n- utter_bye\n", "bye").text.endswith("1 rule was read.")
    cells = shell.magics_manager.registry["DialogueMagics"].cells
    cells.train([dn.MemoizationPolicy()])
    data, _ = line(shell, "talk", "/hello")._repr_mimebundle_()
    assert "bot: Hello! Shall I water something?" in data["text/plain"]


def test_what_is_wrong_in_a_cell_is_shown_and_stops_nothing(bot):
    shown = cell(bot, "story", "* helo\n- utter_hello", "x")
    assert "Did you mean 'hello'?" in shown.text
    assert "underline wavy" in shown.html
    assert "helo" in fails(line, bot, "train")


def test_running_a_cell_again_replaces_its_stories(bot, monkeypatch):
    monkeypatch.setattr("dialogue_nb.magics.current_cell", lambda: ("cell-1", "run"))
    cell(bot, "story", HELLO, "one")
    cell(bot, "story", HELLO, "two")
    assert [story.name for story in line(bot, "project").stories] == ["two"]
    monkeypatch.setattr("dialogue_nb.magics.current_cell", lambda: ("cell-2", "run"))
    cell(bot, "story", HELLO, "two")
    cell(bot, "story", HELLO, "three")
    assert [story.name for story in line(bot, "project").stories] == ["two", "three"]
    monkeypatch.setattr("dialogue_nb.magics.current_cell", lambda: None)
    cell(bot, "story", HELLO, "three")
    cell(bot, "story", HELLO, "three")
    names = [story.name for story in line(bot, "project").stories]
    assert names.count("three") == 1


def test_a_bot_that_comes_along_a_folder_or_a_variable(bot, tmp_path):
    assert line(bot, "project", "moodbot").name == "moodbot"
    assert line(bot, "project", f"'{tmp_path}'").domain.entity_labels == ("amount", "plant")
    bot.user_ns["mine"] = dn.bots.load("counter")
    assert line(bot, "project", "mine").name == "counter"
    assert line(bot, "project").name == "counter"


def test_a_probe_shows_what_every_policy_thinks_and_changes_no_conversation(bot):
    cell(bot, "story", HELLO, "hello")
    line(bot, "train")
    chat = line(bot, "talk", "/hello")
    said = chat.tracker.events
    bars = line(bot, "probe", "/hello")
    assert bars.summary.startswith("Memoization chose utter_hello (1.00)")
    assert line(bot, "probe", '/water{"plant": "fern"} /hello').view["decided"]
    assert chat.tracker.events == said


def test_the_timeline_is_of_the_talk_or_of_messages(bot):
    cell(bot, "story", HELLO, "hello")
    line(bot, "train")
    assert line(bot, "timeline").summary == "Timeline of default: 0 turns"
    line(bot, "talk", "/hello")
    assert line(bot, "timeline").summary == "Timeline of default: 4 turns"
    assert line(bot, "timeline", "/hello /hello").summary == "Timeline of %probe: 5 turns"


def test_a_chat_goes_on_after_another_training(bot, capsys):
    cell(bot, "story", HELLO, "hello")
    line(bot, "train")
    chat = line(bot, "talk", "/hello")
    cell(bot, "story", "* bye\n- utter_bye", "bye")
    line(bot, "probe", "/bye")
    assert "have changed since the last training" in capsys.readouterr().out
    agent = line(bot, "train", "--augmentation 0")
    assert chat.agent is agent
    assert chat.view["count"] == "1 message"
    chat.close()
    assert id(chat) not in View.alive
    assert line(bot, "train") is not agent


@pytest.mark.parametrize(
    ("magic", "text", "said"),
    [
        ("talk", "", "No bot is trained yet: run %train first."),
        ("probe", "/hello", "No bot is trained yet: run %train first."),
        ("timeline", "", "No bot is trained yet: run %train first."),
        ("train", "", "There is nothing to learn yet: no story and no rule is written."),
        ("train", "--epoch 3", "Expected an option of %train ('--epochs', '--augmentation'), got "
         "'--epoch'. Did you mean '--epochs'?"),
        ("train", "--epochs many", "Expected a whole number behind --epochs, got 'many'."),
        ("train", "--epochs", "Expected a whole number behind --epochs, got ''."),
        ("train", "'", "Expected an option of %train"),
        ("project", "moodbat", "Did you mean 'moodbot'?"),
        ("project", "./nowhere", "found no folder './nowhere'"),
    ],
)  # fmt: skip
def test_every_misuse_of_a_line_is_told_in_a_sentence(bot, magic, text, said):
    assert said in fails(line, bot, magic, text)


@pytest.mark.parametrize(
    ("magic", "behind", "text", "said"),
    [
        ("story", "", HELLO, "The story has no name"),
        ("rule", "", HELLO, "The rule has no name"),
        ("story", "x", "\n", "The cell is empty"),
        ("domain", "moodbot", "intents: []", "%%domain takes nothing behind it, got 'moodbot'."),
    ],
)
def test_every_misuse_of_a_cell_is_told_in_a_sentence(bot, magic, behind, text, said):
    assert said in fails(cell, bot, magic, text, behind)


def test_messages_that_cannot_be_read_are_told(bot):
    cell(bot, "story", HELLO, "hello")
    line(bot, "train")
    assert "Did you mean 'hello'?" in fails(line, bot, "talk", "/helo")
    assert "reads intents, not words" in fails(line, bot, "probe", "hello")
    assert "Expected messages" in fails(line, bot, "probe")


def test_without_a_domain_it_says_that_names_were_not_checked(shell):
    assert "There is no domain yet" in cell(shell, "story", HELLO, "hello").text


SESSION = """
%load_ext dialogue_nb
%project FOLDER
get_ipython().run_cell_magic("story", "hello", "* hello\\n- utter_helo")
get_ipython().run_cell_magic("story", "hello", "* hello\\n- utter_hello")
%train
%talk /hello
%probe /hello
%train --epoch 3
dn_domain = get_ipython().magics_manager.registry["DialogueMagics"].cells.project.domain
dn_domain
"""


def test_a_terminal_without_a_front_end_shows_text(bot, tmp_path):
    """IPython as a program: what it prints can be read, and no traceback is in it."""
    text = SESSION.replace("FOLDER", str(tmp_path))
    environment = os.environ | {"PYTHONPATH": str(house.ROOT), "IPYTHONDIR": str(tmp_path / "ip")}
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor"],
        input=textwrap.dedent(text), capture_output=True, text=True, timeout=120, check=True,
        env=environment, cwd=tmp_path,
    )  # fmt: skip
    out = done.stdout
    assert "Traceback" not in out + done.stderr
    assert "Project " in out
    assert "Did you mean 'utter_hello'?" in out
    assert "1 story was read." in out
    assert "Agent, trained: Memoization" in out
    assert "bot: Hello! Shall I water something?" in out
    assert "Memoization chose utter_hello (1.00)" in out
    assert "Did you mean '--epochs'?" in out + done.stderr
    assert "Domain: 10 intents, 2 entities" in out


def test_a_notebook_keeps_what_its_cells_show_for_readers_without_a_kernel(bot, tmp_path):
    sources = [
        "%load_ext dialogue_nb\n%project " + str(tmp_path),
        "%%story hello\n* hello\n- utter_helo",
        "%%story hello\n* hello\n- utter_hello",
        "agent = %train\nagent.handle_text('/hello')\nagent",
        "agent.domain",
        "agent.tracker()",
        "%talk /hello",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    client = nbclient.NotebookClient(notebook, timeout=60, store_widget_state=False)
    client.execute(cwd=str(house.ROOT))
    shown = [
        output["data"]
        for cell in notebook.cells
        for output in cell.outputs
        if output.output_type == "execute_result"
    ]
    assert [set(data) >= {"text/plain", "text/html"} for data in shown] == [True] * 7
    page, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
    for words in (
        "Did you mean 'utter_hello'?",
        "<b>Agent, trained: Memoization</b>",
        "<b>Domain: 10 intents",
        "<b>Conversation of default: 4 turns",
        "Chat of default: 2 messages",
    ):
        assert words in html.unescape(page), words
