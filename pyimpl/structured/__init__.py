"""Models whose errors are correlated within groups, or of different variances: the likelihood over (theta, psi)."""

from pyimpl.structured.asked import Structures
from pyimpl.structured.information import StructuredInformation, structured_information
from pyimpl.structured.rows import StructuredRows, structured_rows
from pyimpl.structured.search import Found, structured_search
from pyimpl.structured.within import WithinGroup, within_group

__all__ = [
    "Found",
    "StructuredInformation",
    "StructuredRows",
    "Structures",
    "WithinGroup",
    "structured_information",
    "structured_rows",
    "structured_search",
    "within_group",
]
