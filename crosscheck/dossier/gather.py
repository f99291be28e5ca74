"""Everything that a report says, gathered once: the evidence, the environment and the three qualifications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..engines import Engine
from .document import Dossier, Facts, Heading
from .environment import environment, version
from .evidence import Evidence
from .installation import installation
from .operation import operation
from .performance import performance


def gather(evidence: Evidence, candidates: Sequence[Engine], heading: Heading) -> Dossier:
    """Return the report on some evidence.

    Parameters
    ----------
    evidence : Evidence
    candidates : sequence of Engine
        Those that the evidence is about: their operation is checked on a layout with a known answer.
    heading : Heading
    """
    return Dossier(
        heading,
        (*environment(), *_sides(evidence)),
        evidence.files,
        installation(live=evidence.live),
        operation(candidates),
        performance(evidence.examined),
        version("lmebridge") or "(not installed)",
    )


def _sides(evidence: Evidence) -> list[Facts]:
    """Return what each side says that it computed with."""
    kind = "R, as it answered now" if evidence.live else "R, as it answered when it was recorded"
    found: dict[str, Facts] = {}
    for one in evidence.examined:
        if one.check.reference is not None:
            found.setdefault(kind, _facts(kind, one.check.reference.about.provenance))
        for made in one.check.candidates:
            if made.answer is not None:
                title = f"Candidate {made.engine}"
                found.setdefault(title, _facts(title, made.answer.about.provenance))
    return [facts for facts in found.values() if facts.items]


def _facts(title: str, provenance: Mapping[str, str]) -> Facts:
    return Facts(title, {name: str(value) for name, value in provenance.items() if name != "data sha256"})
