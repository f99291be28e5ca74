"""What R said of gls fits (record.R), and the data they are made on."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crosscheck.data import load_book
from pyimpl import GlsFit, gls

ANSWERS: dict[str, Any] = json.loads(Path(__file__).with_name("answers.json").read_text(encoding="utf-8"))
CASES: dict[str, dict[str, Any]] = {case["name"]: case for case in ANSWERS["cases"]}


@cache
def data_of(name: str) -> pd.DataFrame:
    """A data set of fixtures/book, or of those beside R's answers."""
    if name not in ANSWERS["data"]:
        return load_book(name)
    columns = {
        key: pd.Categorical.from_codes(column["codes"], column["levels"], ordered=column["ordered"])
        if isinstance(column, dict)
        else column
        for key, column in ANSWERS["data"][name].items()
    }
    frame = pd.DataFrame(columns)
    frame.attrs["name"] = name
    return frame


@cache
def fit_of(name: str) -> GlsFit:
    """The model that R's answers of this name are about."""
    case = CASES[name]
    return gls(
        case["model"],
        data_of(case["data"]),
        case["correlation"],
        case["weights"],
        subset=case["subset"],
        method=case["method"],
    )


def dense_covariance(fit: GlsFit) -> np.ndarray:
    """The covariance matrix of all responses, (N, N), by the definitions of the structures' matrices."""
    within, psi = fit.model.within, fit.estimates.psi
    correlations = np.eye(fit.n_obs)
    if within is None:
        return correlations * fit.sigma**2
    if within.correlation is not None:
        for group in range(len(within.correlation.layout.sizes)):
            rows = within.correlation.layout.rows(group)
            correlations[np.ix_(rows, rows)] = within.correlation.matrix(within.split(psi)[0], group)
    deviations = fit.sigma * np.exp(np.broadcast_to(within.log_sd(psi), (fit.n_obs,)))
    return correlations * np.outer(deviations, deviations)
