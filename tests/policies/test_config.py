import pytest

from dialogue_nb.core.exceptions import PolicyConfigError
from dialogue_nb.featurizers.single_state import LabelTokenizerSingleStateFeaturizer
from dialogue_nb.featurizers.tracker_featurizers import (
    FullDialogueTrackerFeaturizer,
    MaxHistoryTrackerFeaturizer,
)
from dialogue_nb.policies.config import (
    INSTEAD_OF,
    NOT_BUILT_YET,
    POLICY_CLASSES,
    load_config,
    parse_config,
)
from dialogue_nb.policies.policy import Policy


class DeskPolicy(Policy):
    def __init__(self, featurizer=None, priority=1, hours=8, open_late=False, share=0.5):
        super().__init__(featurizer, priority)
        self.hours = hours
        self.open_late = open_late
        self.share = share


def only(text, **options):
    """The one diagnostic of a config."""
    policies, [found] = parse_config(text, **options)
    return policies, found


def test_policies_are_made_in_order_with_their_parameters():
    policies, found = parse_config(
        """
language: en
pipeline: [{name: WhitespaceTokenizer}]
policies:
- name: AugmentedMemoizationPolicy
  max_history: 3
  priority: 4
- name: KerasPolicy
  epochs: 20
  rnn_size: 16
- MemoizationPolicy
"""
    )
    assert found == []
    assert [policy.name for policy in policies] == [
        "AugmentedMemoizationPolicy",
        "KerasPolicy",
        "MemoizationPolicy",
    ]
    assert (policies[0].max_history, policies[0].priority) == (3, 4)
    assert (policies[1].epochs, policies[1].rnn_size) == (20, 16)
    assert (policies[2].max_history, policies[2].priority) == (5, 3)


def test_the_old_full_names_are_read_too():
    policies, found = parse_config(
        "policies:\n- name: rasa_core.policies.memoization.MemoizationPolicy\n"
    )
    assert (policies[0].name, found) == ("MemoizationPolicy", [])


def test_null_for_max_history_means_the_whole_history():
    [policy], found = parse_config("policies: [{name: MemoizationPolicy, max_history: null}]")
    assert (policy.max_history, found) == (None, [])


def test_featurizers_are_read_as_rasa_writes_them():
    [policy], found = parse_config(
        """
policies:
- name: KerasPolicy
  featurizer:
  - name: MaxHistoryTrackerFeaturizer
    max_history: 7
    state_featurizer:
    - name: LabelTokenizerSingleStateFeaturizer
      use_shared_vocab: true
"""
    )
    assert found == []
    words = LabelTokenizerSingleStateFeaturizer(use_shared_vocab=True)
    assert policy.featurizer == MaxHistoryTrackerFeaturizer(words, max_history=7)


def test_a_featurizer_may_stand_without_a_list_and_the_later_name_is_the_binary_one():
    [policy], found = parse_config(
        """
policies:
- name: KerasPolicy
  featurizer: {name: FullDialogueTrackerFeaturizer, state_featurizer: {name: SingleStateFeaturizer}}
"""
    )
    assert found == []
    assert isinstance(policy.featurizer, FullDialogueTrackerFeaturizer)
    assert type(policy.featurizer.state_featurizer).__name__ == "BinarySingleStateFeaturizer"


@pytest.mark.parametrize(
    ("featurizer", "message"),
    [
        ("[{name: MaxHistoryFeaturizer}]", "Did you mean 'MaxHistoryTrackerFeaturizer'"),
        ("[{name: MaxHistoryTrackerFeaturizer, history: 3}]", "has no parameter 'history'"),
        ("[{name: A}, {name: B}]", "must be one mapping with a name"),
        ("five", "must be one mapping with a name"),
    ],
)
def test_a_featurizer_that_cannot_be_made_is_an_error(featurizer, message):
    _, found = only(f"policies:\n- name: KerasPolicy\n  featurizer: {featurizer}\n")
    assert (found.code, found.severity, found.line) == ("C104", "error", 3)
    assert message in str(found)


def test_an_unknown_policy_is_an_error_with_the_closest_name():
    policies, found = only("policies:\n- name: MemoisationPolicy\n", source="config.yml")
    assert policies == []
    assert str(found) == (
        "config.yml:2:3: error C102: Unknown policy 'MemoisationPolicy', known are "
        "'MemoizationPolicy', 'AugmentedMemoizationPolicy', 'RulePolicy', 'KerasPolicy', "
        "'SklearnPolicy', 'FallbackPolicy', 'TwoStageFallbackPolicy', 'MappingPolicy' and 1 more. "
        "Did you mean 'MemoizationPolicy'?"
    )


