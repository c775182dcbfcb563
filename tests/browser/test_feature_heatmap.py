"""The heatmap in a browser: one window as a table, a training set on a canvas."""

from __future__ import annotations

import pytest

from dialogue_nb import bots
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.stories.generator import generate
from dialogue_nb.widgets.feature_heatmap import FeatureHeatmap
from tests.talks import BAKERY, bakery_talk, hostile_talk, large_domain, long_talk


@pytest.fixture(scope="module")
def data():
    project = bots.load("moodbot")
    return generate(list(project.stories), project.domain)


def press(notebook, *keys):
    for key in keys:
        notebook.page.keyboard.press(key)


def answered(notebook):
    notebook.page.wait_for_timeout(80)


def pixel(notebook, view, row, column, *, ago=0):
    """Where a cell of a training set is on the page, by place."""
    sizes = notebook.page.evaluate(
        """() => { const view = [...window.models.values()].at(-1).get("view");
        return { ...view.size, x: view.columns.map((c) => c.x), width: view.width }; }"""
    )
    frame = view.locator(".dn-heat__grid").bounding_box()
    x = frame["x"] + sizes["left"] + sizes["x"][column] + sizes["wide"] / 2
    line = sizes["width"] - 1 - ago
    y = frame["y"] + sizes["head"] + row * sizes["block"] + (line + 0.5) * sizes["line"]
    return x, y - view.locator(".dn-heat__grid").evaluate("node => node.scrollTop")


def color(view, x, y):
    """The colour that is painted at a point of the page."""
    return view.locator("canvas").evaluate(
        """(node, [x, y]) => { const box = node.getBoundingClientRect();
        return [...node.getContext("2d").getImageData(x - box.x, y - box.y, 1, 1).data]; }""",
        [x, y],
    )


# --- a window


def test_a_cell_is_read_when_it_is_pointed_at_and_stays_when_it_is_clicked(notebook):
    heatmap = FeatureHeatmap(bakery_talk(), BAKERY)
    view = notebook.show(heatmap)
    cell = view.get_by_role("gridcell", name="turn 9, slot bread: set")
    cell.hover()
    side = view.locator("dl")
    assert "slot_bread_0 = 1" in side.inner_text()
    assert "bread = rye (turn 3)" in side.inner_text()
    cell.click()
    answered(notebook)
    assert heatmap.selection == {"turn": 10, "feature": "slot_bread_0", "back": 1}
    view.locator(".dn-heading").hover()
    assert side.inner_text().startswith("SELECTED CELL\nslot_bread_0 = 1\nbefore turn 9")


def test_the_keyboard_walks_through_the_cells(notebook):
    heatmap = FeatureHeatmap(bakery_talk(), BAKERY)
    view = notebook.show(heatmap)
    view.locator("td[tabindex='0']").focus()
    press(notebook, "ArrowUp", "ArrowUp", "ArrowRight")
    focused = view.locator(":focus")
    assert focused.get_attribute("aria-selected") == "true"
    assert view.locator("td[tabindex='0']").count() == 1
    answered(notebook)
    assert heatmap.selection["back"] == 2
    press(notebook, "End", "PageUp", "Home")
    answered(notebook)
    assert heatmap.selection["back"] == 4
    assert heatmap.selection["feature"] == "intent_greet"


def test_another_turn_moves_the_window_and_two_views_agree(notebook):
    heatmap = FeatureHeatmap(bakery_talk(), BAKERY)
    first, second = notebook.show(heatmap), notebook.show(heatmap)
    heatmap.selection = {"turn": 3, "feature": "intent_order", "back": 0}
    notebook.sync()
    for view in (first, second):
        assert view.get_by_role("gridcell", name="turn 3, intent order: said").count() == 1
        assert view.locator("[aria-selected=true]").count() == 1


