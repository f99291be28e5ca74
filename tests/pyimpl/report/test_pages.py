"""R's own numbers, put into the page objects, give R's own pages.

They are in pages.json, written by record_pages.R, and in book_pages.json, by record_book_pages.R.
"""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyimpl.report import (
    AnovaPage,
    CoefficientTable,
    ComparisonPage,
    Contrast,
    CovarianceBlock,
    CovariancePage,
    EffectsTable,
    FitPage,
    IntervalsPage,
    IntervalTable,
    Level,
    ModelDescription,
    SummaryPage,
    VarCorrPage,
    render_anova,
    render_comparison,
    render_covariance,
    render_effects,
    render_fit,
    render_fixef,
    render_intervals,
    render_summary,
    render_var_corr,
)
from pyimpl.report.structures import (
    correlation_block,
    general_correlation_block,
    stratified_variance_block,
    variance_block,
    variance_section,
)


@cache
def recorded(file: str = "pages.json") -> dict[str, Any]:
    return json.loads(Path(__file__).with_name(file).read_text(encoding="utf-8"))


FITS = {fit["name"]: fit for fit in recorded()["fits"] + recorded("book_pages.json")["fits"]}
COVARIANCES = {"covariance": "Random effects", "conditional": "Conditional", "marginal": "Marginal"}
each_fit = pytest.mark.parametrize("name", FITS)


def array(values: list[float | None]) -> np.ndarray:
    return np.array(values, dtype=float)


def levels(fit: dict[str, Any]) -> tuple[Level, ...]:
    return tuple(
        Level(
            level["group"],
            level["n_groups"],
            tuple(
                CovarianceBlock(
                    b["formula"],
                    b["structure"],
                    tuple(b["names"]),
                    array(b["std_dev"]),
                    None if b["corr"] is None else array(b["corr"]),
                )
                for b in level["blocks"]
            ),
            blocked=level["blocked"],
        )
        for level in fit["levels"]
    )


def extra_blocks(fit: dict[str, Any]) -> tuple[str, ...]:
    blocks = []
    if corr := fit["correlation_structure"]:
        if corr["class"] in ("corSymm", "corNatural"):
            matrix = np.eye(corr["size"])
            # R fills the lower triangle by columns, numpy by rows
            matrix.T[np.triu_indices(corr["size"], 1)] = corr["values"]
            blocks.append(general_correlation_block(corr["formula"], matrix))
        else:
            blocks.append(
                correlation_block(corr["title"], corr["formula"], corr["names"], array(corr["values"]))
            )
    if weights := fit["variance_function"]:
        blocks.append(variance_section([variance(v) for v in weights.get("parts", [weights])]))
    return tuple(blocks)


def variance(v: dict[str, Any]) -> str:
    if "strata" in v:
        return stratified_variance_block(
            v["title"], v["formula"], v["names"], v["strata"], array(v["values"])
        )
    title = "fixed weights" if v["class"] == "varFixed" else v["title"]
    return variance_block(title, v["formula"], v["names"], array(v["values"]))


def model(fit: dict[str, Any]) -> ModelDescription:
    return ModelDescription(
        method=fit["method"],
        data_name=fit["data"],
        fixed=fit["fixed"],
        levels=levels(fit),
        sigma=fit["sigma"],
        n_obs=fit["n_obs"],
        subset=fit["subset"],
        extra_blocks=extra_blocks(fit),
    )


def summary_page(fit: dict[str, Any]) -> SummaryPage:
    columns = (array(fit[c]) for c in ("value", "std_error", "df", "t_value", "p_value"))
    return SummaryPage(
        model=model(fit),
        aic=fit["aic"],
        bic=fit["bic"],
        log_lik=fit["log_lik"],
        coefficients=CoefficientTable(tuple(fit["names"]), *columns),
        correlation=array(fit["correlation"]),
        residuals=array(fit["residuals"]),
        residual_names=tuple(fit["residual_names"]) if fit["residual_names"] else None,
    )


@each_fit
def test_summary_is_r_s_page(name):
    assert render_summary(summary_page(FITS[name])) == FITS[name]["pages"]["summary"]


@each_fit
def test_fit_is_r_s_page(name):
    fit = FITS[name]
    page = FitPage(model(fit), fit["log_lik"], tuple(fit["names"]), array(fit["value"]))
    assert render_fit(page) == fit["pages"]["fit"]


@each_fit
def test_var_corr_is_r_s_page(name):
    fit = FITS[name]
    assert render_var_corr(VarCorrPage(levels(fit), fit["sigma"])) == fit["pages"]["var_corr"]


@each_fit
def test_fixef_is_r_s_print(name):
    fit = FITS[name]
    assert render_fixef(fit["names"], array(fit["value"])) == fit["pages"]["fixef"]


@each_fit
def test_anova_is_r_s_page(name):
    fit = FITS[name]
    assert render_anova(AnovaPage(*anova_columns(fit["anova"]))) == fit["pages"]["anova"]