def test_a_name_that_is_far_from_all_is_told_how_to_pass_ones_own_class():
    _, found = only("policies:\n- name: my_bot.Weather\n")
    assert "custom_policies=[YourPolicy]" in found.hint


def test_a_class_of_ones_own_is_used_when_it_is_passed_in():
    text = "policies:\n- name: my_bot.DeskPolicy\n  hours: 6\n"
    [policy], found = parse_config(text, custom_policies=[DeskPolicy])
    assert (type(policy), policy.hours, found) == (DeskPolicy, 6, [])


def test_an_unknown_parameter_is_an_error_with_the_closest_name():
    policies, found = only("policies:\n- name: KerasPolicy\n  epochen: 5\n")
    assert policies == []
    assert (found.code, found.line) == ("C103", 3)
    assert "KerasPolicy has no parameter 'epochen'. Did you mean 'epochs'?" in str(found)


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ("max_history: five", "a whole number from 1"),
        ("max_history: 0", "a whole number from 1"),
        ("max_history: true", "a whole number from 1"),
        ("priority: high", "a whole number"),
        ("priority: 1.5", "a whole number"),
        ("use_nlu_confidence_as_score: yes", "true or false"),
    ],
)
def test_a_wrong_value_is_an_error(parameter, expected):
    _, found = only(f"policies:\n- name: MemoizationPolicy\n  {parameter}\n")
    assert (found.code, found.severity, found.line) == ("C104", "error", 3)
    assert f"must be {expected}" in found.message


@pytest.mark.parametrize("share", ["half", "[0.5]", "true"])
def test_a_fraction_must_be_a_number(share):
    text = f"policies:\n- name: DeskPolicy\n  share: {share}\n"
    _, found = only(text, custom_policies=[DeskPolicy])
    assert "share must be a number" in found.message


def test_all_mistakes_are_found_at_once():
    _, found = parse_config(
        """
policies:
- name: MemoizationPolicy
  max_history: five
  depth: 3
- hours: 3
- name: Unknown
"""
    )
    assert [(d.code, d.line) for d in found] == [
        ("C104", 4),
        ("C103", 5),
        ("C102", 6),
        ("C102", 7),
    ]


@pytest.mark.parametrize("name", sorted(NOT_BUILT_YET))
def test_a_policy_that_is_not_built_yet_is_left_out_with_a_warning(name):
    text = f"policies:\n- name: MemoizationPolicy\n- name: {name}\n  constrain_similarities: true\n"
    policies, found = only(text)
    assert [policy.name for policy in policies] == ["MemoizationPolicy"]
    assert (found.code, found.severity, found.line) == ("C105", "warning", 3)
    assert f"{name} is not built yet" in found.message


def test_the_usual_config_of_rasa_1_is_read_with_its_parameters():
    policies, found = parse_config(
        """
policies:
- name: MemoizationPolicy
- name: rasa.core.policies.form_policy.FormPolicy
- name: MappingPolicy
  priority: 7
- name: TwoStageFallbackPolicy
  nlu_threshold: 0.6
  ambiguity_threshold: 0
  core_threshold: 1
  fallback_core_action_name: action_default_fallback
  fallback_nlu_action_name: action_call_clerk
  deny_suggestion_intent_name: nonsense
- name: FallbackPolicy
  nlu_threshold: 0.4
  fallback_action_name: utter_what
"""
    )
    assert found == []
    _, form, mapping, stages, fallback = policies
    assert [policy.priority for policy in policies] == [3, 5, 7, 4, 4]
    assert (form.name, mapping.name) == ("FormPolicy", "MappingPolicy")
    assert stages.get_params() == {
        "priority": 4,
        "nlu_threshold": 0.6,
        "ambiguity_threshold": 0,
        "core_threshold": 1,
        "fallback_core_action_name": "action_default_fallback",
        "fallback_nlu_action_name": "action_call_clerk",
        "deny_suggestion_intent_name": "nonsense",
    }
    assert (fallback.nlu_threshold, fallback.fallback_action_name) == (0.4, "utter_what")


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ("nlu_threshold: 1.2", "a number from 0 to 1"),
        ("ambiguity_threshold: none", "a number from 0 to 1"),
        ("core_threshold: true", "a number from 0 to 1"),
        ("fallback_nlu_action_name: 5", "the name of an action"),
        ("deny_suggestion_intent_name: [no]", "the name of an intent"),
    ],
)
def test_a_wrong_value_of_a_fallback_is_an_error(parameter, expected):
    _, found = only(f"policies:\n- name: TwoStageFallbackPolicy\n  {parameter}\n")
    assert (found.code, found.severity, found.line) == ("C104", "error", 3)
    assert f"must be {expected}, got" in found.message


