"""The two sides as engines; each is imported when it is first asked to fit."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pandas as pd

from ..spec import ModelSpec


class NlmeEngine:
    """The real ``nlme::lme``, through :mod:`rbridge`.

    Parameters
    ----------
    tight : bool
        Make nlme's optimiser go on to where double precision ends (``rbridge.TIGHT_CONTROL``) instead of
        stopping where it does by default.
    """

    prints_r_pages = True

    def __init__(self, *, tight: bool = False) -> None:
        self.tight = tight

    @property
    def name(self) -> str:
        """``nlme`` or ``nlme-tight``."""
        return "nlme-tight" if self.tight else "nlme"

    def why_not(self) -> str:
        """Return why R can't be reached here, or "" when it can."""
        import rbridge

        there = rbridge.available()
        return "" if there else there.reason

    def fit(self, spec: ModelSpec, data: pd.DataFrame) -> Any:
        """Return nlme's fit."""
        import rbridge

        control = dict(rbridge.TIGHT_CONTROL) if self.tight else {}
        control |= spec.options.get("control", {})
        return rbridge.lme(data=data, **spec.arguments(), control=control or None)

    def provenance(self) -> dict[str, str]:
        """Return the versions of R, of nlme and of what they stand on."""
        import rbridge

        return {name: str(value) for name, value in rbridge.r_version_info().items()}


class PyimplEngine:
    """The native ``lme`` of :mod:`pyimpl`."""

    name = "pyimpl"
    prints_r_pages = True

    def fit(self, spec: ModelSpec, data: pd.DataFrame) -> Any:
        """Return pyimpl's fit."""
        import pyimpl

        return pyimpl.lme(data=data, **spec.arguments())

    def provenance(self) -> dict[str, str]:
        """Return the versions of lmebridge and of what it computes with."""
        return {package: _version(package) for package in ("lmebridge", "numpy", "scipy", "pandas")}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
