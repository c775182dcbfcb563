"""The command line: `dialogue-nb`, or `python -m dialogue_nb`.

Exit status 0: done. 1: the answer is no (a test story failed, a file has errors). 2: the input
cannot be used, with one line for each problem and never a traceback. 130: interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Final, NoReturn

from dialogue_nb.core.diagnostics import did_you_mean, errors_in
from dialogue_nb.core.exceptions import DiagnosedError, DialogueError
from dialogue_nb.core.version import __version__

COMMANDS: Final = {
    "train": "train a bot and save the model",
    "test": "test a model on stories: which actions would it get wrong?",
    "talk": "talk to a model, or play recorded conversations",
    "conversations": "list, show, export, import or delete conversations that were kept",
    "inspect": "show what training works on: states and windows",
    "validate": "check a domain and stories for mistakes",
    "convert": "convert stories between Markdown and YAML, or a domain to Rasa 3.x",
    "visualize": "draw all stories as one graph (a page, SVG, Mermaid or a picture)",
    "demo": "train the bundled moodbot, talk to it, and see why it does what it does",
    "lab": "open the lessons in JupyterLab",
}
"""Each is a module of this folder with `add_arguments(parser)` and `run(options) -> status`."""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command.

    Args:
        arguments: The words after the program's name; default those of this process.

    Returns:
        The exit status.

    Raises:
        SystemExit: For --help, --version and wrong arguments.

    Example:
        >>> main(["tarin"])
        Traceback (most recent call last):
        SystemExit: 2
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in COMMANDS:
        return _run(words[0], words[1:])
    listing = "\n".join(f"  {name:13} {what}" for name, what in COMMANDS.items())
    parser = _Parser(
        prog="dialogue-nb",
        description="Rasa-style dialogue management, to learn and explore.",
        epilog=f"commands:\n{listing}\n\ndialogue-nb COMMAND --help tells more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"dialogue-nb {__version__}")
    parser.add_argument("command", metavar="COMMAND", help="what to do, see below")
    command = parser.parse_args(words[:1]).command  # leaves here for --help and --version
    hint = did_you_mean(command, COMMANDS)
    parser.exit(2, f"dialogue-nb: error: there is no command '{command}'. {hint}".rstrip() + "\n")
    return 2


def _run(command: str, words: list[str]) -> int:
    # Only the module of the command is loaded: `test` need not wait for what `lab` imports.
    module = importlib.import_module(f"dialogue_nb.cli.{command}")
    parser = _Parser(prog=f"dialogue-nb {command}", description=f"{COMMANDS[command]}.")
    module.add_arguments(parser)
    options = parser.parse_args(words)
    try:
        status: int = module.run(options)
        sys.stdout.flush()
    except DiagnosedError as error:
        return _fail(str(d) for d in errors_in(error.diagnostics) or error.diagnostics)
    except DialogueError as error:
        return _fail(_as_error(line) for line in str(error).splitlines())
    except BrokenPipeError:  # whoever reads (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"'{error.filename}': " if error.filename else ""
        return _fail([f"error: {where}{error.strerror or error}"])
    except KeyboardInterrupt:
        _fail(["interrupted"])
        return 130
    return status


def _as_error(line: str) -> str:
    """The line, with "error:" before it if it does not say so itself."""
    return line if "error" in line.split(": ")[0:2][-1] else f"error: {line.strip()}"


def _fail(lines: Iterable[str]) -> int:
    for line in lines:
        print(line, file=sys.stderr)
    return 2
