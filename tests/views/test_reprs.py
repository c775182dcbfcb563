"""What Jupyter shows of engine objects: useful, escaped, small, with counts in full."""

from __future__ import annotations

import re

import pytest
from IPython.core.interactiveshell import InteractiveShell

import dialogue_nb as dn
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import SlotSet, UserUttered
from dialogue_nb.core.showing import Showable
from dialogue_nb.core.states import State, states_of
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.policy import Policy
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.graph import StoryGraph
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.stories.steps import Line, Story
from dialogue_nb.views.reprs import MOST_BYTES, bundle
from dialogue_nb.views.sheets import Sheet
from tests.chats import GREENHOUSE, STORIES, greenhouse
from tests.talks import HOSTILE, bakery_talk, decide, hostile_talk, large_domain, long_talk

STORY = parse_stories(STORIES, "greenhouse.md")[0][0]


def moodbot():
    project = dn.bots.load("moodbot")
    agent = project.agent(policies=[MemoizationPolicy()])
    agent.train(agent.load_data([*project.stories, *project.rules]))
    agent.handle_text("/greet")
    return project, agent


def things():
    project, agent = moodbot()
    data = agent.load_data(project.stories)
    return {
        "Domain: 12 intents, 0 entities, 1 slots, 7 responses, 20 actions": project.domain,
        "Story 'watering': 5 lines": STORY,
        "Story graph: 4 steps, 0 checkpoints, 0 cycles": StoryGraph.from_stories(project.stories),
        "Conversation of default: 4 turns, 8 events": agent.tracker(),
        "State: greet · after action_listen": states_of(agent.tracker(), project.domain)[1],
        "Training data: 4 dialogues from stories, 160 augmented, 0 from rules": data,
        "Training dialogue 'a good day' (story): 7 turns": data[0],
        "M MemoizationPolicy": agent.policies[0],
        "Decision: action_listen": agent.predict_next(),
        "Agent, trained: Memoization": agent,
        "Project moodbot: 4 stories, 2 rules, 4 test stories": project,
        "Evaluation: 4 of 4 stories right, 0 actions of 34 wrong": dn.evaluate(
            agent, project.stories
        ),
    }


def shown(thing):
    return thing._repr_mimebundle_()


def test_every_engine_object_says_what_it_is_in_text_and_in_html():
    for title, thing in things().items():
        made = shown(thing)
        assert made["text/plain"].startswith(title), title
        assert set(made) == {"text/plain", "text/html"}
        assert len(made["text/html"].encode()) <= MOST_BYTES
        assert "<script" not in made["text/html"]
        assert "<style" not in made["text/html"]


def test_a_shell_shows_them_and_no_extension_is_needed():
    formatter = InteractiveShell().display_formatter
    formatter.active_types = ["text/plain", "text/html"]
    for title, thing in things().items():
        data, _ = formatter.format(thing)
        assert data["text/plain"].startswith(title)
        assert "<" in data["text/html"]


def test_a_list_of_states_has_a_line_for_each():
    states = [State("greet", prev_action="action_listen"), State()]
    plain = InteractiveShell().display_formatter.format(states)[0]["text/plain"]
    assert plain == "[State: greet · after action_listen, State: after the start]"


def test_a_story_is_shown_as_it_is_written():
    lines = shown(STORY)["text/plain"].split("\n")
    assert lines[1].split() == ["written", "in", "greenhouse.md:2"]
    assert lines[2:5] == ["  ## watering", "  * hello", "      - utter_hello"]
    assert "color:#00855f" in shown(STORY)["text/html"]


def test_a_failure_is_named_in_an_evaluation():
    agent = greenhouse()
    stories, _ = parse_stories("## odd\n* hello\n- utter_bye")
    made = shown(dn.evaluate(agent, stories))
    assert "1 action of 3 wrong" in made["text/plain"]
    assert re.search(r"odd\s+1\s+utter_bye\s+utter_hello", made["text/plain"])


