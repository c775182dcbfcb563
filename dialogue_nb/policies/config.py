"""Policies from a bot's `config.yml`, by the names that Rasa gives them.

Names and parameters are checked before anything is made. A class of one's own is passed in; no
module that a file names is ever imported.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from dialogue_nb.core.diagnostics import Diagnostic, did_you_mean, errors_in, listing
from dialogue_nb.core.exceptions import DiagnosedError, FeaturizerError, PolicyConfigError
from dialogue_nb.core.yaml_lines import parse_yaml, read_text
from dialogue_nb.core.yaml_nodes import YamlNode
from dialogue_nb.featurizers.tracker_featurizers import (
    TrackerFeaturizer,
    tracker_featurizer_from_dict,
)
from dialogue_nb.policies.fallback import FallbackPolicy, TwoStageFallbackPolicy
from dialogue_nb.policies.form_policy import FormPolicy
from dialogue_nb.policies.keras_policy import KerasPolicy
from dialogue_nb.policies.mapping import MappingPolicy
from dialogue_nb.policies.memoization import AugmentedMemoizationPolicy, MemoizationPolicy
from dialogue_nb.policies.policy import Policy, parameter_names
from dialogue_nb.policies.rule_policy import RulePolicy
from dialogue_nb.policies.sklearn_policy import SklearnPolicy

POLICY_CLASSES: Final[Mapping[str, type[Policy]]] = {
    cls.__name__: cls
    for cls in (
        MemoizationPolicy, AugmentedMemoizationPolicy, RulePolicy, KerasPolicy, SklearnPolicy,
        FallbackPolicy, TwoStageFallbackPolicy, MappingPolicy, FormPolicy,
    )
}  # fmt: skip
"""The policies that a config can name."""

NOT_BUILT_YET: Final[Mapping[str, str]] = {
    "TEDPolicy": "KerasPolicy is the policy that learns",
    "EmbeddingPolicy": "KerasPolicy is the policy that learns",
    "REDPPolicy": "KerasPolicy is the policy that learns",
    "UnexpecTEDIntentPolicy": "unlikely messages are not noticed",
}
"""Policies of Rasa that dialogue_nb does not have yet, and what that means for the bot."""

INSTEAD_OF: Final[Mapping[str, str]] = {
    "FallbackPolicy": "set core_fallback_threshold of RulePolicy, and write a rule for the intent "
    "nlu_fallback",
    "TwoStageFallbackPolicy": "write a rule that answers the intent nlu_fallback with "
    "action_two_stage_fallback",
    "MappingPolicy": "write a rule for each intent that triggers an action",
    "FormPolicy": "let forms go on by RulePolicy, which needs no setting for that",
}
"""What `RulePolicy` has in place of the policies of 0.x and 1.x that it replaced in 2.0."""

WITHOUT_EFFECT: Final[Mapping[str, str]] = {
    "enable_feature_string_compression": "nothing is compressed here",
}
"""Parameters of Rasa's policies that mean nothing here."""

# Rasa 2 and 3 have one state featurizer for all policies; the flat one is ours.
_STATE_FEATURIZER_NAMES: Final = {"SingleStateFeaturizer": "BinarySingleStateFeaturizer"}


def default_policies() -> list[Policy]:
    """What a bot has that names no policies: memory, and a network for what it does not know."""
    return [MemoizationPolicy(), KerasPolicy()]


def parse_config(
    text: str, source: str | None = None, custom_policies: Iterable[type[Policy]] = ()
) -> tuple[list[Policy], list[Diagnostic]]:
    """Reads the policies of a config.

    Args:
        text: The YAML text. Only `policies` is read.
        source: The file it came from, for the diagnostics.
        custom_policies: Classes that the config may name besides those of dialogue_nb.

    Returns:
        The policies, untrained, in order, and the diagnostics: C101 there are none, so the default
        ones are taken; C102 unknown policy; C103 unknown parameter; C104 wrong value; C105 a policy
        of Rasa that is not built yet, left out with a warning; C106 a parameter without effect,
        perhaps because it is another policy's; C107 (a warning) a policy beside the `RulePolicy`
        that replaced it.

    Example:
        >>> policies, found = parse_config('''
        ... policies:
        ... - name: MemoizationPolicy
        ...   max_histroy: 3
        ... - name: UnexpecTEDIntentPolicy
        ... ''')
        >>> [(one.code, one.severity, one.line, one.hint) for one in found]
        [('C103', 'error', 4, "Did you mean 'max_history'?"), ('C105', 'warning', 5, '')]
    """
    data, positions, found = parse_yaml(text, source)
    node = YamlNode(data, positions, source, found)
    entries = node.mapping(None)
    classes = dict(POLICY_CLASSES) | {cls.__name__: cls for cls in custom_policies}
    listed = entries["policies"].elements() if "policies" in entries else []
    made = [_policy(entry, classes) for entry in listed]
    policies = [policy for policy in made if policy is not None]
    if any(isinstance(policy, RulePolicy) for policy in policies):
        for entry, policy in zip(listed, made, strict=True):
            _check_beside_rules(entry, policy)
    if not policies and not errors_in(found):
        names = listing(policy.name for policy in default_policies())
        what = "None of the policies is built yet" if listed else "The config names no policies"
        node.child("policies").report("C101", "info", f"{what}, so these are used: {names}.")
        policies = default_policies()
    return policies, found


