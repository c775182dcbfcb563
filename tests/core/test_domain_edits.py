"""Adding names to the text of a domain: all else stays as it was written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from dialogue_nb.core.domain import Domain
from dialogue_nb.core.domain_edits import LISTED, MAPPED, add_name
from dialogue_nb.core.exceptions import DomainError
from dialogue_nb.core.yaml_lines import parse_yaml
from tests import strategies

DOMAIN = """# a bar
version: "3.1"
intents:
  - order:
      use_entities: []
  - leave  # the last

entities: [drink]   # flow
slots:
  paid:
    type: bool
    mappings:
    - type: custom

actions: []
responses:
  utter_bye:
    - text: "Bye!"
# the end
"""


@pytest.mark.parametrize(
    ("section", "name", "written"),
    [
        ("intents", "greet", "  - leave  # the last\n  - greet\n\nentities"),
        ("intents", "yes", "  - 'yes'\n"),
        ("entities", "size", "entities: [drink, size]   # flow\n"),
        ("actions", "act", "actions:\n  - act\nresponses"),
        ("forms", "form", "# the end\n\nforms:\n  form:\n    required_slots: []\n"),
        ("responses", "utter_x", '    - text: "Bye!"\n  utter_x:\n  - text: utter_x\n# the end'),
        ("slots", "drink", "  drink:\n    type: text\n    mappings:\n    - type: from_entity\n"
                           "      entity: drink\n\nactions"),
        ("slots", "size", "    - type: custom\n\nactions"),
    ],
)  # fmt: skip
def test_a_name_comes_at_the_end_of_its_section(section, name, written):
    text = add_name(DOMAIN, section, name)
    if section == "forms":
        written = written.removeprefix("# the end\n")
    assert written in text
    lines = iter(text.split("\n"))
    kept = [
        line for line in DOMAIN.split("\n") if not line.startswith((f"{section}: [", "# the end"))
    ]
    assert all(line in lines for line in kept)
    assert Domain.from_yaml(text, strict=False)


def test_what_is_there_is_not_added_again():
    for section, name in [("intents", "order"), ("entities", "drink"), ("slots", "paid")]:
        assert add_name(DOMAIN, section, name) == DOMAIN


def test_an_empty_text_becomes_a_domain():
    assert add_name("", "intents", "greet") == "intents:\n  - greet\n"
    assert add_name("intents:\n", "intents", "greet") == "intents:\n  - greet\n"


def test_old_templates_stay_templates():
    text = add_name("templates:\n  utter_a:\n  - hi\n", "responses", "utter_b")
    assert parse_yaml(text)[0] == {
        "templates": {"utter_a": ["hi"], "utter_b": [{"text": "utter_b"}]}
    }


@pytest.mark.parametrize(
    "text",
    ["- a list", "{intents: [a]}", "intents:\n  [a,\n   b]\n", "intents: [a"],
)
def test_where_there_is_no_telling_it_says_so(text):
    with pytest.raises(DomainError, match=r"no telling where .* to add 'greet'.*by hand"):
        add_name(text, "intents", "greet")


def test_a_section_that_no_domain_has_is_refused():
    with pytest.raises(DomainError, match="Add it to 'policies' by hand"):
        add_name(DOMAIN, "policies", "x")


@given(domain=strategies.domains(), name=strategies.names)
@settings(max_examples=60, deadline=None)
def test_in_any_domain_the_name_is_there_and_everything_else_is_as_before(domain, name):
    text = domain.to_yaml()
    before = parse_yaml(text)[0]
    for section in (*LISTED, *MAPPED):
        after = parse_yaml(add_name(text, section, name))[0]
        rest = {key: value for key, value in after.items() if key != section}
        assert rest == {key: value for key, value in before.items() if key != section}
        assert len(after[section]) - len(before.get(section, ())) in (0, 1)
