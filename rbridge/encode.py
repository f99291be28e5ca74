"""Python's values as R objects: the mirror of :mod:`rbridge.decode`.

What crosses is plain data, so that the same call can be made here or sent to a worker process.

==========================================  ============================================
Python                                      R
==========================================  ============================================
``None``                                    ``NULL``
``bool``, ``int``, ``float``, ``str``       a vector of one element
list of ``str``, ``int`` or ``float``       a vector
``bytes``                                   a raw vector
numpy array of numbers, 1 or 2 dimensions   a double or integer vector or matrix
DataFrame of numbers                        a double matrix with its names
:class:`~rbridge.frames.Column`             its vector (levels travel beside it)
tuple                                       a list
mapping                                     a named list
:class:`~rbridge.handles.Handle`            the object itself
==========================================  ============================================

All of it is called while R's lock is held.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from rbridge.frames import Column
from rbridge.handles import Handle


def to_r(ri: Any, value: Any) -> Any:
    """Return ``value`` as an R object.

    Raises
    ------
    TypeError
        rbridge itself passed something that isn't in the table above.
    """
    if isinstance(value, Handle):
        return value.token
    if value is None:
        return ri.NULL
    if isinstance(value, Column):
        return _column(ri, value)
    if isinstance(value, pd.DataFrame):
        return _named_matrix(ri, value)
    if isinstance(value, np.ndarray):
        return _array(ri, value)
    if isinstance(value, bytes):
        return ri.ByteSexpVector(value)
    if isinstance(value, tuple):
        return ri.ListSexpVector([to_r(ri, item) for item in value])
    if isinstance(value, Mapping):
        return _named(ri, ri.ListSexpVector([to_r(ri, item) for item in value.values()]), list(value))
    return _vector(ri, value if isinstance(value, list) else [value])


def _vector(ri: Any, values: list[Any]) -> Any:
    for kind, cls in (
        (str, ri.StrSexpVector),
        (bool, ri.BoolSexpVector),
        (int, ri.IntSexpVector),
        ((int, float), ri.FloatSexpVector),
    ):
        if all(isinstance(value, kind) for value in values):
            return cls(values)
    raise TypeError(f"rbridge can't carry {values[:3]!r} to R")


def _column(ri: Any, column: Column) -> Any:
    kinds = {"double": ri.FloatSexpVector, "logical": ri.BoolSexpVector}
    return _from_buffer(kinds.get(column.kind, ri.IntSexpVector), column.values)


def _array(ri: Any, values: np.ndarray) -> Any:
    whole = values.dtype.kind == "i" and values.dtype.itemsize <= 4
    plain = values.astype(np.int32 if whole else np.float64).ravel(order="F")
    made = _from_buffer(ri.IntSexpVector if whole else ri.FloatSexpVector, plain)
    if values.ndim > 1:
        made.do_slot_assign("dim", ri.IntSexpVector(list(values.shape)))
    return made


def _from_buffer(cls: Any, values: np.ndarray) -> Any:
    return cls.from_memoryview(np.ascontiguousarray(values).data) if values.size else cls([])


def _named_matrix(ri: Any, frame: pd.DataFrame) -> Any:
    made = _array(ri, frame.to_numpy(dtype=np.float64))
    if all(isinstance(name, str) for name in frame.columns):
        rows = ri.StrSexpVector([str(row) for row in frame.index])
        made.do_slot_assign("dimnames", ri.ListSexpVector([rows, ri.StrSexpVector(list(frame.columns))]))
    return made


def _named(ri: Any, made: Any, names: list[str]) -> Any:
    made.do_slot_assign("names", ri.StrSexpVector(names))
    return made
