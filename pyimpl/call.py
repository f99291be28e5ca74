"""The call that a fit came from, and what it becomes when some of its arguments change."""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from pyimpl.errors import ArgumentError
from pyimpl.formula import Formula, update_formula


@dataclass(frozen=True, eq=False)
class Call(ABC):
    """The arguments of the function that made a fit, as they were given; its formula without ``.``.

    Attributes
    ----------
    function : callable
        The function itself, so that a fit can be made again without knowing where fits are made. The other
        attributes are its arguments, a dataclass for each function.
    data : DataFrame, or pieces of data
    """

    function: Callable[..., Any]
    data: Any

    @property
    @abstractmethod
    def formula(self) -> Formula:
        """The argument that says which terms the model has."""

    def again(self, changes: Mapping[str, Any]) -> Any:
        """Call the function with some of the arguments replaced; errors as :meth:`changed` and the function raise."""
        return self.function(**self.changed(changes))

    def changed(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments with some of them replaced, as R's ``update`` has it.

        A new formula may have ``.`` for the old sides; other arguments are replaced as a whole, and None takes them
        away.

        Raises
        ------
        ArgumentError
            There is no such argument, or the formula is none.
        """
        old, formula = self.formula, self.formula.argument
        given_names = [field.name for field in fields(self)[1:] if field.name != formula]
        arguments = {formula: old, **{name: getattr(self, name) for name in given_names}}
        for name in changes:
            if name not in arguments:
                close = difflib.get_close_matches(name, arguments, n=1)
                mend = f"did you mean {close[0]!r}?" if close else f"they are {', '.join(arguments)}"
                raise ArgumentError(
                    f"update: {name!r} is not an argument of {self.function.__name__}; {mend}"
                )
        given = changes.get(formula, ". ~ .")
        if not isinstance(given, str):
            raise ArgumentError(
                f"{formula}: expected a formula such as '. ~ . + x' as text, got {type(given).__name__}"
            )
        new = update_formula(old, given) if formula in changes else old
        return {**arguments, **changes, formula: new.exact_text}


@dataclass(frozen=True, eq=False)
class LmeCall(Call):
    """A call of ``lme``.

    Attributes
    ----------
    fixed : Formula
    random, correlation, weights, subset : object
    method, na_action : str
    control, contrasts : mapping or None
    """

    fixed: Formula
    random: Any = None
    correlation: Any = None
    weights: Any = None
    subset: Any = None
    method: str = "REML"
    na_action: str = "fail"
    control: Mapping[str, Any] | None = None
    contrasts: Mapping[str, str] | None = None

    @property
    def formula(self) -> Formula:
        """The fixed effects."""
        return self.fixed


@dataclass(frozen=True, eq=False)
class GlsCall(Call):
    """A call of ``gls``.

    Attributes
    ----------
    model : Formula
    correlation, weights, subset : object
    method, na_action : str
    control, contrasts : mapping or None
    """

    model: Formula
    correlation: Any = None
    weights: Any = None
    subset: Any = None
    method: str = "REML"
    na_action: str = "fail"
    control: Mapping[str, Any] | None = None
    contrasts: Mapping[str, str] | None = None

    @property
    def formula(self) -> Formula:
        """The fixed effects."""
        return self.model
