"""`dialogue-nb validate`: all mistakes in a domain and its stories, each with its place."""

from __future__ import annotations

import argparse
from pathlib import Path

from dialogue_nb.agent.project import Project
from dialogue_nb.cli.options import add_domain, add_stories, say, write_json
from dialogue_nb.core.diagnostics import Diagnostic, Severity
from dialogue_nb.core.domain import parse_domain
from dialogue_nb.core.exceptions import ProjectError
from dialogue_nb.stories.diagnostics import lint_stories
from dialogue_nb.stories.reader import read_stories


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("project", nargs="?", metavar="FOLDER", help="a bot folder of any version")
    add_domain(parser, required=False)
    add_stories(parser, required=False)
    parser.add_argument("--json", action="store_true", help="print the diagnostics as JSON")
    parser.add_argument(
        "--fail-on-warnings", action="store_true", help="warnings, too, make the status 1"
    )


def run(options: argparse.Namespace) -> int:
    """Prints what is found; the status is 1 if there are errors."""
    found = _from_project(options.project) if options.project else _from_files(options)
    if options.json:
        write_json([diagnostic.as_dict() for diagnostic in found], "-")
    else:
        for diagnostic in found:
            print(diagnostic)
    counts = {s: sum(d.severity == s for d in found) for s in Severity}
    say(", ".join(f"{number} of severity {s}" for s, number in counts.items() if number) or "fine")
    failed = counts[Severity.ERROR] or (options.fail_on_warnings and counts[Severity.WARNING])
    return 1 if failed else 0


def _from_project(folder: str) -> list[Diagnostic]:
    return list(Project.load(folder).diagnostics)


def _from_files(options: argparse.Namespace) -> list[Diagnostic]:
    if not options.domain:
        raise ProjectError(
            [Diagnostic("P106", "error", "Expected a bot folder, or -d DOMAIN and -s STORIES.")]
        )
    _check_there([*options.domain, *(options.stories or ())])
    domain, found = parse_domain([Path(path) for path in options.domain])
    if not options.stories:
        return found
    stories, about_stories = read_stories(options.stories)
    found = [*found, *about_stories]
    return found if domain is None else [*found, *lint_stories(stories, domain)]


def _check_there(paths: list[str]) -> None:
    missing = [path for path in paths if not Path(path).exists()]
    if missing:
        raise ProjectError(
            [Diagnostic("P107", "error", "There is no such file or folder.", p) for p in missing]
        )
