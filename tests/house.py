"""The house as its source files show it: modules, imports, sizes; read by the structural tests."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = "dialogue_nb"

FLOORS = {
    "core": 0,
    "stories": 1,
    "featurizers": 2,
    "policies": 3,
    "nlu": 4,
    "agent": 5,
    "evaluation": 6,
    "views": 7,
    "widgets": 8,
    "bots": 9,
    "cli": 9,
    "magics": 9,
    "__main__": 9,
    "train": 9,
    "testing": 9,
    "actions": 9,
    "utils": 9,
    "__init__": 10,
}


@dataclass(frozen=True)
class Import:
    """One import, wherever it stands: at the top, in a function, under TYPE_CHECKING."""

    module: str  # the full name of what is imported
    line: int
    on_import: bool  # whether importing the file runs it


@dataclass(frozen=True)
class Module:
    """One source file of the package."""

    name: str  # "dialogue_nb.core.events"
    path: Path
    tree: ast.Module
    lines: int

    @property
    def room(self) -> str:
        """The folder or top-level module it belongs to: "core", "cli", "__init__"."""
        parts = self.path.relative_to(ROOT / PACKAGE).with_suffix("").parts
        return parts[0]

    @property
    def floor(self) -> int:
        """The floor it lives on; a room that no floor knows is a KeyError."""
        return FLOORS[self.room]

    def imports(self) -> list[Import]:
        """Everything it imports, with relative imports resolved."""
        return list(_imports(self.tree, on_import=True))


@cache
def modules() -> dict[str, Module]:
    """All modules of the package by name."""
    found = {}
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "node_modules" in parts:  # what building the editor leaves behind
            continue
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text(encoding="utf-8")
        found[name] = Module(name, path, ast.parse(text, str(path)), len(text.splitlines()))
    return found


def import_graph() -> dict[str, set[str]]:
    """Module name -> names of the package's own modules it imports (explicitly, anywhere)."""
    return {
        name: {
            target
            for found in module.imports()
            if (target := own_module(found.module)) is not None and target != name
        }
        for name, module in modules().items()
    }


def own_module(name: str) -> str | None:
    """The package's module that `name` is, or is a member of; None when it is somebody else's."""
    while name and name not in modules():
        name = name.rpartition(".")[0]
    return name or None


def third_party(name: str) -> str | None:
    """The top-level name of a third-party import, None for our own and the standard library's."""
    top = name.split(".")[0]
    return None if top == PACKAGE or top in sys.stdlib_module_names else top


def cycle_in(graph: dict[str, set[str]]) -> list[str]:
    """One cycle of a graph as the path around it, [] when there is none."""
    done: set[str] = set()
    path: list[str] = []

    def visit(node: str) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        path.append(node)
        for neighbour in sorted(graph.get(node, ())):
            if cycle := visit(neighbour):
                return cycle
        path.pop()
        done.add(node)
        return []

    for node in sorted(graph):
        if cycle := visit(node):
            return cycle
    return []


def _imports(node: ast.AST, *, on_import: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, on_import) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            if child.level:
                raise AssertionError(f"line {child.lineno}: relative imports are not used here")
            for alias in child.names:
                yield Import(f"{child.module}.{alias.name}", child.lineno, on_import)
        else:
            is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(child, on_import=on_import and not is_function)
