"""A fit made anew with some arguments changed, as R's ``update``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rbridge import decode
from rbridge.arguments import check_text, shown
from rbridge.base import Fit
from rbridge.errors import ArgumentError


def update(fit: Fit, fixed: Any, changes: Mapping[str, Any]) -> Any:
    """Call again what made the fit; see :meth:`rbridge.fit.LmeFit.update`."""
    origin = fit._origin
    known = [*origin.arguments, "data"]
    for name in changes:
        if name not in known:
            raise ArgumentError(f"update: {shown(name)} is not an argument; those are {', '.join(known)}")
    arguments = {**origin.arguments, "data": origin.data, **changes}
    if fixed is not None:
        old, new = check_text(arguments["fixed"], "fixed"), check_text(fixed, "fixed")
        arguments["fixed"] = fit._ask("rb_update_formula", old, new, decode=decode.scalar)
    return origin.function(**arguments)
