"""Adding stories to a text: what is there stays as it is, comments included."""

import pytest

from dialogue_nb.stories.adding import add_stories
from dialogue_nb.stories.reader import parse_stories

NEW, _ = parse_stories("## new one\n* bye\n  - utter_bye")
RULE, _ = parse_stories("rules:\n- rule: new one\n  steps:\n  - intent: bye\n  - action: utter_bye")

TEXTS = {
    "empty": "",
    "no stories": "version: '3.1'\n",
    "an empty list": "version: '3.1'\nstories: []\n",
    "nothing": "stories:\n",
    "indented": "stories:\n    # first\n    - story: old\n      steps:\n        - intent: x\n",
    "rules after": "stories:\n- story: old\n  steps:\n  - intent: x\n# end\nrules:\n- rule: r\n"
    "  steps:\n  - intent: y\n  - action: z\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("new", [NEW, RULE], ids=["story", "rule"])
def test_what_was_there_stays_and_the_new_one_follows(text, new):
    written = add_stories(text, new, "yaml")
    before, after = parse_stories(text, format="yaml")[0], parse_stories(written)
    assert after[1] == []
    assert sorted(s.name for s in after[0]) == sorted([s.name for s in before] + ["new one"])
    (added,) = (story for story in after[0] if story.name == "new one")
    assert (added.is_rule, added.items) == (new[0].is_rule, new[0].items)
    assert [line for line in text.split("\n") if "#" in line or "story: old" in line] == [
        line for line in written.split("\n") if "#" in line or "story: old" in line
    ]


def test_markdown_grows_at_its_end():
    written = add_stories("## old\n* hi\n  - utter_hi\n<!-- end -->\n\n", NEW, "markdown")
    assert written.startswith("## old\n* hi\n  - utter_hi\n<!-- end -->\n\n## new one\n* bye\n")
    assert [story.name for story in parse_stories(written)[0]] == ["old", "new one"]
