"""What an agent is made of, from whatever it was given: policies, and stories to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dialogue_nb.core.diagnostics import Diagnostic, errors_in
from dialogue_nb.core.domain import Domain
from dialogue_nb.core.exceptions import PolicyConfigError, StoryError
from dialogue_nb.core.yaml_lines import read_text
from dialogue_nb.policies.config import parse_config
from dialogue_nb.policies.domain_fit import check_policies
from dialogue_nb.policies.ensemble import PolicyEnsemble
from dialogue_nb.policies.keras_policy import KerasPolicy
from dialogue_nb.policies.memoization import MemoizationPolicy
from dialogue_nb.policies.policy import Policy
from dialogue_nb.stories.diagnostics import lint_stories
from dialogue_nb.stories.exclusion import exclude_stories
from dialogue_nb.stories.generator import generate
from dialogue_nb.stories.reader import read_stories
from dialogue_nb.stories.steps import Story
from dialogue_nb.stories.training_data import TrainingData

Resource = str | Path | Sequence[str | Path] | Sequence[Story]


def ensemble_of(
    policies: Sequence[Policy] | PolicyEnsemble | str | Path | None,
    random_seed: int,
    domain: Domain | None = None,
) -> tuple[PolicyEnsemble, tuple[Diagnostic, ...]]:
    """The policies of an agent, and what is to be said about them.

    Args:
        policies: A list, an ensemble, the path of a config file; None: a memory and a network.
        random_seed: How the network of the default starts.
        domain: What they are to fit; None does not check that.

    Raises:
        PolicyConfigError: If the config file has errors, with all of them.
        DiagnosedError: If the config file cannot be read.
    """
    found: list[Diagnostic] = []
    if policies is None:
        ensemble = PolicyEnsemble([MemoizationPolicy(), KerasPolicy(random_seed=random_seed)])
    elif isinstance(policies, PolicyEnsemble):
        ensemble = policies
    elif isinstance(policies, (str, Path)):
        made, found = parse_config(read_text(policies), str(policies))
        if errors_in(found):
            raise PolicyConfigError("\n".join(str(error) for error in errors_in(found)))
        ensemble = PolicyEnsemble(made)
    else:
        ensemble = PolicyEnsemble(list(policies))
    if domain is not None:
        found = [*found, *check_policies(ensemble.policies, domain)]
    return ensemble, tuple(found)


def checked_stories(resource: Resource, domain: Domain) -> tuple[list[Story], list[Diagnostic]]:
    """Stories that can be learnt from, and the warnings about them.

    Args:
        resource: A file, a folder, several of them, or stories that are already read.
        domain: The domain whose names they use.

    Raises:
        StoryError: If they cannot be read or name what the domain does not have.
    """
    if isinstance(resource, (str, Path)):
        resource = [resource]
    stories = [each for each in resource if isinstance(each, Story)]
    paths = [each for each in resource if not isinstance(each, Story)]
    read, found = read_stories(paths) if paths else ([], [])
    stories += read
    found = [*found, *lint_stories(stories, domain)]
    if errors_in(found):
        raise StoryError(found)
    return stories, found


def training_dialogues(
    resource: Resource,
    domain: Domain,
    policies: Sequence[Policy],
    *,
    unique_last_num_states: int | None,
    exclusion_percentage: float,
    random_seed: int,
    **options: Any,
) -> TrainingData:
    """Training dialogues for some policies; see `Agent.load_data`.

    Raises:
        StoryError: If stories cannot be read, or name what the domain does not have.
        GenerationBudgetError: If the stories make too many dialogues.
    """
    stories, found = checked_stories(resource, domain)
    if unique_last_num_states is None:
        unique_last_num_states = longest_history(policies)
    data = generate(
        exclude_stories(stories, exclusion_percentage, random_seed),
        domain,
        unique_last_num_states=unique_last_num_states or None,
        random_seed=random_seed,
        **options,
    )
    about = dict.fromkeys((*found, *data.diagnostics))
    return TrainingData(data.trackers, data.table, data.domain, about)


def longest_history(policies: Sequence[Policy]) -> int | None:
    """The longest `max_history` of the policies; None if one of them sees whole dialogues.

    Example:
        >>> longest_history([MemoizationPolicy(max_history=3), MemoizationPolicy(max_history=4)])
        4
        >>> longest_history([MemoizationPolicy(max_history=3), Policy()]) is None
        True
    """
    lengths = [_max_history(policy) for policy in policies]
    known = [length for length in lengths if length is not None]
    return max(known) if known and len(known) == len(lengths) else None


def common_history(policies: Sequence[Policy]) -> int | None:
    """The `max_history` of all policies that have one; None if they differ.

    Example:
        >>> common_history([MemoizationPolicy(max_history=3), Policy()])
        3
    """
    lengths = {length for policy in policies if (length := _max_history(policy)) is not None}
    return lengths.pop() if len(lengths) == 1 else None


def _max_history(policy: Policy) -> int | None:
    featurizer = policy.featurizer
    length = getattr(policy if featurizer is None else featurizer, "max_history", None)
    return length if isinstance(length, int) else None
