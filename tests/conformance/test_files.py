"""Every real file is read in time: into stories, or into diagnostics that a person can act on."""

import time

import pytest

from dialogue_nb.agent.project import Project
from dialogue_nb.core.domain import Domain, parse_domain
from dialogue_nb.stories.diagnostics import lint_stories
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.reader import read_stories
from tests.conformance.sets import FOLDER

DATA = FOLDER / "data"
FILES = sorted(
    path for path in DATA.rglob("*") if path.is_file() and path.suffix in (".md", ".yml", ".yaml")
)
BOTS = sorted(
    path.parent
    for path in DATA.rglob("domain.yml")
    if "test_domain" not in str(path) and "models" not in path.parts
)


def named(path):
    return str(path.relative_to(DATA))


@pytest.mark.parametrize("path", FILES, ids=named)
def test_every_file_is_read_in_time_and_complaints_say_where(path):
    start = time.process_time()
    stories, diagnostics = read_stories([path])
    assert time.process_time() - start < 10
    assert all(story.line for story in stories)
    for found in diagnostics:
        assert found.file
        assert found.message


@pytest.mark.parametrize("folder", BOTS, ids=named)
def test_every_bot_folder_opens_and_makes_dialogues_in_time(folder):
    start = time.process_time()
    project = Project.load(folder)
    data = generate(project.stories, project.domain, augmentation_factor=5)
    assert time.process_time() - start < 10
    assert len(data) > 0 or not project.stories


WRONG_STORIES = {
    "rasa-3.6-repo/data/test_wrong_yaml_stories/wrong_yaml.yml": "error",
    "rasa-3.6-repo/data/test_wrong_yaml_stories/intent_with_leading_slash.yml": "warning",
    "rasa-3.6-repo/data/test_yaml_stories/rules_missing_intent.yml": "error",
    "rasa-3.6-repo/data/test_yaml_stories/stories_missing_intent.yml": "error",
    "rasa-3.6-repo/data/test_yaml_stories/rules_without_stories_and_wrong_names.yml": "error",
}
WRONG_DOMAINS = [
    f"rasa-{version}-repo/data/test_domains/{name}.yml"
    for version, names in {
        "1.7": ["duplicate_actions", "duplicate_intents", "duplicate_templates"],
        "3.6": ["duplicate_actions", "duplicate_intents", "duplicate_responses"],
    }.items()
    for name in [*names, "duplicate_entities", "invalid_format"]
] + [
    "rasa-3.6-repo/data/test_domains/wrong_response_format.yml",
    "rasa-3.6-repo/data/test_domains/wrong_custom_response_format.yml",
]

if FILES:

    @pytest.mark.parametrize(("name", "severity"), WRONG_STORIES.items())
    def test_wrong_stories_are_caught_with_file_and_line(name, severity):
        stories, found = read_stories([DATA / name])
        domain = Domain.from_yaml("{intents: [greet, goodbye], actions: [utter_greet]}")
        found += lint_stories(stories, domain)
        assert severity in {each.severity for each in found if each.file and each.line}

    @pytest.mark.parametrize("name", WRONG_DOMAINS)
    def test_wrong_domains_are_caught_with_file_and_line(name):
        _, found = parse_domain([DATA / name])
        assert any(each.severity != "info" and each.file and each.line for each in found)
