"""Whether a bot has the policies that its domain counts on."""

from __future__ import annotations

from collections.abc import Sequence

from dialogue_nb.core.diagnostics import Diagnostic, listing
from dialogue_nb.core.domain import Domain
from dialogue_nb.policies.form_policy import FormPolicy
from dialogue_nb.policies.mapping import MappingPolicy
from dialogue_nb.policies.policy import Policy
from dialogue_nb.policies.rule_policy import RulePolicy


def check_policies(policies: Sequence[Policy], domain: Domain) -> list[Diagnostic]:
    """What a domain says without effect, because no policy heeds it.

    Args:
        policies: The policies of the bot.
        domain: Its domain.

    Returns:
        Warnings that say what to add: C108 intents that trigger actions, without `MappingPolicy`;
        C109 forms, without `RulePolicy` or `FormPolicy`.

    Example:
        >>> domain = Domain.from_yaml("forms: {ferry_form: {required_slots: []}}")
        >>> print(check_policies([MappingPolicy()], domain)[0])
        warning C109: The form 'ferry_form' does not go on by itself without a policy for forms. \
Add '- name: RulePolicy' to the policies of the config.
    """
    found = []
    has_rules = _has(policies, RulePolicy)
    triggers = [intent for intent in domain.intents if intent.triggers]
    if triggers and not _has(policies, MappingPolicy):
        many = len(triggers) > 1
        message = (
            f"The intent{'s' if many else ''} {listing(each.name for each in triggers)} "
            f"trigger{'' if many else 's'} no action without MappingPolicy."
        )
        first = triggers[0]
        hint = "Add '- name: MappingPolicy' to the policies of the config."
        if has_rules:
            steps = f"[{{intent: {first.name}}}, {{action: {first.triggers}}}]"
            each = " for each of them" if many else ""
            hint = f"Write a rule{each}: steps: {steps}."
        found.append(Diagnostic("C108", "warning", message, domain.source, hint=hint))
    if domain.form_names and not (has_rules or _has(policies, FormPolicy)):
        many = len(domain.form_names) > 1
        message = (
            f"The form{'s' if many else ''} {listing(domain.form_names)} "
            f"{'do not go on by themselves' if many else 'does not go on by itself'} without a "
            "policy for forms."
        )
        hint = "Add '- name: RulePolicy' to the policies of the config."
        found.append(Diagnostic("C109", "warning", message, domain.source, hint=hint))
    return found


def _has(policies: Sequence[Policy], kind: type[Policy]) -> bool:
    return any(isinstance(policy, kind) for policy in policies)
