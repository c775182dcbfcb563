"""What must hold for every domain, not only for those that somebody thought of."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue_nb.core.diagnostics import errors_in
from dialogue_nb.core.domain import Domain, parse_domain
from dialogue_nb.core.yaml_lines import parse_yaml
from dialogue_nb.core.yaml_writer import dump_yaml
from tests.strategies import domains, json_values, yaml_like

SECTIONS = [
    "intents", "entities", "slots", "responses", "templates", "actions", "forms", "e2e_actions",
    "session_config", "config", "version", "action_names", "_shared", "stories",
]  # fmt: skip
slot_like = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "float", "categorical", "list", "bool", "any", "nope"])},
    optional={
        "values": yaml_like,
        "min_value": yaml_like,
        "initial_value": yaml_like,
        "influence_conversation": yaml_like,
        "auto_fill": yaml_like,
        "mappings": st.lists(
            st.fixed_dictionaries(
                {"type": st.sampled_from(["from_entity", "from_intent", "from_text", "x"])},
                optional={"entity": yaml_like, "value": yaml_like, "conditions": yaml_like},
            ),
            max_size=2,
        ),
    },
)
domain_like = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(SECTIONS, yaml_like),
        "slots": yaml_like | st.dictionaries(st.sampled_from("abc"), slot_like, max_size=3),
        "forms": yaml_like | st.dictionaries(st.sampled_from("fg"), yaml_like, max_size=2),
        "responses": yaml_like
        | st.dictionaries(st.sampled_from("rs"), st.lists(yaml_like, max_size=2), max_size=2),
    },
)


@settings(max_examples=60, deadline=None)
@given(domains())
def test_reading_what_was_written_gives_the_same_domain(domain):
    again, diagnostics = parse_domain(domain.to_yaml())
    assert errors_in(diagnostics) == []
    assert again.as_dict() == domain.as_dict()
    assert again == domain
    assert hash(again) == hash(domain)
    assert again.action_names == domain.action_names


@settings(max_examples=150, deadline=None)
@given(domain_like)
def test_any_data_is_understood_or_complained_about(data):
    domain, diagnostics = parse_domain(dump_yaml(data))
    assert domain is not None
    assert all(found.line is not None and found.message for found in diagnostics)
    assert domain.num_actions >= 13
    assert len(set(domain.action_names)) == domain.num_actions
    assert len(domain.fingerprint) == 64
    again, complaints = parse_domain(domain.to_yaml())
    assert again.to_yaml() == domain.to_yaml(), [str(each) for each in complaints]
    assert again.action_names == domain.action_names


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_a_domain_or_a_list_of_errors(text):
    domain, diagnostics = parse_domain(text)
    assert domain is not None or errors_in(diagnostics)


@settings(deadline=None)
@given(json_values)
def test_written_yaml_is_read_as_it_was(data):
    again, _, diagnostics = parse_yaml(dump_yaml(data))
    assert diagnostics == []
    assert again == data


@settings(max_examples=40, deadline=None)
@given(domains(), st.lists(st.sampled_from(["city", "greet", "7"]), max_size=3))
def test_features_of_entities_are_features_of_the_domain(domain, found):
    labels = set(domain.entity_labels)
    assert all(domain.wanted_entities(name) <= labels for name in domain.intent_names)
    entities = [{"entity": name, "value": "v"} for name in found]
    filled = [event.key for event in domain.slots_for_entities(entities)]
    assert filled == [name for name in domain.slot_by_name if name in filled]


def test_two_domains_that_differ_only_in_the_order_of_slots_differ():
    one = Domain.from_yaml("slots:\n  a: {type: text}\n  b: {type: text}\n")
    other = Domain.from_yaml("slots:\n  b: {type: text}\n  a: {type: text}\n")
    assert one != other
