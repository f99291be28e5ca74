"""The checks of the installation and of the instruments pass here, and each can fail."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace

import pytest

from crosscheck import Answer
from crosscheck.data import fixtures
from crosscheck.dossier import environment, installation, operation
from crosscheck.dossier.results import Outcome
from crosscheck.dossier.seeded import SEEDS
from crosscheck.quantities import QUANTITIES

from .conftest import Right

_STRAY = operation._stray_engines
"""Taken before the fixture that leaves it out."""


def by_id(checks):
    checks = tuple(checks)
    found = {check.id: check for check in checks}
    assert len(found) == len(checks), "an id stands twice"
    return found


def test_this_installation_passes():
    checks = by_id(installation.installation(live=False))
    assert all(check.outcome is not Outcome.FAIL for check in checks.values())
    assert {"IQ-PYTHON", "IQ-PACKAGE-numpy", "IQ-LINALG", "IQ-DATA", "IQ-RECORDS"} <= checks.keys()
    assert checks["IQ-R"].outcome is Outcome.NOT_APPLICABLE
    assert checks["IQ-DATA"].found == "22 files, 0 changed or missing"


def test_a_package_that_is_missing_or_too_old_is_found(monkeypatch):
    there = environment.version
    old = {"numpy": "1.20.0", "pandas": ""}
    monkeypatch.setattr(environment, "version", lambda name: old.get(name, there(name)))
    checks = by_id(installation.installation(live=False))
    failed = {id for id, check in checks.items() if check.outcome is Outcome.FAIL}
    assert failed == {"IQ-PACKAGE-numpy", "IQ-PACKAGE-pandas"}
    assert checks["IQ-PACKAGE-pandas"].found == "not installed"


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of the fixtures that a test may spoil."""
    folder = tmp_path / "fixtures"
    shutil.copytree(fixtures(), folder)
    monkeypatch.setattr(installation, "fixtures", lambda: folder)
    return folder


def test_data_that_changed_are_found_and_so_are_the_records_of_them(copied):
    path = copied / "book" / "data" / "Rail.csv"
    path.write_bytes(path.read_bytes().replace(b"55", b"56", 1))
    checks = by_id(installation.installation(live=False))
    assert checks["IQ-DATA"].outcome is Outcome.FAIL
    assert "1 changed or missing: Rail.csv" in checks["IQ-DATA"].found
    assert checks["IQ-RECORDS"].outcome is Outcome.FAIL
    assert "ch01-fm1Rail.lme.json" in checks["IQ-RECORDS"].found


def test_a_record_that_cannot_be_read_is_found(copied):
    (copied / "recorded" / "hsb-empty-ml.json").write_text("{", "utf-8")
    check = by_id(installation.installation(live=False))["IQ-RECORDS"]
    assert check.outcome is Outcome.FAIL
    assert "1 unreadable or of other data: hsb-empty-ml.json" in check.found


def test_installed_files_are_held_to_their_hashes(monkeypatch):
    monkeypatch.setattr(environment, "is_editable", lambda: False)
    check = installation._files_as_shipped()
    assert check.outcome is Outcome.PASS or "changed or missing" in check.found
    monkeypatch.setattr(installation, "_is_as_recorded", lambda file: not str(file).endswith("METADATA"))
    check = installation._files_as_shipped()
    assert check.outcome is Outcome.FAIL
    assert "METADATA" in check.found


def test_the_instruments_pass():
    checks = by_id(operation.operation([Right()]))
    assert [check.id for check in checks.values() if check.outcome is not Outcome.PASS] == []
    assert sum(id.startswith("OQ-COMPARE") for id in checks) == len(SEEDS) + 2
    assert checks["OQ-CANDIDATE-right-REML"].found.startswith("58 values, 0 outside")


def test_implementations_that_hang_or_die_get_a_verdict():
    hang, die = _STRAY()
    assert (hang.found, hang.outcome) == ("no answer within 5 s", Outcome.PASS)
    assert die.outcome is Outcome.PASS and "exit status 3" in die.found


