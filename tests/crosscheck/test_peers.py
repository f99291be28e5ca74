"""Other packages' engines: right answers aren't blamed, early stops are told, what they can't do is declared."""

from __future__ import annotations

import pytest

from crosscheck import compare, ladder, load_hsb
from crosscheck.attribution import Cause, opinion
from crosscheck.book import book
from crosscheck.data import load
from crosscheck.engines import PEERS, NoAnswer, answer_of
from crosscheck.quantities import NUMBERS
from crosscheck.recordfile import read

RAIL, ML = (case.spec for case in book(["ch01-fm1Rail"]))
NESTED = book(["ch01-fm2Machine"])[0].spec
AR1 = book(["ch05-fm2Ovar.lme"])[0].spec
OUTCOMES = ladder(["outcomes"], ["REML"])[0]


def there(name):
    made = PEERS[name]()
    if reason := made.why_not():
        pytest.skip(reason)
    return made


def judged(made, spec, data):
    answer = answer_of(made, spec, data)
    reference = read(spec, "converged", "nlme")
    if isinstance(answer, NoAnswer):
        return opinion(spec, data, reference, answer)
    asked = [quantity for quantity in NUMBERS if quantity.key not in made.lacks]
    held = compare(reference, answer, asked)
    return opinion(spec, data, reference, answer, comparison=held, definitions=made.definitions)


@pytest.mark.parametrize("name", ["mixedlm", "mixedlm-rs", "lme-python"])
@pytest.mark.parametrize("spec", [RAIL, ML], ids=lambda spec: spec.name)
def test_a_right_answer_is_not_blamed_for_its_definitions(name, spec):
    found = judged(there(name), spec, load(spec.data))
    assert found.passes, str(found)


@pytest.mark.needs_r
@pytest.mark.parametrize("spec", [RAIL, ML, NESTED], ids=lambda spec: spec.name)
def test_lme4s_satterthwaite_and_bic_are_definitions(spec):
    made = PEERS["lme4"]()
    made.lacks = ()
    found = judged(made, spec, load(spec.data))
    assert found.cause is Cause.BY_DEFINITION, str(found)


def test_lme_pythons_early_stop_on_slopes_as_outcomes_is_its_own():
    found = judged(there("lme-python"), OUTCOMES, load_hsb())
    assert found.cause is Cause.ENGINE_STOPPED_SHORT
    short = found.certificate.optimum - found.certificate.log_lik
    assert short == pytest.approx(0.09, abs=0.005)
    assert found.reference.distance < 1e-7


@pytest.mark.parametrize("name", PEERS)
def test_what_a_package_has_no_model_for_is_declared_before_it_is_asked(name):
    made = PEERS[name]()
    assert "correlation" in made.cannot(AR1)
    one_level = name in ("statsmodels", "mixedlm-rs", "gpboost")
    assert bool(made.cannot(NESTED)) == one_level
    assert bool(made.cannot(RAIL)) == (name == "gpboost") and not made.cannot(ML)
