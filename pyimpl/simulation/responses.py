"""Draw responses from a fitted model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pyimpl.arrays import Array, Indices
from pyimpl.errors import ArgumentError
from pyimpl.estimates import Estimates
from pyimpl.model import Model
from pyimpl.prediction import fitted_values
from pyimpl.within_errors import WithinErrors, errors_of

# Numbers drawn at a time: 32 megabytes of them.
_PORTION = 1 << 22


@dataclass(frozen=True, slots=True)
class ResponseSampler:
    """The distribution of the responses of a fitted model: y = mean + sum_k Z_k b_k + e.

    Attributes
    ----------
    mean : (N,) array
        What is held fixed: the fixed effects, the offset, and the random effects that are not drawn.
    Z : tuple of (N, q) arrays
        Of the levels whose random effects are drawn.
    codes : tuple of (N,) int arrays
        Each row's group at these levels.
    factors : tuple of (q, q) arrays
        F with F F' the covariance of the random effects of a group.
    errors : WithinErrors
        The distribution of the errors e.
    """

    mean: Array
    Z: tuple[Array, ...]
    codes: tuple[Indices, ...]
    factors: tuple[Array, ...]
    errors: WithinErrors

    def draw(self, rng: np.random.Generator, n: int) -> Iterator[Array]:
        """Draw ``n`` responses, in portions: arrays (s, N).

        Each response is made of consecutive numbers of the generator, so the first ones don't depend on how many
        there will be.
        """
        shapes = [(int(codes.max()) + 1, len(F)) for codes, F in zip(self.codes, self.factors, strict=True)]
        sizes = [groups * q for groups, q in shapes]
        edges = np.cumsum(sizes)
        each = sum(sizes) + len(self.mean)
        portion = max(1, _PORTION // each)
        for first in range(0, n, portion):
            numbers = rng.standard_normal((min(portion, n - first), each))
            *parts, errors = np.split(numbers, edges, axis=1)
            responses = self.mean + self.errors.drawn_from(errors)
            for part, shape, Z, codes, F in zip(parts, shapes, self.Z, self.codes, self.factors, strict=True):
                effects = part.reshape(len(part), *shape) @ F.T
                for j in range(shape[1]):
                    responses += Z[:, j] * effects[:, codes, j]
            yield responses


def response_sampler(model: Model, estimates: Estimates, depth: int = 0) -> ResponseSampler:
    """The distribution of new responses, the random effects of the ``depth`` outermost levels held at their BLUPs."""
    drawn = model.levels[depth:]
    return ResponseSampler(
        mean=fitted_values(model, estimates, depth),
        Z=tuple(model.design.Z[depth:]),
        codes=tuple(level.grouping.codes for level in drawn),
        factors=tuple(_factor(covariance) for covariance in estimates.covariances[depth:]),
        errors=errors_of(model, estimates),
    )


def _factor(covariance: Array) -> Array:
    """The symmetric square root, which a singular matrix has too."""
    sizes = np.sqrt(np.diag(covariance))
    sizes[sizes == 0] = 1.0
    values, vectors = np.linalg.eigh(covariance / np.outer(sizes, sizes))
    return np.asarray(sizes[:, None] * (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def check_count(name: str, value: object) -> int:
    """Return a number of simulations, if it is a whole number from 1 on."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ArgumentError(f"{name}: expected a whole number from 1 on, got {value!r}")
    return int(value)


def generator_of(seed: object) -> np.random.Generator:
    """The generator for a seed, or the generator given."""
    if isinstance(seed, np.random.Generator):
        return seed
    if seed is None or (isinstance(seed, int | np.integer) and not isinstance(seed, bool) and seed >= 0):
        return np.random.default_rng(seed)
    raise ArgumentError(f"seed: expected a whole number from 0 on, or a numpy Generator, got {seed!r}")


def simulated_frame(model: Model, sampler: ResponseSampler, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Responses in columns ``sim_1``, ``sim_2``, ..., aligned with the data's index."""
    values = np.concatenate(list(sampler.draw(rng, n)))
    frame = model.frame
    if len(frame.index) > values.shape[1]:
        padded = np.full((n, len(frame.index)), np.nan)
        padded[:, frame.kept] = values
        values = padded
    return pd.DataFrame(values.T, index=frame.index, columns=[f"sim_{k + 1}" for k in range(n)])