def anova_columns(table: dict[str, Any]) -> tuple[Any, ...]:
    return (tuple(table["rows"]), *(array(table[c]) for c in ("numDF", "denDF", "f_value", "p_value")))


@each_fit
def test_intervals_are_r_s_page(name):
    recorded = FITS[name]["intervals"]

    def table(part: dict[str, Any] | None) -> IntervalTable | None:
        return None if part is None else IntervalTable(tuple(part["rows"]), array(part["values"]))

    page = IntervalsPage(
        level=recorded["level"],
        fixed=table(recorded["fixed"]),
        random=tuple((level["group"], table(level)) for level in recorded["random"] or ()),
        correlation=table(recorded["correlation"]),
        variance=table(recorded["variance"]),
        sigma=None if recorded["sigma"] is None else array(recorded["sigma"]),
    )
    assert render_intervals(page) == FITS[name]["pages"]["intervals"]


@pytest.mark.parametrize("name", [n for n, fit in FITS.items() if fit["ranef"]])
def test_ranef_is_r_s_print(name):
    fit = FITS[name]
    tables = [
        EffectsTable(part["label"], tuple(part["rows"]), tuple(part["names"]), array(part["values"]))
        for part in fit["ranef"]
    ]
    assert render_effects(tables) == fit["pages"]["ranef"]


@pytest.mark.parametrize("case", recorded()["comparisons"], ids=lambda c: c["name"])
def test_comparison_of_fits_is_r_s_page(case):
    table = case["table"]
    tests = {}
    if table["test"] is not None:
        tests = {"test": tuple(table["test"]), **{k: array(table[k]) for k in ("l_ratio", "p_value")}}
    page = ComparisonPage(
        tuple(table["rows"]), *(array(table[k]) for k in ("df", "aic", "bic", "log_lik")), **tests
    )
    assert render_comparison(page) == case["page"]


@pytest.mark.parametrize("case", recorded()["combinations"], ids=lambda c: c["name"])
def test_joint_test_is_r_s_page(case):
    contrast = None
    if case["l_names"] is not None:
        rows = tuple(case["l_rows"] or ("1",))
        contrast = Contrast(tuple(case["l_names"]), np.atleast_2d(array(case["l_values"])), rows)
    page = AnovaPage(*anova_columns(case), label=case["label"], contrast=contrast)
    assert render_anova(page) == case["page"]


@pytest.mark.parametrize(
    ("value", "shown"), [(1.0, "[1] 1"), (1 / 3, "[1] 0.3333333"), (1e-12, "[1] 1e-12"), (-1e6, "[1] -1e+06")]
)
def test_a_single_coefficient_is_shown_as_r_shows_a_number(value, shown):
    """R: anova(lme(distance ~ age + Sex, Orthodont, ~ 1 | Subject), L = c(age = 1)), and other values."""
    one = np.array([1.0])
    columns = (("1",), one, one * 80, one * 114.83828, one * 0)
    page = AnovaPage(
        *columns,
        label="F-test for linear combination(s)",
        contrast=Contrast(("age",), one[None] * value, ("1",)),
    )
    assert render_anova(page).splitlines() == [
        "F-test for linear combination(s)",
        shown,
        "  numDF denDF  F-value p-value",
        "1     1    80 114.8383  <.0001",
    ]


@pytest.mark.parametrize(("field", "kind"), COVARIANCES.items())
def test_covariance_is_r_s_page(field, kind):
    cases = {name: fit[field] for name, fit in FITS.items() if fit[field]}
    assert len(cases) > 20
    got = {
        name: render_covariance(
            CovariancePage(kind, tuple(case["names"]), array(case["values"]), group=case["group"])
        )
        for name, case in cases.items()
    }
    assert got == {name: case["page"] for name, case in cases.items()}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b, p: replace(b, std_dev=np.ones(3)), "std_dev has shape"),
        (lambda b, p: replace(b, corr=np.eye(3)), "corr has shape"),
        (lambda b, p: Level("g", 3, ()), "no covariance block"),
        (lambda b, p: Level("g", 3, (b, b)), "not marked as blocked"),
        (lambda b, p: replace(p.model, method="reml"), "method is 'reml'"),
        (lambda b, p: replace(p.model, levels=()), "at least one grouping level"),
        (lambda b, p: replace(p.coefficients, df=np.ones(3)), "df has shape"),
        (lambda b, p: replace(p, correlation=np.eye(3)), "correlation has shape"),
        (lambda b, p: replace(p, residuals=np.ones(4)), "residuals has shape"),
        (lambda b, p: replace(p, residual_names=("a",)), "residuals has shape"),
    ],
)
def test_a_page_that_does_not_fit_together_is_refused(change, message):
    page = summary_page(FITS["orthodont"])
    with pytest.raises(ValueError, match=message):
        change(page.model.levels[0].blocks[0], page)
