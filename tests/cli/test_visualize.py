"""`dialogue-nb visualize`."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest


def test_a_bot_becomes_a_page(bot, run):
    status, out, err = run("visualize", ".")
    assert (status, out) == (0, "")
    assert err == "Story graph: 2 dialogues · 5 steps. Saved 'graph.html'.\n"
    page = (bot / "graph.html").read_text("utf-8")
    assert "utter_sold" in page
    assert "://" not in page.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("words", [["data/stories.md"], ["data", "-d", "domain.yml"]])
def test_stories_become_a_picture_with_or_without_a_domain(bot, run, words):
    assert run("visualize", *words, "-o", "graph.svg")[0] == 0
    root = ET.fromstring((bot / "graph.svg").read_text("utf-8"))
    assert "utter_bye" in {text.strip() for text in root.itertext()}


def test_mermaid_and_a_bitmap_can_be_had_too(bot, run):
    assert run("visualize", ".", "-o", "graph.mmd")[0] == 0
    assert (bot / "graph.mmd").read_text("utf-8").startswith("flowchart LR")
    assert run("visualize", ".", "-o", "graph.PNG")[0] == 0
    assert (bot / "graph.PNG").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(("history", "words"), [(1, "by the last state."), (0, "by all states.")])
def test_merged_the_graph_is_what_a_policy_can_tell_apart(bot, run, history, words):
    _, _, err = run("visualize", ".", "--merged", "--max-history", history, "-o", "m.mmd")
    assert words in err


def test_a_name_that_no_font_has_is_no_trouble(bot, run):
    (bot / "odd.md").write_text("## a\n* 天气\n - \U0001f9ff\u0e01\n", encoding="utf-8")
    assert run("visualize", "odd.md", "-o", "odd.png")[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "There is no such file or folder."),
        (["."], "expected a file that ends in '.html', '.svg', '.mmd', '.png': 'graph.pdf'"),
        (["data/stories.md", "-d", "nowhere.yml"], "nowhere.yml"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(bot, run, words, said):
    out = ["-o", "graph.pdf"] if words == ["."] else []
    status, _, err = run("visualize", *words, *out)
    assert status == 2
    assert said in err
    assert "Traceback" not in err
