"""Where the search for the optimum begins, and the search."""

from __future__ import annotations

from collections.abc import Sequence

from pyimpl.arguments import Control
from pyimpl.design import Level
from pyimpl.objective import Likelihood
from pyimpl.optimize import Optimum, minimise, starting_point
from pyimpl.starts import point_of


def search(likelihood: Likelihood, levels: Sequence[Level], settings: Control) -> Optimum:
    """Find the optimum from the usual start, and from the values that the structures of ``levels`` were given."""
    start = starting_point(likelihood)
    blocks = [block.start for level in reversed(levels) for block in level.blocks]
    given = point_of(blocks, likelihood, start)
    return minimise(likelihood, start, settings.max_steps, given, settings.watch)
