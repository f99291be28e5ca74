"""A fit made anew with some arguments changed, as R's ``update``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rbridge import decode
from rbridge.arguments import check_text, shown
from rbridge.base import Fit
from rbridge.errors import ArgumentError


def update(fit: Fit, changed: Any, changes: Mapping[str, Any], formula: str = "fixed") -> Any:
    """Call again what made the fit; see :meth:`rbridge.fit.LmeFit.update`.

    ``changed`` is the new value, with dots for the old one's sides, of the argument called ``formula``.
    """
    origin = fit._origin
    known = [*origin.arguments, "data"]
    for name in changes:
        if name not in known:
            raise ArgumentError(f"update: {shown(name)} is not an argument; those are {', '.join(known)}")
    arguments = {**origin.arguments, "data": origin.data, **changes}
    if changed is not None:
        old, new = check_text(arguments[formula], formula), check_text(changed, formula)
        arguments[formula] = fit._ask("rb_update_formula", old, new, formula, decode=decode.scalar)
    return origin.function(**arguments)
