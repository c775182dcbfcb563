import json
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import GenerationBudgetError
from dialogue_nb.core.states import states_of
from dialogue_nb.stories.generator import generate, preview
from dialogue_nb.stories.markdown import parse_markdown
from dialogue_nb.stories.yaml import parse_yaml_stories

DOMAIN = Domain.from_yaml(
    """
    intents: [greet, yes, no, bye, inform]
    entities: [city]
    slots:
      city: {type: text, mappings: [{type: from_entity, entity: city}]}
      done: {type: bool, mappings: [{type: custom}]}
    actions: [utter_hi, utter_bye, utter_where, utter_a, utter_b]
    """
)
THREE = """
## hello
* greet
 - utter_hi

## leaving
* bye
 - utter_bye

## place
* inform{"city": "Oslo"}
 - utter_where
 - slot{"done": true}
"""


def generated(text, **options):
    return generate(parse_markdown(text)[0], DOMAIN, **options)


def names(data):
    return [tracker.name for tracker in data]


def test_each_story_is_a_dialogue_in_the_order_of_the_file():
    data = generated(THREE)
    assert names(data) == ["hello", "leaving", "place"]
    assert data[0].actions == ("action_listen", "utter_hi", "action_listen")


def test_equal_stories_are_one_dialogue_unless_asked_otherwise():
    text = "## a\n* greet\n - utter_hi\n\n## b\n* greet\n - utter_hi\n"
    assert names(generated(text)) == ["a"]
    assert names(generated(text, remove_duplicates=False)) == ["a", "b"]


def test_entities_fill_slots_of_their_name():
    data = generated(THREE)
    assert data[2].states[1].slots == (("city", (1.0,)),)


def test_alternatives_multiply():
    text = "## a\n* yes OR no\n - utter_a\n* greet OR bye\n - utter_b\n"
    data = generated(text)
    assert len(data) == 4
    assert set(names(data)) == {"a"}


def test_conditions_let_only_some_pass():
    text = """
## start
* inform{"city": "Oslo"} OR greet
> where
## oslo
> where{"city": "Oslo"}
 - utter_a
## nowhere
> where{"city": null}
 - utter_b
"""
    done = [(t.name, t.actions[1]) for t in generated(text)]
    assert sorted(done) == [("start > nowhere", "utter_b"), ("start > oslo", "utter_a")]


def test_a_loop_of_checkpoints_is_walked_at_least_once():
    ways = "## round\n> l\n* no\n - utter_a\n> l\n\n## out\n> l\n* yes\n - utter_b\n"
    text = "## in\n* greet\n> l\n\n" + ways
    data = generated(text)
    assert "in > out" in names(data)
    assert "in > round > out" in names(data)


def test_a_checkpoint_that_leads_nowhere_is_kept_and_named():
    data = generated("## a\n* greet\n - utter_hi\n> nowhere\n")
    assert names(data) == ["a"]
    [diagnostic] = data.diagnostics
    assert "'nowhere'" in diagnostic.message
    assert diagnostic.story == "a"


def test_stories_that_nothing_leads_to_are_named():
    data = generated("## a\n> nowhere\n* greet\n - utter_hi\n")
    assert len(data) == 0
    assert [d.code for d in data.diagnostics] == ["S210", "S211"]


def test_what_came_before_a_revert_is_a_dialogue_too():
    text = "## a\n* greet\n - utter_hi\n* no\n - utter_a\n - rewind\n* yes\n - utter_b\n"
    data = generated(text)
    done = [t.actions for t in data]
    assert ("action_listen", "utter_hi", "action_listen", "utter_a") in done
    assert ("action_listen", "utter_hi", "action_listen", "utter_b", "action_listen") in done


def test_rules_are_dialogues_of_their_own():
    text = "rules:\n- rule: r\n  steps:\n  - intent: greet\n  - action: utter_hi\n"
    data = generate(parse_yaml_stories(text)[0], DOMAIN, augmentation_factor=5)
    assert names(data.rules) == ["r"]
    assert data.rules[0].actions == ("...", "action_listen", "utter_hi", "action_listen")
    assert data.augmented == []


def test_augmentation_glues_whole_dialogues_and_says_which():
    data = generated(THREE, augmentation_factor=2)
    assert len(data.originals) == 3
    assert 0 < len(data.augmented) <= 20
    for tracker in data.augmented:
        assert len(tracker.stories) >= 2
        listens = [a for a in tracker.actions if a == "action_listen"]
        assert len(listens) == len(tracker.stories) + 1


def test_glued_dialogues_keep_the_slots_of_the_one_before():
    data = generated(THREE, augmentation_factor=20)
    glued = next(t for t in data.augmented if t.stories == ("place", "hello"))
    assert ("done", (1.0, 1.0)) in glued.states[-1].slots


