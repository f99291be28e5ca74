"""assert_agree: it passes what agrees, fails what doesn't with a table, and can't be asked for nothing."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from crosscheck import Answer, assert_agree, engine, ladder, load_hsb
from crosscheck.errors import UsageError

SPEC = ladder(["slopes"], ["REML"])[0]


@pytest.fixture(scope="module")
def r():
    """R's recorded answer on High School & Beyond with random slopes."""
    return engine("recorded-converged").fit(SPEC, load_hsb())


def scaled(grid, row, column, factor):
    values = grid.values.copy()
    values[grid.rows.index(row), grid.columns.index(column)] *= factor
    return replace(grid, values=values)


def with_scalar(answer, name, value):
    return replace(answer, scalars={**answer.scalars, name: value})


def test_what_agrees_gives_the_comparison(r):
    fit = engine("pyimpl").fit(SPEC, load_hsb())
    assert len(assert_agree(r, fit).rows) > 14_000


def test_a_failure_shows_both_values_the_digits_and_the_limit(r):
    off = replace(r, t_table=scaled(r.t_table, "cses", "Std.Error", 1 + 1e-3))
    with pytest.raises(AssertionError) as failed:
        assert_agree(r, off)
    lines = str(failed.value).splitlines()
    assert lines[0].endswith("values compared, 1 differ")
    (line,) = [line for line in lines if line.endswith("DIFFER")]
    assert line.split()[:2] == ["SE", "cses"]
    assert line.split()[-4:] == ["3.0", "1.0e-05", "relative", "DIFFER"]
    assert any("logLik agrees" in line for line in lines)


def test_many_failures_of_a_quantity_are_counted_and_the_worst_shown(r):
    (level,) = r.levels
    values = level.ranef.values.copy()
    values[:, 0] += 1e-3
    values[7, 0] += 1.0
    off = replace(r, levels=(replace(level, ranef=replace(level.ranef, values=values)),))
    with pytest.raises(AssertionError) as failed:
        assert_agree(r, off)
    text = str(failed.value)
    assert "160 differ" in text and "BLUPs: 154 more like these" in text
    first = next(line for line in text.splitlines() if line.startswith("BLUPs"))
    assert level.ranef.rows[7] in first


def test_pages_that_differ_are_shown_line_by_line(r):
    off = replace(r, pages={**r.pages, "summary": r.pages["summary"].replace("cses", "kses", 1)})
    assert_agree(r, off)  # the pages aren't among the numbers
    with pytest.raises(AssertionError) as failed:
        assert_agree(r, off, ["summary", "sigma"])
    assert "== The summary page" in str(failed.value)
    assert any(line.startswith("+") and "kses" in line for line in str(failed.value).splitlines())


def test_nothing_to_compare_is_a_failure():
    with pytest.raises(AssertionError, match="nothing to compare, which is a failure"):
        assert_agree(Answer(""), Answer(""))


def test_a_quantity_asked_for_by_name_has_to_be_there(r):
    bare = replace(r, fitted=None)
    assert_agree(bare, r, ["sigma"])
    with pytest.raises(AssertionError, match="asked for by name, and not there: fitted"):
        assert_agree(bare, r, ["sigma", "fitted"])
    with pytest.raises(AssertionError, match="MISSING"):
        assert_agree(r, bare, ["sigma", "fitted"])


class TestTolerances:
    def test_another_limit_needs_its_reason_and_shows_it(self, r):
        off = with_scalar(r, "sigma", r.sigma * (1 + 1e-4))
        with pytest.raises(AssertionError, match="sigma"):
            assert_agree(r, off)
        (row,) = assert_agree(r, off, tolerances={"sigma": (1e-3, "its EM stops there")}).of("sigma")
        assert row.limit == 1e-3
        with pytest.raises(AssertionError, match="sigma is held to 1e-05: as ever"):
            assert_agree(r, off, tolerances={"sigma": (1e-5, "as ever")})

    def test_it_holds_at_a_singular_optimum_too(self, r):
        (level,) = r.levels
        flat = replace(level, std_dev=scaled(level.std_dev, "cses", "std_dev", 0.0))
        singular = replace(r, levels=(flat,))
        off = with_scalar(singular, "sigma", r.sigma * (1 + 1e-3))
        with pytest.raises(AssertionError):
            assert_agree(singular, off)
        assert_agree(singular, off, tolerances={"sigma": (1e-2, "by definition")})

    @pytest.mark.parametrize(
        "change", [1e-3, (1e-3, ""), (-1.0, "why"), ("1e-3", "why"), (float("nan"), "why")]
    )
    def test_a_limit_without_a_reason_is_refused(self, r, change):
        with pytest.raises(UsageError, match=r"tolerances: sigma is .*give the limit and the reason"):
            assert_agree(r, r, tolerances={"sigma": change})

    def test_a_limit_of_what_is_not_compared_is_refused(self, r):
        with pytest.raises(UsageError, match=r"\['sigma'\] aren't compared"):
            assert_agree(r, r, ["log_lik"], tolerances={"sigma": (1e-3, "why")})


def test_names_of_quantities_are_checked(r):
    with pytest.raises(UsageError, match="no quantity 'sgima'; known: method, n_obs"):
        assert_agree(r, r, ["sgima"])
    with pytest.raises(UsageError, match=r"pass a list of keys, \['sigma'\]"):
        assert_agree(r, r, "sigma")


def test_any_object_with_the_names_will_do(r):
    class Mine:
        """What someone's own fit is: a few of the contract's names."""

        log_lik = r.scalars["log_lik"]

        def t_table(self):
            return pd.DataFrame(r.t_table.values, r.t_table.rows, r.t_table.columns)

    assert_agree(r, Mine(), ["log_lik", "coefficient", "std_error"])
    with pytest.raises(AssertionError, match=r"could not be read: sigma: AttributeError"):
        assert_agree(r, Mine(), ["log_lik", "sigma"])
