"""From measurements to words: the machine, the ratios, the table in the README."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from measure import HERE, OURS, ROOT, Measurement

RESULTS = HERE / "results.json"
README = ROOT / "README.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
TITLES = {
    "generation": "training dialogues from 740 MultiWOZ stories, {case}",
    "training": "train: {case}, whole process",
    "testing": "test: {case}, whole process",
    "prediction": "predict: MultiWOZ ensemble, {case}",
    "rules": "RulePolicy with 100 stories: {case}",
    "moodbot": "moodbot: {case}",
    "import": "import of {case}",
    "keystroke": "editor: a keystroke to its problem on the screen, {case}",
    "probe": "in the browser: {case}",
    "heatmap": "heatmap: {case}",
    "understanding": "learn to understand words: {case}",
}


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(pages / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or "unknown"
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.M)
    return found[1].strip() if found else platform.machine()


def versions() -> dict[str, str]:
    """The versions of what does the work on our side."""
    return {name: version(name) for name in ("jax", "keras", "numpy")}


def pairs(measurements: Sequence[Measurement]) -> list[tuple[Measurement, list[Measurement]]]:
    """Each measurement of ours with those of the same row and case by others."""
    return [
        (
            ours,
            [
                other
                for other in measurements
                if (other.row, other.case) == (ours.row, ours.case) and other.who != OURS
            ],
        )
        for ours in measurements
        if ours.who == OURS
    ]


def table(measurements: Sequence[Measurement]) -> str:
    """The comparison as a Markdown table, one line for each case and each Rasa."""
    lines = ["| work | Rasa | dialogue_nb | ratio |", "|---|---|---|---|"]
    for ours, others in pairs(measurements):
        if ours.detail.get("only_in_the_plot"):
            continue
        title = TITLES[ours.row].format(case=ours.case)
        mine = _cell(ours)
        if not others:
            lines.append(f"| {title} | | {mine} | |")
        for other in others:
            ratio = _times(other.seconds / ours.seconds)
            if ours.row == "generation" and other.peak_mb and ours.peak_mb:
                ratio += f", memory {_times(other.peak_mb / ours.peak_mb)}"
            lines.append(f"| {title} | {_cell(other)} ({other.who}) | {mine} | {ratio} |")
    return "\n".join(lines)


def _times(ratio: float) -> str:
    return f"{ratio:.1f} times" if ratio < 10 else f"{ratio:,.0f} times"


def _cell(one: Measurement) -> str:
    parts = [duration(one.seconds)]
    if one.row == "generation" and one.peak_mb:
        parts.append(f"{one.peak_mb / 1000:.2f} GB")
    if "accuracy" in one.detail:
        parts.append(f"accuracy {one.detail['accuracy']:.3f}")
    if "slowest" in one.detail:
        parts.append(f"slowest {duration(one.detail['slowest'])}")
    if "network" in one.detail:
        parts.append(f"with {one.detail['network']}")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """A time for people: three digits and a unit.

    Example:
        >>> duration(0.00123), duration(12.345)
        ('1.23 ms', '12.3 s')
    """
    value, unit = (seconds * 1000, "ms") if seconds < 1 else (seconds, "s")
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f} {unit}"


def machine_line(body: Mapping[str, Any]) -> str:
    """The sentence under the table."""
    m, v = body["machine"], body["versions"]
    libraries = ", ".join(f"{name} {number}" for name, number in v.items())
    return (
        f"Measured on {body['date']} by `benchmarks/run.py`: {m['processor']}, "
        f"{m['cores']} cores, {m['memory_gb']} GB, Python {m['python']}, {libraries}."
    )


def save(measurements: Sequence[Measurement], path: Path) -> dict[str, Any]:
    """Writes the measurements with the machine they come from."""
    body = {
        "date": date.today().isoformat(),
        "machine": machine(),
        "versions": versions(),
        "measurements": [one.as_dict() for one in measurements],
    }
    path.write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")
    return body


def load(path: Path = RESULTS) -> tuple[dict[str, Any], list[Measurement]]:
    """Reads what `save` wrote."""
    body = json.loads(path.read_text(encoding="utf-8"))
    return body, [Measurement.from_dict(one) for one in body["measurements"]]


def readme_part(body: Mapping[str, Any], measurements: Sequence[Measurement]) -> str:
    """What stands in the README between the two marks."""
    return f"{BEGIN}\n{table(measurements)}\n\n{machine_line(body)}\n{END}"


def write_readme(path: Path = README) -> None:
    """Puts the saved results into the README, so that no number there was typed by hand."""
    body, measurements = load()
    text = path.read_text(encoding="utf-8")
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.S)
    if not pattern.search(text):
        raise ValueError(f"Expected the marks {BEGIN} and {END} in {path}, found none.")
    path.write_text(pattern.sub(lambda _: readme_part(body, measurements), text), encoding="utf-8")
