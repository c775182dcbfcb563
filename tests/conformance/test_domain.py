"""Our domain is the one that Rasa makes of the same files."""

import time

import pytest

from dialogue_nb.core.diagnostics import errors_in
from dialogue_nb.core.domain import parse_domain
from tests.conformance.sets import FOLDER, domain_of, expected_36, expected_110, sets

# Rasa 3.x has no such action any more (and a form is an active loop there).
GONE = {"action_deactivate_form"}

if sets("3.6"):
    FILES = sorted(
        path for path in FOLDER.rglob("*.yml") if "domain" in str(path.relative_to(FOLDER))
    )

    @pytest.mark.parametrize("name", sorted(sets("3.6")))
    def test_actions_intents_entities_and_slots_are_those_of_rasa_3_6(name):
        domain, expected = domain_of(name, "3.6"), expected_36(name)
        assert list(domain.action_names) == expected["actions"]
        assert list(domain.intent_names) == expected["intents"]
        assert [entity.name for entity in domain.entities] == expected["entities"]
        slots = [
            {"dim": slot.dimension, "name": slot.name, "type": slot.type_name}
            for slot in domain.slots
        ]
        assert slots == expected["slots"]

    @pytest.mark.parametrize("name", sorted(sets("1.10")))
    def test_features_and_actions_of_rasa_1_10_are_all_there(name):
        domain, (header, _) = domain_of(name, "1.10"), expected_110(name)
        assert set(header["action_order"]) - GONE <= set(domain.action_names)
        kept = {
            feature
            for feature in header["feature_order"]
            if feature.removeprefix("prev_") not in GONE and not feature.startswith("active_form_")
        }
        assert kept <= set(domain.feature_names)

    @pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
    def test_every_domain_file_is_read_in_time_and_written_again(path):
        start = time.process_time()
        domain, diagnostics = parse_domain([path])
        assert time.process_time() - start < 1
        assert all(found.line and found.file for found in diagnostics)
        if domain is None:
            assert errors_in(diagnostics)
            return
        again, complaints = parse_domain(domain.to_yaml())
        assert again.to_yaml() == domain.to_yaml()
        assert again.action_names == domain.action_names
        assert errors_in(complaints) == []
        assert "info" not in {found.severity for found in complaints}
