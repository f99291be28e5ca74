"""Derivatives for every structure, one to three levels deep, against a dense likelihood that shares no line with ours.

The reference forms the V of each outermost group and takes its determinant and inverse by LAPACK. It is analytic, so
complex steps give its gradient to rounding, and Richardson's extrapolation of central differences of that its Hessian.
"""

import numpy as np
import pandas as pd
import pytest

from pyimpl import lme
from pyimpl.curvature import second_derivatives

SINGLE = {
    "pdLogChol": "~ x",
    "pdSymm": "pdSymm(~ x + z)",
    "pdNatural": "pdNatural(~ x)",
    "pdDiag": "pdDiag(~ x + z)",
    "pdIdent": "pdIdent(~ x)",
    "pdIdent of a factor": "pdIdent(~ f - 1)",
    "pdCompSymm": "pdCompSymm(~ x)",
    "pdCompSymm of a factor": "pdCompSymm(~ f - 1)",
    "a factor with intercept": "~ f",
    "a factor and a covariate": "pdDiag(~ f + x)",
    "pdBlocked": "pdBlocked(list(~ 1, pdIdent(~ f - 1)))",
    "pdBlocked, three kinds": "pdBlocked(list(pdLogChol(~ x), pdCompSymm(~ f - 1), pdDiag(~ z - 1)))",
}
NESTED = {
    "two levels": {"a": "~ x", "b": "~ 1"},
    "two levels alike": {"a": "pdNatural(~ x)", "b": "pdSymm(~ x)"},
    "two levels with factors": {"a": "pdDiag(~ f)", "b": "pdCompSymm(~ f - 1)"},
    "blocks inside blocks": {
        "a": "pdBlocked(list(pdIdent(~ 1), pdIdent(~ f - 1)))",
        "b": "pdBlocked(list(~ 1, ~ x - 1))",
    },
    "three levels": {
        "a": "pdIdent(~ x)",
        "b": "pdNatural(~ z)",
        "c": "pdBlocked(list(~ 1, pdDiag(~ x - 1)))",
    },
}
CASES = {name: {"b": structure} for name, structure in SINGLE.items()} | NESTED


@pytest.fixture(params=["REML", "ML"])
def method(request):
    return request.param


@pytest.fixture(params=CASES, ids=lambda name: name.replace(" ", "-"))
def case(request):
    return request.param


def unbalanced(seed, levels, groups=6, sizes=(1, 5), spread=1.0):
    """Three levels of groups of unequal sizes, with the random effects that ``levels`` asks for, and others."""
    rng = np.random.default_rng(seed)
    a = np.repeat(np.arange(groups), 3)
    b = np.repeat(np.arange(len(a)), rng.integers(2, 4, len(a)))
    c = np.repeat(np.arange(len(b)), rng.integers(*sizes, len(b)))
    codes = {"a": a[b[c]], "b": b[c], "c": c}
    n = len(c)
    x, z, f = rng.normal(1, 1, n), rng.normal(size=n), rng.integers(0, 3, n)
    columns = {"x": x[:, None], "z": z[:, None], "f": np.eye(3)[f], "1": np.ones((n, 1))}
    y = 1 + x + rng.normal(size=n)
    for group, structure in levels.items():
        for name, Z in columns.items():
            if name in structure or (name == "1" and "- 1" not in structure):
                effects = spread * rng.normal(size=(codes[group].max() + 1, Z.shape[1]))
                y = y + (Z * effects[codes[group]]).sum(axis=1)
    return pd.DataFrame({"y": y, "x": x, "z": z, "f": np.array(list("pqr"))[f], **codes})


def log_det_and_rss(fit, variance, reml):
    """log|V| + reml log|X'V^-1 X| and r'V^-1 r; ``variance`` gives V of some rows."""
    design = fit.model.design
    log_det, information, rhs, square = 0.0, 0.0, 0.0, 0.0
    for group in range(design.levels[0].grouping.n_groups):
        rows = np.flatnonzero(design.levels[0].grouping.codes == group)
        y, X = design.y[rows], design.X[rows]
        V = variance(rows)
        W = np.linalg.inv(V)
        log_det = log_det + log_determinant(V)
        information, rhs, square = information + X.T @ W @ X, rhs + X.T @ W @ y, square + y @ W @ y
    rss = square - rhs @ np.linalg.solve(information, rhs)
    return log_det + (log_determinant(information) if reml else 0.0), rss


