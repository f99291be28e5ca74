"""Whitening against dense algebra, in all its derivatives, and what it costs."""

from collections.abc import Callable

import numpy as np
import pytest

from pyimpl import grouped
from pyimpl.correlation import Correlation, correlation_request, initialise, innovations
from pyimpl.correlation.arma import coefficients_of, partial_of
from pyimpl.derivative import derivative


def near_start(structure: Correlation, random: np.random.Generator) -> np.ndarray:
    return structure.start + random.normal(0, 0.1, structure.n_parameters)


def test_whitened_rows_have_the_inverse_matrix_between_them(
    call: str, make_rows: Callable, random: np.random.Generator
) -> None:
    rows = make_rows()
    structure = rows.structure(call)
    psi = near_start(structure, random)
    R = rows.dense(structure, psi)
    columns = random.normal(size=(3, len(R)))
    whitened, log_det = structure.whiten(psi, columns)
    np.testing.assert_allclose(
        whitened @ whitened.T, columns @ np.linalg.solve(R, columns.T), rtol=1e-11, atol=1e-11
    )
    np.testing.assert_allclose(log_det, np.linalg.slogdet(R)[1], rtol=1e-11, atol=1e-12)


def test_whitening_stays_inside_groups(call: str, make_rows: Callable) -> None:
    rows = make_rows()
    structure = rows.structure(call)
    first = (rows.codes == 0).astype(float)
    whitened, _ = structure.whiten(structure.start, first[None])
    assert not whitened[0, rows.codes != 0].any()
    assert whitened[0, rows.codes == 0].any()


def test_whitened_identity_is_a_square_root(
    call: str, make_rows: Callable, random: np.random.Generator
) -> None:
    rows = make_rows()
    structure = rows.structure(call)
    psi = near_start(structure, random)
    W = structure.whiten(psi, np.eye(len(rows.codes)))[0].T
    np.testing.assert_allclose(W @ rows.dense(structure, psi) @ W.T, np.eye(len(W)), atol=1e-12)


def test_colours_are_a_square_root_too(call: str, make_rows: Callable, random: np.random.Generator) -> None:
    rows = make_rows()
    structure = rows.structure(call)
    psi = near_start(structure, random)
    C = structure.colour(psi, np.eye(len(rows.codes))).T
    np.testing.assert_allclose(C @ C.T, rows.dense(structure, psi), atol=1e-12)


def test_complex_steps_are_exact_derivatives(
    call: str, make_rows: Callable, random: np.random.Generator
) -> None:
    structure = make_rows().structure(call)
    psi = near_start(structure, random)
    columns = random.normal(size=(2, 18))

    def everything(at: np.ndarray) -> np.ndarray:
        whitened, log_det = structure.whiten(at, columns)
        return np.append(whitened.ravel(), log_det)

    h = 1e-5
    central = [(everything(psi + h * e) - everything(psi - h * e)) / (2 * h) for e in np.eye(len(psi))]
    np.testing.assert_allclose(derivative(everything, psi), central, rtol=1e-6, atol=1e-8)


def test_slopes_taken_together_are_those_of_complex_steps(
    call: str, make_rows: Callable, random: np.random.Generator
) -> None:
    rows = make_rows()
    structure = rows.structure(call)
    psi = structure.start + 0.1 * random.normal(size=structure.n_parameters)
    columns = random.normal(size=(3, len(rows.codes)))

    def quadratic(at: np.ndarray) -> np.ndarray:
        whitened, log_det = structure.whiten(at, columns)
        return np.asarray(log_det + (whitened**2).sum())

    together = structure.slopes(psi, columns, structure.whiten(psi, columns)[0])
    np.testing.assert_allclose(together, derivative(quadratic, psi), rtol=1e-9, atol=1e-10)


def test_complex_columns_are_whitened_linearly(
    call: str, make_rows: Callable, random: np.random.Generator
) -> None:
    structure = make_rows().structure(call)
    real, imaginary = random.normal(size=(2, 1, 18))
    whitened = structure.whiten(structure.start, real + 1j * imaginary)[0]
    np.testing.assert_allclose(whitened.real, structure.whiten(structure.start, real)[0], atol=1e-13)
    np.testing.assert_allclose(whitened.imag, structure.whiten(structure.start, imaginary)[0], atol=1e-13)


