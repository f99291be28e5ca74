"""What a gls fit says about its data, each against the same call typed into R."""

from __future__ import annotations

import pytest

import rbridge

pytestmark = pytest.mark.needs_r

FORMULA = "follicles ~ sin(2 * pi * Time) + cos(2 * pi * Time)"


@pytest.fixture
def plain(r) -> rbridge.GlsFit:
    r(f"m <- gls({FORMULA}, nlme::Ovary); ar <- update(m, correlation = corAR1(form = ~ 1 | Mare))")
    return rbridge.gls(FORMULA, rbridge.r_data("Ovary"))


@pytest.fixture
def ar(plain) -> rbridge.GlsFit:
    return plain.update(correlation="corAR1(form = ~ 1 | Mare)")


def test_autocorrelations(r, plain, ar) -> None:
    assert str(plain.acf(3)) == r.printed("ACF(m, 3)")
    assert str(plain.acf(form="~ 1 | Mare")) == r.printed("ACF(m, form = ~ 1 | Mare)")
    assert str(ar.acf(5, "normalized")) == r.printed("ACF(ar, 5, resType = 'normalized')")
    assert list(ar.acf().to_frame()["n.used"]) == list(r("as.integer(attr(ACF(ar), 'n.used'))"))
    for form, word in (
        ("~ Time | Mare", "covariate"),
        ("~ 1 | nothing", "nothing"),
        ("~ 1 | system('x')", "system"),
    ):
        with pytest.raises(rbridge.BridgeError, match=word):
            plain.acf(form=form)
    with pytest.raises(rbridge.ArgumentError, match="correlation structure"):
        ar.acf(form="~ 1 | Mare")


def test_semivariograms(r, plain, ar) -> None:
    assert str(ar.variogram("~ Time")) == r.printed("Variogram(ar, form = ~ Time)")
    assert str(plain.variogram("~ Time | Mare", "response", n_int=7)) == r.printed(
        "Variogram(m, form = ~ Time | Mare, resType = 'response', nint = 7)"
    )
    wheat = rbridge.gls("yield ~ variety - 1", rbridge.r_data("Wheat2"))
    r("w <- gls(yield ~ variety - 1, nlme::Wheat2)")
    assert str(wheat.variogram("~ latitude + longitude", max_dist=32)) == r.printed(
        "Variogram(w, form = ~ latitude + longitude, maxDist = 32)"
    )


def test_pictures(plain, ar) -> None:
    for made in (plain.plot(), ar.plot("resid(.) ~ Time | Mare", id=0.01), ar.qqnorm()):
        assert made.data.startswith(b"\x89PNG") and len(made.data) > 5000
    for ask in (ar.pairs, lambda: ar.compare_pred(plain)):
        with pytest.raises(rbridge.ArgumentError, match="effects of groups"):
            ask()
    apart = plain.update(isolated=True)
    assert apart.acf(2).to_frame().equals(plain.acf(2).to_frame())
    assert apart.plot(format="svg").data.startswith(b"<?xml")


def test_rows_left_out(r, plain) -> None:
    data = rbridge.r_data("Ovary")
    data.loc[[3, 40], "follicles"] = float("nan")
    for action in ("omit", "exclude"):
        fit = rbridge.gls(FORMULA, data, subset="Mare != '5'", na_action=action)
        r(f"d <- nlme::Ovary; d$follicles[c(4, 41)] <- NA; m <- gls({FORMULA}, subset(d, Mare != '5'), "
          "na.action = na.omit)")  # fmt: skip
        assert str(fit.acf(3)) == r.printed("ACF(m, 3)")
