"""`dialogue-nb visualize`: all stories as one graph, in a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from dialogue_nb.cli.options import add_domain, count, say
from dialogue_nb.core.diagnostics import listing
from dialogue_nb.core.domain import Domain
from dialogue_nb.widgets.story_graph import StoryGraph

KINDS: Final = (".html", ".svg", ".mmd", ".png")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    parser.add_argument("bot", metavar="BOT_OR_STORIES", help="a bot's folder, or story files")
    add_domain(parser, required=False)
    parser.add_argument(
        "-o", "--out", type=_file, default="graph.html", metavar="OUT",
        help=f"the file; its ending says what it is: {', '.join(KINDS)} (default graph.html)",
    )  # fmt: skip
    parser.add_argument(
        "--merged", action="store_true", help="join what a policy with --max-history sees as equal"
    )
    parser.add_argument(
        "--max-history", "--max_history", "--history", type=count, default=5, metavar="N",
        help="with --merged: how many last states are compared (default 5; 0: all)",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Writes the graph; says how large it is."""
    domain = Domain.load(options.domain) if options.domain else None
    graph = StoryGraph(
        options.bot, domain, merged=options.merged, max_history=options.max_history or None
    )
    try:
        _write(graph, Path(options.out))
        say(f"{graph.summary}. Saved '{options.out}'.")
    finally:
        graph.close()
    return 0


def _write(graph: StoryGraph, path: Path) -> None:
    kind = path.suffix.lower()
    if kind == ".html":
        graph.to_html(path)
    elif kind == ".svg":
        graph.to_svg(path)
    elif kind == ".mmd":
        path.write_text(graph.to_mermaid(), encoding="utf-8")
    else:
        _save(graph.figure(), path)


def _save(figure: Any, path: Path) -> None:
    import warnings

    with warnings.catch_warnings():
        # a name in a script that no font here has: it shows as boxes, and that is all
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        figure.savefig(path)


def _file(text: str) -> str:
    if Path(text).suffix.lower() not in KINDS:
        raise argparse.ArgumentTypeError(f"expected a file that ends in {listing(KINDS)}: '{text}'")
    return text
