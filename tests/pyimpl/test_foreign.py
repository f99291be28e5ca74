"""Frames of polars and Arrow, eager and lazy: the fit of the same rows in pandas, factors with the same levels."""

import numpy as np
import pandas as pd
import pytest

from pyimpl import ArgumentError, lm_list, lme

pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")


@pytest.fixture
def data():
    rng = np.random.default_rng(5)
    g = np.repeat([f"g{k}" for k in range(9)], 6)
    f = np.tile(["low", "high", "mid"], 18)  # in none of the orders that anyone would sort them in
    y = rng.normal(size=9).repeat(6) + (f == "mid") + rng.normal(size=54)
    return pd.DataFrame({"y": y, "x": rng.normal(size=54), "f": f, "g": g})


LEVELS = ["mid", "high", "low"]
KINDS = {
    "text": (pl.String, None),
    "categorical": (pl.Categorical, None),
    "enum": (pl.Enum(LEVELS), LEVELS),
}


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_polars_column_is_the_factor_that_r_s_side_makes_of_it(data, kind, lazy):
    dtype, levels = KINDS[kind]
    frame = pl.DataFrame(data.to_dict("list")).with_columns(pl.col("f").cast(dtype))
    same = data if levels is None else data.assign(f=pd.Categorical(data["f"], levels))
    ours, expected = (lme("y ~ x + f", d, "~ 1 | g") for d in (frame.lazy() if lazy else frame, same))
    pd.testing.assert_series_equal(ours.fixef(), expected.fixef(), rtol=1e-9)
    new = frame.head(3)
    assert ours.predict(new).tolist() == pytest.approx(expected.predict(same.head(3)).tolist(), rel=1e-9)


def test_nulls_of_an_enum_are_missing_values(data):
    levels = pl.Enum(LEVELS)
    frame = pl.DataFrame(data.to_dict("list")).with_columns(
        pl.when(pl.int_range(54) == 7).then(None).otherwise(pl.col("f")).cast(levels).alias("f")
    )
    fit = lme("y ~ f", frame, "~ 1 | g", na_action="omit")
    assert fit.n_obs == 53
    assert 7 not in fit.fitted().index


def test_an_arrow_table_is_a_frame(data):
    table = pa.Table.from_pandas(data)
    assert str(lme("y ~ x + f", table, "~ x | g").summary()) == str(
        lme("y ~ x + f", data, "~ x | g").summary()
    )
    assert lm_list("y ~ x | g", table).coef().equals(lm_list("y ~ x | g", data).coef())


def test_anything_else_is_named():
    with pytest.raises(ArgumentError, match="data: expected a pandas DataFrame, got dict"):
        lme("y ~ 1", {"y": [1.0]}, "~ 1 | g")
