"""The two readings of the data: piece by piece here, or a partition where it lies and the results as a tree."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import pandas as pd

from pyimpl.errors import DataError
from pyimpl.progress import RowsRead, Watch
from pyimpl.stream.columns import Plan
from pyimpl.stream.gather import Gathered, add_up, gather
from pyimpl.stream.rows import Reader, Selection
from pyimpl.stream.survey import Survey, survey
from pyimpl.stream.tasks import result, shared, task, tree

# Pieces whose groups are this many times the groups there are get joined: what waits stays within a few groups' worth.
_WAITING = 2


def surveyed(reader: Reader, groups: Sequence[str], watch: Watch, keep_groups: bool = True) -> Survey:
    """The first reading.

    Parameters
    ----------
    reader : Reader
    groups : sequence of str
        The grouping factors, outermost first.
    watch : Watch
        Is told of the rows read.
    keep_groups : bool
        Whether to find out which groups there are.

    Raises
    ------
    DataError
        There are no rows, or the pieces don't fit together.
    """
    if reader.partitioned:
        tasks = [
            task(_survey_of, reader.selection, part, tuple(groups), keep_groups)
            for part in reader.partitions()
        ]
        found: Survey | None = result(tree(_added, tasks))
    else:
        found = _read_once(reader, groups, watch, keep_groups)
    if found is None:
        raise DataError("data: there are no rows; a model needs some")
    if reader.partitioned:
        watch(RowsRead(1, found.n_obs))
    return found


def _read_once(reader: Reader, groups: Sequence[str], watch: Watch, keep_groups: bool) -> Survey | None:
    """Survey piece by piece; a sum goes on into a larger one only when it has about as many groups."""
    waiting: list[Survey] = []
    n_rows = 0
    for frame, missing in reader:
        waiting.append(survey(frame, groups, missing, keep_groups))
        n_rows += waiting[-1].n_obs
        watch(RowsRead(1, n_rows))
        while len(waiting) > 1 and len(waiting[-2].groups) <= 2 * len(waiting[-1].groups):
            last = waiting.pop()
            waiting[-1] = waiting[-1].add(last)
    return _added(waiting) if waiting else None


def _survey_of(
    selection: Selection, frame: pd.DataFrame, groups: Sequence[str], keep_groups: bool
) -> Survey | None:
    if not len(frame):
        return None
    rows, missing = selection.rows_of(frame)
    return survey(rows, groups, missing, keep_groups)


def _added(surveys: Sequence[Survey]) -> Survey:
    return functools.reduce(Survey.add, surveys)


def gathered(reader: Reader, plan: Plan, watch: Watch) -> Gathered:
    """The second reading."""
    if reader.partitioned:
        everyone = shared(plan)
        tasks = [task(_gathered_of, reader.selection, everyone, part) for part in reader.partitions()]
        everything: Gathered = result(tree(functools.partial(add_up, parents=plan.parents), tasks))
        watch(RowsRead(2, everything.part.n_obs))
        return everything
    waiting: list[Gathered] = []
    n_groups, n_rows = plan.levels[-1].grouping.n_groups, 0
    for each in reader.here(lambda frame: gather(plan, frame)):
        waiting.append(each)
        n_rows += each.part.n_obs
        watch(RowsRead(2, n_rows))
        if len(waiting) > 1 and sum(len(one.spread[-1].groups) for one in waiting) > _WAITING * n_groups:
            waiting = [add_up(waiting, plan.parents)]
    return add_up(waiting, plan.parents)


def _gathered_of(selection: Selection, plan: Plan, frame: pd.DataFrame) -> Gathered | None:
    rows, _ = selection.rows_of(frame)
    return gather(plan, rows) if len(rows) else None