def log_determinant(S):
    sign, modulus = np.linalg.slogdet(S)
    return np.log(sign) + modulus


def dense_deviance(fit, covariances, reml):
    """Minus twice the profiled log-likelihood; relative covariances by level, outermost first, may be complex."""
    design = fit.model.design

    def variance(rows):
        V = np.eye(len(rows), dtype=complex)
        for level, Z, D in zip(design.levels, design.Z, covariances, strict=True):
            codes = level.grouping.codes[rows]
            V += (Z[rows] @ D @ Z[rows].T) * (codes[:, None] == codes)
        return V

    nu = len(design.y) - design.X.shape[1] * reml
    log_det, rss = log_det_and_rss(fit, variance, reml)
    return nu * (np.log(2 * np.pi) + 1 + np.log(rss / nu)) + log_det


def complex_gradient(function, at):
    return np.array([function(at + 1e-30j * e).imag / 1e-30 for e in np.eye(len(at))])


def richardson_hessian(gradient, at, step=4e-3):
    """Central differences at two steps, extrapolated: the error is of the order of step^4."""

    def difference(e):
        return (gradient(at + e) - gradient(at - e)) / (2 * np.abs(e).max())

    H = np.array([(4 * difference(step / 2 * e) - difference(step * e)) / 3 for e in np.eye(len(at))])
    return (H + H.T) / 2


def covariances_at(fit, theta):
    """T^-1 Lambda Lambda' T^-T of each level, outermost first."""
    factors = zip(fit.likelihood.moments.levels, fit.likelihood.split(theta), strict=True)
    roots = [np.linalg.solve(level.T, Lambda) for level, Lambda in factors]
    return [root @ root.T for root in roots[::-1]]


@pytest.fixture
def fit(case, method):
    data = unbalanced(sum(map(ord, case)), CASES[case])
    return lme("y ~ x + f", data, CASES[case], method=method, control={"maxIter": 1})


@pytest.fixture
def points(fit, case):
    rng = np.random.default_rng(len(case))
    return rng.normal(size=(2, len(fit.optimum.evaluation.theta)))


@pytest.mark.filterwarnings("ignore::pyimpl.errors.LmeWarning")  # the fixture stops after one step on purpose
def test_gradient_is_that_of_the_dense_likelihood(fit, points):
    reml = fit.method == "REML"
    for theta in points:
        exact = complex_gradient(lambda t: dense_deviance(fit, covariances_at(fit, t), reml), theta)
        ours = fit.likelihood.evaluate(theta).gradient
        assert ours == pytest.approx(exact, rel=1e-9, abs=1e-10 * np.abs(exact).max())


@pytest.mark.filterwarnings("ignore::pyimpl.errors.LmeWarning")
def test_hessian_is_that_of_the_dense_likelihood(fit, points):
    reml = fit.method == "REML"

    def gradient(theta):
        return complex_gradient(lambda t: dense_deviance(fit, covariances_at(fit, t), reml), theta)

    reference = richardson_hessian(gradient, points[0])
    ours = second_derivatives(fit.likelihood, fit.likelihood.evaluate(points[0]))
    assert ours == pytest.approx(reference, rel=1e-6, abs=1e-7 * np.abs(reference).max())


FAMILIES = {
    "pdDiag": lambda D: np.diag(np.diag(D)),
    "pdIdent": lambda D: np.eye(len(D)) * D[0, 0],
    "pdCompSymm": lambda D: np.where(np.eye(len(D)) > 0, D[0, 0], D[0, -1]),
}


@pytest.mark.filterwarnings("ignore::pyimpl.errors.LmeWarning")
def test_covariances_are_of_the_family_that_the_structure_names(fit, points):
    """In the user's units, whatever coordinates the numerics have chosen; and with the family's dimension."""
    for level, D in zip(fit.model.design.levels, covariances_at(fit, points[0]), strict=True):
        expected = np.zeros_like(D)
        row = dimension = 0
        for block in level.blocks:
            q = len(block.columns.names)
            own = D[row : row + q, row : row + q]
            expected[row : row + q, row : row + q] = FAMILIES.get(block.structure, lambda D: D)(own)
            dimension += {"pdDiag": q, "pdIdent": 1, "pdCompSymm": min(q, 2)}.get(
                block.structure, q * (q + 1) // 2
            )
            row += q
        assert D == pytest.approx(expected, abs=1e-14 * np.abs(D).max())
        assert level.covariance.n_parameters == dimension


