"""What the real Rasa computed on real story files, where it is at hand.

The folder is beside the checkout (`../shared/conformance`) or named by DIALOGUE_NB_CONFORMANCE.
Without it there is nothing to compare with, and these tests are not collected.
"""

import gzip
import json
import os
from functools import cache
from pathlib import Path

from dialogue_nb.core.domain import Domain
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.reader import read_stories

HERE = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("DIALOGUE_NB_CONFORMANCE", HERE.parent / "shared" / "conformance"))


def sets(version):
    """The sets of one Rasa version, by name."""
    manifest = FOLDER / "manifest.json"
    if not manifest.is_file():
        return {}
    rows = json.loads(manifest.read_text("utf-8"))
    return {row["name"]: row for row in rows if row["version"] == version}


@cache
def domain_of(name, version):
    return Domain.load(FOLDER / sets(version)[name]["domain"], strict=False)


@cache
def stories_of(name, version):
    paths = [FOLDER / path for path in sets(version)[name]["stories"]]
    return read_stories(paths)[0]


@cache
def data_of(name, version):
    """Our training data, without augmentation."""
    return generate(stories_of(name, version), domain_of(name, version))


@cache
def expected_36(name):
    with gzip.open(FOLDER / sets("3.6")[name]["expected"], "rt", encoding="utf-8") as file:
        return json.load(file)


@cache
def expected_110(name):
    """(header, trackers) of a 1.10 set."""
    with gzip.open(FOLDER / sets("1.10")[name]["expected"], "rt", encoding="utf-8") as file:
        header, *trackers = [json.loads(line) for line in file]
    return header, trackers
