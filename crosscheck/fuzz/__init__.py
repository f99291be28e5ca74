"""Differential fuzzing: random designs fitted by several engines, every difference explained or shrunk to a small case.

``crosscheck fuzz`` is the command. :mod:`.designs` draws them (Hypothesis), :mod:`.verdict` says what came of one,
:mod:`.hunt` goes through many and shrinks what fails, and :mod:`.case` writes that as a file for ``crosscheck replay``.
Nothing but :mod:`.models`, :mod:`.designs` and :mod:`.hunt` needs Hypothesis: a case is replayed without it.
"""

from .case import Case, read_case, write_case
from .sources import LiveR, OneEngine, Recorded, Source
from .verdict import Outcome, Result, outcome_of

__all__ = [
    "Case",
    "LiveR",
    "OneEngine",
    "Outcome",
    "Recorded",
    "Result",
    "Source",
    "outcome_of",
    "read_case",
    "write_case",
]
