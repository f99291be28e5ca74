"""What a formula asks of the data before columns are built: that its variables exist, a numeric response."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import numpy as np
import pandas as pd

from pyimpl.errors import DataError, FormulaError
from pyimpl.formula.evaluate import Evaluator
from pyimpl.formula.formula import Formula
from pyimpl.formula.values import Basis, FloatArray, Logical, Numeric, select_column


def check_variables(formula: Formula, frame: pd.DataFrame, argument: str) -> None:
    """Check that the data have every column that the formula names, groups included, once each.

    Raises
    ------
    DataError
        Naming the first column that is missing or duplicated, the argument, and close matches.
    FormulaError
        When a ``.`` has not been expanded, or ``pi`` could be the number or a column.
    """
    if formula.has_dot:
        raise FormulaError(f"{argument}: `.` must be expanded first; write the columns out")
    if "pi" in frame.columns and formula.uses_pi:
        raise FormulaError(
            f"{argument}: `pi` is the number 3.14... in an expression, but the data have a column 'pi' too; rename it"
        )
    check_columns(formula.variables, frame, argument)


def check_columns(names: Iterable[str], frame: pd.DataFrame, argument: str) -> None:
    """Check that the data have every column in `names`, once each; raises DataError as :func:`check_variables`."""
    for name in names:
        if name not in frame.columns:
            raise DataError(f"{argument}: the data have no column {name!r}; {_mend(name, frame)}")
        select_column(frame, name, argument)


def _mend(name: str, frame: pd.DataFrame) -> str:
    labels: list[object] = list(frame.columns)
    columns = [label for label in labels if isinstance(label, str)]
    lowered: dict[str, str] = {}
    for column in columns:
        lowered.setdefault(column.lower(), column)
    close = difflib.get_close_matches(name.lower(), list(lowered), n=3, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(repr(lowered[match]) for match in close) + "?"
    others = [label for label in labels if not isinstance(label, str) and str(label) == name]
    if others:
        return f"the column labelled {others[0]!r} is not text: rename it with data.rename(columns=str)"
    if not columns:
        return "they have no columns with names"
    return f"they have {', '.join(map(repr, columns[:8]))}" + (", ..." if len(columns) > 8 else "")


def response_column(formula: Formula, frame: pd.DataFrame) -> tuple[FloatArray, str]:
    """Evaluate the response.

    Parameters
    ----------
    formula : Formula
        A two-sided formula.
    frame : pandas.DataFrame
        The data.

    Returns
    -------
    response : array of float64, shape (n,)
        The response; TRUE counts as 1.
    label : str
        The response as R deparses it, such as ``log(y)``.

    Raises
    ------
    DataError
        When the response is text, categories, dates, or not finite.
    """
    label = formula.response_text
    if formula.response is None:
        raise FormulaError(f"{formula.argument}: {formula.text!r} has no response; write 'y {formula.text}'")
    value = Evaluator(frame, formula.argument).variable(formula.response)
    if isinstance(value, Numeric):
        return np.ascontiguousarray(value.data), label
    if isinstance(value, Logical):
        return value.data.astype(np.float64), label
    kind = "several columns" if isinstance(value, Basis) else "text or categories"
    raise DataError(
        f"{formula.argument}: the response {label!r} holds {kind}; it must be one numeric column "
        "(convert text with astype(float))"
    )
