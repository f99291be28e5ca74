"""One adapter for each package: the whole call from formula and frame to a fitted model, and its log-likelihood.

Packages define the log-likelihood as nlme and lme4 do, so that answers can be compared. One that isn't installed
doesn't take part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.cases import Case


@dataclass(frozen=True, slots=True)
class Engine:
    """A package.

    Attributes
    ----------
    module : str
        What is imported; without it the engine is absent.
    fit : callable
        From the case and its frame to the log-likelihood; None where it has none.
    can : callable
        Whether the package has such a model at all.
    structures : bool
        Whether it has correlations and variances of errors.
    """

    module: str
    fit: Callable[[Case, pd.DataFrame], float | None]
    can: Callable[[Case], bool] = lambda case: True
    structures: bool = False

    def has(self, case: Case) -> bool:
        """Whether the package has the case's model."""
        return self.can(case) and (case.is_plain or self.structures)


def regression(case: Case, data: pd.DataFrame) -> None:
    """The yardstick: the same fixed effects through formulaic and least squares."""
    import formulaic

    y, X = formulaic.model_matrix(case.fixed, data)
    np.linalg.lstsq(X.to_numpy(), y.to_numpy(), rcond=None)


def _pyimpl(case: Case, data: pd.DataFrame) -> float:
    from pyimpl import lme

    random = f"~ {case.random} | {'/'.join(case.groups)}"
    method = "REML" if case.reml else "ML"
    return float(
        lme(case.fixed, data, random, case.correlation or None, case.weights or None, method=method).log_lik
    )


def _statsmodels(case: Case, data: pd.DataFrame) -> float:
    import statsmodels.formula.api as formulas

    model = formulas.mixedlm(case.fixed, data, groups=case.groups[0], re_formula=f"~ {case.random}")
    return float(model.fit(reml=case.reml).llf)


def _mixedlm(case: Case, data: pd.DataFrame) -> float:
    import mixedlm

    return float(mixedlm.lmer(case.bars, data, REML=case.reml).logLik().value)


def _mixedlm_rs(case: Case, data: pd.DataFrame) -> float:
    import mixedlm_rs

    model = mixedlm_rs.mixedlm(case.fixed, data, groups=case.groups[0], re_formula=f"~ {case.random}")
    return float(model.fit(reml=case.reml).llf)


def _lme_python(case: Case, data: pd.DataFrame) -> float:
    import lme_python

    return float(lme_python.lmer(case.bars, data=data, reml=case.reml).log_likelihood)


def _gpboost(case: Case, data: pd.DataFrame) -> float:
    """Maximum likelihood, and random effects that are independent of each other."""
    import formulaic
    import gpboost

    y, X = formulaic.model_matrix(case.fixed, data)
    model = gpboost.GPModel(
        group_data=data[list(case.groups)].to_numpy(), likelihood="gaussian", num_parallel_threads=1
    )
    model.fit(y=y.to_numpy().ravel(), X=X.to_numpy())
    return -float(model.get_current_neg_log_likelihood())


def _one_level(case: Case) -> bool:
    return len(case.groups) == 1


ENGINES: dict[str, Engine] = {
    "regression": Engine("formulaic", regression, structures=True),
    "pyimpl": Engine("pyimpl", _pyimpl, structures=True),
    "statsmodels": Engine("statsmodels", _statsmodels, _one_level),
    "mixedlm": Engine("mixedlm", _mixedlm),
    "mixedlm-rs": Engine("mixedlm_rs", _mixedlm_rs, _one_level),
    "lme-python": Engine("lme_python", _lme_python),
    "gpboost": Engine(
        "gpboost", _gpboost, lambda case: _one_level(case) and case.random == "1" and not case.reml
    ),
}
R_ENGINES = ("nlme", "lme4")
"""In R, see ``engines.R``."""