@pytest.mark.parametrize("name", sorted(INSTEAD_OF))
def test_a_policy_beside_the_rule_policy_that_replaced_it_is_a_warning(name):
    text = f"policies:\n- name: {name}\n- name: MemoizationPolicy\n- name: RulePolicy\n"
    policies, found = only(text)
    assert [policy.name for policy in policies] == [name, "MemoizationPolicy", "RulePolicy"]
    assert (found.code, found.severity, found.line) == ("C107", "warning", 2)
    assert f"{name} stands beside RulePolicy" in found.message
    assert found.hint.startswith("Take it out, and ")


def test_the_old_policies_together_need_no_warning():
    names = "FormPolicy, FallbackPolicy, MappingPolicy, MemoizationPolicy"
    policies, found = parse_config(f"policies: [{names}]")
    assert [policy.name for policy in policies] == names.split(", ")
    assert found == []


def test_nothing_is_both_built_and_not():
    assert not set(NOT_BUILT_YET) & set(POLICY_CLASSES)


def test_a_parameter_of_rasa_that_means_nothing_here_is_noted():
    text = "policies:\n- name: MemoizationPolicy\n  enable_feature_string_compression: false\n"
    policies, found = only(text)
    assert len(policies) == 1
    assert (found.code, found.severity) == ("C106", "info")


def test_a_parameter_of_another_policy_has_no_effect_as_in_rasa():
    text = "policies:\n- name: RulePolicy\n  priority: 7\n  batch_size: [32, 64]\n"
    [policy], found = only(text)
    assert policy.priority == 7
    assert (found.code, found.severity, found.line) == ("C106", "warning", 4)
    assert "RulePolicy has no parameter 'batch_size', so it has no effect." in found.message
    assert found.hint == "It is one of 'KerasPolicy'."


def test_a_misspelt_parameter_stays_an_error_whatever_other_policies_have():
    class OwnPolicy(Policy):
        def __init__(self, max_histories=3):
            super().__init__()
            self.max_histories = max_histories

    _, found = only("policies:\n- name: OwnPolicy\n  max_history: 5\n", custom_policies=[OwnPolicy])
    assert (found.code, found.hint) == ("C103", "Did you mean 'max_histories'?")


@pytest.mark.parametrize("text", ["", "language: en", "policies:", "policies: []"])
def test_without_policies_the_default_ones_are_taken(text):
    policies, found = only(text)
    assert [policy.name for policy in policies] == ["MemoizationPolicy", "KerasPolicy"]
    assert (found.code, found.severity) == ("C101", "info")


def test_if_no_policy_is_built_yet_the_default_ones_are_taken():
    policies, found = parse_config("policies:\n- name: UnexpecTEDIntentPolicy\n")
    assert [policy.name for policy in policies] == ["MemoizationPolicy", "KerasPolicy"]
    assert [d.code for d in found] == ["C105", "C101"]


@pytest.mark.parametrize(
    "text",
    ["policies: 5", "policies: {name: KerasPolicy}", "[1, 2]", "policies: [[]]", "a: [", "3"],
)
def test_what_is_no_config_gives_errors_not_exceptions(text):
    policies, found = parse_config(text)
    assert policies == []
    assert [d.severity for d in found] == ["error"]


def test_a_file_with_errors_is_refused_with_all_of_them(tmp_path):
    file = tmp_path / "config.yml"
    file.write_text("policies:\n- name: KerasPolicy\n  depth: 3\n- name: Memo\n")
    with pytest.raises(PolicyConfigError, match=r"depth[\s\S]*Unknown policy 'Memo'"):
        load_config(file)
    with pytest.raises(PolicyConfigError, match="does not exist"):
        load_config(tmp_path / "nothing.yml")


def test_a_file_with_warnings_only_is_read(tmp_path):
    file = tmp_path / "config.yml"
    file.write_text("policies:\n- name: UnexpecTEDIntentPolicy\n- name: MemoizationPolicy\n")
    assert [policy.name for policy in load_config(str(file))] == ["MemoizationPolicy"]
