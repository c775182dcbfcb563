"""What a training depends on, as one short name: equal names, equal results.

A comparison looks up what it has done before by these names, so a changed story, parameter, or line
of somebody's own policy makes another one, and a changed comment in a file does not.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from types import CodeType
from typing import Any, Final

from dialogue_nb.core.fingerprints import fingerprint_of
from dialogue_nb.featurizers.single_state import SingleStateFeaturizer
from dialogue_nb.featurizers.tracker_featurizers import TrackerFeaturizer
from dialogue_nb.policies.policy import Policy
from dialogue_nb.stories.steps import Story

_OURS: Final = "dialogue_nb."
_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")


def story_fingerprint(story: Story) -> str:
    """The name of what a story says; file and line do not count.

    Args:
        story: The story or rule.

    Example:
        >>> story_fingerprint(Story("a", line=3)) == story_fingerprint(Story("a", line=4))
        True
    """
    return fingerprint_of(_plain(story))


def policy_fingerprint(policy: Policy) -> str:
    """The name of how a policy learns: class, parameters, and the code of a class of one's own.

    Args:
        policy: The policy; what it has learnt does not count.

    Example:
        >>> class Mine(Policy):
        ...     def __init__(self, size=3):
        ...         super().__init__()
        ...         self.size = size
        >>> policy_fingerprint(Mine(2)) == policy_fingerprint(Mine(2))
        True
        >>> policy_fingerprint(Mine(2)) == policy_fingerprint(Mine(3))
        False
    """
    return fingerprint_of([policy.name, settings_of(policy), _code_of_class(type(policy))])


def settings_of(policy: Policy) -> dict[str, Any]:
    """The parameters of a policy, ready for JSON.

    Args:
        policy: The policy. Where its constructor does not keep what it is given, all that it holds
            and has not learnt is taken.
    """
    try:
        params = policy.get_params()
    except AttributeError:
        params = {k: v for k, v in vars(policy).items() if not k.endswith("_")}
    return {name: _plain(value) for name, value in params.items()}


def _plain(value: Any) -> Any:
    """A value as mappings, lists, texts and numbers that do not depend on where it lies."""
    if type(value) in (str, int, float, bool, type(None)):  # not the marks that are a kind of text
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((_plain(each) for each in value), key=repr)
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return _plain_thing(value)


def _plain_thing(value: Any) -> Any:
    """The same for what is neither text nor number nor a collection of them."""
    if isinstance(value, TrackerFeaturizer):
        return value.as_dict()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [type(value).__name__, _fields(value)]
    if isinstance(value, CodeType):
        return [value.co_code.hex(), list(value.co_names), _plain(value.co_consts)]
    if isinstance(value, type):
        return [value.__qualname__, _code_of_class(value)]
    code = getattr(value, "__code__", None)
    if code is not None:
        return [_plain(code), _plain(getattr(value, "__defaults__", None))]
    if isinstance(value, SingleStateFeaturizer):
        return [type(value).__name__, _plain(vars(value))]
    return _ADDRESS.sub("", repr(value))


def _fields(record: Any) -> dict[str, Any]:
    """What a record says, without where it was written and when it happened."""
    fields = dataclasses.fields(record)
    return {f.name: _plain(getattr(record, f.name)) for f in fields if f.compare}


def _code_of_class(cls: type) -> Any:
    """The code of a class and of those it stands on, as far as they are not part of dialogue_nb."""
    foreign = [c for c in cls.__mro__ if c is not object and not c.__module__.startswith(_OURS)]
    return [[c.__qualname__, _members(c)] for c in foreign]


def _members(cls: type) -> dict[str, Any]:
    hidden = ("__dict__", "__weakref__", "__doc__", "__firstlineno__", "__static_attributes__")
    members = {name: value for name, value in vars(cls).items() if name not in hidden}
    return {name: _plain(_unwrapped(value)) for name, value in members.items()}


def _unwrapped(member: Any) -> Any:
    """The function in a property or a class method."""
    for name in ("fget", "__func__", "func"):
        inner = getattr(member, name, None)
        if inner is not None:
            return inner
    return member
