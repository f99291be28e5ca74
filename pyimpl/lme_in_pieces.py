"""``lme`` for data in pieces."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pyimpl.arguments import Control, check_control, check_method, lasting, refuse_structure
from pyimpl.arrays import Array
from pyimpl.call import LmeCall
from pyimpl.cluster import Dealt, DealtFit, deal
from pyimpl.containment import Containment
from pyimpl.convergence import convergence_of, warnings_of
from pyimpl.design import Design, check_group_sizes
from pyimpl.errors import ArgumentError, DataError, LmeWarning, NotSupportedError
from pyimpl.estimates import estimates_at
from pyimpl.formula import Formula, RandomLevel, parse_formula, parse_random, used_columns
from pyimpl.formula.condition import condition_as_r_writes_it, condition_columns
from pyimpl.formula.variables import check_columns
from pyimpl.frame import check_na_action
from pyimpl.grouping import refuse_one_label
from pyimpl.model import Model
from pyimpl.moments import assemble
from pyimpl.objective import Likelihood
from pyimpl.progress import RowsRead
from pyimpl.search import search
from pyimpl.stream.columns import Columns, Plan, make_plan
from pyimpl.stream.fit import StreamedFit, UnkeptFrame
from pyimpl.stream.gather import containment
from pyimpl.stream.readings import gathered, surveyed
from pyimpl.stream.rows import Reader, Selection, refuse_missing
from pyimpl.stream.sources import DaskPieces, Pieces
from pyimpl.unfit import naming_columns


def lme_in_pieces(
    function: Callable[..., Any],
    fixed: Any,
    data: Pieces,
    random: Any = None,
    correlation: Any = None,
    weights: Any = None,
    subset: Any = None,
    method: str = "REML",
    na_action: str = "fail",
    control: Mapping[str, Any] | None = None,
    contrasts: Mapping[str, str] | None = None,
) -> StreamedFit:
    """Fit a model to data that are read in pieces; arguments and errors as for ``function``, :func:`pyimpl.lme`."""
    reml = check_method(method) == "REML"
    settings = check_control(control)
    refuse_structure(correlation=correlation, weights=weights)
    check_na_action(na_action)
    if settings.drop_dependent:
        raise NotSupportedError(
            "control: rank_deficient='drop' needs the data as a DataFrame; drop the columns from the formula"
        )
    if settings.distributed and not isinstance(data, DaskPieces):
        raise ArgumentError("control: distributed=True is for data= a Dask DataFrame; leave it out")
    if not isinstance(fixed, str):
        raise ArgumentError("fixed: with data in pieces, write a formula such as 'y ~ x'")
    formula = parse_formula(fixed, argument="fixed").expand_dot(list(data.columns))
    levels = parse_random(random, formula)
    reader = _reader(formula, levels, data, subset)
    names = [level.group for level in levels]
    known = surveyed(reader, names, settings.watch, keep_groups=not settings.distributed)
    if na_action == "fail":
        refuse_missing(known.missing)
    if not known.n_obs:
        raise DataError("data: no complete row is left in the used columns; a model needs some")
    found = (
        _dealt(deal(reader, formula, levels, known, contrasts), reml, settings)
        if settings.distributed
        else _here(reader, make_plan(formula, levels, known, contrasts), reml, settings)
    )
    likelihood = found.likelihood
    optimum = search(likelihood, found.columns.levels, settings)
    shown = None if subset is None else condition_as_r_writes_it(subset)
    none = pd.DataFrame(columns=list(reader.selection.columns))
    call = LmeCall(
        function, data, formula, random, None, None, subset, method, na_action, lasting(control), contrasts
    )
    frame = UnkeptFrame(none, none.index, np.empty(0, bool), "data", none, np.empty(0, np.intp), shown)
    design = Design(found.columns.fixed, found.columns.levels, known.n_obs, None, found.contained)
    model = Model(formula, method, frame, design, call)
    messages = warnings_of(model, optimum, convergence_of(model, optimum))
    for message in messages:
        warnings.warn(message, LmeWarning, stacklevel=3)
    estimates = estimates_at(likelihood, optimum)
    if found.dealt is None:
        return StreamedFit(model, likelihood, optimum, estimates, messages, reader)
    return DealtFit(model, likelihood, optimum, estimates, messages, reader, found.dealt)


def _reader(formula: Formula, levels: tuple[RandomLevel, ...], pieces: Pieces, subset: Any) -> Reader:
    """The columns that the model uses, all of which exist."""
    empty = pd.DataFrame(columns=list(pieces.columns))
    used = tuple(used_columns(formula, levels, empty))
    if subset is None:
        return Reader(pieces, Selection(used))
    if not isinstance(subset, str):
        raise ArgumentError(
            'subset: of data in pieces, choose rows by a condition as text, such as "ses > 0"'
        )
    wanted = condition_columns(subset)
    check_columns(wanted, empty, "subset")
    return Reader(pieces, Selection(used, subset, tuple(name for name in wanted if name not in used)))


@dataclass(frozen=True, slots=True)
class _Found:
    """What the two readings come to; ``dealt`` are the groups, where they stay in the cluster."""

    columns: Columns
    likelihood: Likelihood
    contained: Containment
    dealt: Dealt | None = None


def _here(reader: Reader, plan: Plan, reml: bool, settings: Control) -> _Found:
    """The moments of all groups, in this process."""
    rows = gathered(reader, plan, settings.watch)
    largest = [int(spread.counts.max()) for spread in rows.spread]
    _check_sizes(plan, rows.part.n_obs, largest)
    with _naming_columns(plan, rows.ends):
        moments = assemble([rows.part], plan.parents, plan.structures)
    return _Found(plan, Likelihood(moments, plan.structures, reml, settings.sigma), containment(rows))


def _dealt(dealt: Dealt, reml: bool, settings: Control) -> _Found:
    """The moments of all groups, on the workers."""
    facts = dealt.facts
    settings.watch(RowsRead(2, facts.n_obs))
    _check_sizes(dealt.columns, facts.n_obs, facts.largest.tolist())
    for level, labels in zip(dealt.columns.levels, facts.labels, strict=True):
        refuse_one_label(level.grouping.name, labels)
    with _naming_columns(dealt.columns, facts.ends):
        likelihood = dealt.likelihood(reml, settings.sigma)
    return _Found(dealt.columns, likelihood, facts.containment, dealt)


def _check_sizes(columns: Columns, n_obs: int, largest: Sequence[int]) -> None:
    """Refuse too few rows in all, or in every group of a level."""
    if n_obs <= len(columns.fixed.names):
        raise DataError(
            f"data: {n_obs} complete rows can't determine {len(columns.fixed.names)} fixed effects and a variance"
        )
    for level, count in zip(columns.levels, largest, strict=True):
        check_group_sizes(level, np.array([count]))


def _naming_columns(columns: Columns, ends: Array) -> AbstractContextManager[None]:
    return naming_columns(
        columns.fixed.names,
        lambda column: bool(np.ptp(ends[:, column]) == 0),
        columns.formula.response_text,
    )
