"""What is fitted: one model, as the arguments that every engine takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .errors import UsageError

Method = Literal["REML", "ML"]
Control = Literal["default", "tight", "converged", "symm"]
CONTROLS: tuple[Control, ...] = ("default", "tight", "converged")
"""How far R is made to go; see :class:`~crosscheck.engines.NlmeEngine`."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model, in R's notation, and where it comes from.

    Parameters
    ----------
    name : str
        Short name, used on the command line and in file names, e.g. ``"empty"``.
    fixed : str
        The fixed-effects formula, e.g. ``"mathach ~ meanses"``.
    random : str or mapping
        The random-effects formula, or a mapping from grouping factor to structure, outermost first.
    method : {"REML", "ML"}
        What is maximised.
    options : mapping
        Further arguments of ``lme``, by their names: ``correlation``, ``weights``, ``contrasts``,
        ``control``, ``subset``, ``na_action``. ``control`` is nlme's and goes to the R side only, but for a known
        ``sigma``, which is part of the model.
    data : str
        Name of the data set, e.g. ``"hsb"``; see :mod:`crosscheck.data`.
    title, note : str
        For people: what the model is, and its source, e.g. ``"R&B Table 4.2"``.
    em_steps : int
        How many steps nlme's EM algorithm needs to converge to the digits that a page prints and beyond.
    study : str
        Name of the study it belongs to if that keeps its records in a folder of its own, e.g. ``"book"``.
    controls : tuple of str
        How R is asked.
    """

    name: str
    fixed: str
    random: str | Mapping[str, str]
    method: Method = "REML"
    options: Mapping[str, Any] = field(default_factory=dict)
    data: str = "hsb"
    title: str = ""
    note: str = ""
    em_steps: int = 5000
    study: str = ""
    controls: tuple[Control, ...] = CONTROLS

    def __post_init__(self) -> None:
        if self.method not in ("REML", "ML"):
            raise UsageError(f"method is {self.method!r}; use 'REML' or 'ML'")
        unknown = set(self.options) - _OPTIONS
        if unknown:
            raise UsageError(
                f"options has {sorted(unknown)}, which lme doesn't take; known: {sorted(_OPTIONS)}"
            )

    @property
    def key(self) -> str:
        """The name of its record: in a study with a folder of its own the model's, else e.g. ``"hsb-empty-reml"``."""
        return self.name if self.study else f"{self.data}-{self.name}-{self.method.lower()}"

    @property
    def goes_by_fitted(self) -> bool:
        """Whether variances depend on fitted values: a fit then is a fixed point, not the log-likelihood's maximum."""
        weights = str(self.options.get("weights", ""))
        without_form = re.search(r"var(?:Power|Exp|ConstPower|ConstProp)\([^~]*\)", weights)
        return "fitted(.)" in weights or without_form is not None

    def by(self, method: Method) -> ModelSpec:
        """Return the same model fitted by `method`."""
        return replace(self, method=method)

    @property
    def has_unstructured(self) -> bool:
        """Whether the covariance of several random effects is left free, in nlme's log-Cholesky form."""
        return self.by_matrix_logarithm().random != self.random

    def by_matrix_logarithm(self) -> ModelSpec:
        """Return the same model with each free covariance of several effects as ``pdSymm``, not ``pdLogChol``."""
        return replace(self, random=_with_symm(self.random))

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of ``lme`` but for ``data`` and what in ``control`` is nlme's own."""
        options = {name: value for name, value in self.options.items() if name != "control"}
        if self.known_sigma is not None:
            options["control"] = {"sigma": self.known_sigma}
        return {"fixed": self.fixed, "random": self.random, "method": self.method, **options}

    @property
    def known_sigma(self) -> float | None:
        """The within-group standard deviation where it is known, not estimated."""
        sigma = self.options.get("control", {}).get("sigma")
        return None if sigma is None else float(sigma)

    def to_dict(self) -> dict[str, Any]:
        """Return the model as plain data, for the records."""
        plain: dict[str, Any] = {
            "name": self.name,
            "data": self.data,
            "fixed": self.fixed,
            "random": self.random if isinstance(self.random, str) else dict(self.random),
            "method": self.method,
        }
        return plain | ({"options": dict(self.options)} if self.options else {})


def _with_symm(random: str | Mapping[str, str]) -> str | Mapping[str, str]:
    if isinstance(random, str):
        terms, _, groups = (part.strip() for part in random.partition("|"))
        alone = terms.replace(" ", "") == "~1"
        return random if alone else {group.strip(): f"pdSymm({terms})" for group in groups.split("/")}
    return {
        group: structure
        if structure.replace(" ", "") == "pdLogChol(~1)"
        else re.sub(r"^pdLogChol\b", "pdSymm", structure)
        for group, structure in random.items()
    }


_OPTIONS = {"correlation", "weights", "contrasts", "control", "subset", "na_action"}
