"""Finding and reading the files that a domain is made of."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dialogue_nb.core.diagnostics import Diagnostic, listing
from dialogue_nb.core.domain_reader import DOMAIN_KEYS
from dialogue_nb.core.exceptions import DiagnosedError
from dialogue_nb.core.yaml_lines import parse_yaml, read_text
from dialogue_nb.core.yaml_nodes import YamlNode

_MENTIONS_KEY: Final = re.compile(rf"\b(?:{'|'.join(DOMAIN_KEYS)})\b['\"]?\s*:")


def domain_nodes(paths: Sequence[Path]) -> list[YamlNode]:
    """The roots of all domain files among the paths, each with its own list of diagnostics.

    Args:
        paths: Files, and folders whose YAML files are searched for parts of a domain. In a folder,
            other files (stories, language understanding, configuration) are passed over.

    Returns:
        One root for each file, in the order of the paths, sorted inside of a folder. What cannot be
        read is a root without data, whose diagnostics say why.
    """
    roots = []
    for path in paths:
        if path.is_dir():
            found = [root for file in _yaml_files(path) if (root := _read(file, in_folder=True))]
            if not found:
                message = "No YAML file in this folder has a part of a domain."
                hint = f"Expected a file with one of {listing(DOMAIN_KEYS, limit=12)}."
                problem = Diagnostic("D101", "error", message, str(path), hint=hint)
                found = [YamlNode(None, None, str(path), [problem])]
            roots.extend(found)
        elif root := _read(path, in_folder=False):
            roots.append(root)
    return roots


def _yaml_files(folder: Path) -> list[Path]:
    files = []
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += [Path(root, name) for name in names if name.endswith((".yml", ".yaml"))]
    return sorted(files)


def _read(path: Path, *, in_folder: bool) -> YamlNode | None:
    """The root of a file; None for a file of a folder that is no part of a domain."""
    try:
        text = read_text(path)
    except DiagnosedError as error:
        return YamlNode(None, None, str(path), list(error.diagnostics))
    if in_folder and not _MENTIONS_KEY.search(text):
        return None  # reading a large file of training data only to pass it over takes long
    data, positions, diagnostics = parse_yaml(text, str(path))
    node = YamlNode(data, positions, str(path), diagnostics)
    if diagnostics or (isinstance(data, dict) and not data.keys().isdisjoint(DOMAIN_KEYS)):
        return node
    if in_folder:
        return None
    if data is None or isinstance(data, dict):
        hint = f"Expected some of {listing(DOMAIN_KEYS, limit=12)}."
        node.warning("D101", "There is no part of a domain in this file.", hint)
    return node
