"""What a long fit says of itself while it goes on: rows read, and steps of the search."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class RowsRead:
    """Rows have been read.

    Attributes
    ----------
    reading : int
        1 where levels and groups are found out, 2 where the rows are compressed; data in memory are read once, as 2.
    n_rows : int
        How many rows so far. Dask's partitions are counted together, when all are done.
    """

    reading: int
    n_rows: int

    def __str__(self) -> str:
        return f"{('first', 'second')[self.reading - 1]} reading: {self.n_rows:,} rows"


@dataclass(frozen=True, slots=True)
class Iteration:
    """A step of the search has been taken, or refused.

    Attributes
    ----------
    number : int
        Newton steps since the start of this search; 0 where it begins.
    deviance : float
        Minus twice the (restricted) log-likelihood, of the groups at hand.
    scaled_gradient : float
        The distance to the optimum, in standard errors.
    n_groups : int
        The outermost groups at hand.
    """

    number: int
    deviance: float
    scaled_gradient: float
    n_groups: int

    def __str__(self) -> str:
        return (
            f"iteration {self.number}: -2 log-likelihood {self.deviance:.6f}, "
            f"{self.scaled_gradient:.1e} standard errors from the optimum ({self.n_groups:,} groups)"
        )


Progress: TypeAlias = RowsRead | Iteration

#: Is told of each step.
Watch: TypeAlias = Callable[[Progress], object]


def ignore(step: Progress) -> None:
    """Tell nobody."""


def on_stderr() -> Watch:
    """Print each step to stderr, by rich where that is installed."""
    try:
        from rich.console import Console
    except ImportError:
        return lambda step: print(step, file=sys.stderr, flush=True)
    console = Console(stderr=True, soft_wrap=True)
    return lambda step: console.print(str(step))


def watching(verbose: bool, callback: Watch | None) -> Watch:
    """Tell stderr, a callback, both or nobody."""
    told = ([on_stderr()] if verbose else []) + ([callback] if callback is not None else [])
    if not told:
        return ignore

    def tell(step: Progress) -> None:
        for each in told:
            each(step)

    return tell
