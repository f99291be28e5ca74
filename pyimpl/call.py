"""The call that a fit came from, and what it becomes when some of its arguments change."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from pyimpl.errors import ArgumentError
from pyimpl.formula import Formula, update_formula


@dataclass(frozen=True, eq=False)
class Call:
    """The arguments of ``lme``, as they were given; ``fixed`` without ``.`` and ``data`` as frames.

    Attributes
    ----------
    function : callable
        ``lme`` itself, so that a fit can be made again without knowing where fits are made.
    fixed : Formula
    data : DataFrame, or pieces of data
    random, correlation, weights, subset : object
    method, na_action : str
    control, contrasts : mapping or None
    """

    function: Callable[..., Any]
    fixed: Formula
    data: Any
    random: Any = None
    correlation: Any = None
    weights: Any = None
    subset: Any = None
    method: str = "REML"
    na_action: str = "fail"
    control: Mapping[str, Any] | None = None
    contrasts: Mapping[str, str] | None = None

    def again(self, changes: Mapping[str, Any]) -> Any:
        """Call the function with some of the arguments replaced; errors as :meth:`changed` and the function raise."""
        return self.function(**self.changed(changes))

    def changed(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments with some of them replaced, as R's ``update`` has it.

        A new ``fixed`` may have ``.`` for the old sides; other arguments are replaced as a whole, and None takes them
        away.

        Raises
        ------
        ArgumentError
            There is no such argument, or ``fixed`` is no formula.
        """
        arguments = {field.name: getattr(self, field.name) for field in fields(self)[1:]}
        for name in changes:
            if name not in arguments:
                close = difflib.get_close_matches(name, arguments, n=1)
                mend = f"did you mean {close[0]!r}?" if close else f"they are {', '.join(arguments)}"
                raise ArgumentError(f"update: {name!r} is not an argument of lme; {mend}")
        fixed = changes.get("fixed", ". ~ .")
        if not isinstance(fixed, str):
            raise ArgumentError(
                f"fixed: expected a formula such as '. ~ . + x' as text, got {type(fixed).__name__}"
            )
        new = update_formula(self.fixed, fixed) if "fixed" in changes else self.fixed
        return {**arguments, **changes, "fixed": new.exact_text}
