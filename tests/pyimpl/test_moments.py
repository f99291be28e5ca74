"""The rows enter in blocks, shared columns once, unsorted rows by their order: always the same moments."""

import numpy as np
import pytest

from pyimpl import moments
from pyimpl.covariance import Blocked, Diagonal, General
from pyimpl.objective import Likelihood
from pyimpl.rotation import join, rotate, runs_of


@pytest.fixture
def rows():
    """60 rows in 20 inner and 7 outer groups: an intercept, a covariate, and a response."""
    rng = np.random.default_rng(3)
    inner = np.sort(rng.integers(0, 20, 60))
    outer = inner // 3
    one, x = np.ones(60), rng.normal(size=60)
    y = 1 + x + rng.normal(size=20)[inner] + rng.normal(size=7)[outer] * x + rng.normal(size=60)
    starts = [np.flatnonzero(np.diff(codes, prepend=-1)) for codes in (inner, outer)]
    return one, x, y, starts


def deviances(compressed, structures):
    rng = np.random.default_rng(9)
    found = []
    for reml in (True, False):
        likelihood = Likelihood(compressed, structures, reml)
        theta = rng.normal(size=sum(s.n_parameters for s in structures))
        evaluation = likelihood.evaluate(theta)
        found.append([evaluation.deviance, *evaluation.gradient, *evaluation.up.beta])
    return np.array(found)


LAYOUTS = {
    "slope outside": ([0], [0, 1], (General(1, "pdSymm"), General(2, "pdSymm"))),
    "slope inside": ([0, 1], [0], (General(2, "pdSymm"), Diagonal(1, "pdDiag"))),
    "a column twice in one level": (
        [0, 0],
        [1],
        (Blocked(2, "pdBlocked", (Diagonal(1, "pdDiag"), Diagonal(1, "pdDiag"))), Diagonal(1, "pdDiag")),
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("block", [1, 9, 1000])
def test_blocks_and_shared_columns_change_nothing(monkeypatch, rows, layout, block):
    one, x, y, starts = rows
    inner, outer, structures = LAYOUTS[layout]
    shared = [*((one, x)[k] for k in [*inner, *outer]), one, x, y]
    plain = moments.compress([column.copy() for column in shared], starts, structures)
    monkeypatch.setattr(moments, "_BLOCK", block)
    ours = moments.compress(shared, starts, structures)
    assert deviances(ours, structures) == pytest.approx(deviances(plain, structures), rel=1e-11, abs=1e-11)
    assert ours.beta == pytest.approx(plain.beta, rel=1e-12)


def test_unsorted_rows_come_with_what_sorts_them(monkeypatch, rows):
    one, x, y, starts = rows
    structures = (General(2, "pdSymm"), Diagonal(1, "pdDiag"))
    columns = [one, x, one, one, x, y]
    shuffled = np.random.default_rng(1).permutation(60)
    sorting = np.argsort(shuffled)
    monkeypatch.setattr(moments, "_BLOCK", 16)
    ours = moments.compress([column[shuffled] for column in columns], starts, structures, sorting)
    plain = moments.compress(columns, starts, structures)
    assert deviances(ours, structures) == pytest.approx(deviances(plain, structures), rel=1e-11)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("pieces", [2, 7, 60])
def test_parts_join_wherever_the_rows_were_cut(rows, layout, pieces):
    """Rows dealt out at random, so that groups of both levels lie in many parts; joined one by one."""
    one, x, y, starts = rows
    inner, outer, structures = LAYOUTS[layout]
    columns = np.stack([*((one, x)[k] for k in [*inner, *outer]), one, x, y])
    codes = [np.searchsorted(first, np.arange(60), side="right") - 1 for first in starts]
    parents = [codes[1][starts[0]]]
    sizes = [structure.q for structure in structures]
    dealt = np.random.default_rng(4).integers(0, pieces, 60)
    whole = None
    for piece in np.unique(dealt):
        mine = dealt == piece
        part = rotate(columns[:, mine], range(len(columns)), [runs_of(c[mine]) for c in codes], sizes)
        whole = part if whole is None else join([whole, part], parents)
    ours = moments.assemble([whole], parents, structures)
    plain = moments.compress(columns, starts, structures)
    assert ours.n_obs == 60
    assert deviances(ours, structures) == pytest.approx(deviances(plain, structures), rel=1e-11, abs=1e-11)
    assert ours.beta == pytest.approx(plain.beta, rel=1e-12)
