"""Data that know their own grouping: R's ``groupedData``, as a DataFrame whose ``attrs`` hold the description."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pyimpl.choices import check_flag
from pyimpl.errors import ArgumentError, DataError, FormulaError
from pyimpl.formula import Formula, check_variables, parse_formula, response_column
from pyimpl.formula.factors import as_categories
from pyimpl.formula.values import read_column
from pyimpl.frame import check_frame

_AXES = ("x", "y")


@dataclass(frozen=True, slots=True)
class GroupedInfo:
    """What grouped data say of themselves; :func:`grouped_info` reads it off them.

    Attributes
    ----------
    formula : Formula
        Response, primary covariate and groups: ``distance ~ age | Subject``.
    labels, units : mapping
        What to call the axes ``x`` (the covariate) and ``y`` (the response), and their units; only what is known.
    outer, inner : str or None
        One-sided formulas of factors that don't vary within groups, and of factors that do.
    """

    formula: Formula
    labels: Mapping[str, str]
    units: Mapping[str, str]
    outer: str | None = None
    inner: str | None = None

    @property
    def groups(self) -> tuple[str, ...]:
        """The grouping factors, outermost first."""
        return self.formula.groups

    @property
    def fixed(self) -> str:
        """The formula without its groups, which is what a model of such data has as fixed effects by default."""
        return self.formula.text_without_groups


def grouped_data(
    formula: str,
    data: pd.DataFrame,
    order_groups: bool = True,
    fun: Callable[[np.ndarray], float] = np.max,
    outer: str | None = None,
    inner: str | None = None,
    labels: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Describe the grouping of data, as R's ``nlme::groupedData``.

    With such data ``random`` needs no groups, and may be left out: ``lme("distance ~ age", data)``. Predictions and
    pictures know the primary covariate, labels and units.

    Parameters
    ----------
    formula : str
        Response, primary covariate and groups: ``"distance ~ age | Subject"``, ``"pixel ~ day | Dog/Side"``; without
        a covariate ``"travel ~ 1 | Rail"``.
    data : DataFrame
        One row an observation.
    order_groups : bool
        Whether to order the groups by ``fun`` of their responses; as in R only with one grouping factor, and unless
        it is an ordered factor already.
    fun : callable
        From the responses of one group, without missing ones, to a number; the maximum if left out.
    outer, inner : str, optional
        One-sided formulas: ``outer="~ Sex"`` of factors that are constant within groups (groups are then ordered
        within them), ``inner="~ Treatment"`` of factors that are not.
    labels, units : mapping, optional
        Of the axes: ``{"x": "Age", "y": "Distance from pituitary"}``, ``{"x": "(yr)", "y": "(mm)"}``.

    Returns
    -------
    DataFrame
        A copy, whose grouping factor is a Categorical, and whose ``attrs`` hold ``formula``, ``labels``, ``units``,
        ``outer`` and ``inner``. pandas keeps ``attrs`` when rows are selected or columns assigned.

    Raises
    ------
    ArgumentError, FormulaError, DataError
        Saying which argument or column is wrong, and the mend.
    """
    data = check_frame(data)
    parsed = _display_formula(formula, "formula")
    check_variables(parsed, data, "formula")
    by_response = check_flag(order_groups, "order_groups")
    grouped = data.copy()
    outer, inner = (_factors(given, data, name) for given, name in ((outer, "outer"), (inner, "inner")))
    if len(parsed.groups) == 1:
        name = parsed.groups[0]
        grouped[name] = _group_factor(parsed, data, outer, fun if by_response else None)
    described = {
        "formula": parsed.text,
        "labels": _texts(labels, "labels"),
        "units": _texts(units, "units"),
        "outer": outer,
        "inner": inner,
    }
    grouped.attrs = {**data.attrs, **{key: value for key, value in described.items() if value}}
    return grouped


def grouped_info(data: pd.DataFrame) -> GroupedInfo | None:
    """What grouped data say of themselves, None if they aren't grouped data.

    Raises
    ------
    FormulaError
        ``data.attrs["formula"]`` is there, but not a formula with a response and groups.
    """
    formula = data.attrs.get("formula")
    if formula is None:
        return None
    parsed = _display_formula(formula, "data: attrs['formula']")
    labels, units = (_texts(data.attrs.get(key), f"data: attrs[{key!r}]") for key in ("labels", "units"))
    return GroupedInfo(parsed, labels, units, data.attrs.get("outer"), data.attrs.get("inner"))


