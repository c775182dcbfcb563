"""What several commands share: their options, and reading the files they name."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from dialogue_nb.core.diagnostics import Diagnostic, errors_in
from dialogue_nb.core.exceptions import StoryError
from dialogue_nb.stories.reader import read_stories
from dialogue_nb.stories.steps import Story

DEFAULT_MODEL: Final = "models/current/dialogue"


def add_domain(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Adds -d: a domain file or folder, or several."""
    parser.add_argument(
        "-d", "--domain", nargs="+", required=required, metavar="PATH", help="domain file or folder"
    )


def add_stories(parser: argparse._ActionsContainer, *, required: bool = True) -> None:
    """Adds -s: story files or folders."""
    parser.add_argument(
        "-s", "--stories", nargs="+", required=required, metavar="PATH", help="story file or folder"
    )


def add_nlu(parser: argparse.ArgumentParser) -> None:
    """Adds -u: files of training examples for plain words."""
    parser.add_argument(
        "-u", "--nlu", nargs="+", metavar="FILE", help="training examples for plain words"
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """Adds -m: a model folder or .zip (--core in Rasa Core 0.14)."""
    parser.add_argument(
        "-m", "--model", "--core", default=DEFAULT_MODEL, metavar="PATH",
        help=f"model folder or .zip (default {DEFAULT_MODEL})",
    )  # fmt: skip


def add_store(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """Adds --store: where conversations are kept."""
    parser.add_argument(
        "--store", required=required, metavar="FILE",
        help="file of conversations, or an address (postgresql://...)",
    )  # fmt: skip


def add_verbosity(parser: argparse.ArgumentParser) -> None:
    """Adds -v, -vv and --quiet, as Rasa has them."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("-v", "--verbose", action="store_true", help="say more, warnings included")
    group.add_argument("-vv", "--debug", action="store_true", help="say everything")
    group.add_argument("--quiet", action="store_true", help="say nothing but errors")


def count(text: str) -> int:
    """Reads a whole number of at least 0 (for `type=`)."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"expected 0 or more, got {number}")
    return number


count.__name__ = "whole number"  # what argparse says for "abc": invalid whole number value


def stories_from(paths: Sequence[str]) -> tuple[list[Story], list[Diagnostic]]:
    """Reads stories; warnings come back, errors raise.

    Raises:
        StoryError: If a file cannot be read or has errors.
    """
    stories, found = read_stories(list(paths))
    if errors_in(found):
        raise StoryError(found)
    return stories, found


def say(line: str) -> None:
    """Writes a line for people to stderr: stdout is for results."""
    print(line, file=sys.stderr, flush=True)


def write_json(body: Any, place: str | None) -> None:
    """Writes JSON to a file, or to stdout when the place is "-"."""
    text = json.dumps(body, indent=1, ensure_ascii=False)
    if place in (None, "-"):
        print(text)
    else:
        Path(str(place)).write_text(text + "\n", encoding="utf-8")


def mode_of(command: str, built: Sequence[str], later: Sequence[str]) -> Callable[[str], str]:
    """Reads a mode word of Rasa Core 0.14 (for `type=`).

    Args:
        command: The command whose mode it is.
        built: The modes there are.
        later: Those that Rasa has and that are not built yet.
    """

    def read(word: str) -> str:
        if word in later:
            raise argparse.ArgumentTypeError(f"'{command} {word}' is not built yet")
        if word not in built:
            raise argparse.ArgumentTypeError(f"expected {' or '.join(built)}, got '{word}'")
        return word

    return read
