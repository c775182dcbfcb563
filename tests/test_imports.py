"""What `import dialogue_nb` loads: nothing heavy, and it is quick."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests import house

HEAVY = (
    "anywidget",
    "IPython",
    "ipywidgets",
    "jax",
    "jupyterlab",
    "keras",
    "matplotlib",
    "notebook",
    "pandas",
    "pycrfsuite",
    "scipy",
    "sklearn",
    "sqlalchemy",
    "tensorflow",
    "torch",
)


def loaded_by(statement: str) -> set[str]:
    """Top-level names of the modules that a fresh interpreter has after the statement."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


@pytest.mark.parametrize(
    "statement",
    [
        "import dialogue_nb",
        "import dialogue_nb.cli",
        "import dialogue_nb.policies.memoization",
        "from dialogue_nb.agent import Agent",
    ],
)
def test_importing_loads_nothing_heavy(statement):
    assert loaded_by(statement).isdisjoint(HEAVY)


def test_importing_all_names_loads_what_widgets_stand_on_and_nothing_that_learns():
    widgets = {"anywidget", "IPython", "ipywidgets", "sqlalchemy"}
    assert loaded_by("from dialogue_nb import *").isdisjoint(set(HEAVY) - widgets)


def test_no_module_imports_something_heavy_at_its_top_unless_it_is_for_that():
    """Only modules that nothing imports on `import dialogue_nb` may have a heavy import on top."""
    loaded = loaded_by_name("import dialogue_nb, dialogue_nb.cli")
    strays = [
        f"{module.name}:{found.line} imports {found.module}"
        for module in house.modules().values()
        if module.name in loaded
        for found in module.imports()
        if found.on_import and house.third_party(found.module) in HEAVY
    ]
    assert not strays, "\n".join(strays)


def loaded_by_name(statement: str) -> set[str]:
    """Full names of the package's modules that a fresh interpreter has after the statement."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    names = json.loads(done.stdout.splitlines()[-1])
    return {name for name in names if name.split(".")[0] == house.PACKAGE}
