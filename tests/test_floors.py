"""The floors of the house: a module imports only from lower floors, and never in a circle."""

from __future__ import annotations

import ast
import textwrap

import pytest

from tests import house

# Who may import what that is not ours, at the top or in a function. A path is a file or a folder.
THIRD_PARTY = {
    "numpy": (
        "stories/",
        "featurizers/",
        "policies/",
        "nlu/",
        "agent/",
        "evaluation/",
        "views/",
        "widgets/",
        "cli/",
        "testing.py",
        "utils.py",
    ),
    "yaml": ("core/", "stories/", "policies/", "agent/"),
    "keras": ("policies/keras", "policies/ted"),
    "jax": ("policies/keras", "policies/ted", "policies/compile_cache.py"),
    "sklearn": ("policies/sklearn", "nlu/", "evaluation/"),
    "pycrfsuite": ("nlu/entities.py",),
    "regex": ("nlu/",),
    "pandas": ("evaluation/", "views/", "widgets/"),
    "matplotlib": ("evaluation/", "views/"),
    "ipywidgets": ("widgets/",),
    "anywidget": ("widgets/",),
    "traitlets": ("widgets/",),
    "rjsmin": ("widgets/",),
    "scipy": ("evaluation/",),
    "distributed": ("cli/",),
    "sqlalchemy": ("agent/sql_",),
    "platformdirs": ("agent/store_places.py", "policies/compile_cache.py"),
    "IPython": ("widgets/", "magics.py"),
}


def test_every_module_lives_on_a_floor():
    homeless = {m.name for m in house.modules().values() if m.room not in house.FLOORS}
    assert not homeless


def test_modules_import_only_from_their_own_floor_or_lower_ones():
    upward = [
        f"{module.name}:{found.line} (floor {module.floor}) imports {target} (floor {floor})"
        for module in house.modules().values()
        for found in module.imports()
        if (target := house.own_module(found.module)) is not None
        and (floor := house.modules()[target].floor) > module.floor
    ]
    assert not upward, "\n".join(upward)


def test_the_import_graph_has_no_cycle_lazy_imports_included():
    cycle = house.cycle_in(house.import_graph())
    assert not cycle, " -> ".join(cycle)


def test_nothing_is_imported_only_for_the_type_checker():
    found = [
        f"{module.name}:{node.lineno}"
        for module in house.modules().values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name | ast.Attribute)
        and (node.id if isinstance(node, ast.Name) else node.attr) == "TYPE_CHECKING"
    ]
    assert not found, "\n".join(found)


def test_third_party_packages_are_imported_only_where_they_belong():
    strays = []
    for module in house.modules().values():
        place = module.path.relative_to(house.ROOT / house.PACKAGE).as_posix()
        for found in module.imports():
            package = house.third_party(found.module)
            if package and not place.startswith(THIRD_PARTY.get(package, ())):
                strays.append(f"{module.name}:{found.line} imports {package}")
    assert not strays, "\n".join(strays)


def test_a_cycle_would_be_found():
    graph = {"a": {"b"}, "b": {"c", "d"}, "c": set(), "d": {"e"}, "e": {"b"}}
    assert house.cycle_in(graph) == ["b", "d", "e", "b"]
    assert house.cycle_in({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.parametrize(
    ("source", "on_import"),
    [
        ("import keras", True),
        ("class A:\n    import keras", True),
        ("def f():\n    from keras import layers", False),
        ("if True:\n    import keras.layers", True),
    ],
)
def test_imports_are_seen_wherever_they_stand(source, on_import):
    tree = ast.parse(textwrap.dedent(source))
    module = house.Module("m", house.ROOT / house.PACKAGE / "core" / "m.py", tree, 1)
    (found,) = module.imports()
    assert house.third_party(found.module) == "keras"
    assert found.on_import is on_import
