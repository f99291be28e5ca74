"""Reading columns: text in runs or not, with every spelling of a missing value."""

import numpy as np
import pandas as pd
import pytest

from pyimpl.formula.values import text_codes

RUNS = ["b"] * 900 + ["a"] * 700 + [None] * 3 + ["c"] * 5 + ["a"] * 2


@pytest.mark.parametrize("dtype", [object, "str", "string[python]", "string[pyarrow]"])
@pytest.mark.parametrize("missing", [True, False])
def test_texts_that_ascend_are_coded_one_after_the_other(dtype, missing):
    texts = np.repeat(np.array(["a", "ab", "b", "\uffff", "\U00010000"], dtype=object), 400)
    if missing:
        texts[[0, 450, 1999]] = None
    codes, levels = text_codes(pd.Series(texts, dtype=dtype))
    expected, found = pd.factorize(texts)
    assert levels == list(found)
    assert all(type(level) is str for level in levels)
    assert np.array_equal(codes, expected)


@pytest.mark.parametrize("dtype", [object, "str", "string[python]", "string[pyarrow]"])
@pytest.mark.parametrize("shuffle", [False, True])
def test_texts_are_coded_by_appearance_and_missing_ones_by_minus_one(dtype, shuffle):
    texts = np.array(RUNS, dtype=object)
    if shuffle:
        texts = np.random.default_rng(2).permutation(texts)
    codes, levels = text_codes(pd.Series(texts, dtype=dtype))
    expected, found = pd.factorize(texts)
    assert levels == list(found)
    assert np.array_equal(codes, expected)
