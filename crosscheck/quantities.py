"""The one table of what is compared: each quantity, how agreement is measured, its tolerance and why.

A difference is divided by the quantity's *unit* (a standard error, the value itself, ...) before it is held
against the tolerance, so that every tolerance is a pure number that doesn't depend on anyone's scales.

Sources: the tolerances come from how close nlme's tightened fit was measured to come to the optimum of its
own likelihood on 21 regular fits (worst case: logLik 1e-11, standard deviations 1e-6 relative, correlations
8e-7, coefficients 1e-6 of a standard error, standard errors 3e-7, BLUPs 3e-7), with one decimal digit of room;
not from what happens to pass. Where slopes hardly vary that fit itself misses them (2e-5 on one model of the
HSB ladder), so there R's EM algorithm, run until it converges, is the reference. At a singular optimum, where
nlme itself stops early, :data:`SINGULAR_LIMITS` applies instead, and every row it touches says so. Where variances
go by fitted values nlme stops short of the fixed point of its iteration: :func:`at_fixed_point`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from . import readings as at
from .answer import Answer


@dataclass(frozen=True, slots=True)
class Quantity:
    """One thing that two answers are compared on.

    Attributes
    ----------
    key, title : str
        Its name in code and for people.
    read : callable
        Reads an answer: values by name, empty when the answer doesn't say.
    units : callable
        Reads the reference: the size of one unit for each name; a name that is absent has unit 1.
    unit : str
        The unit in words.
    limit : float
        The largest difference, in units, that counts as agreement; 0 means identical.
    reason : str
        Why that limit.
    show : {"each", "worst"}
        Whether a report lists every value or, of a long list, the worst.
    """

    key: str
    title: str
    read: Callable[[Answer], at.Readings]
    units: Callable[[Answer], at.Units]
    unit: str
    limit: float
    reason: str
    show: Literal["each", "worst"] = "each"

    @property
    def floor(self) -> bool:
        """Whether digits are counted from one unit where the value is smaller: in long lists some are near 0."""
        return self.show == "worst"


_SAME = "a count or a name: there is one right value"
_SUM = "follows from the log-likelihood, which counts twice"

NUMBERS: tuple[Quantity, ...] = (
    Quantity("method", "method", at.method, at.one, "", 0, _SAME),
    Quantity("n_obs", "observations", at.scalar("n_obs"), at.one, "", 0, _SAME),
    Quantity("n_groups", "groups", at.group_counts, at.one, "", 0, _SAME),
    Quantity(
        "coefficient", "coefficient", at.column("Value"), at.standard_errors, "of its SE", 1e-5,
        "R was within 1e-6 of an SE of the optimum on 21 regular models; nobody reads a coefficient finer than its SE",
    ),
    Quantity(
        "std_error", "SE", at.column("Std.Error"), at.own_size(at.column("Std.Error")), "relative", 1e-5,
        "R was within 3e-7 of the optimum on 21 regular models",
    ),
    Quantity("df", "DF", at.column("DF"), at.one, "", 0, "a count: there is one right value"),
    Quantity(
        "t_value", "t", at.column("t-value"), at.t_units, "of 1+|t|", 1e-5,
        "a coefficient over its SE, each within its 1e-5",
    ),
    Quantity(
        "p_value", "p", at.column("p-value"), at.p_units, "of p(1+|t|)^2", 1e-5,
        "follows from t: far in the tail log p moves by |t| times what t moves",
    ),
    Quantity(
        "std_dev", "sd", at.std_dev, at.own_size(at.std_dev), "relative", 1e-5,
        "R was within 1e-6 of the optimum on 21 regular models",
    ),
    Quantity("corr", "cor", at.corr, at.one, "absolute", 1e-5, "R was within 8e-7 of the optimum on 21 regular models"),
    Quantity(
        "sigma", "sigma", at.scalar("sigma"), at.own_size(at.scalar("sigma")), "relative", 1e-5,
        "a standard deviation like the others",
    ),
    Quantity(
        "log_lik", "logLik", at.scalar("log_lik"), at.log_lik_units, "absolute", 1e-8,
        "R was within 1e-11 on 21 small models; a sum over thousands of rows adds rounding",
    ),
    Quantity("aic", "AIC", at.scalar("aic"), at.log_lik_units, "absolute", 2e-8, _SUM),
    Quantity("bic", "BIC", at.scalar("bic"), at.log_lik_units, "absolute", 2e-8, _SUM),
    Quantity(
        "corr_params", "correlation parameter", at.structure("corr"), at.correlation_units,
        "absolute, of a range relative", 1e-5,
        "as the random effects' correlations",
    ),
    Quantity(
        "var_params", "variance parameter", at.structure("var"), at.own_size(at.structure("var")),
        "relative", 1e-5,
        "as the standard deviations",
    ),
    Quantity(
        "fixef", "fixef()", at.fixef, at.standard_errors, "of its SE", 1e-5, "as the coefficients", "worst",
    ),
    Quantity(
        "vcov", "vcov", at.vcov, at.vcov_units, "of SE x SE", 2e-5, "two SEs, each within its 1e-5", "worst",
    ),
    Quantity(
        "var_cov", "get_var_cov", at.cov, at.cov_units, "of sd x sd", 3e-5,
        "two sds and a correlation, each within its 1e-5", "worst",
    ),
    Quantity(
        "ranef", "BLUPs", at.ranef, at.ranef_units, "of its sd", 1e-5,
        "R was within 3e-7 of the optimum on 21 regular models", "worst",
    ),
    Quantity(
        "fitted", "fitted", at.fitted, at.fitted_units, "of sigma", 1e-5,
        "coefficients and BLUPs added, each within its 1e-5", "worst",
    ),
)  # fmt: skip
"""What any two answers are compared on."""

PAGES: tuple[Quantity, ...] = tuple(
    Quantity(key, f"{title} page", at.page(key), at.one, "", 0, "R's page, character for character")
    for key, title in {"fit": "fit", "summary": "summary", "var_corr": "VarCorr", "anova": "anova"}.items()
)
"""The printed pages, for engines that print R's."""