def known_groups(data: pd.DataFrame) -> tuple[str, ...]:
    """The grouping factors of grouped data, outermost first; none of other data."""
    try:
        info = grouped_info(data)
    except ArgumentError:  # attrs are anyone's: what is no description is none
        return ()
    return () if info is None else info.groups


def _display_formula(text: object, argument: str) -> Formula:
    if not isinstance(text, str):
        raise FormulaError(f"{argument}: expected text such as 'y ~ x | g', got {type(text).__name__}")
    formula = parse_formula(text, argument=argument)
    if formula.response is None or not formula.groups or formula.has_dot:
        raise FormulaError(
            f"{argument}: {text!r} must name response, covariate and groups, as in 'y ~ x | g'"
        )
    return formula


def _factors(text: str | None, data: pd.DataFrame, argument: str) -> str | None:
    """Check a one-sided formula of columns and return it as R spells it."""
    if text is None:
        return None
    if not isinstance(text, str):
        raise ArgumentError(f"{argument}: expected a formula such as '~ Sex', got {type(text).__name__}")
    formula = parse_formula(text, argument=argument)
    if formula.response is not None or formula.groups:
        raise FormulaError(f"{argument}: {text!r} must be one-sided, without groups, as in '~ Sex'")
    check_variables(formula, data, argument)
    return formula.text


def _group_factor(
    formula: Formula, data: pd.DataFrame, outer: str | None, fun: Callable[[np.ndarray], float] | None
) -> pd.Categorical[str]:
    """The groups as a Categorical, ordered by ``fun`` of the responses unless that is None or they are ordered."""
    name = formula.groups[0]
    if data[name].isna().any():
        raise DataError(f"formula: the groups '{name}' have missing values; leave those rows out")
    groups = as_categories(read_column(data, name, "formula"), name, "formula")
    if fun is None or groups.ordered:
        return pd.Categorical.from_codes(groups.codes, pd.Index(groups.levels), ordered=groups.ordered)
    known = data[list(formula.response_variables)].notna().all(axis=1).to_numpy()
    y = np.full(len(data), np.nan)
    y[known], _ = response_column(formula, data[known])
    sizes = np.array([_statistic(fun, y[(groups.codes == k) & known]) for k in range(len(groups.levels))])
    blocks = np.zeros(len(sizes), np.intp)
    if outer is not None:
        blocks = _outer_blocks(groups.codes, len(sizes), data, outer, name)
    order = np.lexsort((np.arange(len(sizes)), sizes, blocks))
    position = np.argsort(order)
    levels = pd.Index([groups.levels[k] for k in order])
    return pd.Categorical.from_codes(position[groups.codes], levels, ordered=True)


def _statistic(fun: Callable[[np.ndarray], float], responses: np.ndarray) -> float:
    """``fun`` of one group's responses; groups without any come first, as in R."""
    if not len(responses):
        return -np.inf
    value = np.asarray(fun(responses))
    if value.ndim or value.dtype.kind not in "biuf" or np.isnan(value):
        raise ArgumentError(
            f"fun: expected a function from a group's responses to a number, it gave {value!r}"
        )
    return float(value)


def _outer_blocks(codes: np.ndarray, n_groups: int, data: pd.DataFrame, outer: str, name: str) -> np.ndarray:
    """The number of each group's combination of outer factors, combinations sorted as text, as R has them."""
    columns = parse_formula(outer, argument="outer").right_variables
    factors = [as_categories(read_column(data, column, "outer"), column, "outer") for column in columns]
    combined = [
        "\a".join(parts) for parts in zip(*(np.array(f.levels)[f.codes] for f in factors), strict=True)
    ]
    _, block = np.unique(combined, return_inverse=True)
    of_group = np.zeros(n_groups, np.intp)
    of_group[codes] = block
    if (of_group[codes] != block).any():
        raise DataError(
            f"outer: {outer!r} varies within groups of '{name}'; outer factors are constant there"
        )
    return of_group


def _texts(given: object, argument: str) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(
        key in _AXES and isinstance(value, str) for key, value in given.items()
    ):
        raise ArgumentError(
            f"{argument}: expected a dict such as {{'x': 'Age', 'y': 'Distance'}}, got {given!r}"
        )
    return dict(given)