def test_zero_padding_and_what_the_vector_cannot_say_look_different(notebook):
    view = notebook.show(FeatureHeatmap(hostile_talk(), BAKERY, max_history=9))
    looks = {
        kind: view.locator(f".dn-heat__{kind}").first.evaluate(
            "node => getComputedStyle(node).background"
        )
        for kind in ("zer", "set", "pad", "not")
    }
    assert len(set(looks.values())) == 4
    assert "repeating-linear-gradient" in looks["pad"]
    assert "radial-gradient" in looks["not"]


def test_the_slider_recomputes_and_keeps_the_focus(notebook, data):
    project = bots.load("moodbot")
    heatmap = FeatureHeatmap(data[1].tracker(), project.domain, data=data)
    view = notebook.show(heatmap)
    assert view.get_by_text("only in this view: policies keep their own").is_visible()
    view.get_by_label("max_history").focus()
    press(notebook, "ArrowLeft", "ArrowLeft", "ArrowLeft")
    answered(notebook)
    assert heatmap.max_history == 2
    assert view.locator("tbody tr").count() == 2
    assert view.locator("input[type=range]:focus").count() == 1
    press(notebook, "End")
    answered(notebook)
    assert heatmap.max_history is None


@pytest.mark.parametrize("kind", ["words", "nested", "binary"])
def test_the_ways_to_look_are_chosen_in_the_view(notebook, kind):
    heatmap = FeatureHeatmap(bakery_talk(), BAKERY)
    view = notebook.show(heatmap)
    view.get_by_label("view").select_option("words")
    view.get_by_label("view").select_option(kind)
    answered(notebook)
    assert heatmap.kind == kind
    name = {"words": "bot_listen", "nested": "prev_action", "binary": "prev_action_listen"}[kind]
    assert view.get_by_role("columnheader", name=name, exact=True).count() == 1


def test_a_click_opens_the_line_of_the_story(notebook, data):
    project = bots.load("moodbot")
    heard = []
    heatmap = FeatureHeatmap(data[1].tracker(), project.domain, data=data)
    heatmap.on_select_source(lambda *place: heard.append(place))
    view = notebook.show(heatmap)
    view.get_by_role("gridcell", name="intent mood_great: said").first.click()
    answered(notebook)
    assert len(heard) == 1
    view.get_by_role("button", name="line").click()
    answered(notebook)
    assert heard[1] == heard[0]


@pytest.mark.parametrize("width", [480, 1280])
def test_hostile_and_long_names_are_text_and_fit(open_notebook, width):
    notebook = open_notebook(width=width)
    notebook.page.evaluate("document.documentElement.dir = 'rtl'")
    view = notebook.show(FeatureHeatmap(hostile_talk(), BAKERY, max_history=9))
    assert view.locator("img").count() == 0
    assert notebook.page.evaluate("document.documentElement.scrollWidth") <= width
    long = view.locator("thead .dn-name").last
    assert long.get_attribute("title").endswith("_long")
    assert notebook.accessibility() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_in_the_way_of_a_screen_reader(open_notebook, theme, data):
    notebook = open_notebook(theme)
    heatmap = FeatureHeatmap(bakery_talk(), BAKERY)
    heatmap.selection = {"turn": 10, "feature": "slot_number_1", "back": 0}
    notebook.show(heatmap)
    notebook.show(FeatureHeatmap(data))
    answered(notebook)
    assert notebook.accessibility() == []


def test_an_empty_conversation_and_a_long_one_are_drawn(notebook):
    view = notebook.show(FeatureHeatmap(DialogueStateTracker("new"), BAKERY))
    assert view.locator("tbody tr").count() == 5
    view = notebook.show(FeatureHeatmap(long_talk(), BAKERY, max_history=None))
    assert view.locator("tbody tr").count() > 100


