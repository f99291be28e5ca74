"""The rows of a model whose errors are correlated or of different variances: whitened, compressed, differentiated.

With W Lambda W' = I the rows of W [Z | X | y] are those of a model with independent errors, so that at any psi the
likelihood is that of :mod:`pyimpl.objective` on them, less log|Lambda| / 2 (Pinheiro & Bates 2000, section 5.1.1).

By psi, at fixed theta, the deviance has the derivative (V the responses' covariance over s^2, P as in
:mod:`pyimpl.objective`)

    tr(P V') - r'V^-1 V' V^-1 r / s^2 = (log|Lambda|)' + 2 tr((W C S)'(W' C S)) + (2 / s^2) (W e)'(W' e),

where V' = Lambda', W' are derivatives, C = [Z | X], S S' the posterior covariance of (b, beta) over s^2 (of b alone
under ML), and e = y - X beta - Z b the residuals within groups, as V^-1 = W'(I - W Z S S' Z'W')W and W Lambda' W' is
-(W' W^-1) less its transpose. Fisher's identity: what is known of (b, beta), and e, are columns x like any others, and
log|Lambda| + sum x'Lambda^-1 x is differentiated, row by row.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pyimpl.arrays import Array, Indices
from pyimpl.covariance import Covariance
from pyimpl.derivative import steps_of, taken_apart
from pyimpl.design import Design
from pyimpl.estimates import fixed_effects, random_effects_of
from pyimpl.moments import Units, compress, distinct_columns
from pyimpl.objective import Evaluation, Likelihood
from pyimpl.posterior import Posterior, posterior_at, seen_by_rows
from pyimpl.structured.within import WithinGroup


@dataclass(frozen=True, slots=True, eq=False)
class StructuredRows:
    """A model's rows, its structures and what is known of its errors.

    Attributes
    ----------
    design : Design
    structures : tuple of Covariance, innermost level first
    reml : bool
    sigma : float or None
        The within-group standard deviation, where it is known.
    within : WithinGroup
    distinct : (d, N) array
        The different ones among the columns.
    copies : (c,) int array
        Which of these are [Z innermost | ... | Z outermost | X | y].
    """

    design: Design
    structures: tuple[Covariance, ...]
    reml: bool
    sigma: float | None
    within: WithinGroup
    distinct: Array
    copies: Indices

    def with_fitted(self, fitted: Array) -> StructuredRows:
        """The same rows with other fitted values as the covariate of ``fitted(.)``."""
        return replace(self, within=self.within.at(fitted))

    def centred(self) -> StructuredRows:
        """The same rows with a sigma of the size of the residuals, unless sigma is known."""
        return replace(self, within=replace(self.within, centred=self.sigma is None))

    def independent(self) -> StructuredRows:
        """The same rows with independent errors of the same variance."""
        return replace(self, within=WithinGroup(None, None))

    def likelihood(self, psi: Array, units: Units | None = None) -> Likelihood | None:
        """The likelihood by theta at ``psi``; None where psi is out of range.

        Raises
        ------
        DependentColumnError, PerfectFitError
            As :func:`pyimpl.moments.compress`, where no ``units`` are given.
        """
        whitened, log_det = self.within.whiten(psi, self.distinct)
        if not (np.isfinite(log_det) and np.isfinite(whitened).all()):
            return None
        views = list(whitened)
        order = None if self.design.is_sorted else self.design.order
        columns = [views[k] for k in self.copies]
        moments = compress(columns, self.design.starts, self.structures, order, units)
        return Likelihood(replace(moments, log_det=float(log_det)), self.structures, self.reml, self.sigma)

    def fitted(self, likelihood: Likelihood, evaluation: Evaluation) -> Array:
        """Fitted values within the innermost groups, offset included, (N,)."""
        return np.asarray(self.design.y - self._residuals(likelihood, evaluation))

    def _residuals(self, likelihood: Likelihood, evaluation: Evaluation) -> Array:
        moments = likelihood.moments
        residuals: Array = self.design.y - self.design.offset
        residuals = residuals - self.design.X @ fixed_effects(moments, evaluation.up.beta)
        effects = random_effects_of(moments, evaluation.Lambdas, evaluation.down.blups)
        for Z, level, b in zip(self.design.Z, self.design.levels, effects, strict=True):
            residuals -= np.einsum("nq,nq->n", Z, b[level.grouping.codes])
        return residuals

    def gradient(self, psi: Array, likelihood: Likelihood, evaluation: Evaluation) -> Array:
        """Derivatives of minus twice the log-likelihood by psi at fixed theta, (m,), where it was evaluated."""
        within = self.within
        posterior = posterior_at(likelihood, evaluation, fixed_known=not self.reml)
        s = np.sqrt(evaluation.s2) * likelihood.moments.scale
        own, log_sd = within.split(psi)[0], within.log_sd(psi)
        columns = np.vstack([self._seen(posterior), self._residuals(likelihood, evaluation)]) * (
            np.exp(-log_sd) / s
        )
        whitened = within.correlated(own, columns)
        changes = (
            np.empty(0) if within.correlation is None else within.correlation.slopes(own, columns, whitened)
        )
        by_variance = [
            2 * change.sum() - 2 * np.vdot(whitened, within.correlated(own, columns * change))
            for change in within.log_sd_slopes(psi)
        ]
        return np.array([*changes, *by_variance], float)

    def _seen(self, posterior: Posterior) -> Array:
        """C S, (m, N): S is the same for all rows of a group, so that W C S is the whitened C times S."""
        codes = [level.grouping.codes for level in self.design.levels]
        seen = seen_by_rows(posterior, *self._split(self.distinct), codes)
        return np.concatenate(list(seen), axis=1)

    def rss_slopes(self, psi: Array, likelihood: Likelihood, evaluation: Evaluation) -> Array:
        """Derivatives of the log of r'V^-1 r by psi at fixed theta, (m,): the last term of the gradient's share."""
        residuals = self._residuals(likelihood, evaluation)[None]
        rss = evaluation.up.rss * likelihood.moments.scale**2
        stepped = [taken_apart(self.within.whiten(psi + step, residuals)[0][0]) for step in steps_of(psi)]
        return np.array([2 * now @ change / rss for now, change in stepped], float)

    def _split(self, columns: Array) -> tuple[Array, list[Array]]:
        """X (p, N), and Z (q, N) of each level, outermost first, from the distinct columns."""
        edges = np.cumsum([0, *(structure.q for structure in self.structures)])
        Z = [self.copies[i:j] for i, j in itertools.pairwise(edges)]
        return columns[self.copies[edges[-1] : -1]], [columns[own] for own in reversed(Z)]


def structured_rows(
    design: Design,
    structures: Sequence[Covariance],
    reml: bool,
    sigma: float | None,
    within: WithinGroup,
) -> StructuredRows:
    """Gather the columns of a design; structures innermost level first."""
    distinct, copies = distinct_columns(design.columns())
    own = np.asarray(copies, np.intp)
    return StructuredRows(design, tuple(structures), reml, sigma, within, np.stack(distinct), own)
