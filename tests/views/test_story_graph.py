"""A story graph as a dict, tables, SVG, Mermaid and a figure."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_nb.core.events import ActionExecuted, UserUttered
from dialogue_nb.core.exceptions import GenerationBudgetError, ProjectError, StoryError
from dialogue_nb.stories.path_graph import path_graph
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.stories.steps import Line, Story
from dialogue_nb.views.graph_folds import SHOWN, SMALL, Outline
from dialogue_nb.views.graph_layout import HEIGHT
from dialogue_nb.views.story_graph import NOTHING, story_graph_view
from dialogue_nb.views.story_graph_data import story_graph_data
from dialogue_nb.views.story_graph_figure import story_graph_figure
from dialogue_nb.views.story_graph_files import (
    LARGEST,
    mermaid_text,
    story_graph_html,
    story_graph_mermaid,
    story_graph_svg,
)
from tests.stories.story_strategies import HOSTILE_WORDS, PATIENT, stories
from tests.talks import HOSTILE
from tests.trees import CAKES, hostile_stories, many_stories

MERMAID_NODE = r'(n|more)\d+(\(\["[^"<>`]+"\]\)|\["[^"<>`]+"\])'
MERMAID_EDGE = r'(n|more)\d+ (-->|-\.->)(\|"[^"<>`]+"\|)? (n|more)\d+'
MERMAID_LINE = re.compile(
    rf'flowchart LR|subgraph rules \["Rules"\]|end|{MERMAID_NODE}|{MERMAID_EDGE}'
)


def graph_of(source, **options):
    found = parse_stories(source)[0] if isinstance(source, str) else source
    return path_graph(story_graph_data(found), **options)


def view_of(source, opened=None, needed=(), **options):
    return story_graph_view(graph_of(source, **options), opened=opened, needed=needed)


def names(view):
    return {node["id"]: node["name"] for node in view["nodes"]}


def test_a_wait_for_the_user_is_part_of_the_box_before():
    view = view_of(CAKES)
    assert [node["text"] for node in view["nodes"]] == [
        "start", "ask", "bake", "thank", "wave", "start", "…", "wave",
    ]  # fmt: skip
    assert [edge.get("label", {}).get("text") for edge in view["edges"]] == [
        "hi", "yes", None, "no", None, "bye",
    ]  # fmt: skip
    assert [node["ends"] for node in view["nodes"]] == [0, 0, 0, 1, 1, 0, 0, 1]
    assert view["count"] == "2 dialogues · 5 steps · 1 rule"


def test_rules_stand_below_the_stories_under_a_heading():
    view = view_of(CAKES)
    assert [band["text"] for band in view["bands"]] == ["STORIES", "RULES"]
    lowest = max(node["y"] for node in view["nodes"] if not node.get("rule"))
    highest = min(node["y"] for node in view["nodes"] if node.get("rule"))
    assert lowest + HEIGHT < view["bands"][1]["y"] < highest
    assert all(node["look"].endswith("rule") for node in view["nodes"] if node.get("rule"))


def test_lines_are_as_thick_as_their_counts():
    view = view_of(
        "".join(f"## {i}\n* hi\n- ask\n* {'yes' if i else 'no'}\n- bake\n" for i in range(5))
    )
    by_count = {edge["count"]: edge["width"] for edge in view["edges"]}
    assert by_count == {5: 11.0, 4: 8.8, 1: 2.2}


def test_a_box_says_all_there_is_to_say():
    says = view_of(CAKES)["nodes"][2]["says"]
    assert says == ["bake", "after yes", "1 of 2 dialogues", "in “yes please” line 8"]


def test_what_contradicts_is_marked_with_a_sign_and_in_words():
    view = view_of("## a\n* hi\n- ask\n## b\n* hi\n- wave\n")
    odd = [node for node in view["nodes"] if node.get("conflict")]
    assert [node["text"] for node in odd] == ["ask", "wave"]
    assert "≠ after the same dialogue also: wave" in odd[0]["says"]


def test_merged_ways_meet_again_and_a_circle_goes_back():
    view = view_of("## a\n" + "* no\n- ask\n" * 5, merged=True, max_history=1)
    (back,) = [edge for edge in view["edges"] if edge.get("back")]
    assert back["d"].startswith("M")
    assert "label" not in back


def test_a_path_is_the_boxes_that_it_passes():
    view = view_of(CAKES)
    walked = {path["name"]: [names(view)[n] for n in path["nodes"]] for path in view["paths"]}
    assert walked == {
        "yes please": ["start", "ask", "bake", "thank"],
        "no thanks": ["start", "ask", "wave"],
        "goodbye": ["start", "…", "wave"],
    }
    assert view["paths"][2]["label"] == "goodbye (rule)"


def test_nothing_is_folded_while_there_is_little():
    view = view_of("## long\n" + "* no\n- ask\n" * (SMALL - 1))
    assert len(view["nodes"]) == SMALL
    assert {node["y"] for node in view["nodes"]} == {view["nodes"][0]["y"]}


def test_a_thousand_stories_are_folded_and_opened_piece_by_piece():
    graph = graph_of(many_stories(1000))
    view = story_graph_view(graph)
    assert SHOWN <= len(view["nodes"]) <= 4 * SHOWN
    assert len(json.dumps(view)) < 150_000
    hidden = sum(1 for node in view["nodes"] if node["kind"] == "fold")
    assert hidden
    fold = next(node for node in view["nodes"] if node["kind"] == "fold")
    opened = story_graph_view(graph, opened={fold["parent"]: 1})
    assert len(opened["nodes"]) > len(view["nodes"])
    assert {n["id"] for n in view["nodes"] if n["id"] >= 0} <= {n["id"] for n in opened["nodes"]}


def test_what_is_shown_and_what_is_folded_is_all_there_is():
    outline = Outline(graph_of(many_stories(400)))
    for opened in ({}, {0: 1}, {0: 2}, {0: 40}):
        shown = outline.shown(opened)
        boxes = [box for box in shown.boxes if box >= 0]
        assert len(boxes) + sum(f.steps for f in shown.folds.values()) == len(outline.parent)
        assert set(shown.place) == {node.number for node in outline.graph.nodes}
        assert set(shown.place.values()) == set(shown.boxes)


def test_opening_often_enough_shows_everything():
    outline = Outline(graph_of(many_stories(60)))
    opened: dict[int, int] = {}
    for _ in range(200):
        folds = outline.shown(opened).folds
        if not folds:
            break
        for number in folds:
            opened[number] = opened.get(number, 0) + 1
    assert len(outline.shown(opened).boxes) == len(outline.parent)


def test_what_is_needed_is_shown_with_all_before_it():
    graph = graph_of(many_stories(1000))
    path = graph.paths[777]
    view = story_graph_view(graph, needed=path.nodes)
    shown = next(p for p in view["paths"] if p["name"] == path.name)
    assert all(number >= 0 for number in shown["nodes"])


@PATIENT
@given(st.lists(stories(), max_size=4), st.booleans())
def test_whatever_the_stories_are_boxes_never_overlap_and_files_are_well_formed(written, merged):
    try:
        view = view_of(written, merged=merged, max_history=2)
    except GenerationBudgetError:
        return
    boxes = view["nodes"]
    for i, one in enumerate(boxes):
        assert 0 <= one["x"] <= view["width"] - one["w"]
        assert 0 <= one["y"] <= view["height"] - HEIGHT
        for two in boxes[i + 1 :]:
            beside = one["x"] + one["w"] <= two["x"] or two["x"] + two["w"] <= one["x"]
            assert beside or abs(one["y"] - two["y"]) >= HEIGHT
    known = {node["id"] for node in boxes}
    assert all({edge["from"], edge["to"]} <= known for edge in view["edges"])
    assert all(set(path["nodes"]) <= known for path in view["paths"])
    json.dumps(view)
    ET.fromstring(story_graph_svg(view).encode())
    for line in story_graph_mermaid(view).splitlines():
        assert MERMAID_LINE.fullmatch(line.strip()), line
    assert len(story_graph_html(view).encode("utf-8", "replace")) <= LARGEST


@pytest.mark.parametrize("word", HOSTILE_WORDS)
def test_a_hostile_name_is_only_text_in_every_file(word):
    said = Line((UserUttered.of(word or "x"),)), Line((ActionExecuted(word or "x"),))
    view = view_of([Story(word, said)])
    svg = story_graph_svg(view)
    svg.encode("utf-8")
    root = ET.fromstring(svg)
    assert {element.tag.split("}")[1] for element in root.iter()} <= {
        "svg", "title", "rect", "path", "text", "tspan",
    }  # fmt: skip
    for line in story_graph_mermaid(view).splitlines():
        assert MERMAID_LINE.fullmatch(line.strip()), line


def test_markup_in_names_is_text_in_tables_and_pictures():
    view = view_of(hostile_stories())
    page = story_graph_html(view)
    for text in (page, story_graph_svg(view)):
        assert "<img" not in text
        assert "&lt;img" in text
        assert "\x00" not in text
        assert "\u202e" not in text
    assert mermaid_text(HOSTILE).startswith("#60;img src#61;x onerror#61;alert")


def test_the_tables_are_small_and_can_be_read_without_styles():
    view = view_of(many_stories(1000))
    page = story_graph_html(view)
    assert 3_000 < len(page.encode()) <= LARGEST
    assert "left out here" in page
    assert "<style" not in page
    assert "<svg" not in page


def test_the_picture_has_the_boxes_the_words_and_a_legend():
    root = ET.fromstring(story_graph_svg(view_of(CAKES)))
    words = [
        "".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")
    ]
    assert "hihi" in words  # a title for the pointer, and the text
    assert any("ask" in word for word in words)
    assert any("a dialogue ends here" in word for word in words)


def test_no_stories_say_what_to_do():
    view = view_of([])
    assert view["nodes"] == []
    assert NOTHING in story_graph_html(view)
    assert NOTHING in story_graph_svg(view)
    assert story_graph_mermaid(view) == "flowchart LR\n"
    story_graph_figure(view)


def test_mermaid_draws_rules_in_a_frame_of_their_own():
    text = story_graph_mermaid(view_of(CAKES))
    assert '["ask"]' in text
    assert '|"hi"|' in text
    assert 'subgraph rules ["Rules"]' in text


@pytest.mark.parametrize("merged", [False, True])
def test_the_figure_can_be_saved(tmp_path, merged):
    figure = story_graph_figure(view_of(CAKES, merged=merged, max_history=1))
    figure.savefig(tmp_path / "graph.svg")
    words = {text.get_text() for text in figure.axes[0].texts}
    assert {"hi", "STORIES", "RULES"} <= words


def test_a_long_story_makes_a_figure_that_is_not_too_large():
    figure = story_graph_figure(view_of("## long\n" + "* no\n- ask\n" * 100))
    assert max(figure.get_size_inches()) <= 60.01


def test_data_come_from_a_path_of_stories_or_of_a_bot(tmp_path):
    (tmp_path / "stories.md").write_text("## a\n* hi\n- ask\n## b\n* hi\n- ask\n")
    assert len(story_graph_data(tmp_path / "stories.md")) == 2
    assert len(story_graph_data(str(tmp_path))) == 2
    (tmp_path / "domain.yml").write_text("intents: [hi]\nactions: [ask]\n")
    data = story_graph_data(tmp_path)
    assert "hi" in data.domain.intent_names
    assert story_graph_data(data) is data


def test_a_path_where_nothing_is_and_stories_that_cannot_be_read_are_errors(tmp_path):
    with pytest.raises(ProjectError, match="no such file"):
        story_graph_data(tmp_path / "nowhere")
    (tmp_path / "stories.yml").write_text("stories: [")
    with pytest.raises(StoryError):
        story_graph_data(tmp_path / "stories.yml")
