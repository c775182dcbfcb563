"""What all views share, in a browser: theme, errors, a busy kernel, hostile text, the file."""

from __future__ import annotations

import threading

import pytest

from dialogue_nb.core.exceptions import DialogueError
from dialogue_nb.widgets.base import View, read_static

HOSTILE = "<img src=x onerror=alert(1)> \"'`{}\u202eabc\x00 \U0001f600"
JS = """
function render(context) {
  const stage = openStage(context, { name: "probe", label: "Probe" });
  const { model } = context;
  stage.drawOn(["view", "selection"], () => stage.body.replaceChildren(
    h("p", { class: "what", title: model.get("view").text }, model.get("view").text),
    h("p", { class: "turn" }, `turn ${model.get("selection").turn}`),
    h("button", { class: "dn-button next", data: { key: "next" }, on: { click: () =>
      stage.select({ turn: (model.get("selection").turn || 0) + 1 }) } }, "Next"),
    h("button", { class: "dn-button ask", on: { click: () => {
      stage.request("boom", { text: "x" }).catch(() => {});
    } } }, "Ask"),
  ));
  return stage.close;
}
export default { render };
"""


class Probe(View):
    _esm = read_static("shared.js") + JS
    _css = read_static("shared.css")
    problem: Exception | None = None

    def answer_boom(self, text):
        if self.problem:
            raise self.problem

    def html(self):
        return "<p>probe</p>"


def test_two_views_of_one_widget_agree_and_python_hears_of_it(notebook):
    widget = Probe(view={"text": "hello"}, selection={"turn": 2})
    heard = []
    widget.observe(lambda change: heard.append(change["new"]["turn"]), "selection")
    first, second = notebook.show(widget), notebook.show(widget)
    for _ in range(3):
        first.locator(".next").click()
    assert first.locator(".turn").inner_text() == "turn 5"
    assert second.locator(".turn").inner_text() == "turn 5"
    notebook.page.wait_for_function("() => window.sent.length > 0")
    assert heard[-1] == 5
    assert widget.selection == {"turn": 5}


def test_the_focus_stays_where_it_was_when_a_view_is_drawn_anew(notebook):
    view = notebook.show(Probe(view={"text": ""}, selection={"turn": 0}))
    view.locator(".next").focus()
    notebook.page.keyboard.press("Enter")
    notebook.page.keyboard.press("Enter")
    assert view.locator(".turn").inner_text() == "turn 2"


def test_hostile_text_is_text(notebook):
    view = notebook.show(Probe(view={"text": HOSTILE}))
    shown = view.locator(".what").inner_text()
    assert shown.startswith("<img src=x onerror=alert(1)>")
    assert "\u2400" in shown
    assert "\u202e" not in shown
    assert view.locator("img").count() == 0


@pytest.mark.parametrize(
    ("problem", "message", "details"),
    [
        (DialogueError("Expected a name, got 3."), "Expected a name, got 3.", 0),
        (ZeroDivisionError("<b>"), "ZeroDivisionError: <b>", 1),
    ],
)
def test_an_error_in_a_callback_is_shown_and_can_be_dismissed(notebook, problem, message, details):
    widget = Probe(view={"text": ""})
    widget.problem = problem
    view = notebook.show(widget)
    view.locator(".ask").click()
    alert = view.get_by_role("alert")
    alert.wait_for()
    assert alert.locator("p").inner_text() == message
    assert alert.locator("details").count() == details
    alert.get_by_role("button", name="Dismiss").click()
    alert.wait_for(state="hidden")
    assert widget.error == {}


def test_a_busy_kernel_is_shown_as_busy_until_it_answers(notebook):
    view = notebook.show(Probe(view={"text": ""}))
    notebook.page.evaluate("window.kernel = 'busy'")
    view.locator(".ask").click()
    view.get_by_text("The kernel is busy").wait_for()
    (asked,) = notebook.sent("boom")
    notebook.page.evaluate(
        "(id) => [...window.models.values()][0].trigger('msg:custom', { id })", asked["id"]
    )
    view.get_by_text("The kernel is busy").wait_for(state="hidden")


def test_a_widget_that_was_closed_says_so(notebook):
    widget = Probe(view={"text": ""})
    view = notebook.show(widget)
    widget.close()
    notebook.sync()
    view.get_by_text("run its cell again").wait_for()


def test_a_kernel_that_starts_anew_is_noticed_and_so_is_an_answer(notebook):
    widget = Probe(view={"text": ""})
    view = notebook.show(widget)
    notebook.page.evaluate("window.statusChanged.emit('busy')")
    assert view.get_by_role("status").count() == 0
    notebook.page.evaluate("window.statusChanged.emit('restarting')")
    view.get_by_text("run its cell again").wait_for()
    widget.send({"about": "something"})
    notebook.sync()
    view.get_by_text("run its cell again").wait_for(state="hidden")


def test_closing_a_view_leaves_nothing_behind(notebook):
    notebook.show(Probe(view={"text": ""}))
    assert notebook.close_views() == 0
    assert notebook.page.locator(".dn").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_view_follows_the_theme_of_the_notebook(open_notebook, theme):
    notebook = open_notebook(theme)
    view = notebook.show(Probe(view={"text": ""}))
    assert view.locator(".dn").get_attribute("data-theme") == theme
    notebook.page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    notebook.page.wait_for_selector(".dn[data-theme=dark]")
    assert notebook.accessibility() == []


def test_the_theme_is_read_off_the_text_colour_where_nobody_names_it(notebook):
    notebook.page.evaluate("delete document.body.dataset.jpThemeLight")
    notebook.page.evaluate("document.body.style.color = '#eeeeee'")
    view = notebook.show(Probe(view={"text": ""}))
    assert view.locator(".dn").get_attribute("data-theme") == "dark"


def test_the_file_works_without_a_kernel_and_without_a_network(notebook, tmp_path):
    widget = Probe(view={"text": HOSTILE + "</script><!--"}, selection={"turn": 1})
    path = widget.to_html(tmp_path / "probe.html", title="<Probe>")
    page = notebook.page
    page.goto(path.as_uri())
    page.locator(".next").click()
    assert page.locator(".turn").inner_text() == "turn 2"
    assert page.locator(".what").inner_text().startswith("<img")
    assert page.title() == "<Probe>"


def test_answers_come_from_any_thread(notebook):
    widget = Probe(view={"text": ""})
    threads = [
        threading.Thread(target=widget.receive, args=({"id": i, "type": "hello"},))
        for i in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert widget.error == {}
