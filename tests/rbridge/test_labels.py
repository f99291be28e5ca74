"""Groups that are whole numbers are named in full, however wide; floats as R's ``as.character`` names them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rbridge

pytestmark = pytest.mark.needs_r

BILLION = 10**9


@pytest.fixture
def data() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    k = np.tile(np.arange(10, 0, -1), 6)  # 9 and 10 billion: in numeric order, not that of text
    frame = pd.DataFrame({"x": rng.normal(size=60), "k": k, "child": np.repeat([1, 2, 3], 20)})
    frame["y"] = frame.x + rng.normal(size=10)[k - 1] + rng.normal(size=60)
    return frame


@pytest.mark.parametrize("dtype", ["int64", "uint64", "Int64", "UInt64", "object", "Sparse[int64]"])
def test_wide_integers_are_named_in_full_and_in_order(data: pd.DataFrame, dtype: str) -> None:
    wide = data.assign(k=(data.k * BILLION).astype(dtype))
    fit = rbridge.lme("y ~ x", wide, "~ 1 | k")
    assert list(fit.ranef().index) == [str(k * BILLION) for k in range(1, 11)]
    expected = rbridge.lme("y ~ x", data, "~ 1 | k")
    assert fit.log_lik == expected.log_lik
    np.testing.assert_array_equal(fit.ranef(), expected.ranef())
    pd.testing.assert_series_equal(fit.predict(wide), expected.predict())
    floats = wide.assign(k=wide.k.astype("float64"))  # as a column with gaps would be
    pd.testing.assert_series_equal(fit.predict(floats), expected.predict())
    assert fit.predict(wide.assign(k=7)).isna().all()


def test_wide_integers_that_are_missing_or_nested(data: pd.DataFrame) -> None:
    wide = data.assign(k=(data.k * BILLION).astype("Int64"))
    wide.loc[wide.k == 3 * BILLION, "k"] = pd.NA
    fit = rbridge.lme("y ~ x", wide, "~ 1 | child/k", na_action="omit")
    assert fit.n_obs == 54
    labels = list(fit.ranef("k").index)
    assert labels[:3] == ["1/1000000000", "1/2000000000", "1/4000000000"] and len(labels) == 27


def test_integers_within_32_bits_match_floats_in_newdata(data: pd.DataFrame) -> None:
    thousands = data.assign(k=data.k * 100_000)
    fit = rbridge.lme("y ~ x", thousands, "~ 1 | k")
    floats = thousands.assign(k=thousands.k.astype(float))
    pd.testing.assert_series_equal(fit.predict(floats), fit.predict())


def test_floats_are_named_by_r(data: pd.DataFrame) -> None:
    fit = rbridge.lme("y ~ x", data.assign(k=data.k * 1e5), "~ 1 | k")
    assert next(iter(fit.ranef().index)) == "1e+05"


def test_a_wide_group_that_is_computed_with_stays_a_number(data: pd.DataFrame) -> None:
    wide = data.assign(k=data.k * BILLION)
    fit = rbridge.lme("y ~ I(k / 1e9)", wide, "~ 1 | k", subset="k < 9.5e9")
    assert list(fit.fixef().index) == ["(Intercept)", "I(k/1e+09)"]
    assert fit.n_groups == {"k": 9}
