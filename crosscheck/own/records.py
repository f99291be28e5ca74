"""Records of one's own models: R's answers in a folder, each with the model, its data and how these were read."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from .. import recordfile
from ..errors import NotRecordedError, RecordError, UsageError
from ..record import record
from ..spec import ModelSpec
from .files import read_data
from .fingerprint import fingerprint
from .model import own_model
from .prepare import Prepared, prepare
from .references import FINGERPRINT

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a model's data are, and how they are read.

    Attributes
    ----------
    file : str
        As seen from the folder of the records; "" where the data came from a program.
    delimiter : str or None
    decimal : str
    factors : mapping
        Columns taken as factors, with their levels or None.
    """

    file: str = ""
    delimiter: str | None = None
    decimal: str = "."
    factors: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for the record."""
        return {
            "file": self.file,
            "delimiter": self.delimiter,
            "decimal": self.decimal,
            "factors": dict(self.factors),
        }


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """A record of one's own, as the folder has it."""

    path: Path
    spec: ModelSpec
    source: Source
    provenance: Mapping[str, str]

    @property
    def why_no_data(self) -> str:
        """What is said of a record whose data came from a program."""
        return (
            f"{self.path.name} was recorded by a program that has the data; that is to fit it again "
            "(pytest --live holds R to the records of tests)"
        )

    def data(self) -> pd.DataFrame:
        """Return the data that the record is of, read again.

        Raises
        ------
        NotRecordedError
            They came from a program, or they have changed since.
        UsageError
            The file isn't there, or can't be read.
        """
        source = self.source
        if not source.file:
            raise NotRecordedError(self.why_no_data)
        read = read_data(self.path.parent / source.file, delimiter=source.delimiter, decimal=source.decimal)
        frame = prepare(read, self.spec, source.factors).frame
        if fingerprint(frame) != self.provenance.get(FINGERPRINT):
            raise NotRecordedError(f"{source.file} has changed since {self.path.name} was recorded")
        return frame


def record_own(
    spec: ModelSpec, prepared: Prepared, folder: Path, source: Source, *, anew: bool = False
) -> Path:
    """Fit a model on R and store its answers in `folder`, under the model's name.

    Parameters
    ----------
    anew : bool
        Overwrite a record of another model of the same name.

    Raises
    ------
    UsageError
        The name can't be a file's, or another model is recorded under it.
    EngineUnavailableError
        R can't be reached.
    CrosscheckError
        R gives no answer.
    """
    if not _NAME.fullmatch(spec.name):
        raise UsageError(f"name is {spec.name!r}; a record is called by letters, digits, '-', '_' and '.'")
    path = recordfile.path_of(spec, folder)
    before = read_record(path) if path.exists() else None
    same = before is not None and before.spec.to_dict() == spec.to_dict()
    if before is not None and not same and not anew:
        raise UsageError(f"{path} records another model; choose another name, or have it recorded anew")
    if source.file:
        source = replace(source, file=os.path.relpath(source.file, folder))
    elif before is not None and same and before.provenance.get(FINGERPRINT) == fingerprint(prepared.frame):
        source = before.source  # a program has the same data as the file of the record
    return record(spec, folder, prepared.frame, source.to_dict())


def read_record(path: Path) -> OwnRecord:
    """Return what a record is of.

    Raises
    ------
    RecordError
        The file isn't a record of one's own model.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        model, steps = (
            dict(plain["model"]),
            plain.get("converged", {}).get("control", {}).get("niterEM", 5000),
        )
        options = model.pop("options", {})
        spec = own_model(**model, em_steps=steps, **options)
        return OwnRecord(path, spec, Source(**plain["data"]), plain["provenance"])
    except FileNotFoundError:
        raise NotRecordedError(f"there is no record {path}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordError(f"{path} isn't a record of a model: {type(error).__name__} {error}") from error


def records_in(folder: Path) -> tuple[OwnRecord, ...]:
    """Return the records in a folder, by name; there has to be one.

    Raises
    ------
    NotRecordedError
        There is no such folder, or no record in it.
    RecordError
        A JSON file in it isn't a record.
    """
    found = tuple(read_record(path) for path in sorted(folder.glob("*.json")))
    if not found:
        raise NotRecordedError(f"there are no records in {folder}; crosscheck record makes some")
    return found
