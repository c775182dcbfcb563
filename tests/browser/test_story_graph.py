"""The story graph in a browser: mouse, keyboard, folds, search, zoom, hostile text, the file."""

from __future__ import annotations

import pytest

from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.widgets.story_graph import StoryGraph
from tests.trees import CAKES, hostile_stories, many_stories


def box(view, text, nth=0):
    return view.locator("[role=option]").filter(has_text=text).nth(nth)


def selected(view):
    return view.locator("[role=option][aria-selected=true] text").text_content()


def press(notebook, *keys):
    for key in keys:
        notebook.page.keyboard.press(key)


def answered(notebook):
    """Waits until everything the page asked has been answered."""
    notebook.page.wait_for_timeout(80)


def on_path(view):
    return view.locator("[role=option].dn-graph__on text").all_text_contents()


def scale_of(view):
    return view.locator("svg").evaluate(
        "svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width"
    )


def test_a_click_selects_a_box_and_tells_where_it_was_written(notebook):
    heard = []
    graph = StoryGraph(CAKES)
    graph.on_select_source(lambda *place: heard.append(place))
    view = notebook.show(graph)
    box(view, "bake").click()
    answered(notebook)
    assert selected(view) == "bake"
    assert names(graph, graph.selection["node"]) == "bake"
    assert heard == [(None, 8, "yes please")]
    detail = view.locator(".dn-graph__detail").inner_text()
    assert detail.startswith("bake · after yes · 1 of 2 dialogues · in “yes please” line 8")


def names(graph, node):
    return graph.graph.nodes[node].action


def test_the_selection_moves_when_python_says_so(notebook):
    graph = StoryGraph(CAKES)
    view = notebook.show(graph)
    graph.selection = {"node": next(n.number for n in graph.graph.nodes if n.action == "wave")}
    notebook.sync()
    assert selected(view) == "wave"
    graph.select_path("yes please")
    notebook.sync()
    assert on_path(view) == ["start2", "ask2", "bake", "thank"]
    assert view.locator("g.dn-graph__line.dn-graph__on").count() == 3


@pytest.mark.parametrize(
    ("keys", "there"),
    [
        (["ArrowRight"], "ask2"),
        (["ArrowRight", "ArrowRight", "ArrowDown"], "wave"),
        (["End"], "thank"),
        (["End", "Home"], "start2"),
        (["End", "ArrowLeft"], "bake"),
        (["ArrowDown"], "start"),
        (["ArrowRight", "Control+ArrowRight"], "ask2"),
    ],
)
def test_the_keyboard_goes_along_the_graph(notebook, keys, there):
    view = notebook.show(StoryGraph(CAKES))
    view.locator("[role=option]").first.focus()
    press(notebook, *keys)
    assert view.locator(":focus text").text_content() == there
    assert view.locator("[role=option][tabindex='0']").count() == 1


def test_tab_reaches_the_graph_once_and_leaves_it(notebook):
    view = notebook.show(StoryGraph(CAKES))
    view.get_by_role("button", name="Fit").focus()
    press(notebook, "Tab")
    while not view.locator("[role=option]:focus").count():
        press(notebook, "Tab")  # some browsers stop at the frame that scrolls
    press(notebook, "Tab")
    assert view.locator("[role=option]:focus").count() == 0


def test_enter_tells_the_source_without_a_mouse(notebook):
    heard = []
    graph = StoryGraph(CAKES)
    graph.on_select_source(lambda *place: heard.append(place))
    view = notebook.show(graph)
    view.locator("[role=option]").first.focus()
    press(notebook, "ArrowRight", "Enter")
    answered(notebook)
    assert heard == [(None, 6, "yes please")]


def test_a_story_is_chosen_from_the_list_and_the_arrows_follow_it(notebook):
    graph = StoryGraph(CAKES)
    view = notebook.show(graph)
    view.get_by_label("Story", exact=True).select_option("no thanks")
    answered(notebook)
    assert graph.selection["path"] == "no thanks"
    assert on_path(view) == ["start2", "ask2", "wave"]
    view.locator("[role=option]").first.focus()
    press(notebook, "ArrowRight", "ArrowRight")
    assert view.locator(":focus text").text_content() == "wave"


def test_a_box_offers_the_stories_that_pass_it(notebook):
    graph = StoryGraph(CAKES)
    view = notebook.show(graph)
    box(view, "ask").click()
    buttons = view.locator(".dn-graph__detail button")
    assert buttons.all_inner_texts() == ["yes please", "no thanks"]
    buttons.nth(1).click()
    answered(notebook)
    assert graph.selection["path"] == "no thanks"


