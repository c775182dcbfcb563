"""`dialogue-nb convert`: stories from one format to the other, domains to Rasa 3.x."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from dialogue_nb.agent.project import kinds_of
from dialogue_nb.cli.options import say, stories_from
from dialogue_nb.core.diagnostics import Diagnostic, errors_in
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import StoryError
from dialogue_nb.stories.reader import StoryFormat
from dialogue_nb.stories.writer import write_stories

SUFFIXES: dict[str, StoryFormat] = {".md": "markdown", ".yml": "yaml", ".yaml": "yaml"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("files", nargs="+", metavar="IN", help="story files, or a domain file")
    parser.add_argument("-o", "--out", default="-", metavar="OUT", help="default: stdout")
    parser.add_argument(
        "-f", "--to", choices=("markdown", "yaml"), default=None,
        help="the format to write (default: what the name of OUT says, otherwise yaml)",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Converts; what the new format cannot express is said on stderr, and makes the status 1."""
    if all(_is_domain(file) for file in options.files):
        text = Domain.load(options.files).to_yaml()
        lost: Sequence[Diagnostic] = ()
    else:
        stories, found = stories_from(options.files)
        chosen = options.to or SUFFIXES.get(Path(options.out).suffix, "yaml")
        text, about = write_stories(stories, chosen)
        lost = [*found, *about]
    for diagnostic in lost:
        say(str(diagnostic))
    if options.out == "-":
        print(text, end="")
    else:
        _refuse_overwriting(options)
        Path(options.out).write_text(text, encoding="utf-8")
    return 1 if errors_in(lost) else 0


def _is_domain(file: str) -> bool:
    path = Path(file)
    if not path.is_file():
        return False
    kinds = kinds_of(path, path.read_text(encoding="utf-8", errors="replace"))
    return "domain" in kinds and "stories" not in kinds


def _refuse_overwriting(options: argparse.Namespace) -> None:
    target = Path(options.out)
    if any(target.exists() and target.samefile(file) for file in options.files):
        message = "This file would be overwritten by its own conversion: choose another OUT."
        raise StoryError([Diagnostic("P108", "error", message, options.out)])
