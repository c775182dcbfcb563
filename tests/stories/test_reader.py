"""Stories from files and folders, in whichever format they are."""

import pytest

from dialogue_nb.stories.reader import parse_stories, read_stories, story_format

MARKDOWN = "## greet in words\n* greet\n  - utter_welcome\n"
YAML = "stories:\n- story: greet in yaml\n  steps:\n  - intent: greet\n"
NLU = "## intent:greet\n- hello\n- good morning\n"
README = "# The ferry bot\n\nIt sells tickets:\n\n- for people and their luggage\n- for dogs\n"


@pytest.fixture
def bot(tmp_path):
    files = {
        "data/b.md": MARKDOWN,
        "data/a.yml": YAML,
        "data/sub/c.yaml": YAML.replace("greet in yaml", "deep"),
        "data/nlu.md": NLU,
        "data/README.md": README,
        "data/domain.yml": "intents: [greet]\n",
        "data/.hidden.md": MARKDOWN,
        "data/.git/d.md": MARKDOWN,
        "data/notes.txt": MARKDOWN,
        "outside/e.md": MARKDOWN.replace("in words", "outside"),
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MARKDOWN, "markdown"),
        ("# a\n* a: words of a user\n- b\n", "markdown"),
        (">> rule\n* a OR b\n- c\n", "markdown"),
        ("## a\n> start\n* b{\"c\": \"d e\"}\n  - slot{\"c\": \"d e\"}\n", "markdown"),
        (YAML, "yaml"),
        ("version: '3.1'\nrules: []\n", "yaml"),
        ('{"stories": []}', "yaml"),
        (NLU, None),
        (README, None),
        ("intents:\n- a\n", None),
        ("", None),
        ("* a\n- b\n", None),
    ],
)  # fmt: skip
def test_the_format_is_told_from_the_text(text, expected):
    assert story_format(text) == expected


def test_a_folder_gives_its_stories_in_the_order_of_names_and_nothing_else(bot):
    stories, found = read_stories(bot / "data")
    assert [story.name for story in stories] == ["greet in yaml", "greet in words", "deep"]
    assert found == []
    assert stories[1].file == str(bot / "data" / "b.md")


def test_links_that_lead_out_of_the_folder_are_not_followed(bot):
    (bot / "data" / "link.md").symlink_to(bot / "outside" / "e.md")
    (bot / "data" / "way").symlink_to(bot / "outside", target_is_directory=True)
    (bot / "data" / "circle.md").symlink_to("circle.md")
    (bot / "data" / "again.md").symlink_to("b.md")
    stories, found = read_stories(bot / "data")
    assert sorted(story.name for story in stories) == ["deep", "greet in words", "greet in yaml"]
    led_out = {d.file for d in found if d.code == "S300"}
    assert led_out == {str(bot / "data" / name) for name in ("way", "circle.md", "link.md")}


def test_several_paths_are_read_once_each(bot):
    both = [bot / "data", str(bot / "data" / "b.md"), bot / "outside" / "e.md"]
    stories, _ = read_stories(both)
    assert [story.name for story in stories] == [
        "greet in yaml", "greet in words", "deep", "greet outside",
    ]  # fmt: skip


def test_a_file_that_is_named_is_read_whatever_it_looks_like(bot):
    stories, _ = read_stories(bot / "data" / "notes.txt")
    assert [story.name for story in stories] == ["greet in words"]
    assert read_stories(bot / "data" / "README.md")[1] != []


def test_a_file_that_is_hardly_a_story_is_passed_over_with_a_word(bot):
    path = bot / "data" / "half.md"
    path.write_text("# Plans\n* greet\nmany words here\nand even more words\n", encoding="utf-8")
    found = read_stories(bot / "data")[1]
    assert [(d.code, str(d.severity), d.file) for d in found] == [("S301", "info", str(path))]
    assert "1 of 3 lines" in found[0].message


def test_what_cannot_be_read_is_a_diagnostic(bot):
    (bot / "data" / "latin.yml").write_bytes(b"stories:\n- story: gr\xfc\xdf\n")
    (bot / "empty").mkdir()
    for path, code, line in (
        (bot / "missing", "Y111", None),
        ("a\0b", "Y111", None),
        (bot / "data" / "latin.yml", "Y111", 2),
        (bot / "empty", "S302", None),
    ):
        stories, found = read_stories(path)
        assert stories == []
        assert [(d.code, d.line) for d in found] == [(code, line)]


def test_an_error_in_one_file_leaves_the_others_alone(bot):
    (bot / "data" / "wrong.yml").write_text("stories: [\n", encoding="utf-8")
    stories, found = read_stories(bot / "data")
    assert len(stories) == 3
    assert [(d.file, d.line) for d in found] == [(str(bot / "data" / "wrong.yml"), 2)]


def test_the_ending_of_the_name_decides_before_the_text_does():
    assert parse_stories(MARKDOWN, "a.yml")[0] == []
    assert len(parse_stories(YAML, "a.txt")[0]) == 1
    assert len(parse_stories(MARKDOWN, None)[0]) == 1
    assert len(parse_stories(MARKDOWN, "a.yml", "markdown")[0]) == 1