def test_a_fold_opens_with_enter_and_the_focus_goes_into_it(notebook):
    graph = StoryGraph(many_stories(300))
    view = notebook.show(graph)
    before = view.locator("[role=option]").count()
    fold = view.locator(".dn-graph__fold").first
    parent = next(n["parent"] for n in graph.view["nodes"] if n["kind"] == "fold")
    fold.focus()
    press(notebook, "Enter")
    notebook.page.wait_for_function(
        "n => document.querySelectorAll('[role=option]').length > n", arg=before
    )
    answered(notebook)
    key = int(view.locator(":focus").get_attribute("data-key"))
    assert graph._outline.parent[key] == parent
    assert view.get_by_role("button", name="Fold again what was opened").is_visible()
    view.get_by_role("button", name="Fold again what was opened").click()
    answered(notebook)
    assert view.locator("[role=option]").count() == before


def test_a_fold_opens_with_a_click(notebook):
    view = notebook.show(StoryGraph(many_stories(300)))
    before = view.locator("[role=option]").count()
    view.locator(".dn-graph__fold").first.click()
    answered(notebook)
    assert view.locator("[role=option]").count() > before


def test_the_search_marks_what_it_finds_and_enter_goes_to_the_next(notebook):
    graph = StoryGraph(many_stories(300))
    view = notebook.show(graph)
    total = len(graph.search("intent_20"))
    field = view.get_by_role("searchbox")
    field.fill("intent_20")
    view.get_by_text(f"{total} found", exact=True).wait_for()
    field.press("Enter")
    view.get_by_text(f"1 of {total}", exact=True).wait_for()
    assert view.locator("[aria-selected=true].dn-graph__found").count() == 1
    assert view.locator("input:focus").count() == 1
    field.press("Enter")
    view.get_by_text(f"2 of {total}", exact=True).wait_for()
    field.press("Shift+Enter")
    view.get_by_text(f"1 of {total}", exact=True).wait_for()
    here = view.locator("[aria-selected=true]").bounding_box()
    frame = view.locator(".dn-graph__frame").bounding_box()
    assert frame["x"] <= here["x"] <= frame["x"] + frame["width"]
    field.fill("nowhere at all")
    view.get_by_text("0 found", exact=True).wait_for()
    field.fill("")
    assert view.locator(".dn-graph__found").count() == 0


def test_merged_is_chosen_with_its_length(notebook):
    graph = StoryGraph(parse_stories("## a\n" + "* no\n- ask\n" * 6)[0])
    view = notebook.show(graph)
    assert view.get_by_label("max_history").is_hidden()
    view.get_by_label("What is one box").select_option("1")
    answered(notebook)
    assert graph.merged
    field = view.get_by_label("max_history")
    assert field.input_value() == "5"
    field.fill("1")
    field.press("Enter")
    answered(notebook)
    assert graph.max_history == 1
    assert view.locator(".dn-graph__back").count() == 1


def test_zoom_with_buttons_keys_and_the_wheel(notebook):
    view = notebook.show(StoryGraph(many_stories(40)))
    first = scale_of(view)
    view.get_by_role("button", name="Larger").click()
    assert scale_of(view) == pytest.approx(first * 1.25, rel=0.01)
    view.locator("[role=option]").first.focus()
    press(notebook, "-")
    assert scale_of(view) == pytest.approx(first, rel=0.01)
    frame = view.locator(".dn-graph__frame")
    frame.hover()
    notebook.page.keyboard.down("Control")
    notebook.page.mouse.wheel(0, -200)
    notebook.page.keyboard.up("Control")
    notebook.page.wait_for_timeout(50)
    assert scale_of(view) > first * 1.2
    view.get_by_role("button", name="Fit into the view").click()
    size = frame.evaluate("f => [f.scrollWidth - f.clientWidth, f.scrollHeight - f.clientHeight]")
    assert size[0] <= 1
    assert size[1] <= 1


def test_the_picture_is_dragged_with_the_mouse(notebook):
    view = notebook.show(StoryGraph(many_stories(40)))
    frame = view.locator(".dn-graph__frame")
    spot = frame.bounding_box()
    x, y = spot["x"] + 30, spot["y"] + spot["height"] - 30
    notebook.page.mouse.move(x, y)
    notebook.page.mouse.down()
    notebook.page.mouse.move(x - 10, y - 70, steps=4)
    notebook.page.mouse.up()
    assert frame.evaluate("f => f.scrollTop") == pytest.approx(70, abs=3)
    notebook.page.mouse.move(x, y)
    assert frame.evaluate("f => f.scrollTop") == pytest.approx(70, abs=3)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("merged", [False, True])
def test_it_is_accessible(open_notebook, theme, merged):
    notebook = open_notebook(theme)
    graph = StoryGraph(many_stories(60), merged=merged, max_history=1)
    view = notebook.show(graph)
    graph.select_path("story 7", graph.graph.paths[7].nodes[3])
    notebook.sync()
    view.get_by_role("searchbox").fill("utter_1")
    answered(notebook)
    assert notebook.accessibility() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_stands_on_lines_can_be_read(open_notebook, theme):
    notebook = open_notebook(theme)
    view = notebook.show(StoryGraph(CAKES))
    fills = {
        "label": view.locator(".dn-graph__line text").first,
        "name": view.locator(".dn-graph__box text").first,
        "count": view.locator(".dn-graph__count").first,
    }
    ground = (255, 255, 255) if theme == "light" else (17, 17, 17)
    for name, words in fills.items():
        color = words.evaluate("node => getComputedStyle(node).fill")
        numbers = [int(part) for part in color[4:-1].split(",")]
        assert contrast(numbers, ground) >= 4.5, name


