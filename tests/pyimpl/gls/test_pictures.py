"""What is drawn of gls fits: residuals and fitted values, by formula and against quantiles."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from pyimpl import ArgumentError

from .conftest import fit_of


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def points(axes) -> np.ndarray:
    """The points of a scatter plot, (n, 2)."""
    drawn = [np.asarray(each.get_offsets()) for each in axes.collections]
    drawn += [
        np.column_stack(line.get_data()) for line in axes.lines if line.get_marker() not in ("None", "", None)
    ]
    return np.concatenate(drawn)


def test_standardized_residuals_against_fitted_values() -> None:
    fit = fit_of("compound")
    axes = fit.plot()
    wanted = np.column_stack([fit.fitted(), fit.residuals("pearson")])
    np.testing.assert_allclose(np.sort(points(axes), axis=0), np.sort(wanted, axis=0))
    assert axes.get_xlabel() == "Fitted values" and axes.get_ylabel() == "Standardized residuals"


def test_normalized_residuals_where_errors_are_correlated() -> None:
    axes = fit_of("compound").plot("resid(., type = 'n') ~ age", id=0.05)
    assert axes.get_ylabel() == "Normalized residuals"
    names = {text.get_text() for text in axes.texts}
    assert names and names <= set(fit_of("compound").get_groups())
    axes = fit_of("plain").plot("resid(., type = 'n') ~ age", id=0.05)
    assert axes.get_ylabel() == "Standardized residuals"
    assert all(text.get_text().isdigit() for text in axes.texts)


def test_panels_quantiles_and_boxes() -> None:
    fit = fit_of("compound")
    assert len(fit.plot("resid(.) ~ fitted(.) | Sex")) == 2
    assert len(fit.qqnorm("~ resid(., type = 'p') | Sex")) == 2
    assert len(points(fit.qqnorm())) == fit.n_obs
    fit.plot("Subject ~ resid(.)")
    fit.acf().plot()
    fit.variogram("~ age").plot()


def test_what_a_regression_doesn_t_have() -> None:
    fit = fit_of("plain")
    with pytest.raises(ArgumentError, match=r"form: a fit of gls has no ranef\(.\) of groups"):
        fit.qqnorm("~ ranef(.)")
    with pytest.raises(ArgumentError, match="form: a fit of gls has no levels"):
        fit.plot("resid(., level = 1) ~ fitted(.)")
    with pytest.raises(ArgumentError, match="id_res_type: 'response' is unknown"):
        fit.plot(id=0.05, id_res_type="response")
