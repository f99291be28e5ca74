"""Balanced layouts, where the (RE)ML estimates have closed forms: the analysis of variance, to 12 digits.

In a balanced layout V has the same eigenspaces ("strata") at every theta, so the likelihood is a product over strata
of a sum of squares ``ss`` with ``df`` degrees of freedom and an eigenvalue ``lam`` of V:

    -2 l = df_total log(2 pi) + sum_k (df_k log(lam_k) + ss_k / lam_k) + [REML: log|X'V^-1 X| + sum_k p_k log(lam_k)]

Its maximum is lam_k = ss_k / df_k where the variances that belong to these are not negative, and otherwise the means of
neighbouring strata pooled (Thompson 1962; Robertson, Wright & Dykstra 1988, sections 1.4 and 2.3): the boundary.
"""

import itertools

import numpy as np
import pandas as pd
import pytest

from pyimpl import lme

DIGITS = 1e-12


@pytest.fixture(params=["REML", "ML"])
def method(request):
    return request.param


def variances(fit):
    return fit.var_corr().to_frame()["variance"].to_numpy()


def pooled_chain(ss, df):
    """Eigenvalues under lam_1 >= lam_2 >= ...: pool adjacent violators."""
    blocks = []
    for k in range(len(ss)):
        blocks.append([ss[k], df[k], 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] < blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    return np.array([s / d for s, d, count in blocks for _ in range(count)])


def pooled_tree(ss, df):
    """Eigenvalues under lam_k >= lam_last for all k: the smallest are pooled with the last, in turn."""
    ss, df = np.asarray(ss, float), np.asarray(df, float)
    pool = [len(ss) - 1]
    for k in np.argsort(ss[:-1] / df[:-1]):
        if ss[k] / df[k] > ss[pool].sum() / df[pool].sum():
            break
        pool.append(k)
    lam = ss / df
    lam[pool] = ss[pool].sum() / df[pool].sum()
    return lam


def log_likelihood(lam, multiplicity, ss, log_det_information, reml):
    """The definition, from the eigenvalues of V; ``log_det_information`` is log|X'V^-1 X| under REML."""
    p = log_det_information[1] if reml else 0
    value = (np.sum(multiplicity) - p) * np.log(2 * np.pi)
    value += np.dot(multiplicity, np.log(lam)) + np.sum(np.asarray(ss) / lam)
    return -(value + (log_det_information[0] if reml else 0.0)) / 2


# --- nested random effects: strata in a chain ---


def nested_data(shape, sds, seed):
    """A complete nested layout, ``shape`` units in each unit of the level further out, the last one rows."""
    rng = np.random.default_rng(seed)
    codes = np.indices(shape).reshape(len(shape), -1)
    y = np.full(codes.shape[1], 20.0)
    unit = np.zeros(codes.shape[1], int)
    for k, (size, sd) in enumerate(zip(shape, sds, strict=True)):
        unit = unit * size + codes[k]
        y += sd * rng.normal(size=unit.max() + 1)[unit]
    names = ["district", "school", "room"][: len(shape) - 1]
    frame = pd.DataFrame({name: codes[k] for k, name in enumerate(names)}).assign(y=y)
    return frame, names


def nested_sums_of_squares(frame, names, shape):
    """Of the means of each level about those of the level further out, and of the rows."""
    means = [np.full(len(frame), frame["y"].mean())]
    for k in range(len(names)):
        means.append(frame.groupby(names[: k + 1])["y"].transform("mean").to_numpy())
    means.append(frame["y"].to_numpy())
    units = np.cumprod(shape)
    ss = [((inner - outer) ** 2).sum() for outer, inner in itertools.pairwise(means)]
    return np.array(ss), np.diff(units, prepend=1.0)


NESTED = {
    "one level": ((9, 4), (2.0, 1.0), 1),
    "one level, boundary": ((9, 4), (0.0, 1.0), 5),
    "two levels": ((8, 3, 4), (2.0, 1.5, 1.0), 2),
    "two levels, large effects": ((8, 3, 4), (2e3, 1.5e2, 1.0), 2),
    "two levels, outer on the boundary": ((8, 3, 4), (0.0, 2.0, 1.0), 3),
    "two levels, inner on the boundary": ((8, 3, 4), (3.0, 0.0, 1.0), 9),
    "two levels, both on the boundary": ((8, 3, 4), (0.0, 0.0, 1.0), 0),
    "three levels": ((6, 3, 3, 2), (3.0, 2.0, 1.5, 1.0), 7),
    "three levels, middle on the boundary": ((6, 3, 3, 2), (3.0, 0.0, 2.0, 1.0), 4),
    "three levels, two on the boundary": ((6, 3, 3, 2), (0.0, 0.0, 2.0, 1.0), 3),
}


@pytest.mark.parametrize("case", NESTED)
def test_nested_layouts_are_the_analysis_of_variance(case, method):
    shape, sds, seed = NESTED[case]
    frame, names = nested_data(shape, sds, seed)
    ss, df = nested_sums_of_squares(frame, names, shape)
    reml = method == "REML"
    n, multiplicity = len(frame), df + np.eye(len(df))[0]
    lam = pooled_chain(ss, df if reml else multiplicity)
    rows_a_unit = n / np.cumprod(shape)[:-1]
    expected = -np.diff(lam) / rows_a_unit
    assert ("boundary" in case) == bool((expected == 0).any())  # the layout is what it says

    fit = lme("y ~ 1", frame, f"~ 1 | {'/'.join(names)}", method=method)
    assert fit.convergence.converged
    assert fit.convergence.singular == tuple(
        name for name, zero in zip(names, expected == 0, strict=True) if zero
    )
    assert variances(fit) == pytest.approx([*expected, lam[-1]], rel=DIGITS, abs=0)
    assert fit.fixef().tolist() == pytest.approx([frame["y"].mean()], rel=1e-14)
    assert fit.vcov().iloc[0, 0] == pytest.approx(lam[0] / n, rel=DIGITS)
    information = (np.log(n / lam[0]), 1)
    assert fit.log_lik == pytest.approx(log_likelihood(lam, multiplicity, ss, information, reml), rel=1e-13)


def test_blups_of_a_nested_layout_shrink_the_means(method):
    """b = n_b sigma_b^2 / lam_b times what the unit's mean departs from its prediction further out."""
    frame, names = nested_data((8, 3, 4), (2.0, 1.5, 1.0), 2)
    fit = lme("y ~ 1", frame, "~ 1 | district/school", method=method)
    v1, v2, v0 = variances(fit)
    lam1, lam2 = v0 + 4 * v2 + 12 * v1, v0 + 4 * v2
    outer = frame.groupby("district")["y"].mean() - frame["y"].mean()
    inner = frame.groupby(names)["y"].mean() - frame["y"].mean()
    b1 = 12 * v1 / lam1 * outer
    b2 = 4 * v2 / lam2 * (inner.to_numpy() - np.repeat(outer, 3)) + 4 * v2 / lam1 * np.repeat(outer, 3)
    assert fit.ranef("district").to_numpy()[:, 0] == pytest.approx(b1.to_numpy(), rel=1e-11)
    assert fit.ranef("school").to_numpy()[:, 0] == pytest.approx(b2.to_numpy(), rel=1e-11)


# --- split plots: blocks, whole plots with treatment a, rows with treatment b ---


def split_plot(seed, sds=(3.0, 2.0, 1.0), shape=(6, 3, 4)):
    rng = np.random.default_rng(seed)
    block, a, b = np.indices(shape).reshape(3, -1)
    y = 100 + np.array([0.0, 2.0, -1.0])[a] + 1.5 * b
    y = y + sds[0] * rng.normal(size=shape[0])[block]
    y = y + sds[1] * rng.normal(size=shape[:2])[block, a] + sds[2] * rng.normal(size=len(y))
    frame = pd.DataFrame({"block": block, "a": a.astype(str), "b": b.astype(str), "y": y})
    return frame, y.reshape(shape)


def split_plot_strata(y):
    """Sums of squares, and degrees of freedom without and with the fixed effects a * b, of the three strata."""
    I, J, K = y.shape  # noqa: E741
    block, plot = y.mean(axis=(1, 2), keepdims=True), y.mean(axis=2, keepdims=True)
    cell = y.mean(axis=0, keepdims=True)
    a, grand = cell.mean(axis=2, keepdims=True), y.mean()
    ss = [
        J * K * ((block - grand) ** 2).sum(),
        K * ((plot - block - a + grand) ** 2).sum(),
        ((y - plot - cell + a) ** 2).sum(),
    ]
    multiplicity = np.array([I, I * (J - 1), I * J * (K - 1)])
    fixed = np.array([1, J - 1, J * (K - 1)])
    return np.array(ss), multiplicity - fixed, multiplicity


SPLIT_PLOTS = {"regular": ((3.0, 2.0, 1.0), 1), "plots alike": ((3.0, 0.0, 1.0), 0)}
NESTED_PLOTS = [
    {"block": "~ 1", "a": "~ 1"},
    {"block": "pdBlocked(list(pdIdent(~ 1), pdIdent(~ a - 1)))"},
    {"block": "pdBlocked(list(~ 1, pdIdent(~ a - 1)))"},
]


@pytest.mark.parametrize("case", SPLIT_PLOTS)
@pytest.mark.parametrize("random", NESTED_PLOTS, ids=["nested", "two pdIdent", "pdSymm and pdIdent"])
def test_split_plots_are_the_analysis_of_variance(random, case, method):
    frame, y = split_plot(SPLIT_PLOTS[case][1], SPLIT_PLOTS[case][0])
    ss, df, multiplicity = split_plot_strata(y)
    lam = pooled_chain(ss, df if method == "REML" else multiplicity)
    expected = [(lam[0] - lam[1]) / 12, (lam[1] - lam[2]) / 4, lam[2]]
    assert (expected[1] == 0) == (case != "regular")
    fit = lme("y ~ a * b", frame, random, method=method)
    found = variances(fit)
    assert [found[0], found[1], found[-1]] == pytest.approx(expected, rel=DIGITS, abs=0)
    assert fit.convergence.on_boundary == (case != "regular")


@pytest.mark.parametrize("random", NESTED_PLOTS, ids=["nested", "two pdIdent", "pdSymm and pdIdent"])
def test_tests_of_a_split_plot_are_the_classical_f_ratios(random):
    frame, y = split_plot(1)
    I, J, K = y.shape  # noqa: E741
    ss, df, _ = split_plot_strata(y)
    plots, rows = ss[1:] / df[1:]
    cell = y.mean(axis=0)
    a, b, grand = cell.mean(axis=1, keepdims=True), cell.mean(axis=0, keepdims=True), y.mean()
    expected = [
        I * K * ((a - grand) ** 2).sum() / (J - 1) / plots,
        I * J * ((b - grand) ** 2).sum() / (K - 1) / rows,
        I * ((cell - a - b + grand) ** 2).sum() / ((J - 1) * (K - 1)) / rows,
    ]
    table = lme("y ~ a * b", frame, random).anova().to_frame()
    assert table["F-value"].to_numpy()[1:] == pytest.approx(expected, rel=1e-11)
    if len(random) == 2:  # where the plots are no grouping factor, containment doesn't know of them
        assert table["denDF"].to_list()[1:] == [df[1], df[2], df[2]]


@pytest.mark.parametrize(
    "seed, sds, sign", [(1, (3.0, 2.0, 1.0), 1), (2, (0.0, 2.0, 1.0), -1), (0, (3.0, 0.0, 1.0), 1)]
)
def test_compound_symmetry_lets_plots_of_a_block_be_alike_or_opposed(seed, sds, sign, method):
    """lam_block = sigma^2 + K sd^2 (1 + (J - 1) rho) may fall below lam_plot, but neither below sigma^2."""
    frame, y = split_plot(seed, sds)
    ss, df, multiplicity = split_plot_strata(y)
    lam = pooled_tree(ss, df if method == "REML" else multiplicity)
    mean, contrast = (lam[0] - lam[2]) / 4, (lam[1] - lam[2]) / 4
    assert np.sign(mean - contrast) == sign
    fit = lme("y ~ a * b", frame, {"block": "pdCompSymm(~ a - 1)"}, method=method)
    D = fit.get_var_cov().to_numpy()
    assert D[0, 0] == pytest.approx((mean + 2 * contrast) / 3, rel=DIGITS)
    assert D[0, 1] == pytest.approx((mean - contrast) / 3, rel=DIGITS)
    assert fit.sigma**2 == pytest.approx(lam[2], rel=DIGITS)


@pytest.mark.parametrize("seed", range(4))
def test_two_crossed_factors_in_each_block(seed, method):
    """Rows, columns and blocks as independent random effects: four strata, four variances."""
    rng = np.random.default_rng(seed)
    B, I, J = 5, 4, 6  # noqa: E741
    y = 10 + rng.normal(size=(B, 1, 1)) * 4 + rng.normal(size=(B, I, 1)) * 2
    y = y + rng.normal(size=(B, 1, J)) * 3 + rng.normal(size=(B, I, J))
    block, row, column = np.indices(y.shape).reshape(3, -1)
    frame = pd.DataFrame({"block": block, "r": row.astype(str), "c": column.astype(str), "y": y.ravel()})
    b, r, c = y.mean(axis=(1, 2), keepdims=True), y.mean(axis=2, keepdims=True), y.mean(axis=1, keepdims=True)
    ms_rows = J * ((r - b) ** 2).sum() / (B * (I - 1))
    ms_columns = I * ((c - b) ** 2).sum() / (B * (J - 1))
    ms_error = ((y - r - c + b) ** 2).sum() / (B * (I - 1) * (J - 1))
    ms_blocks = I * J * ((b - y.mean()) ** 2).sum() / (B - 1 if method == "REML" else B)
    expected = [
        (ms_blocks - ms_rows - ms_columns + ms_error) / (I * J),
        (ms_rows - ms_error) / J,
        (ms_columns - ms_error) / I,
        ms_error,
    ]
    assert min(expected) > 0
    random = {"block": "pdBlocked(list(pdIdent(~ 1), pdIdent(~ r - 1), pdIdent(~ c - 1)))"}
    found = variances(lme("y ~ 1", frame, random, method=method))
    assert found[[0, 1, 1 + I, -1]] == pytest.approx(expected, rel=DIGITS)


# --- growth curves: every group measured at the same times ---


def growth(seed, D, kinds, groups=15, times=(1.0, 2.0, 4.0, 5.0, 7.0, 8.0)):
    """Curves with coefficients that vary by ``D`` between groups; if there are two kinds, half are of kind v."""
    rng = np.random.default_rng(seed)
    q = len(D)
    Z = np.vander(np.array(times) - 3.0, q, increasing=True)
    kind = np.arange(groups) % kinds
    B = (
        np.array([5.0, 1.0, 0.2])[:q]
        + kind[:, None] * 0.5
        + rng.normal(size=(groups, q)) @ np.linalg.cholesky(D).T
    )
    y = B @ Z.T + rng.normal(size=(groups, len(times)))
    frame = pd.DataFrame(
        {
            "g": np.repeat(np.arange(groups), len(times)),
            "t": np.tile(np.array(times) - 3.0, groups),
            "kind": np.where(np.repeat(kind, len(times)), "v", "u"),
            "y": y.ravel(),
        }
    )
    return frame, Z, y


def growth_estimates(Z, y, between, method):
    """beta, D and sigma^2 from each group's own regression and the regression of its coefficients on ``between``.

    The coefficients' residual covariance and sigma^2 (Z'Z)^-1 are diagonalised together; where an eigenvalue is below
    sigma^2, both are estimated from the two together (Anderson, Anderson & Olkin 1986).
    """
    G, q, r = len(y), Z.shape[1], between.shape[1]
    own = np.linalg.lstsq(Z, y.T, rcond=None)[0].T
    error = ((y - own @ Z.T) ** 2).sum()
    beta = np.linalg.lstsq(between, own, rcond=None)[0]
    residual = own - between @ beta
    R = np.linalg.qr(Z, mode="r")
    values, vectors = np.linalg.eigh(R @ residual.T @ residual @ R.T)
    df = [G - r if method == "REML" else G] * q + [G * (len(Z) - q)]
    lam = pooled_tree([*values, error], df)
    root = np.linalg.solve(R, vectors)
    return beta, root * (lam[:-1] - lam[-1]) @ root.T, lam[-1]


GROWTH = {
    "line": ([[4.0, 0.6], [0.6, 1.0]], 1),
    "parabola": ([[4.0, 0.6, 0.1], [0.6, 1.0, 0.0], [0.1, 0.0, 0.3]], 3),
    "line, singular": ([[1.0, 0.0], [0.0, 1e-8]], 1),
    "parabola, singular": ([[2.0, 0.0, 0.0], [0.0, 1e-8, 0.0], [0.0, 0.0, 1e-8]], 4),
}


@pytest.mark.parametrize("case", GROWTH)
@pytest.mark.parametrize("kinds", [1, 2])
def test_balanced_growth_curves(case, kinds, method):
    D, seed = np.array(GROWTH[case][0]), GROWTH[case][1]
    frame, Z, y = growth(seed, D, kinds)
    between = np.column_stack([np.ones(len(y)), np.arange(len(y)) % 2])[:, :kinds]
    beta, expected, s2 = growth_estimates(Z, y, between, method)
    singular = np.linalg.eigvalsh(expected)[0] < 1e-12
    assert singular == ("singular" in case)
    curve = " + ".join(["1", "t", "I(t^2)"][: len(D)])
    fixed = f"y ~ ({curve}) * kind" if kinds == 2 else f"y ~ {curve}"
    fit = lme(fixed, frame, f"~ {curve} | g", method=method)
    assert fit.convergence.on_boundary == singular
    assert fit.sigma**2 == pytest.approx(s2, rel=DIGITS)
    size = np.sqrt(np.diag(expected))
    found = fit.get_var_cov().to_numpy()
    assert found / np.outer(size, size) == pytest.approx(expected / np.outer(size, size), abs=DIGITS)
    assert fit.fixef().to_numpy()[: len(D)] == pytest.approx(beta[0], rel=1e-12)


@pytest.mark.parametrize("sds, zeros", [((2.0, 1.0), 0), ((2.0, 0.0), 1), ((0.0, 0.0), 2)])
def test_independent_effects_of_orthogonal_columns(sds, zeros, method):
    """pdDiag: each column is a stratum of its own, and all of them lie above sigma^2."""
    rng = np.random.default_rng({0: 1, 1: 2, 2: 2}[zeros])
    G, t = 12, np.arange(-2.0, 3.0)
    y = (
        3
        + t
        + sds[0] * rng.normal(size=(G, 1))
        + sds[1] * rng.normal(size=(G, 1)) * t
        + rng.normal(size=(G, 5))
    )
    own = np.stack([y.mean(axis=1), y @ t / (t @ t)])
    error = ((y - own[0][:, None] - own[1][:, None] * t) ** 2).sum()
    lengths = np.array([5.0, t @ t])
    between = lengths * ((own - own.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    df = G - 1 if method == "REML" else G
    lam = pooled_tree([*between, error], [df, df, 3 * G])
    expected = (lam[:-1] - lam[-1]) / lengths
    assert (expected == 0).sum() == zeros
    frame = pd.DataFrame({"g": np.repeat(np.arange(G), 5), "t": np.tile(t, G), "y": y.ravel()})
    fit = lme("y ~ t", frame, {"g": "pdDiag(~ t)"}, method=method)
    assert variances(fit) == pytest.approx([*expected, lam[-1]], rel=DIGITS, abs=0)
    assert fit.convergence.on_boundary == (zeros > 0)
