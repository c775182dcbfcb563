"""What all widgets share, without a browser: messages, errors, the bundle, the end."""

from __future__ import annotations

import json
import re
import weakref

import pytest

from dialogue_nb.widgets.base import View, read_static
from dialogue_nb.widgets.cells import Cells


class Counter(View):
    _esm = "function render() {}\nexport default { render };"
    _css = ""

    def answer_double(self, number):
        return {"result": 2 * number}

    @property
    def summary(self):
        return "Counter: <3>"

    def html(self):
        return "<table><tr><td>3</td></tr></table>"


def test_a_message_is_answered_by_the_method_of_its_name_under_its_id():
    answer = Counter().answer({"id": "a-1", "type": "double", "number": 21})
    assert answer == {"id": "a-1", "result": 42}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"type": "duble"}, "got 'duble'. Did you mean 'double'?"),
        ({"type": "double"}, "The message 'double' does not fit: missing a required argument"),
        ({"type": "double", "numbr": 3}, "does not fit: "),
        ({"type": "close"}, "got 'close'"),
        ({}, "got 'None'"),
        ({"type": "double", "number": {}}, "TypeError: unsupported operand"),
    ],
)
def test_a_wrong_message_gives_an_error_in_the_answer_and_in_the_widget(message, said):
    widget = Counter()
    answer = widget.answer({"id": 7} | message)
    assert said in answer["error"]
    assert widget.error["message"] == answer["error"]


def test_an_error_goes_away_when_the_same_thing_succeeds():
    widget = Counter()
    widget.answer({"id": 1, "type": "double"})
    widget.answer({"id": 2, "type": "hello"})
    assert widget.error
    widget.answer({"id": 3, "type": "double", "number": 1})
    assert not widget.error


def test_an_error_in_an_observer_of_the_selection_is_shown():
    widget = Counter()
    widget.observe(lambda change: 1 / 0, "selection")
    widget.answer({"id": 1, "type": "select", "selection": {"turn": 3}})
    assert widget.error["message"].startswith("ZeroDivisionError")
    assert "Traceback" in widget.error["traceback"]


def test_the_bundle_has_a_line_and_a_table_besides_the_widget():
    data, _ = Counter()._repr_mimebundle_()
    assert data["text/plain"] == "Counter: <3>"
    assert data["text/html"] == "<table><tr><td>3</td></tr></table>"
    assert "application/vnd.jupyter.widget-view+json" in data


def test_the_static_view_has_no_widget_in_it():
    static = Counter().static()
    assert static._repr_mimebundle_().keys() == {"text/plain", "text/html"}
    assert repr(static) == "Counter: <3>"


def test_a_file_holds_the_state_and_cannot_be_broken_by_it(tmp_path):
    widget = Counter(view={"text": "</script><script>alert(1)"}, selection={"turn": 4})
    text = widget.to_html(tmp_path / "view.html").read_text("utf-8")
    (parts,) = re.findall(r'<script type="application/json" id="parts">(.*?)</script>', text)
    (part,) = json.loads(parts)
    assert part["state"] == {"view": widget.view, "selection": {"turn": 4}}
    assert "<title>Counter: &lt;3&gt;</title>" in text


def test_a_widget_with_the_same_key_replaces_the_old_one():
    first = Counter(key="mine")
    other = Counter(key="yours")
    second = Counter(key="mine")
    assert set(View.alive.values()) == {other, second}
    first.close()  # once more: nothing happens


def test_widgets_of_the_same_run_stay_and_those_that_are_gone_are_not_missed():
    class Thing:
        closed = False

        def close(self):
            self.closed = True

    cells, first, second, forgotten = Cells(), Thing(), Thing(), Thing()
    gone = weakref.ref(forgotten)
    for thing in (first, second, forgotten):
        cells.add(thing, cell="a", run="one")
    del forgotten, thing
    assert gone() is None
    cells.add(Thing(), cell="b", run="two")
    assert not first.closed
    cells.add(Thing(), cell="a", run="two")
    assert first.closed
    assert second.closed


def test_comments_and_indentation_stay_at_home():
    text = read_static("shared.js")
    assert not re.search(r"^\s*/\*\*", text, re.MULTILINE)
    assert not re.search(r"^\s*//", text, re.MULTILINE)
    assert "function visible(value)" in text
