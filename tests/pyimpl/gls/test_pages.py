"""R's own numbers, put into the page objects, give R's own pages; a fit's pages differ from R's in late digits only."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f

from pyimpl import gls
from pyimpl.report import (
    AnovaPage,
    CoefficientTable,
    IntervalsPage,
    IntervalTable,
    render_anova,
    render_intervals,
)
from pyimpl.report.gls import (
    GlsDescription,
    GlsPage,
    GlsSummaryPage,
    gls_summary_to_html,
    render_gls,
    render_gls_covariance,
    render_gls_summary,
)

from .conftest import ANSWERS, CASES, data_of, fit_of

# nlme can't print a corNatural, nor its summary; three optima are not R's (see test_against_r.py).
PRINTED = [name for name in CASES if name != "natural"]
LIKE_R = [name for name in CASES if name not in ("trees", "plots", "strata")]
NUMBER = re.compile(r"(?<![\w.\[,(])-?\d+\.?\d*(?:e[+-]\d+)?(?![\w\],.])")


def structure_text(page: str) -> tuple[str, ...]:
    """The sections on correlation and variance of R's print of a fit."""
    start = re.search(
        r"^(Correlation Structure|Variance function|Combination of variance)", page, re.MULTILINE
    )
    end = page.index("Degrees of freedom:")
    return () if start is None else (page[start.start() : end],)


def description(case: dict[str, Any]) -> GlsDescription:
    return GlsDescription(
        method=case["method"],
        data_name=case["data"],
        model=re.search("Model: (.*) $", case["pages"]["fit"], re.MULTILINE).group(1),
        n_obs=len(case["fitted"]),
        n_coefficients=len(case["beta"]),
        sigma=case["sigma"],
        subset=case["subset"],
        extra_blocks=structure_text(case["pages"]["fit"]),
    )


def summary_page(case: dict[str, Any]) -> GlsSummaryPage:
    value, error, t, p = np.array(case["t_table"]).T
    vcov = np.array(case["vcov"])
    names = tuple(case["names"])
    return GlsSummaryPage(
        model=description(case),
        aic=case["aic"],
        bic=case["bic"],
        log_lik=case["log_lik"],
        coefficients=CoefficientTable(names, value, error, None, t, p),
        correlation=vcov / np.sqrt(np.outer(np.diag(vcov), np.diag(vcov))),
        residuals=np.array(case["quantiles"]),
    )


@pytest.mark.parametrize("name", PRINTED)
def test_fit(name: str) -> None:
    case = CASES[name]
    page = GlsPage(description(case), case["log_lik"], tuple(case["names"]), np.array(case["beta"]))
    assert render_gls(page).removesuffix("\n") == case["pages"]["fit"]


@pytest.mark.parametrize("name", PRINTED)
def test_summary(name: str) -> None:
    assert render_gls_summary(summary_page(CASES[name])).removesuffix("\n") == CASES[name]["pages"]["summary"]


@pytest.mark.parametrize("name", CASES)
def test_intervals(name: str) -> None:
    case = CASES[name]
    if not case["intervals"]:
        assert case["pages"]["intervals"].startswith("Error")
        return
    tables = {
        part: IntervalTable(tuple(each["names"]), np.array(each["values"]))
        for part, each in case["intervals"].items()
    }
    page = IntervalsPage(
        0.95,
        tables["coef"],
        correlation=tables.get("corStruct"),
        variance=tables.get("varStruct"),
        sigma=tables["sigma"].values[0],
        fixed_title="Coefficients",
        sigma_title=case["intervals"]["sigma"]["label"].removesuffix(":"),
    )
    assert render_intervals(page).removesuffix("\n") == case["pages"]["intervals"]


