"""A bot that is being written: documents change, and what it is follows."""

from __future__ import annotations

import pytest

from dialogue_nb import bots
from dialogue_nb.agent.live_project import Document, LiveProject, documents_of
from dialogue_nb.core.diagnostics import errors_in

STORIES = "## a\n* greet\n    - utter_greet\n> later\n"
LATER = "stories:\n- story: b\n  steps:\n  - checkpoint: later\n  - action: utter_bye\n"
DOMAIN = "intents: [greet]\nresponses:\n  utter_greet:\n  - text: Hi\n  utter_bye:\n  - text: Bye\n"


@pytest.fixture
def live():
    return LiveProject(
        [
            Document.of_stories(STORIES),
            Document.of_stories(LATER, "data/later.yml"),
            Document.of_domain(DOMAIN),
        ]
    )


def test_documents_are_one_bot(live):
    assert live.diagnostics == [[], [], []]
    assert [(story.name, story.file) for story in live.project.stories] == [
        ("a", "stories.md"),
        ("b", "data/later.yml"),
    ]
    assert live.project.domain.index_for_action("utter_bye")


def test_a_change_in_one_document_is_felt_in_the_others(live):
    live.change(2, DOMAIN.replace("utter_bye", "utter_byebye"))
    assert [d.message for d in live.diagnostics[1]] == ["The domain has no action 'utter_bye'."]
    live.change(0, STORIES.replace("> later\n", ""))
    assert [d.code for d in live.diagnostics[1]] == ["S420", "S404"]
    live.change(2, DOMAIN)
    live.change(0, STORIES)
    assert live.diagnostics == [[], [], []]


def test_a_domain_that_is_broken_for_a_moment_is_remembered(live):
    live.change(2, DOMAIN + "slots: [")
    assert [d.code for d in errors_in(live.diagnostics[2])] == ["Y101"]
    assert live.diagnostics[0] == []
    assert "greet" in live.project.domain.intent_names
    assert live.project.diagnostics == tuple(live.diagnostics[2])


def test_a_new_format_gives_a_new_name(live):
    live.change(0, "stories:\n- story: a\n  steps:\n  - action: utter_greet\n", "yaml")
    assert live.documents[0].name == "stories.yml"
    assert live.project.stories[0].file == "stories.yml"
    live.change(0, STORIES, "markdown")
    assert [document.name for document in live.documents] == [
        "stories.md",
        "data/later.yml",
        "domain.yml",
    ]
    assert live.diagnostics == [[], [], []]


def test_without_a_domain_only_the_stories_are_checked():
    live = LiveProject([Document.of_stories("## a\n* whatever\n> nowhere\n")])
    assert [d.code for d in live.diagnostics[0]] == ["S421"]
    assert live.domain is None
    assert live.project.stories[0].name == "a"


@pytest.mark.parametrize("name", bots.names())
def test_a_packaged_bot_stays_itself(name):
    project = bots.load(name)
    live = LiveProject(documents_of(project), project)
    assert live.project.domain == project.domain
    assert set(live.project.stories) == set(project.stories)
    assert set(live.project.rules) == set(project.rules)
    assert live.project.test_stories == project.test_stories
    assert live.project.folder == project.folder
    assert not errors_in(live.project.diagnostics)
    assert live.documents[-1].is_domain
    assert any(story.file == live.documents[0].name for story in live.project.stories)


def test_a_domain_in_several_files_comes_as_one_document(tmp_path):
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "a.yml").write_text("intents: [greet]\n", encoding="utf-8")
    (tmp_path / "domain" / "b.yml").write_text("actions: [utter_greet]\n", encoding="utf-8")
    (tmp_path / "stories.md").write_text("## a\r\n* greet\r\n    - utter_greet\r\n", "utf-8")
    project = type(bots.load("moodbot")).load(tmp_path)
    stories, domain = documents_of(project)
    assert (stories.name, stories.format, stories.text.count("\r")) == ("stories.md", "markdown", 0)
    assert "- greet" in domain.text
    assert "- utter_greet" in domain.text


def test_one_file_with_everything_in_it_gives_two_documents(tmp_path):
    text = DOMAIN + "stories:\n- story: a\n  steps:\n  - intent: greet\n  - action: utter_gret\n"
    (tmp_path / "all.yml").write_text(text, encoding="utf-8")
    project = type(bots.load("moodbot")).load(tmp_path)
    live = LiveProject(documents_of(project), project)
    assert [document.name for document in live.documents] == ["all.yml", "all.yml (domain)"]
    assert [[d.code for d in found] for found in live.diagnostics] == [["S404"], []]
