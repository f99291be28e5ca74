"""What the printed pages of a fit are made of: plain frozen objects that the fit layer fills in.

Nothing here knows how a model is fitted, and nothing is computed from the data: each field is a number or a
text that R's page shows. :mod:`pyimpl.report.summary`, :mod:`pyimpl.report.var_corr` and their siblings turn
them into text.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CovarianceBlock:
    """One covariance structure of random effects (one pdMat).

    Attributes
    ----------
    formula : str
        One-sided, on one line, spaced as R deparses it: ``"~cses"``, ``"~age - 1"``.
    structure : str
        nlme's class name: ``"pdLogChol"``, ``"pdSymm"``, ``"pdDiag"``, ``"pdIdent"``, ``"pdCompSymm"``,
        ``"pdNatural"``.
    names : tuple of str, length q
        The random effects, under R's names.
    std_dev : ndarray, shape (q,)
        Standard deviations on the scale of the response (that is, already multiplied by sigma).
    corr : ndarray, shape (q, q), or None
        Correlations; only the strict lower triangle is read. None for pdDiag and pdIdent, and where q is 1.
    """

    formula: str
    structure: str
    names: tuple[str, ...]
    std_dev: FloatArray
    corr: FloatArray | None = None

    def __post_init__(self) -> None:
        q = len(self.names)
        if self.std_dev.shape != (q,):
            raise ValueError(f"std_dev has shape {self.std_dev.shape}, but there are {q} names")
        if self.corr is not None and self.corr.shape != (q, q):
            raise ValueError(f"corr has shape {self.corr.shape}, but there are {q} names")


@dataclass(frozen=True, slots=True)
class Level:
    """One grouping level and the structure of its random effects.

    Attributes
    ----------
    group : str
        Name of the grouping factor alone, ``"child"``; pages write ``child %in% school`` themselves.
    n_groups : int
        Number of groups at this level.
    blocks : tuple of CovarianceBlock
        One; or, for a pdBlocked structure, its blocks in turn.
    blocked : bool
        Whether the structure is pdBlocked (nlme says so on the page even if there is only one block).
    """

    group: str
    n_groups: int
    blocks: tuple[CovarianceBlock, ...]
    blocked: bool = False

    def __post_init__(self) -> None:
        if not self.blocks:
            raise ValueError(f"level {self.group!r} has no covariance block")
        if len(self.blocks) > 1 and not self.blocked:
            raise ValueError(
                f"level {self.group!r} has {len(self.blocks)} blocks but is not marked as blocked"
            )


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """What every page of a fit says about the model.

    Attributes
    ----------
    method : {"REML", "ML"}
    data_name : str
        What R's page shows after ``Data:``.
    fixed : str
        Two-sided formula on one line, spaced as R deparses it.
    levels : tuple of Level
        Outermost first.
    sigma : float
        Within-group (residual) standard deviation.
    n_obs : int
        Number of observations used.
    subset : str or None
        The subset expression, if one was given.
    extra_blocks : tuple of str
        Text of the correlation structure and of the variance function, in that order, where the model has
        them; see :mod:`pyimpl.report.structures`.
    """

    method: str
    data_name: str
    fixed: str
    levels: tuple[Level, ...]
    sigma: float
    n_obs: int
    subset: str | None = None
    extra_blocks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.method not in ("REML", "ML"):
            raise ValueError(f"method is {self.method!r}; a page knows 'REML' and 'ML'")
        if not self.levels:
            raise ValueError("a mixed model has at least one grouping level")


@dataclass(frozen=True, slots=True)
class CoefficientTable:
    """The t-table of the fixed effects; arrays of shape (p,) in the order of `names`.

    `df` is None where all have the same degrees of freedom, which gls's page says elsewhere.
    """

    names: tuple[str, ...]
    value: FloatArray
    std_error: FloatArray
    df: FloatArray | None
    t_value: FloatArray
    p_value: FloatArray

    def __post_init__(self) -> None:
        p = len(self.names)
        for field in ("value", "std_error", "df", "t_value", "p_value"):
            values = getattr(self, field)
            if values is not None and values.shape != (p,):
                raise ValueError(f"{field} has shape {values.shape}, but there are {p} names")


@dataclass(frozen=True, slots=True)
class SummaryPage:
    """``print(summary(fit))``.

    Attributes
    ----------
    model : ModelDescription
    aic, bic, log_lik : float
        As nlme defines them.
    coefficients : CoefficientTable
    correlation : ndarray, shape (p, p)
        Correlations of the fixed effects' estimates; only the strict lower triangle is read.
    residuals : ndarray
        Standardized within-group residuals: their five quantiles (0, 25, 50, 75, 100 %), or where there are
        at most five observations, the residuals themselves.
    residual_names : tuple of str or None
        None for quantiles; else the group of each residual.
    """

    model: ModelDescription
    aic: float
    bic: float
    log_lik: float
    coefficients: CoefficientTable
    correlation: FloatArray
    residuals: FloatArray
    residual_names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        p = len(self.coefficients.names)
        if self.correlation.shape != (p, p):
            raise ValueError(
                f"correlation has shape {self.correlation.shape}, but there are {p} coefficients"
            )
        n = 5 if self.residual_names is None else len(self.residual_names)
        if self.residuals.shape != (n,):
            raise ValueError(f"residuals has shape {self.residuals.shape}; expected ({n},)")


@dataclass(frozen=True, slots=True)
class FitPage:
    """``print(fit)``: the model, its log-likelihood, and the fixed effects, shape (p,), under their names."""

    model: ModelDescription
    log_lik: float
    names: tuple[str, ...]
    fixed_effects: FloatArray


@dataclass(frozen=True, slots=True)
class VarCorrPage:
    """``print(VarCorr(fit, rdig))``: the levels (outermost first), the residual standard deviation, decimals."""

    levels: tuple[Level, ...]
    sigma: float
    decimals: int = 3
