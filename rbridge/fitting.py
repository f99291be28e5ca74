"""From checked arguments to a fit in R: the way that every kind of model takes."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import pandas as pd

from rbridge import checks, decode, frames, naming, session
from rbridge.arguments import Request
from rbridge.base import Convergence, Fit, Origin, Overview
from rbridge.handles import Handle, Home, Reply

AnyFit = TypeVar("AnyFit", bound=Fit)


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


def fit_in_r(kind: type[AnyFit], frame: pd.DataFrame, request: Request, origin: Origin) -> AnyFit:
    """Have R fit the model, and say what R warned of.

    Parameters
    ----------
    kind
        The class of the answer, whose ``MODEL`` tells R which function is asked.
    frame
        The data.
    request
        What was asked for.
    origin
        Where the fit will say that it comes from; its arguments hold ``isolated`` and ``timeout``.
    """
    with session.home(origin.arguments["isolated"], origin.arguments["timeout"]) as home:
        reply = _ask(kind.MODEL, frame, request, home)
    handle, overview = reply.value
    convergence = convergence_of((*reply.warnings, *overview.messages), overview.iterations)
    made = kind(handle, overview, origin, reply.warnings, reply.messages, convergence)
    reply.warn()
    return made


def origin_of(
    function: Callable[..., Any], given: Mapping[str, Any], frame: pd.DataFrame, request: Request
) -> Origin:
    """Keep what :meth:`rbridge.base.Fit.update` needs; ``given`` are the function's arguments by name."""
    kept = np.arange(len(frame)) if request.keep is None else np.flatnonzero(request.keep)
    arguments = {name: value for name, value in given.items() if name != "data"}
    return Origin(function, arguments, frame.copy(deep=False), kept)


def _ask(kind: str, frame: pd.DataFrame, request: Request, home: Home) -> Reply:
    """Carry the model and its columns to R, check there what only R can know, and have it fitted."""
    parsed = parse(request.texts, [name for name in frame.columns if isinstance(name, str)], home, kind)
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
    return home.call(
        "rb_fit", parsed.handle, r_frame, request.settings(naming.data_name(frame)), decode=_decode_fit
    )


def parse(
    texts: Mapping[str, str | Mapping[str, str]], columns: Sequence[str], home: Home, kind: str
) -> ParsedModel:
    """Have R parse the texts and hold every call in them against the allow-list; nothing is evaluated.

    ``columns`` are the names that the data have, which decide what ``.`` stands for and whether ``pi`` is plain.
    """
    # a name that no R string can hold is sure to be missing, and is refused as such if the model uses it
    holdable = tuple(name.replace("\0", "?").encode("utf-8", "replace").decode() for name in columns)
    written = tuple(
        (name, text if isinstance(text, str) else tuple(text.items())) for name, text in texts.items()
    )
    if home is session.HERE and len(holdable) <= _FEW:
        return _parsed_before(written, holdable, kind)
    return _parse(home, written, holdable, kind)


_FEW: Final = (
    1000  # columns of a frame whose parsed models are kept: of more, the names alone fill the memory
)
_Written = tuple[tuple[str, str | tuple[tuple[str, str], ...]], ...]


def _parse(home: Home, written: _Written, columns: tuple[str, ...], kind: str) -> ParsedModel:
    texts = {name: text if isinstance(text, str) else dict(text) for name, text in written}
    parsed: ParsedModel = home.call("rb_model", texts, list(columns), kind, decode=_decode_parsed).value
    return parsed


@functools.lru_cache(maxsize=64)
def _parsed_before(written: _Written, columns: tuple[str, ...], kind: str) -> ParsedModel:
    """Parse in this process's R, once: what is found depends on texts and names alone, and R never changes it."""
    return _parse(session.HERE, written, columns, kind)


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
        messages=tuple(decode.strings(parts["messages"])) if "messages" in parts else (),
        singular=bool(parts["singular"][0]) if "singular" in parts else None,
    )


def convergence_of(warnings: Sequence[str], iterations: int | None) -> Convergence:
    """Say how the optimiser ended: nlme either stops, or returns and warns (under ``returnObject``); lme4 warns."""
    known = r"\b(nlminb|optim)\b|\b(lme|gls)Control\(|failed to converge|nearly unidentifiable"
    complaints = [text for text in warnings if re.search(known, text)]
    return Convergence(not complaints, complaints[0] if complaints else "converged", iterations)
