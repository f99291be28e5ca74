"""Small random designs, most of them with a singular optimum: where nlme errs or stops short, and the search is hard.

Drawn anew from a seed: 3 to 10 groups of 2 to 6 rows, one or two levels, each structure, REML and ML.
"""

import warnings

import numpy as np
import pandas as pd
import pytest

import rbridge
from pyimpl import DataError, LmeWarning, lme
from pyimpl.optimize import refine

KINDS = {
    "slope": ("y ~ x", {"g": "~ x"}),
    "diag": ("y ~ x", {"g": "pdDiag(~ x)"}),
    "ident": ("y ~ x", {"g": "pdIdent(~ x)"}),
    "cs": ("y ~ x", {"g": "pdCompSymm(~ f - 1)"}),
    "quad": ("y ~ x", {"g": "~ x + z"}),
    "fac": ("y ~ f", {"g": "~ f"}),
    "int": ("y ~ x", {"g": "~ 1"}),
    "nest": ("y ~ x", {"a": "~ 1", "g": "~ 1"}),
    "nestslope": ("y ~ x", {"a": "~ x", "g": "~ x"}),
    "nestmix": ("y ~ x + z", {"a": "~ x", "g": "~ 1"}),
    "nestdiag": ("y ~ x", {"a": "pdDiag(~ x)", "g": "pdDiag(~ x)"}),
    "nestnoint": ("y ~ x", {"a": "~ x - 1", "g": "~ x - 1"}),
    "block": ("y ~ x", {"g": "pdBlocked(list(~ 1, ~ x - 1))"}),
}


def draw(seed):
    """One design: its kind (two in five are a random slope), the method, and the data."""
    rng = np.random.default_rng([20261122, seed])
    names = list(KINDS)
    kind = "slope" if rng.random() < 0.4 else names[rng.integers(len(names))]
    nested = kind.startswith("nest")
    if nested:
        outer_groups = int(rng.integers(2, 6))
        outer = np.repeat(np.arange(outer_groups), rng.integers(1, 5, outer_groups))
    else:
        outer = np.arange(int(rng.integers(3, 11)))
    G = len(outer)
    sizes = rng.integers(2, 7, G) if rng.random() < 0.7 else np.full(G, rng.integers(2, 7))
    if kind in ("quad", "fac"):
        sizes = np.maximum(sizes, 3)
    g = np.repeat(np.arange(G), sizes)
    n, a = len(g), outer[g]
    x = (
        rng.normal(size=n)
        if rng.random() < 0.6
        else np.concatenate([np.arange(s, dtype=float) for s in sizes])
    )
    z = rng.normal(size=n)
    f = np.array(list("pqr"))[(np.arange(n) + rng.integers(0, 3)) % 3]
    s0, s1, sa = rng.choice([0, 0.3, 1, 3]), rng.choice([0, 0.3, 1]), rng.choice([0, 0.5, 2])
    y = 1 + 0.5 * x + s0 * rng.normal(size=G)[g] + s1 * rng.normal(size=G)[g] * x + rng.normal(size=n)
    if nested:
        y = y + sa * rng.normal(size=a.max() + 1)[a] + sa * s1 * rng.normal(size=a.max() + 1)[a] * x
    if rng.random() < 0.2:
        y = np.round(y, 1)
    labels = {"g": [f"g{k:02d}" for k in g], "a": [f"a{k}" for k in a]}
    method = "REML" if rng.random() < 0.5 else "ML"
    return kind, method, pd.DataFrame({"y": y, "x": x, "z": z, "f": f, **labels})


def fit_of(seed):
    """Fit one design, and whether its parameters are identified; some have as many random effects as rows."""
    kind, method, data = draw(seed)
    fixed, random = KINDS[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LmeWarning)
        fit = lme(fixed, data, random, method=method)
    return fit, not fit.warnings


def smallest_share(fit):
    """The smallest eigenvalue of the random effects' covariances, in units of sigma^2 and of Z's columns."""
    shares = []
    for D, Z in zip(fit.estimates.covariances, fit.model.design.Z, strict=True):
        lengths = np.sqrt((Z**2).mean(axis=0))
        shares.append(np.linalg.eigvalsh(D * np.outer(lengths, lengths))[0] / fit.sigma**2)
    return min(shares)


