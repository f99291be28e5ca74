"""The methods beyond the estimates: same signature, same tables with the same labels and types, on both sides."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pyimpl
import rbridge

pytestmark = [pytest.mark.needs_r, pytest.mark.filterwarnings("ignore::rbridge.errors.RWarning")]

MODELS = {
    "one level": ("Orthodont", "distance ~ age * Sex", "~ age | Subject", "age"),
    "two levels": ("Oats", "yield ~ nitro", "~ 1 | Block/Variety", "nitro"),
}
ASKS: dict[str, Callable[[Any, pd.DataFrame, str], Any]] = {
    "predict at levels": lambda fit, new, x: fit.predict(new, level=[0, 1]),
    "predict at a level": lambda fit, new, x: fit.predict(new, level=[1]),
    "predict the population": lambda fit, new, x: fit.predict(new, level=[0]),
    "predict the data": lambda fit, new, x: fit.predict(level=[0, 1]),
    "augmented effects": lambda fit, new, x: fit.ranef(1, aug_frame=True),
    "augmented coefficients": lambda fit, new, x: fit.coef(1, aug_frame=True),
    "standardized": lambda fit, new, x: fit.ranef(1, standardized=True),
    "effects of levels": lambda fit, new, x: fit.ranef([1]),
    "conf_int": lambda fit, new, x: fit.conf_int(),
    "acf": lambda fit, new, x: fit.acf().to_frame(),
    "variogram": lambda fit, new, x: fit.variogram(f"~ {x}").to_frame(),
    "aug_pred": lambda fit, new, x: fit.aug_pred(x, length_out=3).to_frame(),
    "aug_pred at levels": lambda fit, new, x: fit.aug_pred(x, length_out=3, level=[0, 1]).to_frame(),
    "compare_pred": lambda fit, new, x: fit.compare_pred(fit.update(method="ML"), x, length_out=2).to_frame(),
    "get_groups": lambda fit, new, x: fit.get_groups([1]),
    "get_response": lambda fit, new, x: fit.get_response(),
    "get_data": lambda fit, new, x: fit.get_data(),
    "update": lambda fit, new, x: fit.update(fixed=f". ~ . + I({x}^2)", method="ML").t_table(),
}


@pytest.fixture(scope="module", params=MODELS)
def both(request):
    name, fixed, random, covariate = MODELS[request.param]
    data = rbridge.r_data(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rbridge.RWarning)
        theirs = rbridge.lme(fixed, data, random, control=rbridge.TIGHT_CONTROL)
    new = data.iloc[[5, 0, 70]].reset_index(drop=True)
    return pyimpl.lme(fixed, data, random), theirs, new, covariate


def alike(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        for key in theirs:
            alike(ours[key], theirs[key])
        return
    if isinstance(theirs, pd.Series):
        ours, theirs = ours.to_frame("x"), theirs.to_frame("x")
    assert list(ours.columns) == list(theirs.columns) and ours.index.tolist() == theirs.index.tolist()
    for name in theirs.columns:
        one, two = ours[name], theirs[name]
        if isinstance(two.dtype, pd.CategoricalDtype):
            assert isinstance(one.dtype, pd.CategoricalDtype), name
        if pd.api.types.is_numeric_dtype(two):
            assert one.dtype == two.dtype, name
            size = max(abs(two.to_numpy(float)).max(), 1e-8)
            np.testing.assert_allclose(
                one.to_numpy(float), two.to_numpy(float), atol=1e-4 * size, err_msg=name
            )
        else:
            assert one.astype(str).tolist() == two.astype(str).tolist(), name


@pytest.mark.parametrize("ask", ASKS)
def test_tables(both, ask: str) -> None:
    ours, theirs, new, covariate = both
    alike(ASKS[ask](ours, new, covariate), ASKS[ask](theirs, new, covariate))


def test_pages_of_tables(both) -> None:
    """Digits aside (the two are not at the same optimum to all that are printed), the pages have the same words."""
    ours, theirs, _, _ = both
    for ask in (
        lambda fit: fit.ranef(),
        lambda fit: fit.coef(),
        lambda fit: fit.get_var_cov(),
        lambda fit: fit.acf(),
    ):
        one, two = ([line.split()[:1] for line in str(ask(fit)).splitlines()] for fit in (ours, theirs))
        assert one == two


def test_lists_of_regressions() -> None:
    data = rbridge.r_data("Orthodont")
    ours, theirs = (side.lm_list("distance ~ age | Subject", data) for side in (pyimpl, rbridge))
    for name in ("coef", "ranef", "fitted", "residuals", "fixef"):
        alike(getattr(ours, name)(), getattr(theirs, name)())
    for name in ("summary", "intervals"):
        assert str(getattr(ours, name)()) == str(getattr(theirs, name)())
        alike(getattr(ours, name)().to_frame(), getattr(theirs, name)().to_frame())
    assert str(ours) == str(theirs)


def test_simulated_ratios_have_the_same_columns(both) -> None:
    frames = []
    for fit in both[:2]:
        null = fit.update(method="ML")
        frames.append(
            null.simulate_lr(
                null.update(fixed=f". ~ . + I({both[3]}^2)"), nsim=2, seed=1, method="ML"
            ).to_frame()
        )
    assert list(frames[0].columns) == list(frames[1].columns) and frames[0].shape == frames[1].shape
    assert frames[0][["method", "simulation"]].equals(frames[1][["method", "simulation"]])


def test_methods_take_the_same_arguments() -> None:
    """What pyimpl's methods take, rbridge's take in the same places; pictures aside, which R draws."""
    names = {
        name
        for name in dir(pyimpl.LmeFit)
        if not name.startswith("_") and callable(getattr(pyimpl.LmeFit, name))
    }
    drawn = {"plot", "qqnorm", "pairs", "plot_ranef", "update"}
    beyond = {"ranef_cov", "ranef_se", "prediction_source"}  # nlme has no such thing
    for name in sorted(names - drawn - beyond):
        ours, theirs = (
            [(p.name, p.kind) for p in inspect.signature(getattr(side.LmeFit, name)).parameters.values()]
            for side in (pyimpl, rbridge)
        )
        assert ours == theirs, name
