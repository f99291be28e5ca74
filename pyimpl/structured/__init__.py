"""Models whose errors are correlated within groups, or of different variances: the likelihood over (theta, psi)."""

from pyimpl.structured.rows import StructuredRows, structured_rows
from pyimpl.structured.within import WithinGroup, within_group

__all__ = ["StructuredRows", "WithinGroup", "structured_rows", "within_group"]
