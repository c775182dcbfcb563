"""What the heatmap shows: windows of conversations, windows of training sets, who made them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.events import ActionExecuted, SlotSet, UserUttered
from dialogue_nb.core.trackers import DialogueStateTracker
from dialogue_nb.featurizers.single_state import (
    BinarySingleStateFeaturizer,
    LabelTokenizerSingleStateFeaturizer,
)
from dialogue_nb.featurizers.tracker_featurizers import MaxHistoryTrackerFeaturizer
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.reader import parse_stories
from dialogue_nb.views.causes import moments_of
from dialogue_nb.views.feature_columns import featurizers_of, state_cells
from dialogue_nb.views.feature_heatmap import (
    MAX_HTML,
    feature_heatmap_html,
    feature_heatmap_view,
    named_cells,
)
from dialogue_nb.views.feature_heatmap_figure import (
    feature_heatmap_figure,
    training_heatmap_figure,
)
from dialogue_nb.views.training_heatmap import (
    training_arrays,
    training_heatmap_html,
    training_heatmap_view,
)
from dialogue_nb.views.training_windows import TrainingWindows
from tests.talks import BAKERY, bakery_talk, hostile_talk, long_talk

BINARY = BinarySingleStateFeaturizer()
STORIES = """\
## a loaf
* order{"bread": "rye"}
  - action_check_oven
  - slot{"size": "large"}
  - utter_which_bread

## a loaf again
* order{"bread": "rye"}
  - action_check_oven
  - slot{"size": "large"}
  - utter_sold_out

## hello
* greet
  - utter_greet
* thank
  - utter_thanks

## hello twice
* greet
  - utter_greet
* thank
  - utter_thanks
* greet
  - utter_greet