@pytest.mark.parametrize(("tests", "F"), [("anova", "F"), ("marginal", "F_marginal")])
@pytest.mark.parametrize("name", CASES)
def test_anova(name: str, tests: str, F: str) -> None:
    fit = fit_of(name)
    ours = fit.anova(type="marginal" if tests == "marginal" else "sequential").page
    assert isinstance(ours, AnovaPage)
    values = np.array(CASES[name][F])
    page = AnovaPage(
        ours.names,
        ours.num_df,
        ours.den_df,
        values,
        f.sf(values, ours.num_df, ours.den_df),
        one_den_df=True,
    )
    assert render_anova(page).removesuffix("\n") == CASES[name]["pages"][tests]


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name]["covariance"]])
def test_covariance(name: str) -> None:
    text = render_gls_covariance(np.array(CASES[name]["covariance"]))
    assert text.removesuffix("\n") == CASES[name]["pages"]["covariance"]


def same_page(ours: str, theirs: str, digits: float, noise: float = 0.0) -> None:
    """Whether two pages differ only in numbers, and in these by little; blanks follow the numbers' widths."""
    words = [re.sub(r"\s+", " ", NUMBER.sub("#", text)) for text in (ours, theirs)]
    assert words[0] == words[1]
    numbers = [[float(found) for found in NUMBER.findall(text)] for text in (ours, theirs)]
    np.testing.assert_allclose(numbers[0], numbers[1], rtol=digits, atol=noise)


@pytest.mark.parametrize("name", LIKE_R)
def test_pages_of_fits(name: str) -> None:
    fit, pages = fit_of(name), CASES[name]["pages"]
    # R stops short of the fixed point of weights by fitted values, and of the optimum of many correlations.
    digits = {"fitted": 2e-4, "general": 5e-5, "natural": 5e-5, "arma11": 2e-5}.get(name, 5e-6)
    if name in PRINTED:
        same_page(str(fit), pages["fit"], digits, 1e-9)
        same_page(str(fit.summary()), pages["summary"], digits, 2e-4)
    same_page(str(fit.anova()), pages["anova"], 10 * digits, 1e-4)
    same_page(str(fit.anova(type="marginal")), pages["marginal"], 10 * digits, 1e-4)
    same_page(str(fit.acf()), pages["acf"], 10 * digits, 1e-6)
    if CASES[name]["covariance"]:
        same_page(str(fit.get_var_cov()), pages["covariance"], 10 * digits, 1e-3)


@pytest.mark.parametrize("name", ["plain", "plainML", "constant", "known"])
def test_pages_are_identical_where_nothing_is_searched_for(name: str) -> None:
    fit, pages = fit_of(name), CASES[name]["pages"]
    assert str(fit) == pages["fit"] and str(fit.summary()) == pages["summary"]
    assert str(fit.anova()) == pages["anova"] and str(fit.anova(type="marginal")) == pages["marginal"]
    assert str(fit.intervals()) == pages["intervals"] and str(fit.acf()) == pages["acf"]


def test_tests_of_several_terms_and_of_combinations() -> None:
    fit, extra = fit_of("plain"), ANSWERS["extra"]
    assert str(fit.anova(terms=["Sex", "I(age - 11)"])) == extra["terms"]
    assert str(fit.anova(L={"SexFemale": 1, "SexFemale:I(age - 11)": 2})) == extra["L"]
    rows = np.array([[0, 1, 0, 0], [0, 0, 1, 1]])
    L = pd.DataFrame(rows, index=["a", "b"], columns=fit.fixef().index)
    assert str(fit.anova(L=L)) == extra["L2"]
    assert list(fit.anova().to_frame().columns) == ["numDF", "F-value", "p-value"]


def test_few_rows_are_shown_one_by_one() -> None:
    few = gls("distance ~ age", data_of("Orthodont"), subset="Subject == 'M01'")
    assert str(few.summary()) == ANSWERS["extra"]["few"]


def test_html_shows_the_page_s_numbers() -> None:
    case = CASES["compound"]
    html = gls_summary_to_html(summary_page(case))
    for text in ("Compound symmetry", "Residual standard error", "SexFemale:I(age - 11)", "<td"):
        assert text in html
    assert "DF</th>" not in html and fit_of("plain").summary()._repr_html_().startswith("<div>")
    assert fit_of("plain")._repr_html_().startswith("<pre>Generalized least squares")
