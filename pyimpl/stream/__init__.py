"""Data that doesn't fit into memory: read in pieces, twice, and never kept.

The first reading finds out what there is (:mod:`pyimpl.stream.survey`): levels of factors, groups, missing values.
The second builds each piece's columns and rotates its rows (:mod:`pyimpl.stream.gather`); what remains is a few rows a
group, from which everything else goes its usual way. Memory is bound by the pieces and the groups.
"""

from pyimpl.stream.sources import Pieces, in_pieces

__all__ = ["Pieces", "in_pieces"]