"""


@pytest.fixture(scope="module")
def data():
    stories, found = parse_stories(STORIES, "bakery.md")
    assert not found
    return generate(stories, BAKERY)


@pytest.fixture(scope="module")
def windows(data):
    return TrainingWindows(data, BAKERY)


def window(tracker, turn, max_history=5, way=BINARY, **more):
    return feature_heatmap_view(
        tracker, BAKERY, turn=turn, max_history=max_history, featurizer=way, **more
    )


def names(view):
    return [[name for name, _, _ in row] for row in named_cells(view)]


def test_the_window_has_a_row_for_each_turn_and_only_columns_that_matter():
    view = window(bakery_talk(), 3, max_history=6)
    assert [(row["ago"], row["turn"]) for row in view["rows"]] == [
        (5, None),
        (4, None),
        (3, 0),
        (2, 1),
        (1, 2),
        (0, 3),
    ]
    assert names(view)[-1] == [
        "intent_order",
        "entity_bread",
        "slot_bread_0",
        "prev_action_listen",
        "entity bread#first",
    ]
    assert [column["name"] for column in view["columns"] if column.get("unseen")] == [
        "entity bread#first"
    ]
    assert "6 of" in view["title"] or "7 of" in view["title"]


def test_the_window_says_the_same_as_the_featurizer():
    for turn in (0, 4, 10):
        view = window(bakery_talk(), turn, max_history=4, every=True)
        then = bakery_talk().branch(_events_before(turn))
        (dense,) = MaxHistoryTrackerFeaturizer(max_history=4).create_X([then], BAKERY)
        size = len(BAKERY.feature_names)
        made = np.zeros((4, len(view["columns"])), dtype=np.float32)
        padding = 4 - view["cells"]["steps"]
        made[:padding] = -1
        for state in range(view["cells"]["steps"]):
            for i in range(*view["cells"]["offsets"][state : state + 2]):
                place = view["cells"]["places"][i]
                made[padding + state, place] = view["cells"]["values"][i]
        np.testing.assert_allclose(made[:, :size], dense, atol=1e-4)


def _events_before(turn):
    from dialogue_nb.views.turns import turn_at

    return turn_at(bakery_talk(), turn).predicted_at


def test_all_features_are_shown_on_request_and_groups_begin_apart():
    some, every = window(bakery_talk(), 10), window(bakery_talk(), 10, every=True)
    assert len(some["columns"]) < len(every["columns"]) >= len(BAKERY.feature_names)
    firsts = [c["name"] for c in every["columns"] if c.get("first")]
    assert firsts[0].startswith("entity_")
    assert any(name.startswith("slot_") for name in firsts)


@pytest.mark.parametrize(
    ("name", "on"),
    [
        ("slot_bread_0", "slot bread: set"),
        ("slot_number_1", "slot number: value #"),
        ("slot_size_1", "slot size: is “large”"),
        ("slot_vegan_1", "slot vegan: true"),
        ("intent_greet", "intent greet: said"),
        ("prev_utter_greet", "utter_greet was done last"),
        ("active_loop_order_form", "form order_form: active"),
    ],
)
def test_a_column_says_what_it_means(name, on):
    columns = {c["name"]: c for c in window(bakery_talk(), 10, every=True)["columns"]}
    assert columns[name]["on"] == on


def test_every_part_names_the_event_that_made_it():
    made = window(bakery_talk(), 4)["rows"][-1]["made"]
    assert made["intent"]["text"] == "user: order (turn 3)"
    assert made["slot bread"]["text"] == "bread = rye (turn 3)"
    assert made["action"]["text"] == "action: action_check_oven (turn 3)"


def test_a_slot_that_is_set_again_was_made_by_the_later_event():
    events = [ActionExecuted("action_listen"), SlotSet("bread", "rye"), UserUttered.of("greet")]
    events += [ActionExecuted("utter_greet"), SlotSet("bread", "oat")]
    tracker = DialogueStateTracker("x", BAKERY.slots, events)
    assert [m.causes.get("slot bread") for m in moments_of(tracker, BAKERY)] == [None, 1, 4]
    assert [m.action_at for m in moments_of(tracker, BAKERY)] == [0, 3, None]


@pytest.mark.parametrize("way", ["words", "nested"])
def test_words_and_parts_are_further_ways_to_look(way):
    view = window(bakery_talk(), 3, way=featurizers_of(None)[way])
    (*_, last) = named_cells(view)
    shown = {name: value for name, value, _ in last}
    if way == "words":
        assert shown["user_order"] == "1"
        assert shown["bot_listen"] == "1"
    else:
        assert shown["user: entities"] == "bread, bread#first"
        assert shown["prev_action"] == "action_listen"


def test_a_featurizer_of_your_own_comes_first():
    class Mine(BinarySingleStateFeaturizer.__mro__[1]):
        def _names(self, domain):
            return ("is_greeting",)

        def _write(self, state, row, layout):
            row[0] = state.intent == "greet"

    ways = featurizers_of(Mine())
    assert list(ways) == ["Mine", "binary", "words", "nested"]
    cells = state_cells(window_states(), BAKERY, ways["Mine"])
    assert cells.columns[0].name == "is_greeting"
    tokens = LabelTokenizerSingleStateFeaturizer(use_shared_vocab=True)
    assert featurizers_of(tokens)["words"] is tokens


def window_states():
    from dialogue_nb.core.states import prediction_states

    return prediction_states(bakery_talk(), BAKERY)


# --- training sets ----------------------------------------------------------------------------


def test_windows_conflicts_and_memory_are_counted_as_the_policies_do(data, windows):
    for max_history in (1, 2, 3, 5, None):
        counted = windows.counted(max_history)
        featurizer = MaxHistoryTrackerFeaturizer(max_history=max_history)
        examples = featurizer.featurize_trackers(windows.trackers, BAKERY)
        policy = MemoizationPolicy(max_history=max_history).train(windows.trackers, BAKERY)
        assert len(counted.group) == len(examples)
        assert counted.memorised == len(policy.memory_)
        assert counted.conflicts == len(policy.memory_.all_conflicts())
    assert windows.counted(3).conflicts == 1


def test_augmented_dialogues_are_windows_but_not_memorised():
    stories, _ = parse_stories(STORIES, "bakery.md")
    data = generate(stories, BAKERY, augmentation_factor=3)
    windows = TrainingWindows(data, BAKERY)
    assert len(windows.trackers) == len(data.originals) + len(data.augmented)
    policy = MemoizationPolicy(max_history=4).train(data, BAKERY)
    assert windows.counted(4).memorised == len(policy.memory_)


def test_the_arrays_give_the_windows_back(windows):
    cells = state_cells(windows.table.states, BAKERY, BINARY)
    packed = training_arrays(windows, cells, 3, repeats=True)
    whole = {k: np.frombuffer(v, "<i4") for k, v in packed.items() if k not in ("values", "marks")}
    for n, ids in zip(whole["numbers"], windows.counted(3).ids, strict=True):
        step = whole["rows"][n]
        made = [
            -1 if back > whole["turns"][step] else whole["steps"][step - back] for back in (2, 1, 0)
        ]
        assert made == ids.tolist()


def test_conflicts_come_first_and_equal_windows_name_the_first_one(windows):
    rows = windows.ordered(3, "conflicts", repeats=True)
    marks = windows.marks(3, rows)
    assert marks["0"].startswith(" !2")
    assert marks["1"].startswith(" !2")
    assert any("×2" in mark for mark in marks.values())
    assert any(" =" in mark for mark in marks.values())
    by_action = windows.ordered(3, "action")
    labels = [BAKERY.action_names[windows.labels[windows.rows[n]]] for n in by_action]
    assert labels == sorted(labels)


def test_a_cell_of_a_training_set_names_the_line_that_made_it(windows):
    step = next(i for i, t in enumerate(windows.turns) if t == 2)
    made = windows.causes(step)
    place = {"story": "a loaf", "file": "bakery.md"}
    assert made["intent"]["source"] == place | {"line": 2}
    assert made["action"]["source"] == place | {"line": 3}
    assert windows.causes(step + 0)["slot size"]["source"] == place | {"line": 4}


def test_what_training_knows_of_a_window(data, windows):
    cells = state_cells(windows.table.states, BAKERY, BINARY)
    talk = data[0].tracker()
    view = window(talk, 2, 3, windows=windows, training_cells=cells)
    assert view["training"]["known"] == ["utter_which_bread", "utter_sold_out"]
    assert "Exactly this window is in the training data" in view["about"]
    made = view["rows"][-1]["made"]["slot size"]
    assert made["source"] == {"story": "a loaf", "file": "bakery.md", "line": 4}
    counted = windows.counted(3)
    vectors = BINARY.encode_many(windows.table.states, BAKERY)
    column = BAKERY.feature_names.index("slot_size_1")
    ids = counted.ids[counted.first, -1]
    expected = int(np.sum(vectors[ids, column] == 1))
    assert view["training"]["seen"]["slot_size_1"][0] == expected
    new = window(bakery_talk(), 10, 3, windows=windows, training_cells=cells)
    assert new["about"].startswith("None of the")


# --- everywhere -------------------------------------------------------------------------------


def test_views_are_json_and_tables_are_small_and_escaped(windows):
    cells = state_cells(windows.table.states, BAKERY, None)
    view = training_heatmap_view(windows, cells)
    assert json.loads(json.dumps(view))["width"] == 5
    assert len(training_heatmap_html(view, windows, cells)) <= MAX_HTML
    for tracker, turn in ((hostile_talk(), 7), (long_talk(), 180)):
        shown = window(tracker, turn, max_history=None)
        json.dumps(shown)
        text = feature_heatmap_html(shown)
        assert len(text) <= MAX_HTML + 1000
        assert "<img" not in text


@pytest.mark.parametrize("turn", [0, 1])
def test_an_empty_conversation_is_a_window_of_one_state(turn):
    tracker = DialogueStateTracker("new", BAKERY.slots, [ActionExecuted("action_listen")][:turn])
    view = window(tracker, turn)
    assert view["rows"][-1]["turn"] == turn
    assert "padding" in feature_heatmap_html(view)


def test_a_training_set_of_nothing_says_what_to_do():
    empty = TrainingWindows([], Domain.from_yaml("intents: [greet]"))
    cells = state_cells([], empty.domain, BINARY)
    view = training_heatmap_view(empty, cells)
    assert "write a story" in view["about"]
    assert training_arrays(empty, cells, 5)["rows"] == b""


def test_figures_hold_every_kind_of_cell(windows, tmp_path):
    feature_heatmap_figure(window(bakery_talk(), 2)).savefig(tmp_path / "one.png")
    feature_heatmap_figure(window(bakery_talk(), 6, way=None)).savefig(tmp_path / "two.svg")
    cells = state_cells(windows.table.states, BAKERY, BINARY)
    view = training_heatmap_view(windows, cells)
    training_heatmap_figure(view, windows, cells).savefig(tmp_path / "three.png")
    assert (tmp_path / "three.png").stat().st_size > 5000
