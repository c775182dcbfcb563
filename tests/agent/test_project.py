from __future__ import annotations

import pytest

from dialogue_nb.agent.project import Project, kinds_of
from dialogue_nb.core.diagnostics import errors_in
from dialogue_nb.core.exceptions import DialogueError, ProjectError
from dialogue_nb.policies.memoization import MemoizationPolicy

from .kiosk import DOMAIN, DOMAIN_YAML, STORIES_MD

OLD_DOMAIN = """
intents: [hello]
entities: [paper]
slots: {paper: {type: text}}
templates:
  utter_hello: [{text: Morning!}]
actions: [utter_hello]
"""
YAML_STORIES = """
stories:
- story: says hello
  steps:
  - intent: hello
  - action: utter_hello
rules:
- rule: says bye
  steps:
  - intent: leave
  - action: utter_bye
"""
NLU_MD = "## intent:hello\n- hello\n- good morning\n"
CONFIG = "policies: [{name: MemoizationPolicy, max_history: 2}]\n"


def bot(folder, files):
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return folder


def names(files, folder):
    return [file.relative_to(folder).as_posix() for file in files]


LAYOUTS = {
    "Rasa Core 0.x": {
        "domain.yml": OLD_DOMAIN, "data/stories.md": "## a\n* hello\n - utter_hello\n",
        "data/nlu.md": NLU_MD, "policies.yml": CONFIG, "README.md": "# A bot\n\nIt is *mine*.\n",
        "models/dialogue/domain.yml": OLD_DOMAIN, "models/dialogue/stories.md": STORIES_MD,
    },
    "Rasa 1.x": {
        "domain.yml": OLD_DOMAIN, "data/core/stories.md": "## a\n* hello\n - utter_hello\n",
        "data/nlu/nlu.md": NLU_MD, "config.yml": "pipeline: supervised\n" + CONFIG,
        "tests/conversation_tests.md": "## t\n* hello: good morning\n - utter_hello\n",
        "endpoints.yml": "action_endpoint: {url: http://localhost}\n",
    },
    "Rasa 2.x, responses beside the stories": {
        "domain.yml": OLD_DOMAIN.replace("templates", "responses"),
        "data/stories.yml": "stories: [{story: a, steps: [intent: hello, action: utter_hello]}]",
        "data/responses.yml": "responses:\n  utter_more: [{text: more}]\n",
        "data/nlu.yml": "nlu:\n- intent: hello\n  examples: '- hello'\n",
        "config.yml": CONFIG, "tests/test_stories.yml": YAML_STORIES,
    },
    "Rasa 3.x, a domain in several files": {
        "domain/names.yml": "intents: [hello]\nentities: [paper]\n",
        "domain/said.yml": "responses: {utter_hello: [{text: Morning!}]}\n",
        "data/rules.yml": "rules:\n- rule: a\n  steps: [{intent: hello}, {action: utter_hello}]",
        "data/nlu.yml": "nlu:\n- intent: hello\n  examples: '- hello'\n",
        "config.yml": "recipe: default.v1\n" + CONFIG, "tests/test_x.yml": YAML_STORIES,
    },
    "everything in one file": {"bot.yml": DOMAIN_YAML + YAML_STORIES + CONFIG},
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_layout_of_every_version_is_understood(tmp_path, layout):
    project = Project.load(bot(tmp_path / "my bot", LAYOUTS[layout]))
    assert "utter_hello" in project.domain.action_names
    assert len(project.stories) + len(project.rules) in (1, 2)
    assert project.config_file is not None
    assert project.name == "my bot"
    assert [p.max_history for p in project.agent().policies] == [2]


def test_each_kind_of_file_is_found_by_what_it_holds(tmp_path):
    folder = bot(tmp_path, LAYOUTS["Rasa 2.x, responses beside the stories"])
    project = Project.load(folder)
    assert names(project.domain_files, folder) == ["domain.yml", "data/responses.yml"]
    assert names(project.story_files, folder) == ["data/stories.yml"]
    assert names(project.test_files, folder) == ["tests/test_stories.yml"]
    assert names(project.nlu_files, folder) == ["data/nlu.yml"]
    assert "utter_more" in project.domain.responses
    assert [story.name for story in project.stories] == ["a"]
    assert [story.name for story in project.test_stories] == ["says hello", "says bye"]


@pytest.mark.parametrize(
    ("name", "text", "kinds"),
    [
        ("a.yml", "version: '3.1'\nintents: [a]", {"domain"}),
        ("a.yml", '{"intents": ["a"], "slots": {}}', {"domain"}),
        ("a.yml", "'stories':\n- story: x", {"stories"}),
        ("a.yml", "  stories: nested is not meant", set()),
        ("a.yml", "# intents: a comment", set()),
        ("a.md", "# title\n\nsome *words*\n* a list\n", set()),
        ("a.md", "## story\n<!-- note -->\n> cp\n* greet\n - utter_hi", {"stories"}),
        ("a.md", "## lookup:city\n- Oslo", {"nlu"}),
        ("a.json", '{"rasa_nlu_data": {}}', {"nlu"}),
        ("a.json", '{"stories": []}', set()),
        ("a.yml", "", set()),
    ],
)
def test_what_a_file_holds(tmp_path, name, text, kinds):
    assert kinds_of(tmp_path / name, text) == kinds


def test_a_bot_inside_another_bots_folder_is_left_out(tmp_path):
    inner = {f"examples/small/{k}": v for k, v in LAYOUTS["Rasa 1.x"].items()}
    folder = bot(tmp_path, {"domain.yml": DOMAIN_YAML, "data/stories.md": STORIES_MD} | inner)
    project = Project.load(folder)
    assert names(project.domain_files, folder) == ["domain.yml"]
    assert names(project.story_files, folder) == ["data/stories.md"]
    assert project.domain == DOMAIN
    assert project.config_file is None


def test_several_bots_side_by_side_are_an_error_that_names_them(tmp_path):
    bot(tmp_path / "one", LAYOUTS["Rasa 1.x"])
    bot(tmp_path / "two", LAYOUTS["Rasa Core 0.x"])
    with pytest.raises(ProjectError, match="open one of 'one', 'two'"):
        Project.load(tmp_path)


def test_a_folder_without_a_domain_is_an_error(tmp_path):
    bot(tmp_path, {"stories.md": STORIES_MD})
    with pytest.raises(ProjectError, match="Found no domain in"):
        Project.load(tmp_path)


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(ProjectError, match="found no folder"):
        Project.load(tmp_path / "nowhere")


def test_stories_with_mistakes_can_be_opened_and_the_mistakes_are_told(tmp_path):
    bot(tmp_path, {"domain.yml": DOMAIN_YAML, "data/s.md": "## a\n* hullo\n  - utter_hello\n"})
    project = Project.load(tmp_path)
    assert [d.severity for d in project.diagnostics] == ["error"]
    assert "hullo" in str(project.diagnostics[0])
    with pytest.raises(ProjectError, match="hullo"):
        Project.load(tmp_path, strict=True)
    agent = project.agent([MemoizationPolicy()])
    with pytest.raises(DialogueError, match="hullo"):
        agent.load_data(project.stories)


def test_a_domain_that_cannot_be_read_is_an_error_with_its_line(tmp_path):
    bot(tmp_path, {"domain.yml": "intents: [a\nslots: {"})
    with pytest.raises(ProjectError, match=r"domain.yml:\d"):
        Project.load(tmp_path)


def test_files_of_tools_and_hidden_ones_are_passed_over(tmp_path):
    files = {
        f"{skipped}/s.md": STORIES_MD for skipped in ("venv", ".rasa", "node_modules", "results")
    }
    folder = bot(tmp_path, files | {"domain.yml": DOMAIN_YAML})
    assert Project.load(folder).story_files == ()


def test_hostile_files_are_passed_over_or_told_in_no_time(tmp_path):
    folder = bot(tmp_path, {"domain.yml": DOMAIN_YAML, "data/deep.yml": "[" * 100_000})
    (folder / "data/bytes.yml").write_bytes(bytes(range(256)) * 100)
    (folder / "data/loop").symlink_to(folder)
    (folder / "data/gone.yml").symlink_to(folder / "nothing.yml")
    (folder / "data/long.md").write_text("## a\n" + " \n" * 200_000 + "x" * 200_000)
    project = Project.load(folder)
    assert project.domain == DOMAIN


@pytest.mark.parametrize(
    ("file", "text", "action"),
    [
        ("nlu.yml", "nlu:\n- intent: faq/opening\n  examples: |\n    - when?\n", "utter_faq"),
        ("nlu.md", "## intent:faq/opening\n- when?\n", "respond_faq"),
    ],
)
def test_actions_of_retrieval_intents_are_known_from_their_examples(tmp_path, file, text, action):
    (tmp_path / "domain.yml").write_text("intents: [faq]\nresponses: {utter_hi: [{text: hi}]}\n")
    (tmp_path / file).write_text(text)
    (tmp_path / "stories.yml").write_text(
        f"stories:\n- story: asks\n  steps:\n  - intent: faq\n  - action: {action}\n"
    )
    project = Project.load(tmp_path)
    assert action in project.domain.action_names
    assert not errors_in(project.diagnostics)
