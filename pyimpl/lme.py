"""``lme``: from a call to a fit, one step a line."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import pandas as pd

from pyimpl.arguments import check_control, check_method, lasting
from pyimpl.call import LmeCall
from pyimpl.convergence import convergence_of, warnings_of
from pyimpl.design import make_design
from pyimpl.errors import ArgumentError, LmeWarning
from pyimpl.estimates import estimates_at
from pyimpl.fit import LmeFit
from pyimpl.fitting import best_fit, select_rows
from pyimpl.formula import parse_formula, parse_random, used_columns
from pyimpl.frame import check_frame, check_na_action
from pyimpl.grouped_data import known_groups
from pyimpl.lists.result import LmList
from pyimpl.lme_in_pieces import lme_in_pieces
from pyimpl.model import Model
from pyimpl.sources import resolve
from pyimpl.stream import in_pieces
from pyimpl.structured import Structures


def lme(
    fixed: str | pd.DataFrame | LmList,
    data: Any = None,
    random: Any = None,
    correlation: Any = None,
    weights: Any = None,
    subset: Any = None,
    method: str = "REML",
    na_action: str = "fail",
    control: Mapping[str, Any] | None = None,
    contrasts: Mapping[str, str] | None = None,
) -> LmeFit:
    """Fit a linear mixed-effects model, as R's ``nlme::lme``.

    Parameters
    ----------
    fixed : str
        R formula of the fixed effects: ``"mathach ~ ses * sector + I(ses^2)"``. An ``offset(x)`` in it, which R
        lacks, is taken from the response and added to fitted values and predictions. Or, as in R and without
        ``data``, grouped data, whose own formula is meant; or an ``lm_list``, whose coefficients become random.
    data : DataFrame, or what is read in pieces
        One row an observation; a polars DataFrame or an Arrow table will do. A path to Parquet files, an Arrow data
        set, a polars LazyFrame or a Dask DataFrame is read in pieces, twice, and never kept (the answer is a
        ``StreamedFit``). Text and categorical columns are factors (levels in the order of a Categorical or of
        polars' Enum, otherwise sorted by code point). ``data.attrs["name"]`` is what printed pages call it.
    random : str, dict or structure
        The random effects: ``"~ ses | id"``, ``"~ 1 | school/child"``, ``{"id": "pdDiag(~ ses)"}`` (outermost level
        first), ``"list(school = ~ 1, child = pdDiag(~ x))"``, or with the objects ``pdDiag("~ ses")`` etc. Starting
        values, as in ``pdDiag(c(1, 0), ~ x)``, are one more start of the search. With :func:`grouped_data` the groups
        need not be named; left out, it is the right side of ``fixed`` as ``pdSymm``, as in R.
    correlation : str or structure, optional
        The correlation of the errors within groups: ``"corAR1(form = ~ t | id)"`` or ``corAR1("~ t | id")``. The
        groups are those of the innermost random effects, or divide them further; rows may be in any order.
    weights : str or structure, optional
        A variance function: ``"varPower(form = ~ x)"`` or ``varPower("~ x")``; ``"~ x"`` alone is varFixed. With
        ``fitted(.)``, the covariate that most have if none is given, variances and fitted values determine each other,
        and the fit is the fixed point of nlme's iteration.
    subset : str, sequence or Series of bool, optional
        The rows to use: a condition in R's notation (``"sex == 'F'"``) or booleans; a Series is aligned by index.
    method : {"REML", "ML"}
        Maximise the restricted likelihood or the likelihood.
    na_action : {"fail", "omit", "exclude"}
        Missing values in a used column: an error; leave the rows out; leave them out and pad fitted values with NaN.
    control : mapping, optional
        Names of R's ``lmeControl`` are accepted, so that a call can move between R and Python. Those that steer R's
        way to the optimum don't matter here, as the optimum doesn't depend on it, but for ``maxIter`` (0: no search,
        the fit is at its starting values). ``{"sigma": 1.5}`` is a within-group standard deviation that is known.
        Beyond R: ``{"rank_deficient": "drop"}`` leaves out columns of the fixed effects that are linear combinations
        of the columns before them, instead of refusing them, and says so in a warning. ``{"verbose": True}`` (or R's
        ``msVerbose``) prints to stderr how a long fit goes on, and ``{"callback": function}`` calls a function with
        each step, a ``RowsRead`` or an ``Iteration``. ``{"distributed": True}`` leaves the groups of a Dask DataFrame
        on the workers (the answer is a ``DealtFit``).
    contrasts : mapping, optional
        Contrasts by factor: ``{"sector": "contr.sum"}``.

    Returns
    -------
    LmeFit

    Raises
    ------
    ArgumentError, FormulaError, DataError
        Saying which argument or column is wrong, and the mend.
    NotSupportedError
        For what nlme can do and this doesn't yet.

    Warns
    -----
    LmeWarning
        The optimum isn't one: parameters that the data can't tell apart. A singular fit is not warned of: see
        ``fit.convergence``.
    """
    pieces = in_pieces(data)
    if pieces is not None:
        return lme_in_pieces(
            lme, fixed, pieces, random, correlation, weights, subset, method, na_action, control, contrasts
        )
    reml = check_method(method) == "REML"
    settings = check_control(control)
    if settings.distributed:
        raise ArgumentError("control: distributed=True is for data= a Dask DataFrame; leave it out")
    asked = Structures.read(correlation, weights)
    text, data, random = resolve(fixed, data, random)
    data = check_frame(data)
    formula = parse_formula(text, argument="fixed").expand_dot(
        [name for name in data.columns if isinstance(name, str)]
    )
    levels = parse_random(random, formula, known_groups(data))
    used = [*used_columns(formula, levels, data), *asked.columns(data)]
    frame = select_rows(used, data, subset, check_na_action(na_action))
    design = make_design(formula, levels, frame.rows, contrasts, settings.drop_dependent)
    within = asked.on(frame.rows, design)
    found = best_fit(design, within, formula, reml, settings)
    call = LmeCall(
        lme,
        frame.source,
        formula,
        random,
        correlation,
        weights,
        subset,
        method,
        na_action,
        lasting(control),
        contrasts,
    )
    model = Model(formula, method, frame, design, call, found.within)
    messages = warnings_of(model, found.optimum, convergence_of(model, found.optimum))
    for message in messages:
        warnings.warn(message, LmeWarning, stacklevel=2)
    estimates = estimates_at(found.likelihood, found.optimum, found.psi)
    return LmeFit(model, found.likelihood, found.optimum, estimates, messages)
