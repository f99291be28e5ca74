"""``lme`` for data in pieces."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pyimpl.arguments import check_control, check_method, refuse_structure
from pyimpl.call import Call
from pyimpl.convergence import convergence_of, warnings_of
from pyimpl.design import Design, check_group_sizes
from pyimpl.errors import ArgumentError, DataError, LmeWarning, NotSupportedError
from pyimpl.estimates import estimates_at
from pyimpl.formula import Formula, RandomLevel, check_variables, parse_formula, parse_random
from pyimpl.formula.condition import condition_as_r_writes_it, condition_columns
from pyimpl.formula.variables import check_columns
from pyimpl.frame import check_na_action
from pyimpl.model import Model
from pyimpl.moments import DependentColumnError, Moments, PerfectFitError, assemble
from pyimpl.objective import Likelihood
from pyimpl.optimize import minimise, starting_point
from pyimpl.starts import point_of
from pyimpl.stream.columns import Plan, make_plan
from pyimpl.stream.fit import StreamedFit, UnkeptFrame
from pyimpl.stream.gather import Gathered, add_up, containment, gather
from pyimpl.stream.rows import Reader, refuse_missing
from pyimpl.stream.sources import Pieces
from pyimpl.stream.survey import Survey, survey
from pyimpl.unfit import dependent, perfect

# Pieces whose groups are this many times the groups there are get joined: what waits stays within a few groups' worth.
_WAITING = 2


def lme_in_pieces(
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
    """Fit a model to data that are read in pieces; arguments and errors as for :func:`pyimpl.lme`."""
    reml = check_method(method) == "REML"
    settings = check_control(control)
    refuse_structure(correlation=correlation, weights=weights)
    check_na_action(na_action)
    if settings.drop_dependent:
        raise NotSupportedError(
            "control: rank_deficient='drop' needs the data as a DataFrame; drop the columns from the formula"
        )
    if not isinstance(fixed, str):
        raise ArgumentError("fixed: with data in pieces, write a formula such as 'y ~ x'")
    formula = parse_formula(fixed, argument="fixed").expand_dot(list(data.columns))
    levels = parse_random(random, formula)
    reader = _reader(formula, levels, data, subset)
    known = _surveyed(reader, levels)
    if na_action == "fail":
        refuse_missing(known.missing)
    if not known.n_obs:
        raise DataError("data: no complete row is left in the used columns; a model needs some")
    plan = make_plan(formula, levels, known, contrasts)
    gathered = _gathered(reader, plan)
    structures = tuple(level.covariance for level in reversed(plan.levels))
    likelihood = Likelihood(_moments(gathered, plan, known), structures, reml, settings.sigma)
    start = starting_point(likelihood)
    given = point_of(
        [block.start for level in reversed(plan.levels) for block in level.blocks], likelihood, start
    )
    optimum = minimise(likelihood, start, settings.max_steps, given)
    shown = None if subset is None else condition_as_r_writes_it(subset)
    none = pd.DataFrame(columns=list(reader.columns))
    call = Call(formula, data, random, None, None, subset, method, na_action, control, contrasts)
    frame = UnkeptFrame(none, none.index, np.empty(0, bool), "data", none, np.empty(0, np.intp), shown)
    design = Design(plan.fixed, plan.levels, known.n_obs, None, containment(gathered))
    model = Model(formula, method, frame, design, call)
    messages = warnings_of(model, optimum, convergence_of(model, optimum))
    for message in messages:
        warnings.warn(message, LmeWarning, stacklevel=3)
    return StreamedFit(model, likelihood, optimum, estimates_at(likelihood, optimum), messages, reader)


def _reader(formula: Formula, levels: tuple[RandomLevel, ...], pieces: Pieces, subset: Any) -> Reader:
    """The columns that the model uses, all of which exist."""
    empty = pd.DataFrame(columns=list(pieces.columns))
    check_variables(formula, empty, "fixed")
    columns = list(formula.variables)
    for level in levels:
        for part in level.blocks or (level,):
            check_variables(part.formula, empty, "random")
            columns += part.formula.variables
        check_columns([level.group], empty, "random")
        columns.append(level.group)
    used = tuple(dict.fromkeys(columns))
    if subset is None:
        return Reader(pieces, used)
    if not isinstance(subset, str):
        raise ArgumentError(
            'subset: of data in pieces, choose rows by a condition as text, such as "ses > 0"'
        )
    wanted = condition_columns(subset)
    check_columns(wanted, empty, "subset")
    return Reader(pieces, used, subset, tuple(name for name in wanted if name not in used))


def _surveyed(reader: Reader, levels: tuple[RandomLevel, ...]) -> Survey:
    groups = [level.group for level in levels]
    surveys = (survey(frame, groups, missing) for frame, missing in reader)
    try:
        return functools.reduce(Survey.add, surveys)
    except TypeError as error:
        if "empty" not in str(error):
            raise
        raise DataError("data: there are no rows; a model needs some") from None


def _gathered(reader: Reader, plan: Plan) -> Gathered:
    """All pieces, joined as soon as those that wait are more than the groups there are."""
    waiting: list[Gathered] = []
    n_groups = plan.levels[-1].grouping.n_groups
    for each in reader.here(lambda frame: gather(plan, frame)):
        waiting.append(each)
        if len(waiting) > 1 and sum(len(one.spread[-1].groups) for one in waiting) > _WAITING * n_groups:
            waiting = [add_up(waiting, plan.parents)]
    return add_up(waiting, plan.parents)


def _moments(gathered: Gathered, plan: Plan, known: Survey) -> Moments:
    """Assemble the moments, and say which column is to blame if that can't be done."""
    if known.n_obs <= len(plan.fixed.names):
        raise DataError(
            f"data: {known.n_obs} complete rows can't determine {len(plan.fixed.names)} fixed effects and a variance"
        )
    for level, spread in zip(plan.levels, gathered.spread, strict=True):
        check_group_sizes(level, spread.counts)
    try:
        structures = [level.covariance for level in reversed(plan.levels)]
        return assemble([gathered.part], plan.parents, structures)
    except DependentColumnError as error:
        column = int(error.columns[0])
        raise dependent(plan.fixed.names[column], bool(np.ptp(gathered.ends[:, column]) == 0)) from None
    except PerfectFitError:
        raise perfect(plan.formula.response_text) from None