QUANTITIES = NUMBERS + PAGES

SINGULAR_LIMITS: Mapping[str, float] = {
    "coefficient": 5e-4,
    "std_error": 1e-4,
    "t_value": 5e-4,
    "p_value": 5e-4,
    "std_dev": 1e-4,
    "corr": 3e-4,
    "sigma": 1e-4,
    "log_lik": 1e-6,
    "aic": 2e-6,
    "bic": 2e-6,
    "fixef": 5e-4,
    "vcov": 5e-4,
    "var_cov": 5e-4,
    "ranef": 5e-4,
    "fitted": 5e-4,
}
"""Limits at a singular optimum: those of nlme's default fits, since tightening doesn't help there."""

FIXED_POINT_LIMITS: Mapping[str, float] = {
    "sigma": 1e-4,
    "log_lik": 1e-6,
    "aic": 2e-6,
    "bic": 2e-6,
    "fitted": 1e-4,
}
"""Limits where variances go by ``fitted(.)``.

nlme's tightened fit ends where a step no longer moves it, not at the fixed point: begun again from its own answer it
moves by 2e-5 in sigma and 4e-8 in the log-likelihood (BodyWeight with corGaus and varPower), and by 3e-6 in sigma its
answers differ between two names of one model (corLin and corSpher there, where both correlate only what is a day
apart). Sigma is then the standard deviation at a fitted value of 1, far from the data: the unit of fitted values is
small.
"""


def at_fixed_point(quantities: tuple[Quantity, ...]) -> tuple[Quantity, ...]:
    """Return the same with the limits for fits whose variances go by fitted values."""
    reason = "nlme's iteration between variances and fitted values ends short of its fixed point"
    return tuple(
        replace(one, limit=max(one.limit, FIXED_POINT_LIMITS[one.key]), reason=reason)
        if one.key in FIXED_POINT_LIMITS
        else one
        for one in quantities
    )
