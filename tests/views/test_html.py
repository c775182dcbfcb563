"""Static HTML: everything that comes from a user is text."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from dialogue_nb.views.html import Html, bar, escape, join, muted, table, tag, visible
from dialogue_nb.views.policy_marks import HUES, policy_marks


class Reader(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, name, attributes):
        self.tags.append((name, dict(attributes)))

    def handle_data(self, data):
        self.texts.append(data)


@given(st.text(), st.text())
def test_any_text_in_a_cell_or_an_attribute_is_only_text(cell, title):
    read = Reader(tag("td", cell, title=title))
    assert read.tags == [("td", {"title": visible(title)})]
    assert "".join(read.texts) == visible(cell)


def test_html_that_is_ours_is_not_escaped_twice():
    assert join([Html("<br>"), "<"]) == "<br>&lt;"
    assert escape(escape("<")) == "&lt;"
    assert isinstance(muted("x"), Html)


def test_a_table_has_a_row_for_each_and_headings():
    text = table(["turn", "event"], [[0, "<i>"], [1]], caption="all", row_styles={1: "color:red"})
    names = [name for name, _ in Reader(text).tags]
    assert names.count("tr") == 3
    assert names.count("td") == 3
    assert Reader(text).tags[-2] == ("tr", {"style": "color:red"})


def test_a_bar_ends_at_one_and_says_its_number():
    assert "width:70px" in bar(1.7, "#000000")
    assert "1.70" in bar(1.7, "#000000")
    assert "width:0px" in bar(0.0, "#000000")


@given(st.lists(st.text(max_size=6), max_size=12))
def test_no_two_policies_have_the_same_letter(names):
    letters = [mark["letter"] for mark in policy_marks(names)]
    assert len(set(letters)) == len(names)
    assert all(mark["hue"] in HUES for mark in policy_marks(names))


def test_the_known_policies_keep_their_letters_whoever_else_is_there():
    marks = policy_marks(["MyPolicy", "MemoizationPolicy", "KerasPolicy", "RulePolicy"])
    assert [mark["letter"] for mark in marks] == ["Y", "M", "L", "R"]
    assert len({mark["hue"] for mark in marks}) == 4
