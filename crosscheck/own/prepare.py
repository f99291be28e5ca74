"""A frame made ready for both sides: its columns checked against the model, its text made factors, before any fit."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import UsageError
from ..spec import ModelSpec
from .files import read_data
from .names import CONSTANTS, arguments_of, names_in, takes_every_column

Factors = Mapping[str, Sequence[str] | None] | Iterable[str]
"""Columns to be taken as factors; those of a mapping with their levels, the reference first, or None."""

_COMMA = re.compile(r"[-+]?\d+,\d+")


@dataclass(frozen=True, slots=True)
class Prepared:
    """The data of one model.

    Attributes
    ----------
    frame : DataFrame
        The columns that the model uses, every row; text as categoricals.
    levels : mapping
        The levels of each factor that isn't a grouping factor only, in order; the first is the reference.
    missing : mapping
        How many values are missing, by column.
    """

    frame: pd.DataFrame
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)


def prepare(data: Any, spec: ModelSpec, factors: Factors = ()) -> Prepared:
    """Return the data as both sides take them.

    Parameters
    ----------
    data : DataFrame, or path
        Of pandas, polars or Arrow; a file is read by :func:`~crosscheck.own.read_data`.
    spec : ModelSpec
    factors : iterable of str, or mapping
        Columns of numbers that are names; a mapping gives their levels in order, of text too.

    Notes
    -----
    Text becomes a factor whose levels are sorted by code point, whatever the locale of R; a categorical keeps its
    levels, and an ordered one its order. ``na_action`` is what it is for ``lme``: missing values are refused unless it
    is ``"omit"`` or ``"exclude"``.

    Raises
    ------
    UsageError
        The data are no frame, a column doesn't exist, has missing values, or holds text that seems to be numbers.
    """
    frame = _as_pandas(data)
    columns, fixed = used_columns(spec, frame), names_in(spec.fixed)[0]
    wanted = dict(factors) if isinstance(factors, Mapping) else dict.fromkeys(factors)
    for column in wanted:
        _check_column(column, "factor", frame)
    made = frame[columns].copy()
    made.attrs = {"name": frame.attrs.get("name", spec.data)}
    for column in columns:
        if column in wanted:
            made[column] = _factor(made[column], column, wanted[column])
        elif _is_text(made[column]):
            if column in fixed:
                _refuse_numbers(made[column], column)
            made[column] = _factor(made[column], column, None)
    missing = {str(column): int(count) for column, count in made.isna().sum().items() if count}
    if missing and spec.options.get("na_action", "fail") == "fail":
        counts = ", ".join(f"{column} ({count})" for column, count in missing.items())
        raise UsageError(f"data: missing values in {counts}; pass na_action 'omit' to leave their rows out")
    return Prepared(made, _levels(made, fixed), missing)


def name_of(data: Any) -> str:
    """Return what data are called: a frame by ``attrs["name"]`` where it has that, a file by its own name."""
    if isinstance(data, str | os.PathLike):
        return Path(data).name.split(".")[0]
    return str(getattr(data, "attrs", {}).get("name", "data"))


def used_columns(spec: ModelSpec, frame: pd.DataFrame) -> list[str]:
    """Return the columns that a model names, in the frame's order.

    Raises
    ------
    UsageError
        One doesn't exist; the message names those that do.
    """
    used: set[str] = set()
    for argument, texts in arguments_of(spec).items():
        for text in texts:
            sure, maybe = names_in(text)
            for name in sorted(sure):
                _check_column(name, argument, frame)
            used |= sure | {name for name in maybe if name in frame.columns}
    contrasts = spec.options.get("contrasts")
    for name in contrasts if isinstance(contrasts, Mapping) else ():
        _check_column(name, "contrasts", frame)
    everything = takes_every_column(spec)
    return [str(column) for column in frame.columns if everything or column in used]


def _as_pandas(data: Any) -> pd.DataFrame:
    if isinstance(data, str | os.PathLike):
        return read_data(data)
    if isinstance(data, pd.DataFrame):
        names = pd.Index(map(str, data.columns))
        if not names.is_unique:
            raise UsageError(f"data: the column {names[names.duplicated()][0]!r} is there twice; rename one")
        return data.set_axis(names, axis=1)
    from pyimpl.errors import LmeError
    from pyimpl.frame import check_frame

    try:
        return check_frame(data)
    except LmeError as error:
        raise UsageError(str(error)) from None


def _check_column(name: str, argument: str, frame: pd.DataFrame) -> None:
    if name in frame.columns or name in CONSTANTS:
        return
    known = [str(column) for column in frame.columns]
    near = difflib.get_close_matches(name, known, 1)
    listed = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
    raise UsageError(
        f"{argument}: the data have no column {name!r}"
        + (f"; did you mean {near[0]!r}?" if near else "")
        + f" Their columns: {listed}"
    )


def _is_text(column: pd.Series[Any]) -> bool:
    if pd.api.types.is_object_dtype(column):
        return any(isinstance(value, str) for value in column)
    return bool(pd.api.types.is_string_dtype(column))


def _factor(column: pd.Series[Any], name: str, levels: Sequence[str] | None) -> Any:
    """Return a column as a factor whose levels are text, numbers among them in the order of numbers."""
    there = column.dropna()
    if levels is None and isinstance(column.dtype, pd.CategoricalDtype):
        return pd.Categorical(column)
    text = column.map(_label, na_action="ignore")
    found = list(dict.fromkeys(_label(value) for value in sorted(there.unique())))
    if levels is None:
        return pd.Categorical(text, categories=found)
    if unknown := sorted(set(found) - set(levels)):
        raise UsageError(f"factor: {name} also holds {unknown[:5]}; its levels must name every value")
    return pd.Categorical(text, categories=list(levels))


def _label(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _refuse_numbers(column: pd.Series[Any], name: str) -> None:
    """Refuse text most of which is numbers: it would silently be a factor of many levels."""
    texts = column.dropna().astype(str)
    if len(texts) and texts.map(lambda text: _COMMA.fullmatch(text) is not None).all():
        raise UsageError(f"data: column {name!r} holds numbers with a decimal comma; pass decimal ','")
    numbers = pd.to_numeric(texts, errors="coerce").notna()
    others = texts[~numbers]
    if numbers.mean() > 0.5 and len(others):
        raise UsageError(
            f"data: column {name!r} is text because of {len(others)} of its {len(texts)} values, e.g. "
            f"{others.iloc[0]!r}; mend them, write NA for what is missing, or name the column as a factor"
        )


def _levels(frame: pd.DataFrame, named: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    """Return the levels of the factors among the columns `named`."""
    return {
        str(column): tuple(map(str, frame[column].cat.categories))
        for column in frame.columns
        if column in named and isinstance(frame[column].dtype, pd.CategoricalDtype)
    }
