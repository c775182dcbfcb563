"""Small rooms: a module has at most 400 lines, a function at most 40 besides its docstring."""

from __future__ import annotations

import ast

from tests import house

MODULE_LINES = 400
FUNCTION_LINES = 40


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end; a docstring does not count (long ones are good)."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def sources():
    """Name and syntax tree of every module of the package and of the benchmarks."""
    for module in house.modules().values():
        yield module.name, module.lines, module.tree
    for path in sorted((house.ROOT / "benchmarks").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        yield path.name, len(text.splitlines()), ast.parse(text)


def test_no_module_is_longer_than_400_lines():
    long = [f"{name}: {lines}" for name, lines, _ in sources() if lines > MODULE_LINES]
    assert not long, "\n".join(long)


def test_no_function_is_longer_than_40_lines():
    long = [
        f"{name}:{node.lineno} {node.name}: {length(node)}"
        for name, _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and length(node) > FUNCTION_LINES
    ]
    assert not long, "\n".join(long)


def test_docstrings_do_not_count():
    tree = ast.parse('def f():\n    """One.\n\n    Two.\n    """\n    return 1\n')
    assert length(tree.body[0]) == 2
