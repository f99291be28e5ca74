"""Checks of the arguments that are neither a formula nor the data."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from pyimpl.errors import ArgumentError, NotSupportedError
from pyimpl.progress import Watch, ignore, watching

METHODS = ("REML", "ML")

RANK_DEFICIENT = ("error", "drop")

# R's lmeControl. All but maxIter steer R's way to the optimum, which the answer doesn't depend on here.
_CONTROL = frozenset(
    "maxIter msMaxIter tolerance niterEM msMaxEval msTol msVerbose returnObject gradHess apVar .relStep minAbsParApVar "
    "opt optimMethod natural sigma allow.n.lt.q abs.tol rel.tol x.tol xf.tol step.min step.max sing.tol scale".split()
)

# What lmeControl doesn't have.
_OWN = frozenset({"rank_deficient", "distributed", "verbose", "callback"})


@dataclass(frozen=True, slots=True)
class Control:
    """The settings that matter here.

    Attributes
    ----------
    max_steps : int
        Newton steps at most, from each start; 0 for no search.
    drop_dependent : bool
        Leave out columns of X that are linear combinations of the columns before them, instead of refusing them.
    sigma : float or None
        The within-group standard deviation, where it is known.
    distributed : bool
        Leave the groups' moments on the workers of a Dask cluster.
    watch : Watch
        Is told how the fit goes on.
    """

    max_steps: int = 200
    drop_dependent: bool = False
    sigma: float | None = None
    distributed: bool = False
    watch: Watch = ignore


def check_method(method: object) -> str:
    """Return ``method`` if it is one of the two."""
    if not isinstance(method, str) or method not in METHODS:
        raise ArgumentError(f"method: {method!r} is unknown; choose 'REML' or 'ML'")
    return str(method)


def check_control(control: object, of: str = "lmeControl") -> Control:
    """Return the settings that matter here, from R's names for all that can be set; ``of`` is R's function for them."""
    if control is None:
        return Control()
    if not isinstance(control, Mapping):
        raise ArgumentError(f"control: expected a dict of {of}'s settings, got {type(control).__name__}")
    known = {_underscored(name) for name in _CONTROL | _OWN}
    for name in control:
        if not isinstance(name, str) or _underscored(name) not in known:
            close = difflib.get_close_matches(str(name), _CONTROL | _OWN, n=1)
            mend = f"did you mean {close[0]!r}?" if close else "leave it out"
            raise ArgumentError(f"control: {name!r} is not a setting of {of}; {mend}")
    sigma = control.get("sigma")
    if sigma is not None and (
        isinstance(sigma, bool) or not isinstance(sigma, Real) or not 0 < float(sigma) < float("inf")
    ):
        raise ArgumentError(
            f"control: sigma must be a positive number, or left out to be estimated, got {sigma!r}"
        )
    limit = control.get("maxIter", Control().max_steps)
    if isinstance(limit, bool) or not isinstance(limit, Integral) or limit < 0:
        raise ArgumentError(f"control: maxIter must be a whole number, at least 0, got {limit!r}")
    policy = control.get("rank_deficient", "error")
    if policy not in RANK_DEFICIENT:
        raise ArgumentError(f"control: rank_deficient must be 'error' or 'drop', got {policy!r}")
    for name in ("distributed", "verbose"):
        if not isinstance(control.get(name, False), bool):
            raise ArgumentError(f"control: {name} must be True or False, got {control[name]!r}")
    callback = control.get("callback")
    if callback is not None and not callable(callback):
        raise ArgumentError(f"control: callback must be a function of one argument, got {callback!r}")
    return Control(
        int(limit),
        policy == "drop",
        None if sigma is None else float(sigma),
        control.get("distributed", False),
        watching(bool(control.get("verbose") or control.get("msVerbose")), callback),
    )


def lasting(control: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The control that a fit remembers: without the callback, which may be anything, also what can't be saved."""
    return control and {name: value for name, value in control.items() if name != "callback"}


def refuse_structure(**given: Any) -> None:
    """Refuse the structures that need all rows at once."""
    for name, value in given.items():
        if value is not None:
            raise NotSupportedError(
                f"{name}: data that are read in pieces can't have within-group correlations or variance functions, "
                "which need all rows at once; pass a DataFrame of those that fit into memory"
            )


def _underscored(name: str) -> str:
    return name.replace(".", "_")
