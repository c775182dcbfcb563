"""Slots: which numbers a policy sees of a value."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_nb.core import slots
from dialogue_nb.core.domain import Domain, parse_domain
from dialogue_nb.core.exceptions import DomainError
from dialogue_nb.core.slots import (
    AnySlot,
    BooleanSlot,
    CategoricalSlot,
    FloatSlot,
    ListSlot,
    Slot,
    TextSlot,
    register_slot_type,
    slot_class,
)

KINDS = [
    TextSlot("s"),
    BooleanSlot("s"),
    CategoricalSlot("s", values=("red", "green")),
    FloatSlot("s", min_value=-1, max_value=3),
    ListSlot("s"),
    AnySlot("s"),
]


@pytest.fixture
def own_types(monkeypatch):
    """A table of slot types of which nothing is left behind."""
    monkeypatch.setattr(slots, "_slot_types", dict(slots._slot_types))


@pytest.mark.parametrize(
    ("slot", "value", "features"),
    [
        (TextSlot("s"), "Oslo", (1.0,)),
        (TextSlot("s"), "", (1.0,)),
        (TextSlot("s"), None, (0.0,)),
        (BooleanSlot("s"), True, (1.0, 1.0)),
        (BooleanSlot("s"), False, (1.0, 0.0)),
        (BooleanSlot("s"), " TRUE ", (1.0, 1.0)),
        (BooleanSlot("s"), "false", (1.0, 0.0)),
        (BooleanSlot("s"), "1", (1.0, 1.0)),
        (BooleanSlot("s"), "12", (1.0, 0.0)),
        (BooleanSlot("s"), "1.0", (0.0, 0.0)),
        (BooleanSlot("s"), 2, (1.0, 0.0)),
        (BooleanSlot("s"), 1.0, (1.0, 1.0)),
        (BooleanSlot("s"), "²", (0.0, 0.0)),
        (BooleanSlot("s"), ["true"], (0.0, 0.0)),
        (BooleanSlot("s"), None, (0.0, 0.0)),
        (CategoricalSlot("s", values=("Red", "green")), "RED", (1.0, 0.0, 0.0)),
        (CategoricalSlot("s", values=("red", "green")), "blue", (0.0, 0.0, 1.0)),
        (CategoricalSlot("s", values=("red", "green")), "__other__", (0.0, 0.0, 1.0)),
        (CategoricalSlot("s", values=("red", "none")), None, (0.0, 0.0, 0.0)),
        (CategoricalSlot("s", values=(1, True)), True, (0.0, 1.0, 0.0)),
        (CategoricalSlot("s"), "x", (1.0,)),
        (FloatSlot("s"), 0.25, (1.0, 0.25)),
        (FloatSlot("s"), 0, (1.0, 0.0)),
        (FloatSlot("s", min_value=-1, max_value=3), 0, (1.0, 0.25)),
        (FloatSlot("s", min_value=-1, max_value=3), "1", (1.0, 0.5)),
        (FloatSlot("s"), 99, (1.0, 1.0)),
        (FloatSlot("s"), -99, (1.0, 0.0)),
        (FloatSlot("s"), 10**400, (0.0, 0.0)),
        (FloatSlot("s"), float("nan"), (1.0, 1.0)),
        (FloatSlot("s"), "many", (0.0, 0.0)),
        (FloatSlot("s"), None, (0.0, 0.0)),
        (ListSlot("s"), ["a", "b"], (1.0,)),
        (ListSlot("s"), [], (0.0,)),
        (ListSlot("s"), "a", (1.0,)),
        (ListSlot("s"), 0, (0.0,)),
        (ListSlot("s"), None, (0.0,)),
        (AnySlot("s"), {"a": 1}, ()),
    ],
)
def test_features_are_those_of_rasa_3_6(slot, value, features):
    assert slot.features(value) == features


@given(
    st.sampled_from(KINDS),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers()),
)
def test_every_value_has_as_many_features_as_the_slot_says(slot, value):
    features = slot.features(value)
    assert len(features) == slot.dimension == len(slot.feature_names)
    assert all(isinstance(number, float) and 0 <= number <= 1 for number in features)


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_a_slot_without_influence_has_no_features(kind):
    slot = type(kind)("s", influence_conversation=False)
    assert (slot.features("red"), slot.dimension, slot.feature_names) == ((), 0, ())


def test_feature_names_say_slot_and_place():
    assert KINDS[2].feature_names == ("slot_s_0", "slot_s_1", "slot_s_2")


def test_a_single_thing_is_stored_in_a_list_slot_as_a_list():
    assert [ListSlot("s").coerce(value) for value in ("a", ["a"], None, "")] == [
        ["a"],
        ["a"],
        None,
        "",
    ]
    assert TextSlot("s").coerce("a") == "a"


def test_null_is_left_out_of_the_values_and_other_is_added_once():
    assert CategoricalSlot("s", values=("A", None, "__other__", "b")).values == (
        "a",
        "__other__",
        "b",
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FloatSlot("heat", min_value=3, max_value=3), r"min_value \(3\) must be less than"),
        (lambda: FloatSlot("heat", max_value="hot"), "must be numbers, got 0.0 and 'hot'"),
        (lambda: FloatSlot("heat", max_value=float("inf")), "must be numbers"),
        (lambda: AnySlot("heat", influence_conversation=True), "cannot see a slot of type 'any'"),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(DomainError, match=f"Slot 'heat': .*{message}"):
        make()


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("text", TextSlot), ("bool", BooleanSlot), ("any", AnySlot), ("unfeaturized", AnySlot),
        ("rasa.core.slots.TextSlot", TextSlot), ("rasa_core.slots.FloatSlot", FloatSlot),
        ("rasa.shared.core.slots.CategoricalSlot", CategoricalSlot),
        ("rasa_core.slots.UnfeaturizedSlot", AnySlot),
    ],
)  # fmt: skip
def test_built_in_types_are_known_by_all_names_they_have_had(name, cls):
    assert slot_class(name) is cls


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("txt", "Did you mean 'text'?"),
        ("my_bot.slots.TextSlot", r"call register_slot_type\('my_bot.slots.TextSlot', YourSlot\)"),
        ("os.system", "never imported"),
    ],
)
def test_an_unknown_type_is_never_imported_and_the_error_says_what_to_do(name, message):
    with pytest.raises(DomainError, match=message):
        slot_class(name)


@dataclass(frozen=True)
class LengthSlot(Slot):
    """Sees how long a text is."""

    type_name = "length"
    longest: int = 10

    def __post_init__(self):
        if self.longest < 1:
            raise ValueError("longest must be at least 1")

    def featurize(self, value):
        return (min(len(value or ""), self.longest) / self.longest,)


BOT = "slots:\n  note:\n    type: my_bot.slots.LengthSlot\n    longest: %s\n    mappings: []\n"


def test_a_registered_type_is_used_with_its_parameters_and_written_again(own_types):
    register_slot_type("my_bot.slots.LengthSlot", LengthSlot)
    domain = Domain.from_yaml(BOT % 20)
    assert domain.slot_by_name["note"] == LengthSlot("note", longest=20)
    assert domain.feature_names[5] == "slot_note_0"
    assert Domain.from_yaml(domain.to_yaml()) == domain


def test_a_type_that_nobody_registered_is_an_error_with_its_line():
    domain, diagnostics = parse_domain(BOT % 20, "bot.yml")
    assert [(found.code, found.line) for found in diagnostics] == [("D120", 3)]
    assert domain.slot_by_name["note"].dimension == 0


def test_what_a_registered_class_refuses_is_an_error_of_the_domain(own_types):
    register_slot_type("my_bot.slots.LengthSlot", LengthSlot)
    with pytest.raises(
        DomainError, match="Slot 'note' cannot be made a LengthSlot: longest must be"
    ):
        Domain.from_yaml(BOT % 0)


def test_only_slots_can_be_registered_and_built_in_names_are_taken(own_types):
    with pytest.raises(DomainError, match="must be a subclass of Slot"):
        register_slot_type("dict", dict)
    with pytest.raises(DomainError, match="name of a built-in type"):
        register_slot_type("text", LengthSlot)


def test_a_type_without_featurize_says_that_it_needs_one():
    with pytest.raises(NotImplementedError, match="Slot needs a method featurize"):
        Slot("s").features(1)


def test_values_come_from_entities_of_the_same_type_role_and_group():
    mappings = (
        {"type": "from_entity", "entity": "city", "role": "to"},
        {"type": "from_entity", "entity": "place"},
        {"type": "from_entity", "entity": "town", "conditions": [{"active_loop": "trip_form"}]},
        {"type": "from_entity", "entity": "spot", "conditions": [{"active_loop": None}]},
        {"type": "from_text"},
    )
    entities = [
        {"entity": "place", "value": 1},
        {"entity": "city", "value": 2},
        {"entity": "city", "role": "to", "value": 3},
        {"entity": "city", "role": "to", "group": "1", "value": 4},
        {"entity": "town", "value": 5},
        {"entity": "spot", "value": 6},
    ]
    assert TextSlot("goal", mappings=mappings).values_from_entities(entities) == [3, 1, 6]


def test_slots_are_written_without_what_every_reader_adds():
    slot = CategoricalSlot("size", "s", values=("S", "L"), mappings=({"type": "from_text"},))
    assert slot.as_dict() == {
        "type": "categorical",
        "initial_value": "s",
        "mappings": [{"type": "from_text"}],
        "values": ["s", "l"],
    }
    assert AnySlot("x").as_dict() == {"type": "any", "mappings": []}


def test_slots_with_lists_and_mappings_in_them_can_be_put_into_a_set():
    slot = ListSlot("s", ["a"], mappings=({"type": "from_text"},))
    assert len({slot, ListSlot("s", ["a"], mappings=({"type": "from_text"},)), TextSlot("s")}) == 2


def test_the_bool_slot_of_an_old_domain_reads_numbers_and_no_words():
    old = Domain.from_yaml("slots: {paid: {type: bool}}").slot_by_name["paid"]
    new = Domain.from_yaml("version: '3.1'\nslots: {paid: {type: bool, mappings: []}}")
    values = [True, False, 2, "1", "true", "False", None]
    truths = {True: (1.0, 1.0), False: (1.0, 0.0), None: (0.0, 0.0)}
    assert [old.features(v) for v in values] == [
        truths[t] for t in (True, False, True, True, None, None, None)
    ]
    assert [new.slot_by_name["paid"].features(v) for v in values] == [
        truths[t] for t in (True, False, False, True, True, False, None)
    ]


def test_the_categorical_slot_of_an_old_domain_has_no_feature_for_other_values():
    old = Domain.from_yaml("slots: {size: {type: categorical, values: [s, l]}}")
    assert old.slot_by_name["size"].features("XL") == (0.0, 0.0)
    assert old.slot_by_name["size"].features("L") == (0.0, 1.0)


@pytest.mark.parametrize("kind", ["{type: bool}", "{type: categorical, values: [s]}"])
def test_old_slots_survive_saving_and_are_plain_ones_for_rasa(kind):
    old = Domain.from_yaml(f"slots: {{it: {kind}}}")
    assert Domain.from_dict(old.as_dict()) == old
    again = Domain.from_yaml(old.to_yaml())
    assert again != old
    assert again.to_yaml() == old.to_yaml()
