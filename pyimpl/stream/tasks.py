"""Work on what lies in many places, by Dask: a task a place, and sums over them as a tree.

Nothing here says where tasks run: that is up to the scheduler that the caller has active, the threads of this process
or the workers of a cluster. The order in which things are added up hangs on their numbers only, never on when or where
they were done, so that a result has the same digits on any number of workers, and after one of them was lost.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

# How many are joined at a time.
_FAN = 8


def task(function: Callable[..., Any], *arguments: Any, outputs: int | None = None) -> Any:
    """A call to be made where its arguments lie; ``outputs`` says how long the tuple is that it returns."""
    from dask.delayed import delayed

    return delayed(function, pure=False, nout=outputs, traverse=False)(*arguments)


def shared(value: object) -> Any:
    """Something that many tasks need, sent once to each place."""
    from dask.delayed import delayed

    return delayed(value, pure=False, traverse=False)


def tree(join: Callable[[Sequence[T]], T], tasks: Sequence[Any]) -> Any:
    """The task that joins what other tasks return, a few at a time; None counts as nothing."""
    level = list(tasks)
    while len(level) > 1:
        level = [task(_joined, join, *level[k : k + _FAN]) for k in range(0, len(level), _FAN)]
    return level[0]


def _joined(join: Callable[[Sequence[T]], T], *results: T | None) -> T | None:
    present = [result for result in results if result is not None]
    return join(present) if len(present) > 1 else (present[0] if present else None)


def plus(sums: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Tuples of numbers and arrays, added element by element."""
    return tuple(functools.reduce(lambda a, b: a + b, each) for each in zip(*sums, strict=True))


def result(wanted: Any) -> Any:
    """Do what has to be done for a task's result, and return it."""
    return wanted.compute()


def kept(tasks: Sequence[Any]) -> tuple[Any, ...]:
    """Do tasks and leave their results where they are, to be worked on."""
    from dask.base import persist

    return tuple(persist(*tasks))  # type: ignore[no-untyped-call]
