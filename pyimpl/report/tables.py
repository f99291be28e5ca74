"""The pages of what is asked of a fit: ``anova``, ``intervals``, ``ranef``, ``fixef`` and ``getVarCov``.

Plain frozen objects; :mod:`pyimpl.report.anova`, :mod:`pyimpl.report.estimates` turn them into text.
"""

from dataclasses import dataclass

from pyimpl.report.pages import FloatArray


@dataclass(frozen=True, slots=True)
class Contrast:
    """Coefficients of linear combinations of the fixed effects, as ``anova(fit, L=...)`` echoes them.

    Attributes
    ----------
    names : tuple of str, length k
        The fixed effects that have a coefficient other than zero.
    values : ndarray, shape (m, k)
    rows : tuple of str, length m
        Names of the combinations, ``("1", "2")`` where the user gave none. Not shown where m is 1.
    """

    names: tuple[str, ...]
    values: FloatArray
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnovaPage:
    """``print(anova(fit))``: F tests of terms, or one test of several terms or of linear combinations.

    Attributes
    ----------
    names : tuple of str, length k
        The terms; ``("1",)`` for a joint test.
    num_df, den_df, f_value, p_value : ndarray, shape (k,)
    label : str or None
        The line above a joint test, without its newline: ``"F-test for: age, Sex "`` (nlme ends it in a blank)
        or ``"F-test for linear combination(s)"``.
    contrast : Contrast or None
    one_den_df : bool
        Whether the denominator has the same degrees of freedom in all tests, which are then said once, above the
        table, as of gls.
    """

    names: tuple[str, ...]
    num_df: FloatArray
    den_df: FloatArray
    f_value: FloatArray
    p_value: FloatArray
    label: str | None = None
    contrast: Contrast | None = None
    one_den_df: bool = False


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """``print(anova(fit1, fit2, ...))``: information criteria and likelihood-ratio tests of several fits.

    Attributes
    ----------
    names : tuple of str, length k
        How the fits were called in the request.
    df, aic, bic, log_lik : ndarray, shape (k,)
    test : tuple of str or None
        ``"1 vs 2"``, or ``""`` where a fit is not tested; None leaves out the columns on tests.
    l_ratio, p_value : ndarray, shape (k,), or None
        NaN where a fit is not tested.
    """

    names: tuple[str, ...]
    df: FloatArray
    aic: FloatArray
    bic: FloatArray
    log_lik: FloatArray
    test: tuple[str, ...] | None = None
    l_ratio: FloatArray | None = None
    p_value: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class IntervalTable:
    """Intervals of some parameters: `values`, shape (k, 3), are lower bound, estimate, upper bound."""

    names: tuple[str, ...]
    values: FloatArray


@dataclass(frozen=True, slots=True)
class IntervalsPage:
    """``print(intervals(fit))``; what was not asked for, or the model doesn't have, is None or empty.

    Attributes
    ----------
    level : float
        Confidence level, such as 0.95.
    fixed : IntervalTable or None
    random : tuple of (str, IntervalTable)
        For each level, outermost first: the grouping factor's name and the intervals.
    correlation, variance : IntervalTable or None
    sigma : ndarray, shape (3,), or None
    fixed_title, sigma_title : str
        What the sections on the fixed effects and on sigma are called, which in gls is another thing.
    """

    level: float
    fixed: IntervalTable | None = None
    random: tuple[tuple[str, IntervalTable], ...] = ()
    correlation: IntervalTable | None = None
    variance: IntervalTable | None = None
    sigma: FloatArray | None = None
    fixed_title: str = "Fixed effects"
    sigma_title: str = "Within-group standard error"


@dataclass(frozen=True, slots=True)
class EffectsTable:
    """One level's random effects or coefficients.

    Attributes
    ----------
    label : str
        ``"child %in% school"``; shown only where there are several levels.
    groups : tuple of str, length m
        Row names; inner groups are named ``"school/child"``.
    names : tuple of str, length q
    values : ndarray, shape (m, q)
    """

    label: str
    groups: tuple[str, ...]
    names: tuple[str, ...]
    values: FloatArray


@dataclass(frozen=True, slots=True)
class CovariancePage:
    """``print(getVarCov(fit))``.

    Attributes
    ----------
    kind : {"Random effects", "Conditional", "Marginal"}
    names : tuple of str, length q
        The random effects; for the other kinds, the observations' numbers.
    covariance : ndarray, shape (q, q)
    group : str or None
        For the other kinds: the grouping factor's name and the group's, ``"Subject M01"``.
    """

    kind: str
    names: tuple[str, ...]
    covariance: FloatArray
    group: str | None = None
