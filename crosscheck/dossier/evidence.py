"""What a report rests on: models as they were checked, what is to be thought of each answer, and the files behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pandas as pd

from .. import data as data_sets
from .. import recordfile
from ..attribution import opinions
from ..cause import Cause, Finding, Opinion
from ..run import Run
from ..study import Checked, ModelCheck, Study
from .document import File


@dataclass(frozen=True, slots=True)
class Examined:
    """One model: its check, an opinion on each candidate, and the files.

    Attributes
    ----------
    check : ModelCheck
    opinions : tuple of Opinion
        One for each candidate, in order.
    files : tuple of File
        Its data, and the record of R's answers where there is one.
    """

    check: ModelCheck
    opinions: tuple[Opinion, ...]
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Every model of a report.

    Attributes
    ----------
    examined : tuple of Examined
    live : bool
        Whether R's answers were computed now.
    """

    examined: tuple[Examined, ...]
    live: bool

    @property
    def files(self) -> tuple[File, ...]:
        """Every file once, data first."""
        found = dict.fromkeys(file for one in self.examined for file in one.files)
        return tuple(sorted(found, key=lambda file: file.kind != "data"))


def of_study(study: Study) -> Evidence:
    """Return a study as evidence: each candidate's answers are put down to their causes."""
    examined = []
    for check in study.checks:
        frame = data_sets.load(check.spec.data)
        data = File("data", check.spec.data, data_sets.checksum(check.spec.data), _shape(frame))
        record = _record(check, recordfile.path_of(check.spec))
        examined.append(Examined(check, opinions(check, frame), (data, *record)))
    return Evidence(tuple(examined), study.live)


def of_run(run: Run, data: Path, records: Path | None = None) -> Evidence:
    """Return a run on one's own data as evidence.

    Parameters
    ----------
    run : Run
    data : Path
        The file that the data were read from.
    records : Path, optional
        The folder that R's answers were read from.
    """
    check = run.check
    said = run.opinions or tuple(_by_comparison(one) for one in check.candidates)
    files = [
        File("data", data.name, sha256(data.read_bytes()).hexdigest(), "the file, byte for byte"),
        File(
            "data", f"{data.name}, as fitted", run.sha256, f"{_shape(run.prepared.frame)}: names and values"
        ),
    ]
    if records is not None:
        files += _record(check, recordfile.path_of(check.spec, records))
    return Evidence((Examined(check, said, tuple(files)),), run.source == "live")


def together(parts: Sequence[Evidence]) -> Evidence:
    """Return the evidence of several studies as one; R is live only if it is in all."""
    return Evidence(tuple(one for part in parts for one in part.examined), all(part.live for part in parts))


def _by_comparison(candidate: Checked) -> Opinion:
    """Return what the comparison alone says, where the reference evaluator wasn't asked."""
    if candidate.comparison is None:
        return Opinion(candidate.engine, Cause.RAISED, reason=candidate.error)
    if candidate.agree:
        return Opinion(candidate.engine, Cause.AGREES)
    reason = "the groups are too large for the reference evaluator, so nobody says which side is right"
    failures = candidate.comparison.failures
    findings = tuple(Finding(row.quantity, row.name, Cause.UNDECIDED, reason, row) for row in failures)
    return Opinion(candidate.engine, Cause.UNDECIDED, findings, reason=reason)


def _shape(frame: pd.DataFrame) -> str:
    return f"{len(frame):,} rows, {len(frame.columns)} columns"


def _record(check: ModelCheck, path: Path) -> Iterator[File]:
    """Yield the record of R's answers to a model, where there is one."""
    if path.is_file():
        about = check.reference.about.provenance if check.reference is not None else {}
        note = f"R {about['R']}, nlme {about['nlme']}" if {"R", "nlme"} <= about.keys() else ""
        yield File("record", path.name, sha256(path.read_bytes()).hexdigest(), note)
