"""At nlme's parameters, rows whitened by structures and functions have nlme's likelihood (within_group.json).

The search over the random effects' covariances is pyimpl's, so the likelihood is the best at these parameters: never
below nlme's, and above it by what nlme's tightened search still leaves, 8e-7 in one of these fits.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crosscheck.data import load_book
from pyimpl import lme
from pyimpl.correlation import correlation_request
from pyimpl.fit import LmeFit
from pyimpl.moments import compress
from pyimpl.objective import Likelihood, log_likelihood
from pyimpl.optimize import minimise, starting_point
from pyimpl.variance import variance_request
from pyimpl.within_group import correlation_on, variance_on

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("within_group.json").read_text("utf-8"))[
    "cases"
]
by_case = pytest.mark.parametrize(
    "case", CASES, ids=[f"{case['data']} {case['correlation']} {case['weights']}" for case in CASES]
)


def start_of(case: dict[str, Any]) -> LmeFit:
    """The model without the structures, not fitted."""
    random = {case["group"]: case["random"]}
    return lme(case["fixed"], load_book(case["data"]), random, method=case["method"], control={"maxIter": 0})


@by_case
@pytest.mark.filterwarnings("ignore::pyimpl.errors.LmeWarning")
def test_log_likelihood(case: dict[str, Any]) -> None:
    model = start_of(case).model
    rows, log_det = np.stack(model.design.columns()), 0.0
    if case["weights"]:
        function = variance_on(variance_request(case["weights"]), model.frame.rows, model.design.order)
        log_sd = function.log_sd(np.array(case["var"]), np.array(case["fitted"]))
        rows, log_det = rows * np.exp(-log_sd), 2 * log_sd.sum()
    if case["correlation"]:
        structure = correlation_on(
            correlation_request(case["correlation"]), model.frame.rows, (case["group"],)
        )
        rows, log_det_R = structure.whiten(np.array(case["cor"]), rows)
        log_det += log_det_R
    structures = tuple(level.covariance for level in model.design.levels)
    moments = compress(list(rows), model.design.starts, structures, model.design.order)
    reml = case["method"] == "REML"
    likelihood = Likelihood(moments, structures, reml)
    optimum = minimise(likelihood, starting_point(likelihood))
    found = log_likelihood(moments, reml, optimum.evaluation.deviance) - log_det / 2
    assert -1e-9 < found - case["log_lik"] < 1e-6
    beta = moments.beta + moments.scale * np.linalg.solve(moments.R, optimum.evaluation.up.beta)
    # 8e-7 of the log-likelihood is a thousandth of a standard error.
    np.testing.assert_allclose(beta, case["beta"], rtol=1e-4)
