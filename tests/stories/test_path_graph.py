"""All dialogues as one graph: exact, it has the paths that exist; merged, what a policy sees."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import GenerationBudgetError
from dialogue_nb.stories.bare_domain import bare_domain
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.path_graph import MOST_PLACES, path_graph
from dialogue_nb.stories.reader import parse_stories
from tests.stories.story_strategies import PATIENT, stories

DOMAIN = Domain.from_yaml(
    """
    intents: [hi, order, yes, no, bye]
    entities: [cake]
    slots:
      cake: {type: text, mappings: [{type: from_entity, entity: cake}]}
      open: {type: bool, mappings: [{type: custom}]}
    actions: [ask, bake, thank, wave, look]
    forms: {cake_form: {required_slots: [cake]}}
    """
)
LISTEN = "action_listen"


def dialogues(text, **options):
    found, diagnostics = parse_stories(text, "cakes.md")
    assert {diagnostic.severity for diagnostic in diagnostics} <= {"info"}
    return generate(found, DOMAIN, **options)


def graph_of(text, merged=False, max_history=5, **options):
    return path_graph(dialogues(text, **options), merged=merged, max_history=max_history)


def walks(graph):
    """Each dialogue as the actions on its path."""
    return {path.name: [graph.nodes[n].action for n in path.nodes[1:]] for path in graph.paths}


def said(graph):
    return {
        (graph.nodes[e.source].action, e.said, graph.nodes[e.target].action) for e in graph.edges
    }


def test_dialogues_part_where_they_differ_for_the_first_time():
    graph = graph_of("## a\n* hi\n- ask\n* yes\n- bake\n## b\n* hi\n- ask\n* no\n- wave\n")
    assert walks(graph) == {
        "a": [LISTEN, "ask", LISTEN, "bake", LISTEN],
        "b": [LISTEN, "ask", LISTEN, "wave", LISTEN],
    }
    counts = [(node.action, node.count, node.ends) for node in graph.nodes]
    assert counts == [
        ("", 2, 0), (LISTEN, 2, 0), ("ask", 2, 0), (LISTEN, 2, 0),
        ("bake", 1, 0), (LISTEN, 1, 1), ("wave", 1, 0), (LISTEN, 1, 1),
    ]  # fmt: skip
    assert (LISTEN, "yes", "bake") in said(graph)
    assert ("ask", "", LISTEN) in said(graph)


def test_an_or_is_two_ways_that_do_not_meet_again():
    graph = graph_of("## a\n* yes OR bye\n- wave\n")
    assert [path.name for path in graph.paths] == ["a", "a (2)"]
    assert {(LISTEN, "yes", "wave"), (LISTEN, "bye", "wave")} <= said(graph)


def test_a_checkpoint_joins_every_end_to_every_beginning():
    graph = graph_of(
        "## a\n* hi\n- ask\n> asked\n## b\n* order\n- ask\n> asked\n"
        "## yes\n> asked\n* yes\n- bake\n## no\n> asked\n* no\n- wave\n"
    )
    assert sorted(path.name for path in graph.paths) == [
        "a > no", "a > yes", "b > no", "b > yes",
    ]  # fmt: skip
    assert graph.nodes[0].count == 4


def test_a_condition_of_a_checkpoint_closes_a_way():
    graph = graph_of(
        '## a\n* hi\n- slot{"open": true}\n- ask\n> asked\n'
        '## yes\n> asked{"open": true}\n* yes\n- bake\n'
        '## no\n> asked{"open": false}\n* no\n- wave\n'
    )
    assert walks(graph)["a > yes"] == [LISTEN, "ask", LISTEN, "bake", LISTEN]
    assert not any("wave" in walk for walk in walks(graph).values())


def test_stories_that_go_round_in_circles_have_an_end():
    graph = graph_of(
        "## a\n* hi\n- ask\n> again\n## b\n> again\n* no\n- ask\n> again\n"
        "## c\n> again\n* yes\n- bake\n"
    )
    assert 2 <= len(graph.paths) < 9
    assert all(walk[-2:] == ["bake", LISTEN] for walk in walks(graph).values())


def test_rules_share_no_node_with_stories():
    found, _ = parse_stories(
        "stories:\n- story: a\n  steps:\n  - intent: hi\n  - action: wave\n"
        "rules:\n- rule: b\n  steps:\n  - intent: hi\n  - action: wave\n"
    )
    graph = path_graph(generate(found, DOMAIN))
    story, rule = graph.paths
    assert (story.is_rule, rule.is_rule) == (False, True)
    assert not set(story.nodes) & set(rule.nodes)
    kinds = [graph.nodes[n].kind for n in rule.nodes]
    assert kinds == ["start", "anything", "listen", "action", "listen"]
    assert all(graph.nodes[n].is_rule for n in rule.nodes)


def test_values_are_told_but_what_a_policy_cannot_see_makes_no_fork():
    graph = graph_of(
        '## a\n* order{"cake": "plum"}\n- bake\n## b\n* order{"cake": "nut"}\n- bake\n',
        remove_duplicates=False,
    )
    (edge,) = [e for e in graph.edges if graph.nodes[e.target].action == "bake"]
    assert edge.said == "order · cake"
    assert edge.examples == ("order (cake = plum), cake = plum", "order (cake = nut), cake = nut")
    assert edge.count == 2


def test_what_a_story_sets_itself_stands_on_the_line():
    graph = graph_of(
        '## a\n* hi\n- look\n- slot{"open": true}\n- bake\n'
        '## b\n* hi\n- look\n- slot{"open": false}\n- wave\n'
    )
    assert {("look", "open = true", "bake"), ("look", "open = false", "wave")} <= said(graph)


def test_the_turns_inside_a_form_are_left_out_as_policies_do_not_see_them():
    graph = graph_of(
        '## a\n* order\n- cake_form\n- form{"name": "cake_form"}\n'
        '* form: order{"cake": "nut"}\n- form: cake_form\n- form{"name": null}\n- bake\n'
    )
    (walk,) = walks(graph).values()
    assert walk.count("cake_form") == 1
    assert walk[-2:] == ["bake", LISTEN]


def test_merged_two_moments_with_the_same_last_states_are_one():
    text = (
        "## a\n* hi\n- ask\n* yes\n- bake\n* bye\n- wave\n## b\n* order\n- look\n* yes\n- bake\n"
        "* bye\n- thank\n"
    )
    graph = graph_of(text, merged=True, max_history=2)
    bakes = [node for node in graph.nodes if node.action == "bake"]
    assert len(bakes) == 2
    goodbyes = [node for node in graph.nodes if node.action in ("wave", "thank")]
    assert [(node.action, node.others) for node in goodbyes] == [
        ("wave", ("thank",)),
        ("thank", ("wave",)),
    ]
    longer = graph_of(text, merged=True, max_history=6)
    assert all(not node.others for node in longer.nodes)


def test_the_same_dialogue_that_goes_on_in_two_ways_is_told_in_the_exact_graph_too():
    graph = graph_of("## a\n* hi\n- ask\n## b\n* hi\n- wave\n* yes\n- bake\n")
    odd = {node.action: node.others for node in graph.nodes if node.others}
    assert odd == {"ask": ("wave",), "wave": ("ask",)}


def test_merged_by_one_state_a_repeated_moment_is_a_circle():
    graph = graph_of("## a\n" + "* no\n- ask\n" * 6, merged=True, max_history=1)
    assert len(graph.nodes) < 6
    assert any(edge.source > edge.target for edge in graph.edges)
    assert max(node.count for node in graph.nodes) == 1


def test_a_node_knows_the_lines_that_made_it():
    graph = graph_of("## a\n* hi\n- ask\n## b\n* hi\n- ask\n* yes\n- bake\n")
    (ask,) = [node for node in graph.nodes if node.action == "ask"]
    assert [(p.file, p.line, p.story) for p in ask.places] == [
        ("cakes.md", 3, "a"),
        ("cakes.md", 6, "b"),
    ]
    path = graph.path("b")
    assert path.places[path.nodes.index(ask.number)].line == 6
    assert graph.path("c") is None


def test_augmented_dialogues_are_left_out():
    text = "## a\n* hi\n- ask\n## b\n* yes\n- bake\n"
    assert graph_of(text, augmentation_factor=5) == graph_of(text)


def test_a_thousand_equal_beginnings_keep_their_places_short():
    text = "".join(
        f"## s{i}\n* hi\n- ask\n* {'yes' if i % 2 else 'no'}\n- bake\n" for i in range(300)
    )
    graph = graph_of(text, remove_duplicates=False)
    assert len(graph.paths) == 300
    assert max(len(node.places) for node in graph.nodes) == MOST_PLACES


@PATIENT
@given(st.lists(stories(), max_size=4), st.sampled_from([1, 2, 3, None]))
def test_every_dialogue_is_a_path_and_counts_add_up(written, max_history):
    try:
        data = generate(written, bare_domain(written), max_dialogues=300)
    except GenerationBudgetError:
        return
    exact = path_graph(data)
    trackers = [*data.originals, *data.rules]
    assert len({path.name for path in exact.paths}) == len(trackers)
    for tracker, path in zip(trackers, exact.paths, strict=True):
        assert [exact.nodes[n].action for n in path.nodes[1:]] == list(tracker.actions)
    prefixes = {
        (t.is_rule_tracker, tuple(zip(t.state_ids, t.actions[: i + 1], strict=False)))
        for t in trackers
        for i in range(len(t.actions))
    }
    starts = sum(node.kind == "start" for node in exact.nodes)
    assert len(exact.nodes) == len(prefixes) + starts
    after = Counter()
    for edge in exact.edges:
        assert edge.source < edge.target
        assert exact.nodes[edge.target].parent == edge.source
        after[edge.source] += edge.count
    assert all(node.count == node.ends + after[node.number] for node in exact.nodes)
    merged = path_graph(data, merged=True, max_history=max_history)
    assert len(merged.nodes) <= len(exact.nodes)
    if max_history is None:
        assert len(merged.nodes) == len(exact.nodes)
    for one, other in zip(exact.paths, merged.paths, strict=True):
        assert [exact.nodes[n].action for n in one.nodes] == [
            merged.nodes[n].action for n in other.nodes
        ]


@pytest.mark.parametrize("value", ["true", '"x"', "null", "[1, 2]"])
def test_stories_without_a_domain_get_one_that_tells_their_values_apart(value):
    text = (
        f'## a\n* hi{{"cake": "nut"}}\n- slot{{"x": {value}}}\n- ask\n'
        '## b\n* hi\n- slot{"x": "other"}\n- wave\n'
    )
    found, _ = parse_stories(text)
    domain = bare_domain(found)
    assert domain.slot_by_name["x"].dimension >= 1
    graph = path_graph(generate(found, domain))
    assert not any(node.others for node in graph.nodes)
