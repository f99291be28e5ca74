"""``rbridge.lme``: from the caller's arguments to a fit by the real ``nlme::lme``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from rbridge import arguments, checks
from rbridge.arguments import Control, Request
from rbridge.errors import ArgumentError
from rbridge.fit import LmeFit
from rbridge.fitting import fit_in_r, origin_of
from rbridge.lm_list import LmList, parts_of
from rbridge.naming import from_grouped, grouped_random


def lme(
    fixed: Any,
    data: pd.DataFrame | None = None,
    random: Any = None,
    correlation: Any = None,
    weights: Any = None,
    subset: Any = None,
    method: str = "REML",
    na_action: str = "fail",
    control: Control | None = None,
    contrasts: Mapping[str, str] | None = None,
    *,
    isolated: bool | None = None,
    timeout: float | None = None,
) -> LmeFit:
    """Fit a linear mixed-effects model with R's ``nlme::lme``.

    Parameters
    ----------
    fixed
        The response and the fixed effects, an R formula: ``"mathach ~ meanses * cses"``. ``.`` on the right
        side is all columns that the response doesn't use; ``pi`` inside an expression is the number. Grouped data
        (see ``random``) may stand here alone, for their response by their primary covariate; so may a list of
        regressions (:func:`rbridge.lm_list`), for its formula and rows: nlme then starts from the spread of its
        coefficients, and all its effects are random unless ``random`` names others.
    data
        One row an observation; only the columns that the model uses are carried to R (:mod:`rbridge.frames`
        says how). Factor levels: a categorical's own order, otherwise sorted by code point.
    random
        The random effects: ``"~ cses | id"``, ``"~ 1 | school/child"``, ``{"id": "pdDiag(~ cses)"}``
        (outermost level first), ``"list(a = ~ x, b = pdDiag(~ x))"``, or objects whose ``str()`` is that
        syntax. Data that know their groups (``data.attrs["formula"]``, as :func:`rbridge.r_data` and
        ``pyimpl.grouped_data`` set it) need none here; left out, the effects are those of ``fixed``.
    correlation, weights
        The within-group correlation and variance structures: ``"corAR1(form = ~ t | id)"``,
        ``"varIdent(form = ~ 1 | sex)"``, or objects whose ``str()`` is that syntax.
    subset
        The rows to use: R text such as ``"sex == 'F'"``, or one True or False for each row (a Series is aligned
        by its index; missing is False).
    method
        ``"REML"`` or ``"ML"``.
    na_action
        ``"fail"``, ``"omit"`` (answers are aligned with the rows kept) or ``"exclude"`` (answers have NaN
        in the rows left out).
    control
        Arguments of ``lmeControl``; see :data:`rbridge.TIGHT_CONTROL`.
    contrasts
        Codings of factors: ``{"sex": "contr.sum"}``.
    isolated
        Let R run in a worker process: if it crashes there or runs out of memory, that is a :class:`WorkerError` here.
        By default if the environment variable ``RBRIDGE_ISOLATED`` is set. At most ``RBRIDGE_WORKERS`` run at once
        (by default one a processor), each for one thread here.
    timeout
        The seconds that R may take for any one call of a worker, of this fit's methods too.

    Returns
    -------
    LmeFit

    Raises
    ------
    ArgumentError, FormulaError, DataError
        What is wrong with which argument or column, and the mend.
    RError
        nlme stopped; R's own text.
    RUnavailableError
        R, nlme or rpy2 can't be used.
    WorkerError, RTimeoutError
        The worker process died, or took too long.

    Warns
    -----
    RWarning
        For each warning that R gave; also kept in ``fit.warnings``.
    """
    if isinstance(fixed, pd.DataFrame):  # as in R, grouped data alone: the response by the primary covariate
        fixed, data = from_grouped(fixed, data, "fixed")
        fixed = fixed.rpartition("|")[0] if isinstance(fixed, str) else fixed
    of_list: dict[str, bool] = {}
    if isinstance(fixed, LmList):
        if data is not None:
            raise ArgumentError("data: a list of regressions has its own data; leave it out")
        of_list = {"of_list": True, "own_random": random is not None}
        fixed, data, random = _from_list(fixed, random)
    given = {key: value for key, value in locals().items() if key != "of_list"}  # by name, for update()
    frame = checks.check_frame(data)
    request = _check(
        fixed, frame, random, correlation, weights, subset, method, na_action, control, contrasts, of_list
    )
    return fit_in_r(LmeFit, frame, request, origin_of(lme, given, frame, request))


def _from_list(regressions: LmList, random: Any) -> tuple[str, pd.DataFrame, Any]:
    """Return the formula, rows and random effects of an lme of a list; as in R, all effects unless given."""
    formula, effects = parts_of(regressions)
    if random is None:
        random = effects
    elif isinstance(random, str) and "|" not in random and random.lstrip().startswith(("~", "pd")):
        random = dict.fromkeys(effects, random)
    return formula, regressions.get_data(), random


def _check(
    fixed: Any,
    data: pd.DataFrame,
    random: Any,
    correlation: Any,
    weights: Any,
    subset: Any,
    method: Any,
    na_action: Any,
    control: Any,
    contrasts: Any,
    more: Mapping[str, Any],
) -> Request:
    formula = arguments.check_text(fixed, "fixed")
    texts: dict[str, str | Mapping[str, str]] = {
        "fixed": formula,
        "random": arguments.check_random(grouped_random(formula, random, data)),
    }
    for argument, structure in (("correlation", correlation), ("weights", weights)):
        if structure is not None:
            texts[argument] = arguments.check_text(structure, argument)
    expression, keep = arguments.check_subset(subset, data)
    if expression is not None:
        texts["subset"] = expression
    return Request(
        texts,
        arguments.check_choice(method, "method", ("REML", "ML")),  # type: ignore[arg-type]
        arguments.check_choice(na_action, "na_action", ("fail", "omit", "exclude")),  # type: ignore[arg-type]
        arguments.check_control(control),
        arguments.check_contrasts(contrasts),
        keep,
        more,
    )
