"""One call, two sides: every name of the contract answers alike, in shape, labels and (to R's accuracy) numbers."""

import warnings

import numpy as np
import pandas as pd
import pytest

import pyimpl
import rbridge
from crosscheck import load_hsb

# nlme warns of "false convergence" on the tightened fits: it can't go on, which is what was asked of it.
pytestmark = [pytest.mark.needs_r, pytest.mark.filterwarnings("ignore::rbridge.errors.RWarning")]

MODELS = {
    "slopes": dict(fixed="mathach ~ cses", random="~ cses | id"),
    "no intercept, ML": dict(fixed="mathach ~ track - 1 + ses", random="~ 1 | id", method="ML"),
    "nested": dict(fixed="mathach ~ ses", random="~ 1 | track/id"),
    "nested list": dict(fixed="mathach ~ ses", random={"id": "~ ses", "female": "pdIdent(~ 1)"}),
    "diagonal": dict(fixed="mathach ~ ses * female", random={"id": "pdDiag(~ ses)"}),
    "identity": dict(fixed="mathach ~ ses", random={"id": "pdIdent(~ track - 1)"}),
    "contrasts": dict(fixed="mathach ~ track * ses", random="~ 1 | id", contrasts={"track": "contr.sum"}),
    "transformed": dict(fixed="log(mathach + 10) ~ poly(ses, 2) + I(ses^2 > 1)", random="~ 1 | id"),
}


@pytest.fixture(scope="module")
def data():
    frame = load_hsb()
    frame = frame[frame["id"].isin(sorted(frame["id"].unique())[:40])].sample(frac=1, random_state=2)
    frame["track"] = pd.Categorical(
        np.where(frame["pracad"] > 0.5, "academic", "general"), ["general", "academic"]
    )
    frame.attrs["name"] = "hsb"
    return frame


@pytest.fixture(scope="module", params=MODELS)
def fits(request, data):
    call = MODELS[request.param]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rbridge.RWarning)
        return pyimpl.lme(data=data, **call), rbridge.lme(data=data, **call, control=rbridge.TIGHT_CONTROL)


def alike(ours, theirs, rel=1e-5):
    """Same kind of table, same labels, and numbers within `rel` of the largest."""
    for kind in (dict, pd.DataFrame, pd.Series):
        assert isinstance(ours, kind) is isinstance(theirs, kind)
    if isinstance(ours, dict):
        assert list(ours) == list(theirs)
        for key in ours:
            alike(ours[key], theirs[key], rel)
        return
    assert ours.index.tolist() == theirs.index.tolist()
    if isinstance(ours, pd.DataFrame):
        assert ours.columns.tolist() == theirs.columns.tolist()
        for name in ours.columns:
            if ours[name].dtype == object or isinstance(ours[name].dtype, pd.StringDtype):
                assert ours[name].tolist() == theirs[name].tolist()
            else:
                alike(ours[name], theirs[name], rel)
        return
    size = max(theirs.abs().max(), 1e-8) if len(theirs) else 1.0
    assert ours.to_numpy(float) == pytest.approx(theirs.to_numpy(float), abs=rel * size, nan_ok=True)


@pytest.mark.parametrize(
    "name", ["fixef", "vcov", "t_table", "ranef", "coef", "fitted", "corr_params", "var_params"]
)
def test_tables(fits, name):
    ours, theirs = (getattr(fit, name)() for fit in fits)
    alike(ours, theirs)


def test_scalars(fits):
    ours, theirs = fits
    assert (ours.method, ours.n_obs, ours.n_groups) == (theirs.method, theirs.n_obs, theirs.n_groups)
    for name in ("sigma", "log_lik", "aic", "bic"):
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name), rel=1e-6)


def test_variance_components(fits):
    ours, theirs = fits
    alike(ours.var_corr().to_frame(), theirs.var_corr().to_frame(), rel=1e-4)
    for k, group in enumerate(ours.n_groups):
        alike(ours.var_corr().corr(group), theirs.var_corr().corr(group), rel=1e-3)
        alike(ours.get_var_cov(k + 1), theirs.get_var_cov(k + 1), rel=1e-4)
        alike(ours.get_var_cov(group), theirs.get_var_cov(group), rel=1e-4)


def test_levels(fits):
    ours, theirs = fits
    for level in range(len(ours.n_groups) + 1):
        alike(ours.fitted(level=level), theirs.fitted(level=level))
        for type in ("response", "pearson", "normalized"):
            alike(ours.residuals(type, level=level), theirs.residuals(type, level=level), rel=1e-4)


def test_predictions_for_new_rows(fits, data):
    ours, theirs = fits
    new = data.iloc[[5, 0, 77]].reset_index(drop=True)
    new["id"] = [new["id"][0], new["id"][1], 9999]
    for level in range(len(ours.n_groups) + 1):
        alike(ours.predict(new, level=level), theirs.predict(new, level=level))


def test_tests_and_intervals(fits):
    ours, theirs = fits
    for type in ("sequential", "marginal"):
        alike(ours.anova(type=type).to_frame(), theirs.anova(type=type).to_frame(), rel=1e-4)
    alike(ours.intervals(which="fixed").to_frame(), theirs.intervals(which="fixed").to_frame())


def test_variance_intervals_where_r_has_them(fits):
    """Labels and estimates; the widths, which R gets by differences, are held to the dense likelihood elsewhere."""
    ours, theirs = fits
    try:
        expected = theirs.intervals(which="var-cov").to_frame()
    except rbridge.RError:
        assert ours.convergence.on_boundary or ours.convergence.smallest_curvature < 1.0
        return
    found = ours.intervals(which="var-cov").to_frame()
    assert found[["part", "group", "term"]].equals(expected[["part", "group", "term"]])
    assert found["est."].to_numpy() == pytest.approx(expected["est."].to_numpy(), rel=1e-4, abs=1e-4)


def test_likelihood_ratio_tests(data):
    frames = []
    for side in (pyimpl, rbridge):
        large = side.lme("mathach ~ ses", data, "~ ses | id", method="ML")
        small = side.lme("mathach ~ ses", data, "~ 1 | id", method="ML")
        frames.append(small.anova(large).to_frame())
    alike(*frames, rel=1e-3)
