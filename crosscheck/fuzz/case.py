"""A case: one model with its data and what was found, as a JSON file that can be replayed anywhere.

Every number is written so that it is read back to the last bit. R's answers are kept too, so that a case can be
replayed where R isn't, and shows what R said when it was found.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from ..answer import Answer
from ..errors import CrosscheckError
from ..spec import ModelSpec

FORMAT = "crosscheck-case/1"


@dataclass(frozen=True, slots=True)
class Case:
    """One model, its data and what was found.

    Attributes
    ----------
    spec : ModelSpec
    data : DataFrame
        Columns of numbers, text and categoricals.
    cause, found : str
        What came of it in a word and in full.
    engines : tuple of str
        The reference first.
    seed : int or None
        Of the hunt that found it.
    note : str
        For people.
    answers : mapping
        R's answers by engine name, e.g. ``"nlme-tight"``; text is an error.
    versions : mapping
        Of what computed them.
    """

    spec: ModelSpec
    data: pd.DataFrame
    cause: str = ""
    found: str = ""
    engines: tuple[str, ...] = ("nlme", "pyimpl")
    seed: int | None = None
    note: str = ""
    answers: Mapping[str, Answer | str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """A name that hangs on the model and the data alone."""
        return key_of(self.spec, self.data)


def key_of(spec: ModelSpec, data: pd.DataFrame) -> str:
    """Return a name for a model and its data: the same for the same, to the last bit."""
    plain = {"model": spec.to_dict(), "data": frame_to_dict(data)}
    return sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:12]


def write_case(case: Case, path: Path) -> None:
    """Write a case as JSON, its columns a line each."""
    plain: dict[str, Any] = {
        "format": FORMAT,
        "model": case.spec.to_dict(),
        "found": {"cause": case.cause, "text": case.found.split("\n"), "note": case.note},
        "engines": list(case.engines),
        "seed": case.seed,
        "versions": dict(case.versions),
        "data": frame_to_dict(case.data),
        "answers": {
            name: {"error": answer} if isinstance(answer, str) else answer.to_dict()
            for name, answer in case.answers.items()
        },
    }
    head = json.dumps({k: v for k, v in plain.items() if k not in ("data", "answers")}, indent=1)
    rest = [f' "{name}": {_lines(plain[name])}' for name in ("data", "answers")]
    text = head[: -len("\n}")] + ",\n" + ",\n".join(rest) + "\n}\n"
    path.write_text(text, encoding="utf-8")


def read_case(path: Path) -> Case:
    """Read a case that :func:`write_case` wrote.

    Raises
    ------
    CrosscheckError
        There is no such file, or it isn't a case.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CrosscheckError(f"case {path} can't be read: {error.strerror or error}") from error
    except ValueError as error:
        raise CrosscheckError(f"case {path} isn't JSON: {error}") from error
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise CrosscheckError(f"case {path} isn't a case: its format isn't {FORMAT!r}")
    try:
        return _case(plain)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise CrosscheckError(f"case {path} is damaged: {type(error).__name__}: {error}") from error


def frame_to_dict(data: pd.DataFrame) -> dict[str, Any]:
    """Return the columns as plain data: numbers as they are, text, and factors with their levels."""
    return {str(name): _column_to_dict(data[name]) for name in data}


def frame_of_dict(plain: Mapping[str, Any]) -> pd.DataFrame:
    """Return the frame that :func:`frame_to_dict` wrote."""
    return pd.DataFrame({name: _column_of_dict(column) for name, column in plain.items()})


def _case(plain: Mapping[str, Any]) -> Case:
    model, found = plain["model"], plain["found"]
    spec = ModelSpec(
        model["name"],
        model["fixed"],
        model["random"],
        model["method"],
        options=model.get("options", {}),
        data=model["data"],
    )
    answers = {
        name: answer["error"] if "error" in answer else Answer.of_dict(answer, engine=name)
        for name, answer in plain["answers"].items()
    }
    return Case(
        spec,
        frame_of_dict(plain["data"]),
        found["cause"],
        "\n".join(found["text"]),
        tuple(plain["engines"]),
        plain["seed"],
        found["note"],
        answers,
        plain["versions"],
    )


def _column_to_dict(column: pd.Series[Any]) -> dict[str, Any]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        levels, ordered = list(column.cat.categories), bool(column.cat.ordered)
        codes = [None if code < 0 else levels[code] for code in column.cat.codes]
        return {"kind": "factor", "levels": levels, "ordered": ordered, "values": codes}
    if pd.api.types.is_numeric_dtype(column.dtype):
        values = [None if math.isnan(value) else value for value in column.astype(float).tolist()]
        return {"kind": "number", "values": values}
    return {"kind": "text", "values": [None if pd.isna(value) else str(value) for value in column]}


def _column_of_dict(plain: Mapping[str, Any]) -> Any:
    values = plain["values"]
    if plain["kind"] == "factor":
        return pd.Categorical(values, categories=plain["levels"], ordered=plain["ordered"])
    return pd.Series(values, dtype=float if plain["kind"] == "number" else str)


def _lines(plain: Mapping[str, Any]) -> str:
    """Return a mapping as JSON, a line for each of its entries."""
    entries = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in plain.items()]
    return "{\n" + ",\n".join(entries) + "\n }" if entries else "{}"