def test_augmentation_repeats_exactly_and_follows_its_seed():
    text = "\n".join(
        f"## s{i}\n* greet\n - utter_hi\n" + "* yes\n - utter_a\n" * i for i in range(9)
    )
    first = names(generated(text, augmentation_factor=3))
    assert first == names(generated(text, augmentation_factor=3))
    assert first != names(generated(text, augmentation_factor=3, random_seed=7))


def test_generation_does_not_depend_on_the_hash_seed():
    code = (
        "import json\n"
        "from tests.stories.test_generator import THREE, generated\n"
        "data = generated(THREE, augmentation_factor=3)\n"
        "print(json.dumps([[t.name, t.state_ids, t.actions] for t in data]))\n"
    )
    outputs = set()
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        run = [sys.executable, "-c", code]
        outputs.add(subprocess.run(run, env=env, capture_output=True, check=True).stdout)
    assert len(outputs) == 1
    assert json.loads(outputs.pop())


def test_a_graph_that_would_explode_is_stopped_by_the_budget_that_names_the_place():
    block = "* yes OR no OR greet OR bye\n - utter_a\n"
    text = "## big\n" + block * 12 + "\n## small\n* greet\n> gate\n"
    with pytest.raises(
        GenerationBudgetError, match=r"budget is 1,000 .*an OR in 'big' \(line 24\)"
    ):
        generated(text, max_dialogues=1000)


def test_every_turn_knows_the_line_it_was_written_on():
    data = generated(THREE)
    assert [origin.line for origin in data[2].origins] == [11, 12, 13]
    assert {origin.story for origin in data[2].origins} == {"place"}


def test_the_summary_counts_what_augmentation_brought():
    summary = generated(THREE, augmentation_factor=3).summary(max_history=2)
    plain = generated(THREE).summary(max_history=2)
    assert summary["windows"] == plain["windows"] + summary["new_windows"]
    assert summary["new_windows"] > 0


def diamonds(count):
    """A chain of checkpoints with two ways from each to the next: 2^count dialogues."""
    ways = "".join(
        f"\n## left {i}\n> c{i}\n* yes\n - utter_a\n> c{i + 1}\n"
        f"\n## right {i}\n> c{i}\n* no\n - utter_b\n> c{i + 1}\n"
        for i in range(count)
    )
    return f"## in\n* greet\n> c0\n{ways}\n## out\n> c{count}\n* bye\n - utter_bye\n"


def test_a_preview_counts_paths_and_windows_without_training():
    counts = preview(parse_markdown(diamonds(3))[0], DOMAIN, max_history=2)
    assert counts["dialogues_at_most"] == counts["dialogues"] == 8
    assert counts["windows"] == generated(diamonds(3)).summary(2)["windows"]


def test_a_long_chain_of_checkpoints_is_passed_by_the_last_states_alone():
    data = generated(diamonds(87), unique_last_num_states=3)
    assert len(data) < 1000
    few = generated(diamonds(6))
    same = generated(diamonds(6), unique_last_num_states=3)
    shown = [
        {(tuple(d.table[i] for i in ids), action) for ids, action in d.distinct_windows(3)}
        for d in (few, same)
    ]
    assert len(same) < len(few)
    assert shown[0] == shown[1]


words = st.sampled_from(["greet", "yes", "no", "bye", 'inform{"city": "Oslo"}'])
did = st.sampled_from(["utter_hi", "utter_a", "utter_b", 'slot{"done": true}', "rewind", "undo"])
turns = st.builds(
    lambda said, done: "* " + " OR ".join(said) + "\n" + "".join(f" - {d}\n" for d in done),
    st.lists(words, min_size=1, max_size=2, unique=True),
    st.lists(did, max_size=3),
)
stories = st.builds(
    lambda start, body, end: (
        "\n" + (f"> c{start}\n" if start else "") + "".join(body) + (f"> c{end}\n" if end else "")
    ),
    st.integers(0, 2),
    st.lists(turns, min_size=1, max_size=3),
    st.integers(0, 2),
)
files = st.builds(
    lambda bodies: "".join(f"\n## s{i}{body}" for i, body in enumerate(bodies)),
    st.lists(stories, min_size=1, max_size=4),
)


@settings(max_examples=60, deadline=None)
@given(files)
def test_the_states_of_a_dialogue_are_those_of_its_replayed_events(text):
    for tracker in generated(text):
        assert tracker.states == states_of(tracker.tracker(), DOMAIN)


@settings(max_examples=60, deadline=None)
@given(files, st.integers(1, 5))
def test_augmented_windows_contain_all_original_windows(text, factor):
    plain = generated(text)
    more = generated(text, augmentation_factor=factor)

    def windows(data):
        return {
            (tuple(data.table[i] for i in ids), action)
            for ids, action in data.distinct_windows(3, data.trackers)
        }

    assert windows(plain) <= windows(more)
    assert names(plain) == names(more.originals)
    assert len(more.augmented) <= 10 * factor
