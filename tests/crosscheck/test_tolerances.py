"""The tolerances: a page made of the table and of what was measured, and measurements that can be made again."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosscheck.quantities import NUMBERS
from crosscheck.tolerances import KINDS, limit_of, measure, models, page, stored

PAGE = Path(__file__).parents[2] / "docs" / "tolerances.md"


def test_the_page_is_that_of_the_limits_and_of_what_was_measured():
    assert PAGE.read_text(encoding="utf-8") == page(stored()), "run python -m crosscheck.tolerances"


@pytest.mark.parametrize("kind", ["regular", "iterated"])
@pytest.mark.parametrize("quantity", [q for q in NUMBERS if q.limit], ids=lambda q: q.key)
def test_rs_best_is_within_the_tolerance_of_the_optimum(kind, quantity):
    measured = stored()[kind].get(quantity.key)
    if measured is None:
        pytest.skip("no such fit was recorded")
    _, median, worst, _ = measured["best"]
    assert median <= worst <= limit_of(quantity, kind)


def test_nothing_is_tighter_for_harder_fits():
    assert all(limit_of(q, kind) >= limit_of(q, "regular") for q in NUMBERS for kind in KINDS)


def test_measuring_again_gives_what_is_stored():
    """On some small models: where R ended is recorded, and the optimum is found again."""
    some = [
        spec for spec in models() if spec.key in ("ch05-fm5Ovar.lme", "ch05-fm4Dial.lme", "ch01-fm3Machine")
    ]
    assert len(some) == 3
    again, whole = measure(some)["regular"], stored()["regular"]
    for key, by_fit in again.items():
        for which, (n, _, worst, _) in by_fit.items():
            assert n <= whole[key][which][0]
            assert worst <= whole[key][which][2] * 1.01 + 1e-12
    assert again["sigma"]["best"][2] == pytest.approx(whole["sigma"]["best"][2], rel=0.01)  # ch05-fm5Ovar.lme