def test_problems_are_named_in_a_project(tmp_path):
    (tmp_path / "domain.yml").write_text(GREENHOUSE, "utf-8")
    (tmp_path / "stories.md").write_text("## a\n* helo\n- utter_hello\n", "utf-8")
    text = shown(dn.Project.load(tmp_path))["text/plain"]
    assert "problems: 1 error" in text
    assert "The domain has no intent 'helo'" in text
    assert "stories.md:2" in text


def test_an_agent_tells_its_policies_and_conversations():
    text = shown(moodbot()[1])["text/plain"]
    assert "1: default (8 events)" in text
    assert "max_history=5" in text


@pytest.mark.parametrize("actions", [5, 50, 500])
def test_a_domain_of_any_size_is_counted_in_full(actions):
    made = shown(large_domain(actions))
    assert f"{actions:,} responses" in made["text/plain"]
    assert len(made["text/html"].encode()) <= MOST_BYTES


def test_huge_training_data_stay_small_and_are_counted_in_full():
    domain = Domain.from_yaml(GREENHOUSE)
    text = "".join(f"## s{i}\n* hello\n- utter_hello\n* bye\n- utter_bye\n" for i in range(1500))
    data = generate(parse_stories(text)[0], domain, augmentation_factor=0, remove_duplicates=False)
    made = shown(data)
    assert made["text/plain"].startswith("Training data: 1,500 dialogues from stories")
    assert re.search(r"and 1,4\d\d more", made["text/html"])
    assert len(made["text/html"].encode()) <= MOST_BYTES


def test_long_things_stay_small():
    long_story = Story("x" * 5000, tuple(Line((UserUttered.of("y" * 300),)) for _ in range(400)))
    slots = [SlotSet(f"slot {i}", "v" * 5000) for i in range(300)]
    many = DialogueStateTracker("z" * 5000, (), slots)
    for thing in (
        long_talk(),
        long_story,
        many,
        decide(long_talk()),
        StoryGraph.from_stories([long_story]),
    ):
        made = shown(thing)
        assert len(made["text/html"].encode()) <= MOST_BYTES
        assert len(made["text/plain"]) <= MOST_BYTES


def test_hostile_names_are_text():
    state = State(HOSTILE, entities=(HOSTILE,), slots=((HOSTILE, (1.0,)),), prev_action=HOSTILE)
    story = Story(HOSTILE, (Line((UserUttered.of(HOSTILE),)),))
    hostile = hostile_talk()
    for thing in (state, story, hostile, StoryGraph.from_stories([story])):
        made = shown(thing)
        assert "<img" not in made["text/html"]
        assert "\x00" not in made["text/html"] + made["text/plain"]
        assert "\u202e" not in made["text/plain"]


def test_empty_things_are_shown_too():
    for thing in (
        Domain(), Story(""), StoryGraph([]), DialogueStateTracker(), State(),
        generate([], Domain()), dn.Agent(Domain(), []), Policy(),
    ):  # fmt: skip
        assert shown(thing)["text/html"]


def test_a_policy_of_ones_own_is_shown_whatever_it_keeps():
    class Mine(Policy):
        def __init__(self, secret=3):
            pass

    assert "secret" in shown(Mine())["text/plain"]


def test_a_decision_gives_its_reason():
    talk = bakery_talk()
    made = shown(talk.decisions[0][1])
    assert "Decision: utter_greet" in made["text/plain"]
    assert "MemoizationPolicy" in made["text/plain"]


def test_other_things_show_their_repr():
    class Thing(Showable):
        def __repr__(self):
            return "<a thing>"

    assert Thing()._repr_mimebundle_() == {"text/plain": "<a thing>"}
    assert bundle(3) == {"text/plain": "3"}


def test_a_sheet_without_a_table_is_its_title_and_facts():
    sheet = Sheet("Title", [("a", 1), ("long", "<b>")])
    assert sheet.text() == "Title\n  a     1\n  long  <b>"
    assert "&lt;b&gt;" in sheet.html()