def contrast(one, other):
    def luminance(color):
        parts = [p / 255 / 12.92 if p <= 10 else ((p / 255 + 0.055) / 1.055) ** 2.4 for p in color]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_hostile_names_are_text_and_stay_in_their_boxes(notebook):
    view = notebook.show(StoryGraph(hostile_stories()))
    assert view.locator("img").count() == 0
    assert "<img" in view.locator("svg").text_content()
    wide = view.locator("[role=option]").evaluate_all(
        """boxes => boxes.filter(box => box.querySelector("text").getBBox().width
        > box.querySelector("rect").width.baseVal.value).map(box => box.textContent)"""
    )
    assert wide == []
    heights = view.locator("[role=option] title").all_text_contents()
    assert any("very_long_name_" * 12 in title for title in heights)


def test_on_a_page_from_right_to_left_the_graph_still_goes_right(notebook):
    notebook.page.evaluate("document.documentElement.dir = 'rtl'")
    view = notebook.show(StoryGraph(CAKES))
    first, second = box(view, "start"), box(view, "ask")
    assert first.bounding_box()["x"] < second.bounding_box()["x"]
    first.focus()
    press(notebook, "ArrowRight")
    assert selected(view) == "ask2"


def test_a_story_of_two_hundred_turns_stays_readable(notebook):
    view = notebook.show(StoryGraph(parse_stories("## long\n" + "* no\n- ask\n" * 200)[0]))
    assert scale_of(view) >= 0.799
    frame = view.locator(".dn-graph__frame")
    while view.locator(".dn-graph__fold").count():
        count = view.locator("[role=option]").count()
        view.locator(".dn-graph__fold").first.focus()
        press(notebook, "Enter")
        answered(notebook)
        assert (
            view.locator("[role=option]").count() > count
            or not view.locator(".dn-graph__fold").count()
        )
    assert view.locator("[role=option]").count() == 201
    press(notebook, "End")
    end = view.locator(":focus").bounding_box()
    spot = frame.bounding_box()
    assert spot["x"] <= end["x"]
    assert end["x"] + end["width"] <= spot["x"] + spot["width"]


def test_no_stories_say_what_to_do_and_the_first_one_appears(notebook):
    graph = StoryGraph()
    view = notebook.show(graph)
    view.get_by_text("There are no stories yet").wait_for()
    view.get_by_role("button", name="Fit").click()
    graph.source = CAKES
    notebook.sync()
    answered(notebook)
    assert view.locator("[role=option]").count() == 8


def test_two_views_of_one_graph_agree(notebook):
    graph = StoryGraph(CAKES)
    one, two = notebook.show(graph), notebook.show(graph)
    box(one, "bake").click()
    answered(notebook)
    assert selected(two) == "bake"
    two.get_by_label("What is one box").select_option("1")
    answered(notebook)
    assert one.get_by_label("What is one box").input_value() == "1"


def test_errors_of_listeners_are_shown_in_the_widget(notebook):
    graph = StoryGraph(CAKES)
    graph.on_select_source(lambda *place: 1 / 0)
    view = notebook.show(graph)
    box(view, "ask").click()
    view.get_by_role("alert").get_by_text("ZeroDivisionError").first.wait_for()


def test_a_busy_kernel_is_shown_and_the_graph_can_still_be_read(notebook):
    view = notebook.show(StoryGraph(CAKES))
    notebook.page.evaluate("window.kernel = 'busy'")
    box(view, "ask").click()
    view.get_by_text("The kernel is busy since").wait_for()
    assert selected(view) == "ask2"


def test_closing_the_views_leaves_nothing_behind(notebook):
    graph = StoryGraph(CAKES)
    notebook.show(graph)
    notebook.show(graph)
    assert notebook.close_views() == 0
    assert notebook.page.locator(".dn-graph").count() == 0


def test_the_file_works_without_a_kernel(open_notebook, tmp_path):
    notebook = open_notebook()
    path = StoryGraph([*CAKES, *hostile_stories()], max_history=1).to_html(tmp_path / "graph.html")
    page = notebook.page
    page.goto(path.as_uri())
    page.locator("[role=option]").first.wait_for()
    box(page, "bake").click()
    assert selected(page) == "bake"
    page.get_by_label("Story", exact=True).select_option("no thanks")
    assert on_path(page) == ["start8", "ask2", "wave"]
    page.get_by_role("searchbox").fill("yes")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_text("1 of 1", exact=True).wait_for()
    assert selected(page) == "bake"
    page.get_by_label("What is one box").select_option("1")
    assert page.locator("[role=option]").count() > 5
    assert page.locator("[aria-selected=true]").count() == 0
    assert page.locator("img").count() == 0
    page.get_by_role("button", name="Larger").click()
