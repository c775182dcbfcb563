"""The widgets' JavaScript: the parts that need no browser, run by node; sizes; forbidden words."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dialogue_nb.widgets.base import STATIC, read_static

HERE = Path(__file__).parent
BUILT = {"story_editor.js"}
VIEWS = sorted(p.name for p in STATIC.glob("*.js") if p.name not in BUILT | {"shared.js"})


if shutil.which("node"):  # a reader without node still has the other tests

    def test_the_scripts_pass_their_own_tests():
        tests = sorted(str(path) for path in HERE.glob("*.test.mjs"))
        command = ["node", "--test", *tests]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", VIEWS)
def test_no_view_carries_more_than_15_kilobytes(name):
    assert len(read_static("shared.js", name).encode()) <= 15_000


@pytest.mark.parametrize("name", ["shared.js", *VIEWS])
def test_text_never_becomes_markup_and_nothing_is_fetched(name):
    text = read_static(name)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text)
    assert not re.search(r"\bfetch\(|XMLHttpRequest|\bimport\(|^import ", text, re.MULTILINE)
    without_names = text.replace("http://www.w3.org/2000/svg", "")
    assert "://" not in without_names


@pytest.mark.parametrize("name", ["shared.js", *VIEWS])
def test_no_template_stands_in_a_template(name):
    """What makes the scripts shorter takes the spaces of the inner one for those of code."""
    text = (STATIC / name).read_text("utf-8")
    assert not re.findall(r"`[^`]*\$\{[^}`]*`[^`]*`", text)


@pytest.mark.parametrize("name", sorted(p.name for p in STATIC.glob("*.css")))
def test_every_rule_of_a_style_sheet_stays_inside_our_views(name):
    text = re.sub(r"/\*.*?\*/", "", (STATIC / name).read_text("utf-8"), flags=re.DOTALL)
    assert "url(" not in text
    assert "@import" not in text
    for selectors in re.findall(r"([^{}]+)\{", text):
        if not selectors.strip().startswith("@"):
            assert all(s.strip().startswith(".dn") for s in selectors.split(",")), selectors
