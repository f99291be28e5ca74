"""An engine of one's own: a random intercept by the textbook, maximised over theta = sd(groups) / sigma."""

import numpy as np
import pandas as pd
from formulaic import model_matrix
from scipy.optimize import minimize_scalar

from crosscheck.engines import plain_answer, plain_level


class Mine:
    """Dense matrices, one number to find."""

    name = "mine"
    lacks = ("df", "p_value", "aic", "bic", "fitted")
    definitions = ("ml-se",)

    def cannot(self, spec):
        """Say which models it isn't made for: they are no failures then."""
        plain = isinstance(spec.random, str) and spec.random.replace(" ", "").startswith("~1|")
        return (
            ""
            if plain and "/" not in spec.random and not spec.options
            else "it has one random intercept only"
        )

    def fit(self, spec, data):
        """Return the answer to a model."""
        group = spec.random.split("|")[1].strip()
        y, X = model_matrix(spec.fixed, data, output="pandas")
        names = [name.replace("Intercept", "(Intercept)") for name in X]
        y, X, reml = y.to_numpy()[:, 0], X.to_numpy(), spec.method == "REML"
        nu = len(y) - X.shape[1] * reml
        same = np.equal.outer(data[group].to_numpy(), data[group].to_numpy())

        def at(theta):
            V = np.eye(len(y)) + theta**2 * same
            information = X.T @ np.linalg.solve(V, X)
            beta = np.linalg.solve(information, X.T @ np.linalg.solve(V, y))
            weighted = np.linalg.solve(V, y - X @ beta)
            sigma2 = (y - X @ beta) @ weighted / nu
            log_det = np.linalg.slogdet(V)[1] + reml * np.linalg.slogdet(information)[1]
            log_lik = -(nu * (np.log(2 * np.pi * sigma2) + 1) + log_det) / 2
            return log_lik, beta, np.linalg.inv(information) * sigma2, sigma2, weighted

        theta = minimize_scalar(lambda theta: -at(theta)[0], (0.5, 2), tol=1e-12).x
        log_lik, beta, vcov, sigma2, weighted = at(theta)
        psi = pd.DataFrame(theta**2 * sigma2, ["(Intercept)"], ["(Intercept)"])
        blups = pd.Series(theta**2 * weighted).groupby(data[group].to_numpy()).sum().to_frame("(Intercept)")
        coefficients = dict(zip(names, beta, strict=True))
        levels = [plain_level(group, psi, blups)]
        return plain_answer(spec.method, coefficients, sigma2**0.5, levels, log_lik, n_obs=len(y), vcov=vcov)
