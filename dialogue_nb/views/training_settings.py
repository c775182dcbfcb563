"""What can be set for a training: the parameters of each policy, with default and meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dialogue_nb.policies.parameters import Parameter, parameters_of
from dialogue_nb.policies.policy import Policy
from dialogue_nb.views.html import Html, table, tag
from dialogue_nb.views.policy_marks import policy_marks


def training_settings_view(
    policies: Sequence[Policy],
    chosen: Sequence[Mapping[str, Any]] = (),
    common: Mapping[Parameter, Any] | None = None,
) -> dict[str, Any]:
    """What can be set for each policy.

    Args:
        policies: The policies.
        chosen: What was set for each of them, by name.
        common: What can be set for all of them, with the values.

    Returns:
        `{"groups"}`; a group has a policy's mark, its `place` (-1 and no letter for what is common)
        and `parameters`: `{"name", "kind", "value", "meaning", "optional", "choices", "changed"}`.

    Example:
        >>> view = training_settings_view([Policy()])
        >>> [(p["name"], p["value"], p["changed"]) for p in view["groups"][0]["parameters"]]
        [('priority', 1, False)]
    """
    groups: list[dict[str, Any]] = []
    if common:
        values = {parameter.name: value for parameter, value in common.items()}
        groups.append({"label": "Stories", "place": -1, "parameters": _controls(common, values)})
    marks = policy_marks(policy.name for policy in policies)
    for place, (mark, policy) in enumerate(zip(marks, policies, strict=True)):
        values = values_of(policy) | dict(chosen[place] if place < len(chosen) else {})
        groups.append(mark | {"place": place, "parameters": _controls(settable(policy), values)})
    return {"groups": groups}


def settable(policy: Policy) -> list[Parameter]:
    """The parameters that a policy keeps under their own names, so that they can be set."""
    return [p for p in parameters_of(type(policy)) if hasattr(policy, p.name)]


def values_of(policy: Policy) -> dict[str, Any]:
    """The parameters of a policy by name."""
    return {p.name: getattr(policy, p.name) for p in settable(policy)}


def _controls(parameters: Iterable[Parameter], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": parameter.name,
            "kind": parameter.kind,
            "value": plain(values.get(parameter.name, parameter.default)),
            "meaning": f"{parameter.meaning} Default: {in_words(parameter.default)}.".strip(),
            "optional": parameter.optional,
            "choices": list(parameter.choices),
            "changed": values.get(parameter.name, parameter.default) != parameter.default,
        }
        for parameter in parameters
    ]


def plain(value: Any) -> Any:
    """The value if JSON has it, else as text."""
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def in_words(value: Any) -> str:
    """A value for people.

    Example:
        >>> in_words(True), in_words(None), in_words(0.2)
        ('on', 'nothing', '0.2')
    """
    if isinstance(value, bool):
        return "on" if value else "off"
    if value is None:
        return "nothing"
    return f"{value:g}" if isinstance(value, float) else str(value)


def training_settings_html(view: Mapping[str, Any]) -> Html:
    """The parameters as a table.

    Args:
        view: What `training_settings_view` made.
    """
    rows = []
    for group in view["groups"]:
        label = " ".join(filter(None, [group.get("letter"), group["label"]]))
        for p in group["parameters"]:
            value = in_words(p["value"])
            shown = tag("b", value) if p["changed"] else value
            rows.append([label, p["name"], shown, p["meaning"]])
            label = ""
    return table(["policy", "parameter", "value", "meaning"], rows)