def test_all_features_of_500_actions_are_shown_on_request(notebook):
    domain = large_domain(500)
    heatmap = FeatureHeatmap(DialogueStateTracker("new", domain.slots), domain)
    view = notebook.show(heatmap)
    view.get_by_label("show").select_option("all")
    view.get_by_role("columnheader", name="prev_utter_number_499", exact=True).wait_for(
        state="attached"
    )
    assert notebook.page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_the_file_of_a_conversation_is_read_without_a_kernel(notebook, tmp_path):
    path = FeatureHeatmap(bakery_talk(), BAKERY).to_html(tmp_path / "talk.html")
    page = notebook.page
    page.goto(path.as_uri())
    page.get_by_role("gridcell", name="turn 9, slot bread: set").hover()
    assert "bread = rye" in page.locator("dl").inner_text()


# --- a training set


def test_cells_of_a_training_set_are_painted_read_and_clicked(notebook, data):
    heard = []
    heatmap = FeatureHeatmap(data)
    heatmap.on_select_source(lambda *place: heard.append(place))
    view = notebook.show(heatmap)
    answered(notebook)
    names = [column["name"] for column in heatmap.view["columns"]]
    greet = names.index("intent_greet")
    x, y = pixel(notebook, view, 1, greet)
    assert color(view, x, y) != color(view, *pixel(notebook, view, 1, greet + 1))
    notebook.page.mouse.move(x, y)
    side = view.locator("dl")
    assert "intent_greet = 1" in side.inner_text()
    assert "utter_greet follows" in side.inner_text()
    notebook.page.mouse.click(x, y)
    side.get_by_text("user: greet").wait_for()
    assert heatmap.selection == {"row": 1, "back": 0, "feature": "intent_greet"}
    assert len(heard) == 1
    notebook.page.mouse.move(*pixel(notebook, view, 0, greet, ago=3))
    assert "padding" in side.inner_text()


def test_the_keyboard_walks_through_windows_and_says_where_it_is(notebook, data):
    heatmap = FeatureHeatmap(data, max_history=3)
    view = notebook.show(heatmap)
    answered(notebook)
    view.locator(".dn-heat__grid").focus()
    press(notebook, "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight")
    answered(notebook)
    assert heatmap.selection["row"] == 1
    assert heatmap.selection["back"] == 2
    assert "window 2" in view.locator("[aria-live=polite]").inner_text()
    press(notebook, "Control+End")
    answered(notebook)
    assert heatmap.selection["back"] == 0
    assert heatmap.selection["row"] > 20
    assert view.locator(".dn-heat__grid").evaluate("node => node.scrollTop") > 0


def test_sorting_and_repetitions_are_chosen_in_the_view(notebook, data):
    heatmap = FeatureHeatmap(data, max_history=1)
    view = notebook.show(heatmap)
    answered(notebook)
    low = view.locator(".dn-heat__grid > div").bounding_box()["height"]
    view.get_by_label("equal windows").select_option("each time")
    view.get_by_label("sort by").select_option("action")
    answered(notebook)
    assert (heatmap.sort, heatmap.equal) == ("action", "each time")
    assert view.locator(".dn-heat__grid > div").bounding_box()["height"] > low


def test_colours_follow_the_theme(notebook, data):
    view = notebook.show(FeatureHeatmap(data))
    answered(notebook)
    light = color(view, *pixel(notebook, view, 1, 0))
    notebook.page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    answered(notebook)
    assert color(view, *pixel(notebook, view, 1, 0)) != light


def test_the_file_of_a_training_set_is_read_without_a_kernel(notebook, data, tmp_path):
    path = FeatureHeatmap(data).to_html(tmp_path / "set.html")
    page = notebook.page
    page.goto(path.as_uri())
    box = page.locator(".dn-heat__grid").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 160)
    assert "follows" in page.locator("dl").inner_text()
    assert page.get_by_label("max_history").is_disabled()


def test_closing_the_views_leaves_nothing(notebook, data):
    notebook.show(FeatureHeatmap(data))
    notebook.show(FeatureHeatmap(bakery_talk(), BAKERY))
    answered(notebook)
    assert notebook.close_views() == 0
