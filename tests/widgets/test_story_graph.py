"""`StoryGraph` without a browser."""

from __future__ import annotations

import json
import re

import pytest

from dialogue_nb.agent.agent import Agent
from dialogue_nb.agent.project import Project
from dialogue_nb.bots import path as bot_path
from dialogue_nb.core.exceptions import GenerationBudgetError, UnknownNameError
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.widgets.story_graph import StoryGraph
from tests.trees import CAKES, hostile_stories, many_stories


def texts(graph):
    return [node["text"] for node in graph.view["nodes"]]


def test_it_is_made_of_a_bot_of_stories_of_data_or_of_a_path():
    project = Project.load(bot_path("moodbot"))
    made = [
        StoryGraph(project),
        StoryGraph([*project.stories, *project.rules], project.domain),
        StoryGraph(StoryGraph(project).data),
        StoryGraph(bot_path("moodbot")),
    ]
    assert len({json.dumps(texts(graph)) for graph in made}) == 1
    assert "utter_greet" in texts(made[0])


def test_of_an_agent_it_has_the_domain_and_the_longest_history():
    project = Project.load(bot_path("moodbot"))
    agent = Agent(
        project.domain,
        policies=[MemoizationPolicy(max_history=2), MemoizationPolicy(max_history=3)],
    )
    graph = StoryGraph.of_agent(agent, project.stories, merged=True)
    assert graph.max_history == 3
    assert graph.graph.max_history == 3
    assert graph.summary.endswith("merged by the last 3 states")


def test_merged_and_max_history_can_be_set_from_python_and_from_the_browser():
    graph = StoryGraph(parse_stories("## a\n" + "* no\n- ask\n" * 6)[0])
    assert len(graph.graph.nodes) == 14
    graph.selection = {"node": 3, "path": "a", "turn": 5}
    graph.merged = True
    graph.max_history = 1
    assert graph.view["merged"]
    assert len(graph.graph.nodes) < 7
    assert graph.selection == {"node": None, "path": "a", "turn": 5}
    graph.answer({"id": 1, "type": "mode", "merged": True, "max_history": None})
    assert len(graph.graph.nodes) == 14
    answer = graph.answer({"id": 2, "type": "mode", "merged": True, "max_history": 0})
    assert "error" in answer
    assert graph.view["max_history"] is None


def test_new_stories_are_shown_and_what_cannot_be_shown_is_said():
    graph = StoryGraph(CAKES)
    graph.source = parse_stories("## a\n* hi\n- dance\n")[0]
    assert texts(graph) == ["start", "dance"]
    graph.source = "nowhere"
    assert "no such file" in graph.error["message"]
    assert texts(graph) == ["start", "dance"]
    graph.source = CAKES
    assert graph.error == {}


def test_stories_without_end_are_an_error_when_the_graph_is_made():
    many = "".join(f"* hi OR yes OR no OR bye\n- ask{i}\n" for i in range(12))
    with pytest.raises(GenerationBudgetError, match="budget"):
        StoryGraph(parse_stories(f"## a\n{many}")[0])


def test_a_story_is_selected_by_its_name_and_unfolded():
    graph = StoryGraph(many_stories(500))
    graph.select_path("story 321")
    path = next(p for p in graph.view["paths"] if p["name"] == "story 321")
    assert min(path["nodes"]) >= 0
    assert graph.selection["path"] == "story 321"
    with pytest.raises(UnknownNameError, match="Did you mean"):
        graph.select_path("story 32l")


def test_a_node_that_is_selected_is_unfolded():
    graph = StoryGraph(many_stories(500))
    number = graph.graph.paths[400].nodes[-2]
    graph.selection = {"node": number}
    assert number in {node["id"] for node in graph.view["nodes"]}


def test_a_moment_of_waiting_selects_the_box_that_it_is_part_of():
    graph = StoryGraph(CAKES)
    wait = next(n for n in graph.graph.nodes if n.kind == "listen" and n.number > 2)
    graph.selection = {"node": wait.number, "turn": 1}
    assert graph.selection == {"node": wait.parent, "turn": 1}


@pytest.mark.parametrize("node", [-1, 10**9, None])
def test_a_selection_of_what_is_not_there_does_nothing(node):
    graph = StoryGraph(CAKES)
    graph.selection = {"node": node, "path": "nobody", "branch": 1}
    assert graph.error == {}
    assert len(texts(graph)) == 8