# --- intervals: second derivatives on nlme's natural scales ---


def block_of_natural(structure, q, eta):
    """One block's covariance from nlme's natural parameters, and how many of them it takes."""
    if structure == "pdIdent":
        return np.eye(q) * np.exp(2 * eta[0]), 1
    if structure == "pdCompSymm":
        lowest = -1 / (q - 1)
        r = (np.exp(eta[1]) + lowest) / (1 + np.exp(eta[1]))
        return np.exp(2 * eta[0]) * (r + (1 - r) * np.eye(q)), 2
    sd = np.exp(eta[:q])
    if structure == "pdDiag":
        return np.diag(sd**2), q
    R = np.eye(q, dtype=complex)
    upper = np.triu_indices(q, 1)
    R[upper] = np.tanh(eta[q : q + len(upper[0])] / 2)
    return np.outer(sd, sd) * (R + R.T - np.eye(q)), q + len(upper[0])


def to_natural(labels, values, sizes):
    """From standard deviations and correlations; ``sizes`` holds q of the block that each row belongs to."""
    eta = np.log(np.maximum(values, 1e-300))
    for k, (label, q) in enumerate(zip(labels, sizes, strict=True)):
        if label.startswith("cor"):
            lowest = -1 / (q - 1) if label == "corr." else -1.0
            eta[k] = np.log((values[k] - lowest) / (1 - values[k]))
    return eta


def minus_two_log_likelihood(fit, eta, reml):
    """The dense likelihood, sigma a parameter of its own (the last)."""
    design = fit.model.design

    def variance(rows):
        V = np.eye(len(rows)) * np.exp(2 * eta[-1])
        at = 0
        for level, Z in zip(design.levels, design.Z, strict=True):
            codes = level.grouping.codes[rows]
            column = 0
            for block in level.blocks:
                q = len(block.columns.names)
                D, used = block_of_natural(block.structure, q, eta[at:])
                own = Z[rows, column : column + q]
                V = V + (own @ D @ own.T) * (codes[:, None] == codes)
                at, column = at + used, column + q
        return V

    return sum(log_det_and_rss(fit, variance, reml))


def sizes_of_blocks(fit):
    """For each variance parameter, and sigma, the q of its block."""
    sizes = []
    for level in fit.model.design.levels:
        for block in level.blocks:
            q = len(block.columns.names)
            used = {"pdDiag": q, "pdIdent": 1, "pdCompSymm": 2}.get(block.structure, q * (q + 1) // 2)
            sizes += [q] * used
    return [*sizes, 1]


REGULAR = [name for name in CASES if name != "pdBlocked, three kinds"]  # that one has three intercepts


@pytest.mark.parametrize("name", REGULAR)
def test_intervals_are_those_of_the_dense_likelihood(name, method):
    """All half-widths on the natural scales, by the dense likelihood's own observed information."""
    data = unbalanced(5, CASES[name], groups=20, sizes=(2, 6), spread=3.0)
    fit = lme("y ~ x + f", data, CASES[name], method=method)
    assert not fit.convergence.on_boundary
    table = fit.intervals(which="var-cov").to_frame()
    labels, sizes = table["term"].tolist(), sizes_of_blocks(fit)
    here, lower, upper = (to_natural(labels, table[c].to_numpy(), sizes) for c in ("est.", "lower", "upper"))

    def gradient(eta):
        return complex_gradient(lambda t: minus_two_log_likelihood(fit, t, method == "REML"), eta)

    assert gradient(here) == pytest.approx(0 * here, abs=1e-6)
    information = richardson_hessian(gradient, here) / 2
    half = 1.959963984540054 * np.sqrt(np.diag(np.linalg.inv(information)))
    assert upper - here == pytest.approx(half, rel=1e-6)
    assert here - lower == pytest.approx(half, rel=1e-6)
