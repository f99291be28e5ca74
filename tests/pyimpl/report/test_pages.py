"""R's own numbers, put into the page objects, give R's own pages (pages.json, written by record_pages.R)."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyimpl.report import (
    CoefficientTable,
    CovarianceBlock,
    FitPage,
    Level,
    ModelDescription,
    SummaryPage,
    VarCorrPage,
    render_fit,
    render_summary,
    render_var_corr,
)
from pyimpl.report.structures import (
    correlation_block,
    general_correlation_block,
    variance_block,
    variance_section,
)

RECORDED = Path(__file__).with_name("pages.json")


@cache
def recorded() -> dict[str, Any]:
    return json.loads(RECORDED.read_text(encoding="utf-8"))


FITS = {fit["name"]: fit for fit in recorded()["fits"]}
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
        parts = weights.get("parts", [weights])
        blocks.append(
            variance_section(
                [
                    variance_block(
                        "fixed weights" if v["class"] == "varFixed" else v["title"],
                        v["formula"],
                        v["names"],
                        array(v["values"]),
                    )
                    for v in parts
                ]
            )
        )
    return tuple(blocks)


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
