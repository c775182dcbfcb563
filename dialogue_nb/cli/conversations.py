"""`dialogue-nb conversations`: what is kept in a store: list, show, export, import, delete."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from dialogue_nb.agent.conversation_files import (
    add_conversations,
    export_json,
    export_stories,
    read_conversations,
)
from dialogue_nb.agent.live_trackers import open_store
from dialogue_nb.agent.tracker_store import ConversationInfo, TrackerStore
from dialogue_nb.cli.options import add_store, count, say, write_json
from dialogue_nb.core.diagnostics import did_you_mean
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import TrackerStoreError, UnknownNameError
from dialogue_nb.core.trackers import DialogueStateTracker, SlotLike
from dialogue_nb.views.chat_pane import chat_pane_text, chat_pane_view
from dialogue_nb.views.html import visible

_WIDTH: Final = 24


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    parts = parser.add_subparsers(dest="what", metavar="WHAT", required=True)

    def part(name: str, help: str, work: Callable[..., int]) -> argparse.ArgumentParser:
        made = parts.add_parser(name, help=help, description=f"{help}.")
        add_store(made, required=True)
        made.add_argument("--json", action="store_true", help="for programs: JSON on stdout")
        made.set_defaults(work=work)
        return made

    listed = part("list", "which conversations there are, the latest first", _list)
    listed.add_argument(
        "--search", default="", metavar="WORDS",
        help="only those with these words, intent:NAME, slot:NAME or slot:NAME=VALUE",
    )  # fmt: skip
    listed.add_argument("--limit", type=count, metavar="N", help="at most so many")
    shown = part("show", "what was said in a conversation", _show)
    shown.add_argument("sender", metavar="NAME", help="whose conversation")
    exported = part("export", "conversations as Rasa's tracker JSON, or as stories", _export)
    exported.add_argument("sender", nargs="*", metavar="NAME", help="whose; default all")
    exported.add_argument(
        "--format", choices=("json", "yaml", "markdown"), default="json",
        help="json (default): Rasa's trackers; yaml, markdown: stories",
    )  # fmt: skip
    exported.add_argument("-o", "--out", metavar="FILE", help="where to (default stdout)")
    exported.add_argument("-d", "--domain", metavar="PATH", help="whose slots a tracker has")
    imported = part("import", "conversations from Rasa's tracker JSON", _import)
    imported.add_argument("files", nargs="+", metavar="FILE", help="a tracker, a list, or lines")
    imported.add_argument("--sender", metavar="NAME", help="what to call it, if it is only one")
    imported.add_argument("--replace", action="store_true", help="also where the name is taken")
    deleted = part("delete", "conversations, for good", _delete)
    deleted.add_argument("sender", nargs="+", metavar="NAME", help="whose")


def run(options: argparse.Namespace) -> int:
    """Does what was asked for."""
    is_address = "://" in options.store
    if options.what != "import" and not is_address and not Path(options.store).exists():
        raise TrackerStoreError(f"Expected a file with conversations, found none: {options.store}.")
    store = open_store(options.store)
    if store is None:
        raise AssertionError("a place has a store")
    for note in getattr(store, "notes", ()):
        say(f"note: {note}")
    status: int = options.work(store, options)
    return status


def _list(store: TrackerStore, options: argparse.Namespace) -> int:
    found = store.conversations(options.search, limit=options.limit)
    if options.json:
        write_json([info.as_dict() for info in found], None)
        return 0
    for info in found:
        print(_line(info))
    say(f"{len(found)} of {store.count()} conversations in {store.where}")
    return 0


def _line(info: ConversationInfo) -> str:
    """A conversation in a line."""
    when = f"{datetime.fromtimestamp(info.updated):%Y-%m-%d %H:%M}" if info.updated else "-" * 16
    name = _short(info.sender_id, _WIDTH)
    return f"{name:<{_WIDTH}}  {when}  {info.messages:>4}  {_short(info.latest, 40)}"


def _short(text: str, width: int) -> str:
    """A text in one line, cut if it is long."""
    line = visible(" ".join(text[: 4 * width].split()))
    return line if len(line) <= width else f"{line[: width - 3]}..."


def _show(store: TrackerStore, options: argparse.Namespace) -> int:
    tracker = _tracker(store, options.sender)
    if options.json:
        print(export_json([tracker]))
    else:
        print(chat_pane_text(chat_pane_view(tracker), max_turns=len(tracker.events)))
    return 0


def _export(store: TrackerStore, options: argparse.Namespace) -> int:
    slots = Domain.load(options.domain).slots if options.domain else ()
    names = options.sender or store.keys()
    trackers = [_tracker(store, name, slots) for name in names]
    if options.format == "json":
        text = export_json(trackers) + "\n"
    else:
        text, problems = export_stories(trackers, options.format)
        for problem in problems:
            say(str(problem))
    if options.out:
        Path(options.out).write_text(text, encoding="utf-8")
        say(f"{len(trackers)} conversations written to {options.out}")
    else:
        print(text, end="")
    return 0


def _import(store: TrackerStore, options: argparse.Namespace) -> int:
    trackers = [tracker for file in options.files for tracker in read_conversations(file)]
    if options.sender is not None:
        if len(trackers) != 1:
            raise TrackerStoreError(f"--sender names one conversation, got {len(trackers)}.")
        trackers = [DialogueStateTracker(options.sender, (), trackers[0].events)]
    names = add_conversations(store, trackers, replace=options.replace)
    return _done(options, "imported", names)


def _delete(store: TrackerStore, options: argparse.Namespace) -> int:
    for name in options.sender:  # all or none: a name with a mistake is seen first
        if store.head(name) is None:
            raise _unknown(store, name)
    for name in options.sender:
        store.delete(name)
    return _done(options, "deleted", options.sender)


def _done(options: argparse.Namespace, what: str, names: list[str]) -> int:
    if options.json:
        print(json.dumps({what: names}))
    else:
        say(f"{what.capitalize()}: {', '.join(_short(name, 80) for name in names) or 'nothing'}")
    return 0


def _tracker(
    store: TrackerStore, name: str, slots: Iterable[SlotLike] = ()
) -> DialogueStateTracker:
    tracker = store.retrieve(name, slots)
    if tracker is None:
        raise _unknown(store, name)
    return tracker


def _unknown(store: TrackerStore, name: str) -> UnknownNameError:
    known = [info.sender_id for info in store.conversations(limit=1000)]
    hint = did_you_mean(name, known) or "'conversations list' shows which there are."
    return UnknownNameError(f"There is no conversation '{_short(name, 80)}'. {hint}")
