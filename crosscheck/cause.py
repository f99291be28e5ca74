"""The causes that a candidate's answer is put down to, and what is said of it: plain data for reports and tests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .compare import Row
from .reference import Certificate


class Cause(StrEnum):
    """Why a candidate's answer is what it is; the worst comes last."""

    AGREES = "agrees"
    R_STOPPED_SHORT = "R stopped short"
    NOT_IDENTIFIED = "not identified"
    BY_DEFINITION = "different by definition"
    CANNOT = "can't fit this model, and says so"
    BOTH_RAISED = "neither R nor this engine gives an answer"
    ENGINE_STOPPED_SHORT = "this engine stopped short"
    NO_REFERENCE = "R's answer isn't recorded"
    UNDECIDED = "differs, and the reference evaluator can't say who is right"
    NOT_GIVEN = "not given"
    OTHER_NAMES = "other names"
    OTHER_NUMBER = "another number of values"
    NOT_A_NUMBER = "not a number"
    NOTHING_COMPARED = "nothing compared"
    WRONG = "wrong"
    NOT_A_FIT = "returned something that isn't a fit"
    RAISED = "raised an error"
    TIMED_OUT = "timed out"
    DIED = "its process died"

    @property
    def passes(self) -> bool:
        """Whether the candidate's answer is right, or R's is the one to blame."""
        return self in _PASS

    @property
    def fails(self) -> bool:
        """Whether it is held against the candidate; what it declares that it can't do is neither."""
        return not self.passes and self not in (Cause.CANNOT, Cause.BOTH_RAISED)

    @property
    def severity(self) -> int:
        """Where it stands in the order from agreement to disaster."""
        return list(Cause).index(self)


_PASS = frozenset({Cause.AGREES, Cause.R_STOPPED_SHORT, Cause.BY_DEFINITION, Cause.NOT_IDENTIFIED})


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of a comparison that needs a word.

    Attributes
    ----------
    quantity, name : str
        As in the row.
    cause : Cause
    reason : str
        The evidence, in figures where there are any.
    row : Row
    """

    quantity: str
    name: str
    cause: Cause
    reason: str
    row: Row

    def __str__(self) -> str:
        what = " ".join(filter(None, (self.quantity, self.name)))
        return f"{what}: {self.cause}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What is to be thought of one engine's answer to one model.

    Attributes
    ----------
    engine : str
    cause : Cause
        The worst of its findings'; AGREES where there are none.
    findings : tuple of Finding
        A row each; rows that simply agree have none.
    certificate : Certificate or None
        How far the answer is from the optimum, where the evaluator was asked and can say.
    reference : Certificate or None
        The same of R's answer.
    reason : str
        The cause in a sentence.
    """

    engine: str
    cause: Cause
    findings: tuple[Finding, ...] = ()
    certificate: Certificate | None = None
    reference: Certificate | None = None
    reason: str = ""

    @property
    def passes(self) -> bool:
        """Whether nothing is held against the candidate, and it answered."""
        return self.cause.passes

    @property
    def fails(self) -> bool:
        """Whether something is."""
        return self.cause.fails

    def by_cause(self) -> dict[Cause, tuple[Finding, ...]]:
        """Return the findings by cause, the worst first."""
        causes = sorted({finding.cause for finding in self.findings}, key=lambda c: -c.severity)
        return {cause: tuple(f for f in self.findings if f.cause == cause) for cause in causes}

    def __str__(self) -> str:
        lines = [f"{self.engine}: {self.cause}" + (f": {self.reason}" if self.reason else "")]
        for findings in self.by_cause().values():
            lines += [f"  {finding}" for finding in findings[:5]]
            if len(findings) > 5:
                lines.append(f"  ... and {len(findings) - 5} more: {findings[0].cause}")
        return "\n".join(lines)
