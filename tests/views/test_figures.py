"""Figures are shown by notebooks on their own."""

from __future__ import annotations

import subprocess
import sys

SHOW = """
import sys
from IPython.core.formatters import DisplayFormatter
import dialogue_nb as dn
bars = dn.ConfidenceBars()
graph = dn.StoryGraph(dn.bots.load("counter"))
for view in (bars, graph, dn.FeatureHeatmap(graph.data), dn.FeatureHeatmap(graph.data[0])):
    data, _ = DisplayFormatter().format(view.figure())
    assert data["image/png"].startswith(b"\\x89PNG"), data
assert "matplotlib.pyplot" not in sys.modules
"""


def test_a_notebook_shows_a_figure_although_nobody_has_imported_pyplot():
    done = subprocess.run([sys.executable, "-c", SHOW], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
