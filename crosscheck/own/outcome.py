"""What came of a run of one's own model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .prepare import Prepared

if TYPE_CHECKING:  # both bring the reference evaluator along
    from ..cause import Opinion
    from ..study import ModelCheck


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of fitting one model on several engines.

    Attributes
    ----------
    check : ModelCheck
        The answers and the comparisons with the reference's best.
    prepared : Prepared
        The data as every engine had them.
    opinions : tuple of Opinion
        What is to be thought of each candidate; empty where the third opinion wasn't asked.
    sha256 : str
        The data's fingerprint.
    source : {"live", "recorded"}
        Whether the reference was fitted now.
    """

    check: ModelCheck
    prepared: Prepared
    opinions: tuple[Opinion, ...]
    sha256: str
    source: str

    @property
    def agree(self) -> bool:
        """Whether every candidate is right, or what differs isn't its fault; a run without candidates isn't."""
        verdicts: Sequence[bool] = (
            [one.passes for one in self.opinions]
            if self.opinions
            else [one.agree for one in self.check.candidates]
        )
        return bool(verdicts) and all(verdicts)
