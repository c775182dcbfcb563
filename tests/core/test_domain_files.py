"""A domain in one file, in several, in a folder; and how it is written."""

import pytest

from dialogue_nb.core.domain import Domain, parse_domain
from dialogue_nb.core.exceptions import DomainError
from dialogue_nb.core.yaml_writer import dump_yaml


@pytest.fixture
def bot(tmp_path):
    """A bot folder with its domain in three files, and with files that are no domain."""
    files = {
        "domain/a.yml": "intents: [greet]\nentities: [city]\nresponses: {utter_a: [{text: a}]}\n",
        "domain/b/c.yaml": "intents: [greet, bye]\nslots: {city: {type: text}}\n",
        "domain/d.yml": "session_config: {session_expiration_time: 5}\nactions: [action_d]\n",
        "domain/stories.yml": "stories:\n- story: the actions are missing here\n  steps: []\n",
        "domain/notes.txt": "intents: [nobody]\n",
        "domain/.hidden/e.yml": "intents: [nobody]\n",
        "broken/f.yml": "intents: [greet\n",
        "empty/readme.yml": "a: 1\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_a_folder_is_searched_for_parts_of_the_domain(bot):
    domain, diagnostics = parse_domain([bot / "domain"])
    assert {"greet", "bye"} < set(domain.intent_names)
    assert "nobody" not in domain.intent_names
    assert domain.session_config.session_expiration_time == 5
    assert domain.slot_by_name["city"].mappings == ({"type": "from_entity", "entity": "city"},)
    assert domain.action_names[-2:] == ("action_d", "utter_a")
    twice = [found for found in diagnostics if found.severity == "warning"]
    assert len(twice) == 1
    assert twice[0].file == str(bot / "domain" / "b" / "c.yaml")
    assert f"'greet' is there twice in intents: it is in '{bot / 'domain' / 'a.yml'}'" in str(
        twice[0]
    )


def test_the_first_of_several_files_wins(bot):
    one, other = bot / "one.yml", bot / "other.yml"
    one.write_text("responses: {utter_a: [{text: one}]}\nforms: {f: {required_slots: []}}\n")
    other.write_text(
        "responses: {utter_a: [{text: other}], utter_b: []}\nslots: {x: {type: bool}}\n"
    )
    assert Domain.load([one, other]).responses["utter_a"][0].text == "one"
    assert Domain.load([str(other), str(one)]).responses["utter_a"][0].text == "other"
    assert Domain.load([other, one]).form_names == ("f",)


def test_one_file_is_named_as_the_source(bot):
    assert Domain.load(bot / "domain" / "a.yml").source == str(bot / "domain" / "a.yml")
    assert Domain.load(bot / "domain").source is None


def test_what_cannot_be_loaded_is_an_error_that_names_the_file(bot):
    with pytest.raises(DomainError, match=r"f\.yml:1:10: error Y101: .* never closed"):
        Domain.load(bot / "broken")
    with pytest.raises(DomainError, match="No YAML file in this folder has a part of a domain"):
        Domain.load(bot / "empty")
    with pytest.raises(DomainError, match=r"none\.yml: error Y111: The file does not exist"):
        Domain.load(bot / "none.yml")
    with pytest.raises(DomainError, match=r"none\.yml: error Y111"):
        Domain.load([bot / "domain" / "a.yml", bot / "none.yml"])
    with pytest.raises(DomainError, match="No domain was given"):
        Domain.load([])


def test_a_named_file_without_any_part_of_a_domain_is_a_warning(bot):
    domain, diagnostics = parse_domain([bot / "domain" / "stories.yml"])
    assert [(found.code, found.severity) for found in diagnostics] == [("D101", "warning")]
    assert domain.num_actions == 13


def test_a_large_file_of_training_data_is_not_read_through(bot):
    examples = "nlu:\n" + "- intent: greet\n  examples: '- hi'\n" * 200_000
    (bot / "domain" / "nlu.yml").write_text(examples)
    assert parse_domain([bot / "domain"])[0] == Domain.load(bot / "domain")


def test_written_domains_can_be_read_by_people():
    domain = Domain.from_yaml(
        "intents: [greet]\nentities: [{city: {roles: [from, to]}}]\n"
        "slots: {size: {type: categorical, values: [s, l], initial_value: s}}\n"
        "responses: {utter_hi: [{text: \"Grüß dich,\\n{name}!\"}, {text: 'yes'}]}\n"
        "forms: {size_form: {required_slots: [size]}}\n"
    )
    assert domain.to_yaml() == (
        "version: '3.1'\n"
        "intents:\n"
        "- greet\n"
        "entities:\n"
        "- city:\n"
        "    roles:\n"
        "    - from\n"
        "    - to\n"
        "slots:\n"
        "  size:\n"
        "    type: categorical\n"
        "    initial_value: s\n"
        "    values:\n"
        "    - s\n"
        "    - l\n"
        "    mappings: []\n"
        "responses:\n"
        "  utter_hi:\n"
        "  - text: |-\n"
        "      Grüß dich,\n"
        "      {name}!\n"
        "  - text: 'yes'\n"
        "forms:\n"
        "  size_form:\n"
        "    required_slots:\n"
        "    - size\n"
        "session_config:\n"
        "  session_expiration_time: 60\n"
        "  carry_over_slots_to_new_session: true\n"
    )


@pytest.mark.parametrize(
    ("data", "written"),
    [
        ("08", "'08'\n"),
        ("1e3", "'1e3'\n"),
        ("12:30", "'12:30'\n"),
        ("2024-05-01", "'2024-05-01'\n"),
        ("C:\\users", '"C:\\\\users"\n'),  # bare, Rasa would stumble over \u in a file of ASCII
        ("a\u2028b", '"a\\Lb"\n'),
        ("", "''\n"),
        ({"a": (1, None)}, "a:\n- 1\n- null\n"),
        ("word " * 100, "'" + "word " * 100 + "'\n"),
    ],
)
def test_texts_are_written_so_that_every_reader_takes_them_for_texts(data, written):
    assert dump_yaml(data).removesuffix("...\n") == written
