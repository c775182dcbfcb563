"""Every test of widgets is also a test that none is left."""

from __future__ import annotations

import ipywidgets
import pytest

from dialogue_nb.widgets.base import View, close_all


@pytest.fixture(autouse=True)
def no_widget_is_left():
    yield
    close_all()
    assert not View.alive
    assert not ipywidgets.widgets.widget._instances
