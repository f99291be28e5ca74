"""Equal steps: the filter gives what the recursion with a D for each group gives, in every part and derivative."""

from collections.abc import Callable

import numpy as np
import pytest

from pyimpl.correlation.arma import partial_of
from pyimpl.correlation.innovations import Process, innovations
from pyimpl.correlation.layout import lay_out, longest_first
from pyimpl.correlation.steady import in_equal_steps
from pyimpl.derivative import derivative

SIZES = (300, 5, 47, 1, 300, 130)


def arma11(psi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    phi, theta = np.tanh(psi / 2)
    T = np.array([[phi, 1 + 0 * phi], [0 * phi, 0 * phi]])
    variance = (1 + 2 * phi * theta + theta**2) / (1 - phi**2)
    P0 = np.array([[variance, theta], [theta, theta**2]]) / variance
    return T, P0


def noisy(psi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.exp(-np.exp(-psi[:1]))[None], (1 / (1 + np.exp(psi[1:])))[None]


PROCESSES = {
    "settles soon": (arma11, [0.8, 0.5]),
    "settles late": (arma11, [0.5, 5.2]),
    "noisy": (noisy, [2.0, -1.0]),
}


@pytest.fixture(params=PROCESSES)
def process(request: pytest.FixtureRequest) -> tuple[Callable, np.ndarray]:
    function, psi = PROCESSES[request.param]
    return function, np.array(psi)


def both_ways(process: Callable, psi: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    layout = lay_out(np.repeat(np.arange(len(SIZES)), SIZES))
    T, P0 = process(psi)
    filtered = in_equal_steps(T, P0, longest_first(layout), columns)
    twice = Process(np.repeat(T[:, :, None], 2, axis=2), P0)  # two steps, which happen to be the same
    slowly = innovations(twice, np.arange(columns.shape[1]) % 2, layout, columns)
    return tuple(np.append(rows.ravel(), log_det) for rows, log_det in (filtered, slowly))


def test_values_and_derivatives(process: tuple[Callable, np.ndarray], random: np.random.Generator) -> None:
    function, psi = process
    columns = random.normal(size=(2, sum(SIZES)))
    filtered, slowly = both_ways(function, psi, columns)
    np.testing.assert_allclose(filtered, slowly, rtol=1e-10, atol=1e-11)
    slopes = [derivative(lambda at, way=way: both_ways(function, at, columns)[way], psi) for way in (0, 1)]
    np.testing.assert_allclose(slopes[0], slopes[1], rtol=1e-8, atol=1e-9)


def test_a_process_that_is_not_invertible_is_refused_as_a_start() -> None:
    assert (np.abs(partial_of(np.array([0.3, 0.7]))) >= 1).any()
    assert (np.abs(partial_of(np.array([0.3, 0.6]))) < 1).all()