def load_config(path: str | Path, custom_policies: Iterable[type[Policy]] = ()) -> list[Policy]:
    """Reads the policies of a config file.

    Args:
        path: The file.
        custom_policies: Classes that the config may name besides those of dialogue_nb.

    Raises:
        PolicyConfigError: If the file cannot be read or has errors; all of them are named.
    """
    try:
        text = read_text(path)
    except DiagnosedError as error:
        raise PolicyConfigError(str(error)) from error
    policies, found = parse_config(text, str(path), custom_policies)
    if errors := errors_in(found):
        raise PolicyConfigError("\n".join(str(error) for error in errors))
    return policies


def _policy(node: YamlNode, classes: Mapping[str, type[Policy]]) -> Policy | None:
    """The policy of one entry; None if it cannot be made, and the diagnostics say why."""
    if not isinstance(node.data, (str, dict, type(None))):
        node.expected("a mapping with a name", "C102")
        return None
    body = {"name": node} if isinstance(node.data, str) else node.mapping(None)
    if "name" not in body:
        node.error("C102", f"{node.label} has no name.", f"Known are {listing(classes)}.")
        return None
    cls = _class(body["name"], classes)
    if cls is None:
        return None
    before = len(errors_in(node.diagnostics))
    params: dict[str, Any] = {}
    for key, value in body.items():
        if key in WITHOUT_EFFECT:
            value.report("C106", "info", f"'{key}' has no effect: {WITHOUT_EFFECT[key]}.")
        elif key != "name" and _is_known(key, value, cls):
            params[key] = _featurizer(value) if key == "featurizer" else value.data
    return cls(**params) if len(errors_in(node.diagnostics)) == before else None


def _check_beside_rules(node: YamlNode, policy: Policy | None) -> None:
    name = "" if policy is None else policy.name
    if name in INSTEAD_OF:
        message = (
            f"{name} stands beside RulePolicy, which took its place in Rasa 2.0; where both are "
            "equally sure RulePolicy decides. Rasa 3 has no such policy."
        )
        node.warning("C107", message, f"Take it out, and {INSTEAD_OF[name]}.")


def _class(node: YamlNode, classes: Mapping[str, type[Policy]]) -> type[Policy] | None:
    written = node.name()
    if written is None:
        return None
    name = written.rpartition(".")[2]
    if name in classes:
        return classes[name]
    if name in NOT_BUILT_YET:
        node.warning("C105", f"{name} is not built yet and is left out: {NOT_BUILT_YET[name]}.")
        return None
    hint = did_you_mean(name, [*classes, *NOT_BUILT_YET])
    hint = hint or "A class of your own is passed in Python: custom_policies=[YourPolicy]."
    node.error("C102", f"Unknown policy '{written}', known are {listing(classes)}.", hint)
    return None


def _is_known(key: str, node: YamlNode, cls: type[Policy]) -> bool:
    """Whether the policy has the parameter and the value fits; what is wrong is reported."""
    names = parameter_names(cls)
    others = [name for name, each in POLICY_CLASSES.items() if key in parameter_names(each)]
    if key not in names and others and not did_you_mean(key, names):
        message = f"{cls.__name__} has no parameter '{key}', so it has no effect."
        node.warning("C106", message, f"It is one of {listing(others, limit=3)}.")
        return False
    if key not in names:
        hint = did_you_mean(key, names) or f"It has {listing(names)}."
        node.error("C103", f"{cls.__name__} has no parameter '{key}'.", hint)
        return False
    expected = _expected(key, node.data, inspect.signature(cls).parameters[key].default)
    if expected:
        node.error("C104", f"{cls.__name__}: {key} must be {expected}, got {node.data!r}.")
    return not expected


def _expected(key: str, value: Any, default: Any) -> str:
    """What the value should have been, "" if it is that."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if key.endswith(("_action_name", "_intent_name")):
        kind = "an action" if key.endswith("_action_name") else "an intent"
        return "" if isinstance(value, str) else f"the name of {kind}"
    if key.endswith("_threshold"):
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
        return "" if fits else "a number from 0 to 1"
    if key == "max_history":
        fits = value is None or (whole and value >= 1)
        return "" if fits else "a whole number from 1, or null for the whole history"
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else "true or false"
    if isinstance(default, int):
        return "" if whole else "a whole number"
    if isinstance(default, float):
        return "" if whole or isinstance(value, float) else "a number"
    return ""


def _featurizer(node: YamlNode) -> TrackerFeaturizer | None:
    """A featurizer as Rasa writes it; the diagnostics say why there is none."""
    outer = _only(node)
    if outer is None:
        return None
    body = dict(outer.data)
    inner = _only(outer.child("state_featurizer"))
    if inner is not None:
        name = inner.data.get("name")
        body["state_featurizer"] = inner.data | {"name": _STATE_FEATURIZER_NAMES.get(name, name)}
    try:
        return tracker_featurizer_from_dict(body)
    except FeaturizerError as error:
        outer.error("C104", str(error))
        return None


def _only(node: YamlNode) -> YamlNode | None:
    """The one mapping that a featurizer is written as, in a list or without; None for nothing."""
    only = node.child(0) if isinstance(node.data, list) and len(node.data) == 1 else node
    if only.data is None or isinstance(only.data, dict):
        return only if only.data else None
    only.error("C104", f"{node.label} must be one mapping with a name, got {only.data!r}.")
    return None
