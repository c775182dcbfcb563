"""Colours: text can be read on every ground it stands on, in both themes; Python and CSS agree."""

from __future__ import annotations

import re

import pytest

from dialogue_nb.views.policy_marks import HUES
from dialogue_nb.widgets.base import STATIC

CSS = (STATIC / "shared.css").read_text(encoding="utf-8")
# what notebooks have behind us: JupyterLab, VS Code
HOSTS = {"light": ["#ffffff"], "dark": ["#111111", "#111418", "#1e1e1e"]}


def tokens(theme):
    """The colours of a theme by name, e.g. "fg-2"."""
    rules = (r"^\.dn \{(.*?)^\}", r'^\.dn\[data-theme="dark"\] \{(.*?)^\}')
    light, dark = (re.search(rule, CSS, re.DOTALL | re.MULTILINE)[1] for rule in rules)
    read = dict(re.findall(r"--dn-([\w-]+): (#\w{6})", light))
    return read | (dict(re.findall(r"--dn-([\w-]+): (#\w{6})", dark)) if theme == "dark" else {})


TOKENS = {theme: tokens(theme) for theme in ("light", "dark")}


def luminance(color):
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("text", ["fg", "fg-2", "fg-3", "accent", "error", "warn", "ok", *HUES])
def test_text_can_be_read_on_every_ground(theme, text):
    named = TOKENS[theme]
    grounds = [*HOSTS[theme], *(named[g] for g in ("bg-2", "bg-3", "accent-bg", "user", "bot"))]
    worst = min(grounds, key=lambda ground: contrast(named[text], ground))
    assert contrast(named[text], worst) >= 4.5, worst


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_stands_on_a_colour_can_be_read(theme):
    named = TOKENS[theme]
    for hue in HUES:
        assert contrast(named["on-hue"], named[hue]) >= 4.5, hue
    assert contrast(named["on-accent"], named["accent"]) >= 4.5
    assert contrast(named["fg"], named["error-bg"]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_edges_of_controls_can_be_seen(theme):
    for ground in HOSTS[theme]:
        assert contrast(TOKENS[theme]["line-2"], ground) >= 3


def test_policies_have_the_same_colours_in_tables_and_in_widgets():
    for hue, pair in HUES.items():
        assert (TOKENS["light"][hue], TOKENS["dark"][hue]) == pair
