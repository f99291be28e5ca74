"""The model of a report: facts only, which every form of it (HTML, Markdown, JSON, JUnit XML) is made of.

:mod:`.gather` fills it; nothing after that computes. Terms are those of software validation: *installation*,
*operational* and *performance qualification* (IQ, OQ, PQ), *requirement*, *deviation*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .results import Outcome, Performance, overall


@dataclass(frozen=True, slots=True)
class Heading:
    """What the report is and who answers for it.

    Attributes
    ----------
    title : str
    date : str
        ISO 8601, e.g. ``"2026-11-23"``.
    candidates : tuple of str
        The engines that are held to the reference.
    reference : str
    live : bool
        Whether R answered now; otherwise its recorded answers were read.
    why_recorded : str
    purpose : str
        The intended use, in its owner's words.
    author : str
    command : str
        What repeats the report.
    """

    title: str
    date: str
    candidates: tuple[str, ...]
    reference: str = "R's nlme::lme"
    live: bool = False
    why_recorded: str = ""
    purpose: str = ""
    author: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Named facts under a title, e.g. the versions on one side."""

    title: str
    items: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class File:
    """A file that the report rests on.

    Attributes
    ----------
    kind : str
        ``"data"`` or ``"record"``.
    name : str
    sha256 : str
    note : str
        Rows and columns of data; what a record was made with.
    """

    kind: str
    name: str
    sha256: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One installation or operational check."""

    id: str
    title: str
    expected: str
    found: str
    outcome: Outcome

    @classmethod
    def of(cls, id: str, title: str, expected: str, found: str, ok: bool) -> Check:
        """Return a check that passes or fails."""
        return cls(id, title, expected, found, Outcome.PASS if ok else Outcome.FAIL)


@dataclass(frozen=True, slots=True)
class Dossier:
    """The whole report.

    Attributes
    ----------
    heading : Heading
    environment : tuple of Facts
    files : tuple of File
    installation, operation : tuple of Check
        IQ and OQ.
    performance : Performance
        PQ.
    version : str
        Of crosscheck.
    """

    heading: Heading
    environment: tuple[Facts, ...]
    files: tuple[File, ...]
    installation: tuple[Check, ...]
    operation: tuple[Check, ...]
    performance: Performance
    version: str

    @property
    def parts(self) -> Mapping[str, Outcome]:
        """The outcome of each qualification."""
        return {
            "IQ": overall(tuple(check.outcome for check in self.installation)),
            "OQ": overall(tuple(check.outcome for check in self.operation)),
            "PQ": self.performance.outcome,
        }

    @property
    def outcome(self) -> Outcome:
        """The worst of the three."""
        return overall(tuple(self.parts.values()))
