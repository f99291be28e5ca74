"""The two sides as engines; each is imported when it is first asked to fit."""

from __future__ import annotations

import warnings
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pandas as pd

from ..spec import Control, ModelSpec
from .base import named


class NlmeEngine:
    """The real ``nlme::lme``, through :mod:`rbridge`.

    Parameters
    ----------
    control : {"default", "tight", "converged", "symm"}
        How far nlme is made to go. ``default``: where it stops as it is called. ``tight``: where nlminb stops
        under ``rbridge.TIGHT_CONTROL``, when the differences that it takes for a gradient drown in rounding; with
        ``weights`` what it alternates with, on ``fitted(.)``, is tightened as well.
        ``converged``: where nlme's own EM algorithm converges, without nlminb, which only walks off again.
        ``symm``: the default control with each free covariance as ``pdSymm``, by its matrix logarithm, which fails
        least where the optimum is singular.
    timeout : float, optional
        So many seconds R may take; it then runs in a process of its own, which is stopped.
    """

    prints_r_pages = True

    def __init__(self, control: Control = "default", timeout: float | None = None) -> None:
        self.control = control
        self.timeout = timeout

    @property
    def name(self) -> str:
        """``nlme``, ``nlme-tight`` or ``nlme-converged``."""
        return named("nlme", self.control)

    def why_not(self) -> str:
        """Return why R can't be reached here, or "" when it can."""
        import rbridge

        there = rbridge.available()
        return "" if there else there.reason

    def fit(self, spec: ModelSpec, data: pd.DataFrame) -> Any:
        """Return nlme's fit."""
        import rbridge

        control = {**self.controls(spec), **spec.options.get("control", {})}
        with warnings.catch_warnings():
            if self.control == "converged":  # nlminb is given no iteration on purpose, and says so
                warnings.filterwarnings("ignore", "nlminb problem", rbridge.RWarning)
            asked = spec.by_matrix_logarithm() if self.control == "symm" else spec
            apart: dict[str, Any] = (
                {} if self.timeout is None else {"isolated": True, "timeout": self.timeout}
            )
            return rbridge.lme(data=data, **{**asked.arguments(), "control": control or None}, **apart)

    def controls(self, spec: ModelSpec) -> dict[str, Any]:
        """Return the arguments of ``lmeControl`` that differ from nlme's defaults."""
        import rbridge

        if self.control in ("default", "symm"):
            return {}
        if self.control == "tight":
            alternating = {"tolerance": 1e-10, "maxIter": 500} if "weights" in spec.options else {}
            return {**rbridge.TIGHT_CONTROL, **alternating}
        return {"niterEM": spec.em_steps, "msMaxIter": 0, "maxIter": 1, "returnObject": True}

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