def test_an_error_of_each_kind_is_seeded():
    """Each quantity but the structures' parameters, which the model hasn't, and the pages that summary stands for."""
    without = {"corr_params", "var_params", "fit", "var_corr", "anova"}
    assert {seed.quantity for seed in SEEDS} == {quantity.key for quantity in QUANTITIES} - without


def test_a_blind_comparison_is_found(monkeypatch):
    def blind(reference, candidate, quantities):
        return operation_compare(reference, reference, quantities)

    operation_compare = operation.compare
    monkeypatch.setattr(operation, "compare", blind)
    checks = by_id(operation._comparison())
    failed = [id for id, check in checks.items() if check.outcome is Outcome.FAIL]
    assert len(failed) == len(SEEDS)
    assert checks["OQ-COMPARE-01"].found == "nothing found wrong"


def test_a_comparison_that_blames_everything_is_found(monkeypatch):
    def harsh(reference, candidate, quantities):
        found = operation_compare(reference, candidate, quantities)
        wrong = SEEDS[0].spoil(candidate)
        return replace(found, rows=found.rows + operation_compare(reference, wrong, quantities).failures)

    operation_compare = operation.compare
    monkeypatch.setattr(operation, "compare", harsh)
    checks = by_id(operation._comparison())
    assert checks["OQ-COMPARE-RIGHT"].outcome is Outcome.FAIL


def test_an_evaluator_that_is_off_is_found(monkeypatch):
    there = operation.log_likelihood
    monkeypatch.setattr(operation, "log_likelihood", lambda *given: there(*given) + 1e-9)
    checks = by_id(operation._evaluator())
    failed = {id for id, check in checks.items() if check.outcome is Outcome.FAIL}
    assert failed == {"OQ-REFERENCE-REML", "OQ-REFERENCE-ML", "OQ-REFERENCE-DENSITY"}


class Off(Right):
    name = "off"

    def fit(self, spec, data):
        answer = Answer.of(super().fit(spec, data))
        return replace(answer, scalars={**answer.scalars, "bic": answer.scalars["bic"] + 1e-6})


class Raises(Right):
    def fit(self, spec, data):
        raise RuntimeError("no")


def test_a_candidate_that_misses_the_closed_form_is_found():
    reml, ml = operation._candidate(Off())
    assert reml.outcome is ml.outcome is Outcome.FAIL
    assert "58 values, 1 outside" in reml.found
    assert next(iter(operation._candidate(Raises()))).found == "RuntimeError: no"


class ByDefinition(Right):
    """AIC is nlme's; BIC counts every row, which it declares."""

    definitions = ("bic-n",)

    def fit(self, spec, data):
        answer = Answer.of(super().fit(spec, data))
        bic = answer.scalars["aic"] - 6 + 3 * math.log(answer.scalars["n_obs"])
        return replace(answer, scalars={**answer.scalars, "bic": bic})


def test_a_declared_definition_that_gives_the_value_passes_as_a_deviation():
    reml, ml = operation._candidate(ByDefinition())
    assert reml.outcome is Outcome.DEVIATION and "1 outside: different by definition" in reml.found
    assert ml.outcome is Outcome.PASS
    undeclared = ByDefinition()
    undeclared.definitions = ()
    assert next(iter(operation._candidate(undeclared))).outcome is Outcome.FAIL


@pytest.mark.needs_r
def test_the_bridge_to_r_says_what_is_there():
    checks = by_id(installation._bridge())
    assert checks["IQ-R-nlme"].outcome is Outcome.PASS
    assert all(check.outcome is not Outcome.FAIL for check in checks.values())


def test_the_environment_is_told():
    facts = {one.title: one.items for one in environment.environment()}
    assert facts["Python and packages"]["numpy"]
    assert "BLAS of numpy" in facts["Python and packages"]
    assert facts["Machine"]["locale"]
    assert json.dumps(facts["This project"])
