"""The changelog, the project file and the package tell the same version."""

from __future__ import annotations

import re
import tomllib

import dialogue_nb
from tests import house

HEADING = re.compile(r"^## \[(?P<version>[^\]]+)\] - (?P<date>\d{4}-\d\d-\d\d|unreleased)$", re.M)


def test_the_newest_version_in_the_changelog_is_that_of_the_project_and_of_the_package():
    newest = HEADING.search((house.ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert newest is not None
    project = tomllib.loads((house.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert newest["version"] == project["version"] == dialogue_nb.__version__


def test_every_version_heading_has_the_form_of_keep_a_changelog():
    text = (house.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings
    assert all(HEADING.match(line) for line in headings)