@pytest.mark.parametrize("seed", [13, 139, *range(2000, 2020)])
def test_no_random_start_goes_deeper(seed):
    """In 13 and 139 there is a second, deeper hill, which the usual start doesn't see."""
    fit, identified = fit_of(seed)
    if not identified:
        return
    assert fit.convergence.converged
    likelihood, best = fit.likelihood, fit.optimum.evaluation
    edges = np.cumsum([structure.n_parameters for structure in likelihood.structures])[:-1]
    rng = np.random.default_rng(seed)
    for _ in range(6):
        parts = np.split(rng.normal(size=len(best.theta)), edges)
        start = np.concatenate([part * 10 ** rng.uniform(-1.5, 1.5) for part in parts])
        assert refine(likelihood, start, 200).evaluation.deviance > best.deviance - 1e-8


@pytest.mark.parametrize("seed, shallow", [(13, -43.92314), (139, -45.95182)])
def test_the_deeper_of_two_hills_is_found_where_the_usual_start_leads_to_the_other(seed, shallow):
    """R's default reaches neither of 13, and of 139 the other one; its log-likelihood is that of the definition."""
    fit, _ = fit_of(seed)
    assert fit.log_lik > shallow + 4e-3
    assert fit.log_lik == pytest.approx(dense_log_likelihood(fit), rel=1e-11)


def dense_log_likelihood(fit):
    """ML, at the estimates, with the whole V."""
    design = fit.model.design
    V = np.eye(fit.n_obs) * fit.sigma**2
    for level, Z, D in zip(design.levels, design.Z, fit.estimates.covariances, strict=True):
        V += (Z @ D @ Z.T) * (level.grouping.codes[:, None] == level.grouping.codes)
    residual = design.y - design.X @ fit.fixef().to_numpy()
    square = residual @ np.linalg.solve(V, residual)
    return -(fit.n_obs * np.log(2 * np.pi) + np.linalg.slogdet(V)[1] + square) / 2


def test_of_starts_that_lead_as_deep_one_that_converged_is_taken():
    """Here the usual start stops short of a variance of zero, where rounding hides the last of the way."""
    rng = np.random.default_rng([99, 168])
    G = int(rng.integers(5, 20))
    g = np.repeat(np.arange(G), rng.integers(4, 10, G))
    a = g // int(rng.integers(2, 4))
    x, z, w = rng.normal(size=(3, len(g)))
    e = rng.normal(size=(G, 4)) * rng.choice([0, 0.2, 0.6, 1.5], 4)
    y = (
        1
        + x
        + e[g, 0]
        + e[g, 1] * x
        + e[g, 2] * z
        + e[g, 3] * w
        + rng.normal(size=len(g)) * rng.choice([0.5, 1, 2])
    )
    if rng.random() < 0.5:
        y = y + rng.normal(size=a.max() + 1)[a] * rng.choice([0, 1]) * x
    random = {"g": "pdBlocked(list(pdSymm(~ x), pdSymm(~ z + w - 1)))"}
    data = pd.DataFrame({"y": y, "x": x, "z": z, "w": w, "g": g})
    fit = lme("y ~ x + z", data, random, method="ML")
    assert fit.convergence.converged
    assert fit.convergence.singular == ("g",)


@pytest.mark.parametrize("seed", range(3000, 3040))
def test_every_design_is_an_answer_and_a_singular_one_says_so(seed):
    """No exception, a stationary point, and "on the boundary" exactly where a covariance is singular."""
    fit, identified = fit_of(seed)
    assert fit.convergence.converged or not identified
    assert fit.convergence.on_boundary == (smallest_share(fit) < 1e-12)
    for text in (fit.summary(), fit.var_corr(), fit.anova(), fit.intervals(which="fixed"), fit):
        assert str(text)
    assert np.isfinite(fit.fitted()).all()


@pytest.mark.parametrize("seed", [13, 139, 636, *range(3000, 3030)])
def test_optimality_conditions_by_the_definition(seed):
    """No variance would lower the deviance to first order, and the variance that is there is at a stationary point.

    (The conditions of Karush, Kuhn and Tucker, with complementary slackness, from the whole V.)
    """
    fit, identified = fit_of(seed)
    if not identified:
        return
    for level, D, (G, size) in zip(
        fit.model.design.levels, fit.estimates.covariances, derivatives_by_covariances(fit), strict=True
    ):
        assert min(derivatives_by_variances(level, G)) > -1e-6 * size
        assert abs(np.trace(D @ G)) < 1e-7 * size * max(np.trace(D), 1.0)


