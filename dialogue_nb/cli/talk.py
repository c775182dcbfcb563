"""`dialogue-nb talk`: a conversation in the terminal, or recorded ones."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.interpreter import understood
from dialogue_nb.cli.options import add_model, add_store, say, write_json
from dialogue_nb.cli.recording import play, read_messages
from dialogue_nb.cli.trace import decision_lines, decisions_since
from dialogue_nb.core.events import UserUttered
from dialogue_nb.nlu.interpreter import NLUInterpreter
from dialogue_nb.views.html import visible

STOP: Final = "/stop"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("place", nargs="?", metavar="MODEL", help="the same as --model")
    add_model(parser)
    parser.add_argument("--debug", action="store_true", help="show why the bot does what it does")
    add_store(parser)
    parser.add_argument(
        "--sender", default="default", metavar="NAME", help="who talks; with --store, to go on"
    )
    parser.add_argument("--messages", metavar="FILE", help="play conversations of a JSON file")
    parser.add_argument(
        "--json", metavar="OUT", help="with --messages: where to write what happened (- is stdout)"
    )


def run(options: argparse.Namespace) -> int:
    """Talks until the input ends or the user types /stop."""
    agent = Agent.load(options.place or options.model, tracker_store=options.store)
    if options.messages:
        record = play(agent, read_messages(options.messages))
        write_json(record, options.json)
        return 0
    plain = "in plain words, or " if isinstance(agent.interpreter, NLUInterpreter) else ""
    say(f"Type a message {plain}like /greet or /inform{{...}}; {STOP} ends the conversation.")
    if options.store:
        say(_kept(agent, options.sender))
    buttons: list[Mapping[str, Any]] = []
    while (text := read_message()) not in (None, STOP):
        if text:
            chosen = pressed(str(text), buttons)
            buttons = answer(agent, chosen, options.sender, debug=options.debug)
    return 0


def _kept(agent: Agent, sender_id: str) -> str:
    """Where the conversation is kept, and how far it has come."""
    known = agent.tracker(sender_id).events
    messages = sum(isinstance(event, UserUttered) for event in known)
    so_far = f"it goes on after {messages} messages" if known else "it is a new one"
    return (
        f"The conversation '{visible(sender_id)}' is kept in {agent.tracker_store.where}; {so_far}."
    )


def read_message() -> str | None:
    """The next line the user types, None at the end."""
    if sys.stdin.isatty():
        print("you> ", end="", flush=True)
    line = sys.stdin.readline()
    return line.strip() if line else None


def pressed(text: str, buttons: Sequence[Mapping[str, Any]]) -> str:
    """What a button sends, when the text is its number; otherwise the text.

    Example:
        >>> pressed("1", [{"title": "Yes", "payload": "/affirm"}])
        '/affirm'
    """
    if text.isdecimal() and 1 <= int(text) <= len(buttons):
        return str(buttons[int(text) - 1].get("payload") or text)
    return text


def answer(
    agent: Agent, text: str, sender_id: str = "default", *, debug: bool
) -> list[Mapping[str, Any]]:
    """Sends a message and prints what the bot says.

    Args:
        agent: The trained agent.
        text: The message.
        sender_id: Whose it is.
        debug: Whether to print what was understood and the trace of every decision, too.

    Returns:
        The buttons the bot offers.
    """
    before = len(agent.tracker(sender_id).events)
    buttons: list[Mapping[str, Any]] = []
    messages = agent.handle_text(text, sender_id)
    tracker = agent.tracker(sender_id)
    for note in tracker.latest_message.metadata.get("notes", ()):
        say(f"note: {note}")
    if debug:
        print(f"   understood: {understood(tracker.latest_message)}")
        for decision in decisions_since(tracker, before):
            print("\n".join(decision_lines(decision)))
    for message in messages:
        buttons = print_message(message) or buttons
    return buttons


def print_message(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Prints a message of the bot with what it offers; returns its buttons."""
    if message.get("text"):
        print("bot> " + str(message["text"]).replace("\n", "\n     "), flush=True)
    for kind in ("image", "attachment", "custom"):
        if message.get(kind):
            print(f"bot> [{kind}: {message[kind]}]", flush=True)
    buttons = list(message.get("buttons") or ())
    for number, button in enumerate(buttons, 1):
        print(f"     {number}: {button.get('title')} ({button.get('payload')})", flush=True)
    for note in (message.get("metadata") or {}).get("notes", ()):
        say(f"note: {note}")
    return buttons
