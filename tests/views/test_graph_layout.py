"""Where the boxes of a graph stand, and where keys lead from one to the next."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from dialogue_nb.views.graph_layout import BEND, HEIGHT, Box, Way, layered_layout, tree_layout
from dialogue_nb.views.graph_steps import key_steps
from dialogue_nb.views.graph_text import fitting, text_width

widths = st.integers(20, 200).map(float)


@st.composite
def trees(draw):
    """Boxes before their children, as an outline gives them: in preorder."""
    count = draw(st.integers(1, 40))
    parents = [None, *(draw(st.integers(0, i - 1)) for i in range(1, count))]
    children = {i: [c for c in range(count) if parents[c] == i] for i in range(count)}
    order, waiting = [], [0]
    while waiting:
        order.append(waiting.pop())
        waiting += reversed(children[order[-1]])
    boxes = [Box(i, draw(widths), parents[i]) for i in order]
    ways = [Way(parents[i], i, draw(st.integers(0, 90))) for i in order if parents[i] is not None]
    return boxes, ways


@st.composite
def graphs(draw):
    count = draw(st.integers(0, 25))
    boxes = [Box(i, draw(widths)) for i in range(count)]
    numbers = st.integers(0, max(0, count - 1))
    pairs = draw(st.sets(st.tuples(numbers, numbers), max_size=50)) if count else set()
    return boxes, [Way(one, two, draw(st.integers(0, 90))) for one, two in sorted(pairs)]


def overlaps(boxes, layout):
    places = [(*layout.corners[box.id], box.width) for box in boxes]
    return [
        (one, two)
        for one, two in combinations(places, 2)
        if one[0] < two[0] + two[2]
        and two[0] < one[0] + one[2]
        and one[1] < two[1] + HEIGHT
        and two[1] < one[1] + HEIGHT
    ]


def inside(boxes, layout):
    return all(
        -0.01 <= layout.corners[box.id][0] <= layout.width - box.width + 0.01
        and -0.01 <= layout.corners[box.id][1] <= layout.height - HEIGHT + 0.01
        for box in boxes
    )


@given(trees())
def test_in_a_tree_no_box_covers_another_and_every_line_goes_forward(tree):
    boxes, ways = tree
    layout = tree_layout(boxes, ways)
    assert overlaps(boxes, layout) == []
    assert inside(boxes, layout)
    size = {box.id: box.width for box in boxes}
    for way in ways:
        (x1, y1), (x2, y2) = layout.corners[way.source], layout.corners[way.target]
        assert x2 >= x1 + size[way.source] + BEND + way.label
        assert y2 >= y1
        start, *_, end = layout.lines[way.source, way.target]
        assert (start.left, start.y) == (x1 + size[way.source], y1 + HEIGHT / 2)
        assert (end.right, end.y) == (x2, y2 + HEIGHT / 2)
        assert layout.labels[way.source, way.target][0] >= start.right
    assert tree_layout(boxes, ways) == layout


@given(trees())
def test_the_first_way_of_a_tree_goes_straight_on(tree):
    boxes, ways = tree
    layout = tree_layout(boxes, ways)
    seen = set()
    for box in boxes:
        if box.parent is not None and box.parent not in seen:
            seen.add(box.parent)
            assert layout.corners[box.id][1] == layout.corners[box.parent][1]


@given(graphs())
def test_in_a_graph_no_box_covers_another_and_lines_go_forward_or_back(graph):
    boxes, ways = graph
    layout = layered_layout(boxes, ways)
    assert overlaps(boxes, layout) == []
    assert inside(boxes, layout)
    assert set(layout.lines) == {(way.source, way.target) for way in ways}
    for (source, target), stops in layout.lines.items():
        x1, x2 = layout.corners[source][0], layout.corners[target][0]
        assert (x2 > x1) if stops else (x2 <= x1 or source == target)
        for one, two in pairwise(stops):
            assert one.left <= one.right <= two.left <= two.right
    assert layered_layout(boxes, ways) == layout


@given(graphs())
def test_lines_that_pass_a_column_do_not_run_through_its_boxes(graph):
    boxes, ways = graph
    layout = layered_layout(boxes, ways)
    for stops in layout.lines.values():
        for stop in stops[1:-1]:
            for box in boxes:
                x, y = layout.corners[box.id]
                if x < stop.right and stop.left < x + box.width:
                    assert not y < stop.y < y + HEIGHT


def test_a_long_chain_is_one_straight_row_without_recursion():
    count = 3000
    boxes = [Box(i, 50, i - 1 if i else None) for i in range(count)]
    ways = [Way(i, i + 1) for i in range(count - 1)]
    for layout in (tree_layout(boxes, ways), layered_layout(boxes, ways)):
        assert {y for _, y in layout.corners.values()} == {0}
        assert layout.corners[count - 1][0] > layout.corners[count - 2][0]


def test_nothing_has_no_size():
    for layout in (tree_layout([], []), layered_layout([], [])):
        assert (layout.width, layout.height, layout.corners) == (0, 0, {})


def test_keys_follow_the_way_and_stay_in_the_column():
    places = {0: (0, 0, None), 1: (90, 0, 0), 2: (90, 40, 0), 3: (180, 40, 2), 4: (180, 80, 2)}
    nodes = [{"id": i, "x": x, "y": y, "parent": p} for i, (x, y, p) in places.items()]
    edges = [{"from": p, "to": i} for i, (_, _, p) in places.items() if p is not None]
    steps = key_steps(nodes, edges)
    assert steps[0] == {"Home": 0, "End": 1, "ArrowRight": 1, "ArrowDown": 2}
    assert steps[2] == {
        "Home": 0,
        "End": 3,
        "ArrowRight": 3,
        "ArrowLeft": 0,
        "ArrowUp": 1,
        "ArrowDown": 4,
    }
    assert steps[4]["ArrowUp"] == 3
    assert "ArrowRight" not in steps[4]


@given(trees())
def test_every_box_can_be_reached_with_the_keys(tree):
    boxes, ways = tree
    layout = tree_layout(boxes, ways)
    nodes = [
        {"id": b.id, "x": layout.corners[b.id][0], "y": layout.corners[b.id][1], "parent": b.parent}
        for b in boxes
    ]
    steps = key_steps(nodes, [{"from": way.source, "to": way.target} for way in ways])
    seen, waiting = set(), [boxes[0].id]
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += steps[at].values()
    assert seen == {box.id for box in boxes}


@given(st.text(max_size=60), st.integers(20, 200))
def test_a_text_that_is_cut_fits(text, room):
    cut = fitting(text, room)
    assert text_width(cut) <= room
    assert "\n" not in cut
    assert "\x00" not in cut


def test_short_texts_stay_as_they_are_and_wide_ones_count_as_wide():
    assert fitting("utter_greet", 168) == "utter_greet"
    assert fitting("天气预报天气预报天气预报天气预报", 100).endswith("…")
    assert text_width("天气") > 2 * text_width("ab") * 0.8
