"""Row: RulePolicy by the number of rules: training with all its checks, and one prediction."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from measure import OURS, RASA, WORKERS, Measurement, Run, median, rasa, run, show

ROW = "rules"
VARIABLE = "RASA_36_PYTHON"
STORIES = 100
SIZES = (10, 30, 100, 300, 1000)
IN_THE_TABLE = (30, 300, 1000)
"""The other sizes are only in the plot."""


def measure(workdir: Path, *, quick: bool = False) -> list[Measurement]:
    """Both sides learn the same rules and 100 stories, and predict at the same turns."""
    made = []
    for size in SIZES[:2] if quick else SIZES:
        folder = workdir / f"rules-{size}"
        write_bot(folder, size, STORIES)
        words = [folder / "domain.yml", folder / "data"]
        ours = run([sys.executable, WORKERS / "ours_rules.py", *words])
        made += _measurements(size, OURS, ours)
        interpreter = rasa(VARIABLE)
        if interpreter:
            theirs = run([interpreter, WORKERS / "rasa_36_rules.py", *words])
            made += _measurements(size, RASA[VARIABLE], theirs)
    return made


def _measurements(size: int, who: str, done: Run) -> list[Measurement]:
    report = done.report()
    each = report["seconds_each"]
    detail = {"rules": size, "stories": STORIES, "only_in_the_plot": size not in IN_THE_TABLE}
    return [
        Measurement(ROW, f"train, {size} rules", who, report["seconds_train"], None, detail),
        Measurement(ROW, f"predict, {size} rules", who, median(each), None, detail),
    ]


def write_bot(folder: Path, rules: int, stories: int) -> None:
    """A bot of that many rules: two thirds of them answer an intent, a third has a condition.

    Every tenth rule starts a form. Stories follow the rules for three messages each.
    """
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "domain.yml").write_text(_domain(rules), encoding="utf-8")
    texts = [_rule(number) for number in range(rules)]
    (folder / "data" / "rules.yml").write_text(
        'version: "3.1"\nrules:\n' + "".join(texts), encoding="utf-8"
    )
    texts = [_story(number, rules) for number in range(stories)]
    (folder / "data" / "stories.yml").write_text(
        'version: "3.1"\nstories:\n' + "".join(texts), encoding="utf-8"
    )


def _kind(number: int) -> str:
    return "form" if number % 10 == 9 else "condition" if number % 3 == 2 else "plain"


def _domain(rules: int) -> str:
    numbers = range(rules)
    forms = [n for n in numbers if _kind(n) == "form"]
    lines = ['version: "3.1"', "intents:", *(f"- ask_{n}" for n in numbers), "slots:"]
    lines.append("  member: {type: bool, initial_value: false, mappings: [{type: custom}]}")
    lines += [f"  size_{n}: {{type: text, mappings: [{{type: from_text}}]}}" for n in forms]
    lines += ["responses:", *(f"  utter_{n}: [{{text: answer {n}}}]" for n in numbers)]
    lines += ["forms:" if forms else "forms: {}"]
    lines += [f"  form_{n}: {{required_slots: [size_{n}]}}" for n in forms]
    return "\n".join(lines) + "\n"


def _rule(number: int) -> str:
    kind = _kind(number)
    lines = [f"- rule: rule {number}"]
    if kind == "condition":
        lines += ["  condition:", "  - slot_was_set:", "    - member: false"]
    lines += ["  steps:", f"  - intent: ask_{number}"]
    if kind == "form":
        lines += [f"  - action: form_{number}", f"  - active_loop: form_{number}"]
    else:
        lines += [f"  - action: utter_{number}"]
    return "\n".join(lines) + "\n"


def _story(number: int, rules: int) -> str:
    lines = [f"- story: story {number}", "  steps:"]
    asked = [n for n in range(rules) if _kind(n) != "form"]
    for turn in range(3):
        intent = asked[(number * 7 + turn * 3) % len(asked)]
        lines += [f"  - intent: ask_{intent}", f"  - action: utter_{intent}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        show(measure(Path(folder)))