def test_the_order_of_rows_changes_nothing_but_their_places(make_rows: Callable, call: str) -> None:
    rows = make_rows(shuffled=False)
    order = np.random.default_rng(5).permutation(len(rows.codes))
    moved = type(rows)(rows.codes[order], {name: column[order] for name, column in rows.covariates.items()})
    z = np.arange(18.0) ** 2 % 7
    by_time = any(name in call for name in ("corAR", "corCAR", "~ x)", "corExp(2, ~ x)")) and "y" not in call
    one, log_det = rows.structure(call).whiten(rows.structure(call).start, z[None])
    other, other_log_det = moved.structure(call).whiten(moved.structure(call).start, z[None, order])
    np.testing.assert_allclose(log_det, other_log_det, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose((one**2).sum(), (other**2).sum(), rtol=1e-12)
    if by_time:
        np.testing.assert_allclose(one[:, order], other, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("p,q", [(1, 2), (2, 1), (0, 3), (3, 0), (1, 4), (2, 3)])
def test_arma_has_the_autocorrelations_of_its_infinite_moving_average(p: int, q: int) -> None:
    value = [0.2, 0.1, -0.3, 0.25, 0.1][: p + q]
    phi, theta = np.array(value[:p]), np.array(value[p:])
    weights = np.zeros(400)
    for k in range(400):
        past = phi[: min(k, p)] @ weights[k - 1 :: -1][: min(k, p)] if k else 0.0
        weights[k] = (1.0 if k == 0 else theta[k - 1] if k <= q else 0.0) + past
    expected = np.array([weights[: 400 - lag] @ weights[lag:] for lag in range(8)])
    call = f"corARMA(c({', '.join(map(str, value))}), p = {p}, q = {q})"
    structure = initialise(correlation_request(call), np.zeros(8, int))
    np.testing.assert_allclose(structure.matrix(structure.start, 0)[0], expected / expected[0], atol=1e-13)
    np.testing.assert_allclose(structure.constrained(structure.start), value, rtol=1e-13)


def test_partial_autocorrelations_go_there_and_back(random: np.random.Generator) -> None:
    partial = random.uniform(-0.95, 0.95, 6)
    np.testing.assert_allclose(partial_of(coefficients_of(partial)), partial, rtol=1e-9)


@pytest.mark.parametrize("phi", [0.999999, -0.999999, 0.25])
def test_ar1_keeps_its_accuracy_at_the_edge(phi: float) -> None:
    structure = initialise(
        correlation_request(f"corAR1({phi}, ~ t)"), np.zeros(4, int), [np.array([1.0, 2, 5, 9])]
    )
    psi = structure.start
    log_det = structure.whiten(psi, np.zeros((1, 4)))[1]
    tail = 1 / np.cosh(psi[0] / 2) ** 2  # 1 - phi^2
    powers = np.log(-np.expm1(np.array([1, 3, 4]) * np.log1p(-tail))).sum()
    np.testing.assert_allclose(log_det, powers, rtol=1e-13)


def test_a_matrix_that_is_not_positive_definite_is_nan_not_an_error() -> None:
    structure = initialise(correlation_request("corNatural()"), np.zeros(3, int))
    whitened, log_det = structure.whiten(np.array([3.0, 3.0, -3.0]), np.ones((1, 3)))
    assert np.isnan(whitened).all() and np.isnan(log_det)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [3, 30, 300, 3000])
def test_a_step_out_of_range_is_nan_not_an_error(
    call: str, size: float, make_rows: Callable, random: np.random.Generator
) -> None:
    structure = make_rows().structure(call)
    for signs in ([1, 1, 1, 1], [-1, -1, -1, -1], [1, -1, 1, -1], [-1, 1, -1, 1]):
        psi = size * np.resize(signs, structure.n_parameters)
        whitened, log_det = structure.whiten(psi, random.normal(size=(1, 18)))
        assert np.isfinite(whitened).all() if np.isfinite(log_det) else np.isnan(whitened).all()
        assert not np.isnan(structure.constrained(psi)).any()


def test_fixed_structures_have_no_parameters_but_whiten_at_their_values() -> None:
    codes = np.repeat([0, 1], 4)
    free = initialise(correlation_request("corAR1(0.4)"), codes)
    fixed = initialise(correlation_request("corAR1(0.4, fixed = TRUE)"), codes)
    assert fixed.n_parameters == 0 and fixed.start.shape == (0,) and fixed.names == ("Phi",)
    np.testing.assert_allclose(fixed.constrained(np.empty(0)), [0.4])
    z = np.arange(8.0)[None]
    np.testing.assert_array_equal(fixed.whiten(np.empty(0), z)[0], free.whiten(free.start, z)[0])


LINEAR = [
    "corAR1(0.5, ~ gaps)",
    "corCAR1(0.5, ~ x)",
    "corCompSymm(0.5)",
    "corExp(2, ~ x)",
    "corExp(c(2, 0.3), ~ x, nugget = TRUE)",
    "corARMA(c(0.5, 0.2), ~ gaps, p = 1, q = 1)",
]


@pytest.mark.parametrize("call", LINEAR)
def test_memory_is_linear_in_the_rows_of_a_group(call: str, make_rows: Callable) -> None:
    import tracemalloc

    rows = make_rows((1500, 1500))
    tracemalloc.start()
    structure = rows.structure(call)
    structure.whiten(structure.start, np.ones((2, 3000)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3000 * 8 * 100  # one matrix of a group alone takes 1500 numbers a row


@pytest.mark.parametrize("call", LINEAR[-2:])
def test_the_recursion_takes_a_step_a_row_of_the_longest_group(
    call: str, make_rows: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []

    def counting(A: np.ndarray, B: np.ndarray) -> np.ndarray:
        counted.append(1)
        return grouped.multiply(A, B)

    monkeypatch.setattr(innovations, "multiply", counting)
    products = []
    for sizes in [(20, 7), (40, 7), (40, *[40] * 30)]:
        counted.clear()
        structure = make_rows(sizes).structure(call)
        structure.whiten(structure.start, np.ones((1, sum(sizes))))
        products.append(len(counted))
    assert products == [3 * 19, 3 * 39, 3 * 39]
