"""`dialogue-nb lab`: JupyterLab, open on the lessons."""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

from dialogue_nb.cli.options import say
from dialogue_nb.core.diagnostics import Diagnostic
from dialogue_nb.core.exceptions import ProjectError

DEFAULT_FOLDER: Final = "dialogue_nb_lessons"
_PACKAGE: Final = Path(__file__).parent.parent


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    parser.add_argument(
        "folder", nargs="?", default=None, metavar="FOLDER",
        help=f"where the lessons are to be worked on (default ./{DEFAULT_FOLDER}); "
        "what is there already is kept",
    )  # fmt: skip
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--port", type=int, default=None, help="the port to listen on")


def run(options: argparse.Namespace) -> int:
    """Copies the lessons that are not there yet and opens JupyterLab on them."""
    folder = prepare(options.folder)
    if importlib.util.find_spec("jupyterlab") is None:
        raise _error("JupyterLab is not installed. Install it: pip install jupyterlab")
    command = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder}"]
    command += ["--no-browser"] if options.no_browser else []
    # In a container whoever starts it is root, and JupyterLab refuses root unless it is told.
    command += ["--allow-root"] if _is_root() else []
    command += [f"--port={options.port}"] if options.port is not None else []
    say(f"The lessons are in {folder}. Ctrl-C ends JupyterLab.")
    process = subprocess.Popen(command)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # JupyterLab got it too: it asks whether to stop, and stops at the second one


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0  # Windows has no geteuid


def prepare(folder: str | None) -> Path:
    """Makes the folder of lessons.

    Args:
        folder: Where to; None: the notebooks of a source tree where they are, otherwise a folder
            with the default name here.

    Returns:
        The folder.

    Raises:
        ProjectError: If there are no lessons to copy.
    """
    source = lessons()
    if folder is None and source.parent == _PACKAGE.parent:
        return source
    target = Path(folder or DEFAULT_FOLDER).absolute()
    for file in sorted(source.rglob("*")):
        place = target / file.relative_to(source)
        if file.is_file() and ".ipynb_checkpoints" not in file.parts and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
    return target


def lessons() -> Path:
    """The folder of notebooks: beside the package in a source tree, inside it when installed."""
    for folder in (_PACKAGE.parent / "notebooks", _PACKAGE / "notebooks"):
        if any(folder.glob("**/*.ipynb")):
            return folder
    raise _error("This installation has no lessons: there is no folder of notebooks in it.")


def _error(message: str) -> ProjectError:
    return ProjectError([Diagnostic("P110", "error", message)])
