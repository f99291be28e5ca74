"""The data that the harness compares on, found in the wheel or in a checkout."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from .errors import CrosscheckError, UsageError

_PACKAGE = Path(__file__).resolve().parent


def fixtures() -> Path:
    """Return the folder that holds the data and R's recorded answers.

    The wheel carries it inside this package; in a checkout it stands beside it.
    """
    for folder in (_PACKAGE / "fixtures", _PACKAGE.parent / "fixtures"):
        if folder.is_dir():
            return folder
    raise CrosscheckError("the fixtures folder is missing; reinstall lmebridge, or run from a checkout")


def load_hsb(*, labelled: bool = False) -> pd.DataFrame:
    """Return the High School & Beyond data: 7,185 pupils in 160 schools.

    The columns carry the tutorial's names (``id, minority, female, ses, mathach, size, sector, pracad,
    disclim, himinty, meanses``), and ``cses`` is added: a pupil's ``ses`` minus the mean of the school.

    Parameters
    ----------
    labelled : bool
        Give ``sector`` (Public, Catholic) and ``minority`` (No, Yes) as categories instead of 0 and 1.
    """
    hsb = pd.read_csv(fixtures() / "hsb.csv")
    # The correctly rounded mean, which is R's to the last bit: where nlme's default optimiser stops hangs on
    # it in the fourth digit of a standard deviation.
    hsb["cses"] = hsb["ses"] - hsb["id"].map(hsb.groupby("id")["ses"].agg(statistics.mean))
    if labelled:
        for column, labels in {"sector": ["Public", "Catholic"], "minority": ["No", "Yes"]}.items():
            hsb[column] = pd.Categorical([labels[code] for code in hsb[column]], categories=labels)
    hsb.attrs["name"] = "hsb"  # what the printed pages call the data
    return hsb


def load_book(name: str) -> pd.DataFrame:
    """Return a data set of Pinheiro & Bates' book as nlme carries it, e.g. ``"Orthodont"``.

    Rows, columns and the order of the levels are R's; a factor is a categorical, ordered where R's is.

    Raises
    ------
    UsageError
        There is no data set of that name.
    """
    columns = _schema().get(name)
    if columns is None:
        raise UsageError(f"no data set {name!r}; known: {', '.join((*_DATA_SETS, *_schema()))}")
    table = pd.read_csv(_book_file(name), dtype=str, keep_default_na=False)
    frame = pd.DataFrame({column: _column(table[column], kind) for column, kind in columns.items()})
    frame.attrs["name"] = name
    return frame


def load(name: str) -> pd.DataFrame:
    """Return the data set that a :class:`~crosscheck.spec.ModelSpec` names."""
    return _DATA_SETS[name]() if name in _DATA_SETS else load_book(name)


def checksum(name: str) -> str:
    """Return the SHA-256 of the file behind a data set."""
    path = fixtures() / _FILES[name] if name in _FILES else _book_file(name)
    return sha256(path.read_bytes()).hexdigest()


def _book_file(name: str) -> Path:
    return fixtures() / "book" / "data" / f"{name}.csv"


@cache
def _schema() -> Mapping[str, Mapping[str, Any]]:
    """Return the kind of each column of each data set of the book."""
    read: dict[str, Any] = json.loads(
        (fixtures() / "book" / "data" / "schema.json").read_text(encoding="utf-8")
    )
    return read


def _column(text: pd.Series[str], kind: str | Mapping[str, Any]) -> Any:
    """Return a column as numbers, or as the categorical that its schema describes."""
    if isinstance(kind, str):
        return text.replace("", "nan").astype(float)  # Python's reading, which is exact
    return pd.Categorical(text, categories=kind["levels"], ordered=kind["ordered"])


_DATA_SETS: Mapping[str, Callable[[], pd.DataFrame]] = {
    "hsb": load_hsb,
    "hsb-labelled": lambda: load_hsb(labelled=True),
}
_FILES = {"hsb": "hsb.csv", "hsb-labelled": "hsb.csv"}