def derivatives_by_covariances(fit):
    """Of the deviance: sum_g Z_g'(P - P y y'P) Z_g of each level, and the size of what it is the difference of."""
    design = fit.model.design
    V = np.eye(fit.n_obs) * fit.sigma**2
    same = [level.grouping.codes[:, None] == level.grouping.codes for level in design.levels]
    for mask, Z, D in zip(same, design.Z, fit.estimates.covariances, strict=True):
        V += (Z @ D @ Z.T) * mask
    W = np.linalg.inv(V)
    WX = W @ design.X
    P = W - WX @ np.linalg.solve(design.X.T @ WX, WX.T)
    Py = P @ design.y
    inner = (P if fit.method == "REML" else W) - np.outer(Py, Py)
    return [
        (Z.T @ (inner * mask) @ Z, np.trace(Z.T @ (W * mask) @ Z))
        for mask, Z in zip(same, design.Z, strict=True)
    ]


def derivatives_by_variances(level, G):
    """By the variances that each block's structure may have more of: any, each effect's, all effects' together."""
    row = 0
    for block in level.blocks:
        q = len(block.columns.names)
        own = G[row : row + q, row : row + q]
        row += q
        mean = own.sum() / q
        by_structure = {
            "pdDiag": np.diag(own),
            "pdIdent": [np.trace(own)],
            "pdCompSymm": [mean, np.trace(own) - mean],
        }
        yield from by_structure.get(block.structure, np.linalg.eigvalsh(own)[:1])


@pytest.mark.parametrize("seed", [13, 139, 636, *range(3000, 3020)])
def test_the_same_hill_in_any_units_and_order(seed):
    """What is tried from where doesn't depend on units, nor on the order of rows and groups."""
    kind, method, data = draw(seed)
    fixed, random = KINDS[kind]
    fit, identified = fit_of(seed)
    if not identified:
        return
    rows = np.random.default_rng(seed).permutation(len(data))
    other = data.iloc[rows].assign(
        y=lambda d: 1e6 * d["y"], g=lambda d: "h" + (99 - d["g"].str[1:].astype(int)).astype(str)
    )
    moved = lme(fixed, other, random, method=method)
    assert moved.log_lik + fit.likelihood.nu * np.log(1e6) == pytest.approx(fit.log_lik, rel=1e-10, abs=1e-9)
    assert moved.convergence.singular == fit.convergence.singular
    assert moved.sigma / 1e6 == pytest.approx(fit.sigma, rel=1e-8)


# --- against R ---


def r_answers(kind, method, data):
    """The log-likelihoods that R's default, tightened and pdSymm fits reach; those that err are left out."""
    fixed, random = KINDS[kind]
    symm = {g: f"pdSymm({s})" if s.startswith("~") else s for g, s in random.items()}
    found = []
    for structure, control in (
        (random, None),
        (random, rbridge.TIGHT_CONTROL),
        (symm, rbridge.TIGHT_CONTROL),
    ):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", rbridge.RWarning)
                found.append(rbridge.lme(fixed, data, structure, method=method, control=control).log_lik)
        except (rbridge.RError, rbridge.DataError):
            continue
    return found


def assert_not_below_r(seed):
    kind, method, data = draw(seed)
    try:
        fit, identified = fit_of(seed)
    except DataError:  # fewer rows a group than random effects: R refuses too
        assert r_answers(kind, method, data) == []
        return
    answers = r_answers(kind, method, data)
    if answers and identified:
        assert fit.log_lik > max(answers) - 1e-6


@pytest.mark.needs_r
@pytest.mark.parametrize("seed", [13, 1013, *range(4000, 4030)])
def test_never_below_the_best_that_r_reaches(seed):
    assert_not_below_r(seed)


@pytest.mark.needs_r
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4030, 4300))
def test_never_below_the_best_that_r_reaches_at_length(seed):
    assert_not_below_r(seed)
