"""A likelihood of part of the groups: where the search for the optimum of very many groups begins.

The optimum over one group in sixteen is within a few standard errors of that over all, at a sixteenth of the cost an
evaluation; Newton's method then needs two or three steps over all groups. It is a starting point and nothing else:
where the search ends doesn't depend on it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pyimpl.arrays import Indices
from pyimpl.moments import LevelMoments, Moments
from pyimpl.objective import Likelihood

# Below this many outermost groups numpy's calls cost more than their arithmetic, and the whole is as cheap as a part.
_FEW = 4096
_ONE_IN = 16


def thinned(likelihood: Likelihood) -> Likelihood | None:
    """The likelihood of one in sixteen of the outermost groups; None where they are few."""
    moments = likelihood.moments
    n_groups = moments.levels[-1].A.shape[-1]
    if n_groups < _FEW:
        return None
    kept = np.arange(0, n_groups, _ONE_IN)
    levels: list[LevelMoments] = []
    for k in reversed(range(len(moments.levels))):
        level = moments.levels[k]
        inner = moments.levels[k - 1].A.shape[-1] if k else 0
        children, below = _children(level.children, inner, kept) if k else (level.children, kept)
        levels.append(LevelMoments(level.A[..., kept], level.E[..., kept], children, level.T))
        kept = below
    part = Moments(
        levels=tuple(reversed(levels)),
        rest=moments.rest / np.sqrt(_ONE_IN),  # what no random effect touches, as if spread evenly
        R=moments.R,
        beta=moments.beta,
        scale=moments.scale,
        n_obs=moments.n_obs // _ONE_IN,
        log_det=moments.log_det / _ONE_IN,
    )
    return replace(likelihood, moments=part)


def _children(starts: Indices, n_inner: int, kept: Indices) -> tuple[Indices, Indices]:
    """Where the kept groups' groups of the next level inwards start among those kept, and which these are."""
    counts = np.diff(starts, append=n_inner)[kept]
    firsts = np.cumsum(counts) - counts
    inner = np.repeat(starts[kept] - firsts, counts) + np.arange(counts.sum())
    return firsts, inner
