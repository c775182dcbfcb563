from dialogue_nb.core.events import ActionExecuted, UserUttered
from dialogue_nb.stories.graph import StoryGraph, story_steps
from dialogue_nb.stories.markdown import parse_markdown
from dialogue_nb.stories.steps import Line, Story


def graph_of(text):
    stories, diagnostics = parse_markdown(text)
    assert not diagnostics
    return StoryGraph.from_stories(stories)


def shape(steps):
    """(starts, how many events, ends) of each step."""
    return [([s.name for s in step.starts], len(step.events), list(step.ends)) for step in steps]


def test_a_story_without_checkpoints_is_one_step_from_start_to_end():
    graph = graph_of("## a\n* greet\n - utter_hi\n")
    assert shape(graph.steps) == [(["STORY_START"], 2, [])]


def test_a_checkpoint_in_the_middle_cuts_a_story():
    graph = graph_of("## a\n* greet\n> mid\n - utter_hi\n")
    assert shape(graph.steps) == [(["STORY_START"], 1, ["mid"]), (["mid"], 1, [])]


def test_a_story_can_start_from_several_checkpoints_and_lead_to_several():
    graph = graph_of("## a\n> one\n> two\n* greet\n> three\n> four\n")
    assert shape(graph.steps) == [(["one", "two"], 1, ["three"]), (["one", "two"], 1, ["four"])]


def test_each_or_makes_one_step_for_each_alternative_and_no_more():
    graph = graph_of("## a\n* yes OR sure\n - utter_a\n* no OR never OR nope\n - utter_b\n")
    ends = [step.ends for step in graph.steps]
    assert len(graph.steps) == 2 + 3 + 1
    assert ends[0] == ends[1] != ends[2] == ends[3] == ends[4]
    assert shape(graph.steps)[-1] == ([ends[2][0]], 1, [])


def test_a_story_that_ends_with_or_ends_there():
    graph = graph_of("## a\n* greet\n - utter_hi\n* yes OR no\n")
    assert [step.ends for step in graph.steps] == [(), ()]


def test_a_checkpoint_after_or_takes_over_from_it():
    opened = graph_of("## a\n* yes OR no\n> next\n").with_cycles_removed()
    assert [step.ends for step in opened.steps] == [("next",), ("next",)]


def test_listens_are_put_before_messages_and_at_the_end():
    [step] = story_steps(Story("a", (Line((UserUttered.of("hi"),)), Line((ActionExecuted("b"),)))))
    names = [getattr(event, "label", "user") for event, _ in step.explicit_events()]
    assert names == ["action_listen", "user", "b", "action_listen"]


def test_an_action_that_begins_a_conversation_is_no_example():
    [step] = story_steps(Story("a", (Line((ActionExecuted("b"),)), Line((UserUttered.of("hi"),)))))
    flags = [e.unpredictable for e, _ in step.explicit_events() if isinstance(e, ActionExecuted)]
    assert flags == [True, False, False]


def test_rules_begin_anywhere_unless_they_say_otherwise():
    line = Line((UserUttered.of("hi"),), 2)
    anywhere = Story("r", (line,), is_rule=True)
    at_start = Story("r", (line,), is_rule=True, conversation_start=True, wait_for_user_input=False)
    kinds = [[type(e).__name__ for e, _ in story_steps(r)[0].events] for r in (anywhere, at_start)]
    assert kinds == [["ActionExecuted", "UserUttered"], ["UserUttered", "ActionExecuted"]]


def test_steps_come_after_those_that_lead_to_them():
    graph = graph_of("## c\n> b\n* x\n\n## a\n* x\n> a\n\n## b\n> a\n* x\n> b\n")
    assert [step.name for step in graph.ordered_steps()] == ["a", "b", "c"]


def test_a_cycle_is_opened_and_can_still_be_walked():
    graph = graph_of("## in\n* a\n> loop\n\n## round\n> loop\n* b\n> loop\n\n## out\n> loop\n* c\n")
    assert graph.cyclic_edges() == [(1, 1)]
    opened = graph.with_cycles_removed()
    assert opened.cyclic_edges() == []
    assert len(opened.sources) == 1


def test_a_chain_of_thousands_of_checkpoints_does_not_exhaust_the_stack():
    pieces = [f"## s{i}\n> c{i}\n* x\n> c{i + 1}\n" for i in range(5000)]
    assert len(graph_of("\n".join(pieces)).ordered_steps()) == 5000


def test_generated_checkpoints_are_not_among_those_that_somebody_wrote():
    graph = graph_of("## a\n* yes OR no\n - utter_a\n> end\n")
    assert graph.checkpoint_names == ["end"]
