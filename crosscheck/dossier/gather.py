"""Everything that a report says, gathered once: the study, the environment, the files and the three qualifications."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from .. import data as data_sets
from .. import recordfile
from ..engines import Engine
from ..study import ModelCheck, Study
from .document import Dossier, Facts, File, Heading
from .environment import environment, version
from .installation import installation
from .operation import operation
from .performance import performance


def gather(study: Study, candidates: Sequence[Engine], heading: Heading) -> Dossier:
    """Return the report on a study.

    Parameters
    ----------
    study : Study
    candidates : sequence of Engine
        Those of the study: their operation is checked on a layout with a known answer.
    heading : Heading
    """
    return Dossier(
        heading,
        (*environment(), *_sides(study)),
        tuple(_files(study)),
        installation(live=study.live),
        operation(candidates),
        performance(study),
        version("lmebridge") or "(not installed)",
    )


def _sides(study: Study) -> list[Facts]:
    """Return what each side says that it computed with."""
    kind = "R, as it answered now" if study.live else "R, as it answered when it was recorded"
    found: dict[str, Facts] = {}
    for check in study.checks:
        if check.reference is not None:
            found.setdefault(kind, _facts(kind, check.reference.about.provenance))
        for made in check.candidates:
            if made.answer is not None:
                title = f"Candidate {made.engine}"
                found.setdefault(title, _facts(title, made.answer.about.provenance))
    return [facts for facts in found.values() if facts.items]


def _facts(title: str, provenance: object) -> Facts:
    items = dict(provenance) if isinstance(provenance, dict) else {}
    return Facts(title, {str(name): str(value) for name, value in items.items() if name != "data sha256"})


def _files(study: Study) -> list[File]:
    data = {check.spec.data: _data_file(check.spec.data) for check in study.checks}
    records = [file for check in study.checks if (file := _record(check)) is not None]
    return [*data.values(), *records]


def _data_file(name: str) -> File:
    frame = data_sets.load(name)
    note = f"{len(frame):,} rows, {len(frame.columns)} columns"
    return File("data", name, data_sets.checksum(name), note)


def _record(check: ModelCheck) -> File | None:
    """Return the record of R's answers to a model, where there is one."""
    path = recordfile.path_of(check.spec)
    if not path.is_file():
        return None
    about = check.reference.about.provenance if check.reference is not None else {}
    note = f"R {about['R']}, nlme {about['nlme']}" if {"R", "nlme"} <= about.keys() else ""
    return File("record", path.name, sha256(path.read_bytes()).hexdigest(), note)