def test_a_click_tells_where_the_box_was_written():
    heard = []
    graph = StoryGraph(
        parse_stories("## a\n* hi\n- ask\n## b\n* hi\n- ask\n* no\n- wave\n", "s.md")[0]
    )
    end = graph.on_select_source(lambda *place: heard.append(place))
    ask = next(node["id"] for node in graph.view["nodes"] if node["text"] == "ask")
    answer = graph.answer({"id": 1, "type": "source", "node": ask})
    assert answer == {"id": 1, "places": [["s.md", 3, "a"], ["s.md", 6, "b"]]}
    graph.selection = {"path": "b"}
    graph.answer({"id": 2, "type": "source", "node": ask})
    assert heard == [("s.md", 3, "a"), ("s.md", 6, "b")]
    graph.answer({"id": 3, "type": "source", "node": 0})
    end()
    graph.answer({"id": 4, "type": "source", "node": ask})
    assert len(heard) == 2


def test_what_a_listener_does_wrong_is_shown_in_the_widget():
    graph = StoryGraph(CAKES)
    graph.on_select_source(lambda file, line, story: story.missing)
    answer = graph.answer({"id": 1, "type": "source", "node": 2})
    assert "AttributeError" in answer["error"]
    assert "AttributeError" in graph.error["message"]


def test_a_fold_is_opened_and_all_is_folded_again():
    graph = StoryGraph(many_stories(500))
    before = len(graph.view["nodes"])
    fold = next(node for node in graph.view["nodes"] if node["kind"] == "fold")
    answer = graph.answer({"id": 1, "type": "open", "node": fold["parent"]})
    assert answer["first"] in {node["id"] for node in graph.view["nodes"]}
    assert graph.view["opened"]
    assert len(graph.view["nodes"]) > before
    graph.selection = {"path": "story 321", "turn": 2}
    graph.answer({"id": 2, "type": "fold"})
    assert len(graph.view["nodes"]) == before
    assert graph.selection == {"path": None, "node": None, "turn": 2}


def test_the_search_looks_into_folds_and_goes_round():
    graph = StoryGraph(many_stories(500))
    found = graph.search("INTENT_29")
    assert len(found) > 2
    assert graph.search("  ") == []
    assert graph.answer_search("intent_29") == {"count": len(found), "at": 0}
    assert graph.answer_search("intent_29", 1) == {"count": len(found), "at": 1}
    assert graph.selection["node"] == found[0]
    assert found[0] in {node["id"] for node in graph.view["nodes"]}
    assert graph.answer_search("intent_29", 1)["at"] == 2
    assert graph.answer_search("intent_29", -1)["at"] == 1
    assert graph.answer_search("intent_29", -1)["at"] == len(found)
    assert graph.answer_search("intent_29", 1)["at"] == 1
    assert graph.answer_search("nothing like it", 1) == {"count": 0, "at": 0}


def test_an_empty_graph_is_a_widget_too(tmp_path):
    graph = StoryGraph()
    assert graph.summary == "Story graph: 0 dialogues · 0 steps"
    assert "There are no stories yet" in graph.html()
    graph.figure().savefig(tmp_path / "nothing.svg")


def test_files_are_written(tmp_path):
    graph = StoryGraph(CAKES)
    assert graph.to_svg(tmp_path / "cakes.svg") == (tmp_path / "cakes.svg").read_text("utf-8")
    assert graph.to_mermaid().startswith("flowchart LR\n")
    assert graph.figure().axes


def test_a_file_has_both_graphs_and_nothing_is_folded_in_it(tmp_path):
    graph = StoryGraph(many_stories(120), max_history=2)
    page = graph.to_html(tmp_path / "graph.html").read_text("utf-8")
    (data,) = re.findall(r'id="parts">(.*?)</script>', page)
    (part,) = json.loads(data)
    modes = part["state"]["modes"]
    assert modes["exact"] == part["state"]["view"]
    assert modes["merged"]["merged"]
    assert {node["kind"] for node in modes["exact"]["nodes"]} == {"start", "action"}


def test_the_file_of_a_very_large_graph_leaves_the_rest_folded(tmp_path):
    page = StoryGraph(many_stories(900)).to_html(tmp_path / "graph.html").read_text("utf-8")
    assert " more" in page
    assert len(page) < 6_000_000


def test_hostile_names_are_text_in_the_file(tmp_path):
    page = StoryGraph(hostile_stories()).to_html(tmp_path / "graph.html").read_text("utf-8")
    assert "<img src" not in page


def test_the_bundle_has_a_table_and_a_line_and_the_state_is_small():
    graph = StoryGraph(many_stories(1000))
    data, _ = graph._repr_mimebundle_()
    assert (
        data["text/plain"] == "Story graph: 1,000 dialogues · " + data["text/plain"].split(" · ")[1]
    )
    assert len(data["text/html"].encode()) <= 20_000
    state = {k: v for k, v in graph.get_state().items() if not k.startswith("_")}
    assert len(json.dumps(state, default=str)) < 200_000
