"""The front door: every public name is listed, sorted, importable and described."""

from __future__ import annotations

import importlib
import inspect

import pytest

import dialogue_nb
from tests import house


def packages_with_a_door():
    return sorted(name for name in house.modules() if hasattr(module_of(name), "__all__"))


def module_of(name):
    # __main__ runs the command line when it is imported.
    return None if name.endswith("__main__") else importlib.import_module(name)


def kind_and_name(name):
    """The order that ruff keeps: constants, classes, the rest."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def test_the_front_door_is_open():
    assert "dialogue_nb" in packages_with_a_door()
    assert set(dialogue_nb.__all__) >= {"Agent", "Domain", "Project", "bots"}


@pytest.mark.parametrize("name", packages_with_a_door())
def test_all_is_sorted_and_without_repetitions(name):
    listed = list(module_of(name).__all__)
    assert listed == sorted(set(listed), key=kind_and_name)


@pytest.mark.parametrize("name", packages_with_a_door())
def test_everything_listed_can_be_imported_and_has_a_docstring(name):
    module = module_of(name)
    for public in module.__all__:
        thing = getattr(module, public)
        if inspect.isclass(thing) or inspect.isfunction(thing) or inspect.ismodule(thing):
            assert inspect.getdoc(thing), f"{name}.{public} has no docstring"


def test_everything_public_at_the_front_door_is_listed():
    public = {
        name
        for name, thing in vars(dialogue_nb).items()
        if not name.startswith("_")
        and getattr(thing, "__module__", "").startswith(dialogue_nb.__name__)
    }
    assert public <= set(dialogue_nb.__all__)


def test_dir_shows_what_can_be_imported():
    assert set(dialogue_nb.__all__) <= set(dir(dialogue_nb))


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="Agnet"):
        dialogue_nb.Agnet  # noqa: B018
