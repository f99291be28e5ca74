"""The requirements: what a candidate has to do, each under an identifier that stays from version to version.

A requirement about values stands for one or more quantities of the one table of tolerances
(:mod:`crosscheck.quantities`); the others ask for a complete answer and for an answer at the optimum.
"""

from __future__ import annotations

from ..quantities import FIXED_POINT_LIMITS, QUANTITIES, SINGULAR_LIMITS, Quantity
from .results import Limit, Requirement

COMPLETE = "R-RUN-01"
LIKELIHOOD = "R-OPT-01"
OPTIMUM = "R-OPT-02"

REGULAR, SINGULAR, FIXED_POINT = "regular", "singular", "fixed-point"
KINDS = {
    REGULAR: "the optimum lies inside the range of the parameters",
    SINGULAR: "a variance is estimated as 0, or random effects as multiples of each other: nlme stops early there, "
    "however its tolerances are tightened, so the limits are those of its default fits",
    FIXED_POINT: "the residuals' variances go by fitted values: nlme's iteration between them ends short of its fixed "
    "point, however its tolerances are tightened",
}
"""The kinds of fit that have tolerances of their own."""

SHORTFALL = 1e-8
"""The log-likelihood that an answer at the optimum may be short of: the tolerance of the log-likelihood itself."""

_OF_VALUES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("R-MOD-01", "The model that was asked for: method, observations, groups", ("method", "n_obs", "n_groups")),
    ("R-FIX-01", "Estimates of the fixed effects", ("coefficient", "fixef")),
    ("R-FIX-02", "Standard errors of the fixed effects", ("std_error",)),
    ("R-FIX-03", "Covariances of the fixed effects", ("vcov",)),
    ("R-INF-01", "Degrees of freedom", ("df",)),
    ("R-INF-02", "t values", ("t_value",)),
    ("R-INF-03", "p values", ("p_value",)),
    ("R-VAR-01", "Standard deviations of the random effects", ("std_dev",)),
    ("R-VAR-02", "Correlations of the random effects", ("corr",)),
    ("R-VAR-03", "Residual standard deviation", ("sigma",)),
    ("R-VAR-04", "Covariance matrices of the random effects", ("var_cov",)),
    ("R-VAR-05", "Parameters of the correlation structure", ("corr_params",)),
    ("R-VAR-06", "Parameters of the variance function", ("var_params",)),
    ("R-LIK-01", "Log-likelihood", ("log_lik",)),
    ("R-LIK-02", "AIC", ("aic",)),
    ("R-LIK-03", "BIC", ("bic",)),
    ("R-PRE-01", "Predicted random effects (BLUPs)", ("ranef",)),
    ("R-PRE-02", "Fitted values at every level", ("fitted",)),
    ("R-PAG-01", "Printed page of the fit", ("fit",)),
    ("R-PAG-02", "Printed page of summary()", ("summary",)),
    ("R-PAG-03", "Printed page of VarCorr()", ("var_corr",)),
    ("R-PAG-04", "Printed page of anova()", ("anova",)),
)  # fmt: skip


def requirements() -> tuple[Requirement, ...]:
    """Return every requirement, in the order of the report."""
    by_key = {quantity.key: quantity for quantity in QUANTITIES}
    complete = Requirement(
        COMPLETE,
        "A complete answer to every model",
        "Every model is fitted, and every value that the reference has is there and is a number.",
    )
    likelihood = Requirement(
        LIKELIHOOD,
        "The log-likelihood is what its definition says",
        "The reported log-likelihood is that of the reported parameters, as the reference evaluator finds it, within "
        "the tolerance of the log-likelihood.",
    )
    optimum = Requirement(
        OPTIMUM,
        "The answer is at the optimum",
        f"By the reference evaluator's gradient no more than {SHORTFALL:g} of the log-likelihood is still to be had.",
    )
    of_values = (_of_values(id, title, tuple(by_key[key] for key in keys)) for id, title, keys in _OF_VALUES)
    return (complete, *of_values, likelihood, optimum)


def _of_values(id: str, title: str, quantities: tuple[Quantity, ...]) -> Requirement:
    limits = tuple(_limit(quantity) for quantity in quantities)
    first = quantities[-1]
    expected = (
        f"Every value is within {first.limit:g} {first.unit or 'absolute'} of the reference's, or within what the "
        "table of tolerances says for its kind of fit."
        if first.limit
        else "Every value is the reference's own."
    )
    return Requirement(id, title, expected, tuple(quantity.key for quantity in quantities), limits)


def _limit(quantity: Quantity) -> Limit:
    others = {SINGULAR: SINGULAR_LIMITS, FIXED_POINT: FIXED_POINT_LIMITS}
    by_kind = {kind: max(limits.get(quantity.key, 0.0), quantity.limit) for kind, limits in others.items()}
    by_kind = {REGULAR: quantity.limit, **by_kind}
    return Limit(quantity.title, quantity.unit, by_kind, quantity.reason)
