"""``rbridge.lme``: from the caller's arguments to a fit by the real ``nlme::lme``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from rbridge import arguments, checks, decode, frames, session
from rbridge.arguments import Control, Request
from rbridge.base import Convergence, Origin, Overview
from rbridge.fit import LmeFit
from rbridge.handles import Handle, Home, Reply


@dataclass(frozen=True, slots=True)
class ParsedModel:
    """What R's parser found in the texts.

    Attributes
    ----------
    handle
        The parsed model, in R.
    variables
        The columns that each argument uses.
    response
        The response's column, or "" where it is an expression.
    columns, crossing
        All used columns, and the names that they cross to R under.
    covariates
        The columns that are, as they stand, variables of the fixed or the random effects.
    labels
        The columns that only name groups.
    """

    handle: Handle
    variables: Mapping[str, Sequence[str]]
    response: str
    columns: Sequence[str]
    crossing: Sequence[str]
    covariates: Sequence[str]
    labels: Sequence[str]

    @property
    def model_columns(self) -> list[str]:
        """The columns that the model itself uses, not only its subset expression."""
        used = {name for argument, names in self.variables.items() if argument != "subset" for name in names}
        return [name for name in self.columns if name in used]


def lme(
    fixed: Any,
    data: pd.DataFrame,
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
        side is all columns that the response doesn't use; ``pi`` inside an expression is the number.
    data
        One row an observation; only the columns that the model uses are carried to R (:mod:`rbridge.frames`
        says how). Factor levels: a categorical's own order, otherwise sorted by code point.
    random
        The random effects: ``"~ cses | id"``, ``"~ 1 | school/child"``, ``{"id": "pdDiag(~ cses)"}``
        (outermost level first), ``"list(a = ~ x, b = pdDiag(~ x))"``, or objects whose ``str()`` is that
        syntax.
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
    frame = checks.check_frame(data)
    request = _check(
        fixed, frame, random, correlation, weights, subset, method, na_action, control, contrasts
    )
    origin = Origin(
        lme,
        {
            "fixed": fixed,
            "random": random,
            "correlation": correlation,
            "weights": weights,
            "subset": subset,
            "method": method,
            "na_action": na_action,
            "control": control,
            "contrasts": contrasts,
            "isolated": isolated,
            "timeout": timeout,
        },
        frame.copy(deep=False),
        np.arange(len(frame)) if request.keep is None else np.flatnonzero(request.keep),
    )
    with session.home(isolated, timeout) as home:
        reply = _ask(frame, request, home)
    handle, overview = reply.value
    convergence = _convergence(reply.warnings, overview.iterations)
    fit = LmeFit(handle, overview, origin, reply.warnings, reply.messages, convergence)
    reply.warn()
    return fit


def _ask(frame: pd.DataFrame, request: Request, home: Home) -> Reply:
    """Carry the model and its columns to R, check there what only R can know, and have nlme fit it."""
    parsed = parse(request.texts, [name for name in frame.columns if isinstance(name, str)], home)
    checks.check_columns(frame, parsed.variables)
    used = frame if request.keep is None else frame.loc[request.keep]
    columns = checks.convert_columns(used, parsed.columns, parsed.labels)
    if parsed.response:
        checks.check_response(columns[parsed.response], parsed.response)
    checks.check_contrast_columns(request.contrasts, {name: columns[name] for name in parsed.covariates})
    r_frame = frames.to_r(list(columns.values()), parsed.crossing, len(used), home)
    keep = (
        home.call("rb_subset", parsed.handle, r_frame, decode=decode.flags).value
        if "subset" in request.texts
        else None
    )
    model_columns = {name: columns[name] for name in parsed.model_columns}
    checks.check_values(model_columns, keep, na_action=request.na_action)
    return home.call("rb_fit", parsed.handle, r_frame, _settings(request, frame), decode=_decode_fit)


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
) -> Request:
    texts: dict[str, str | Mapping[str, str]] = {
        "fixed": arguments.check_text(fixed, "fixed"),
        "random": arguments.check_random(random),
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
    )


def parse(texts: Mapping[str, str | Mapping[str, str]], columns: Sequence[str], home: Home) -> ParsedModel:
    """Have R parse the texts and hold every call in them against the allow-list; nothing is evaluated.

    ``columns`` are the names that the data have, which decide what ``.`` stands for and whether ``pi`` is plain.
    """
    # a name that no R string can hold is sure to be missing, and is refused as such if the model uses it
    holdable = [name.replace("\0", "?").encode("utf-8", "replace").decode() for name in columns]
    parsed: ParsedModel = home.call("rb_model", texts, holdable, decode=_decode_parsed).value
    return parsed


def _decode_parsed(value: Any) -> ParsedModel:
    parts = decode.items(value)
    variables = decode.texts(parts["variables"])
    every, crossing = decode.strings(parts["every"]), decode.strings(parts["crossing"])
    return ParsedModel(
        session.hold(value[0]),
        variables,
        parts["response"][0],
        every,
        crossing,
        decode.strings(parts["covariates"]),
        decode.strings(parts["labels"]),
    )


def _settings(request: Request, data: pd.DataFrame) -> dict[str, Any]:
    """Return the settings as the R list that ``rb_fit`` takes."""
    return {
        "method": request.method,
        "na_action": request.na_action,
        "data_name": arguments.data_name(data),
        "control": request.control,
        "contrasts": request.contrasts,
    }


def _decode_fit(value: Any) -> tuple[Handle, Overview]:
    parts = decode.items(decode.items(value)["overview"])
    iterations = decode.floats(parts["iterations"])[0]
    names, sizes = decode.strings(parts["group_names"]), decode.floats(parts["group_sizes"])
    return session.hold(value[0]), Overview(
        method=parts["method"][0],
        sigma=float(parts["sigma"][0]),
        log_lik=float(parts["log_lik"][0]),
        aic=float(parts["aic"][0]),
        bic=float(parts["bic"][0]),
        n_obs=int(parts["n_obs"][0]),
        n_groups=dict(zip(names, sizes.astype(int).tolist(), strict=True)),
        rows=decode.floats(parts["rows"]).astype(int) - 1,
        complete=decode.floats(parts["complete"]).astype(int) - 1,
        iterations=int(iterations) if iterations == iterations else None,
    )


def _convergence(warnings: Sequence[str], iterations: int | None) -> Convergence:
    """Say how the optimiser ended: nlme either stops, or returns and warns (under ``returnObject``)."""
    complaints = [text for text in warnings if re.search(r"\b(nlminb|optim)\b|lmeControl\(", text)]
    return Convergence(not complaints, complaints[0] if complaints else "converged", iterations)
