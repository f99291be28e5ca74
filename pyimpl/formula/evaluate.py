"""Evaluate the variables of a formula on data, by walking their syntax trees: no text is ever executed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from pyimpl.errors import DataError, FormulaError, LmeError
from pyimpl.formula import bases
from pyimpl.formula.constants import Value as ConstantArgument
from pyimpl.formula.constants import constant_value, flag, number_or_flag, numbers, whole_number
from pyimpl.formula.deparse import deparse, shortened
from pyimpl.formula.elementwise import ARITHMETIC, COMPARISONS, UNARY, log_to_base, round_to
from pyimpl.formula.factors import as_categories, with_levels
from pyimpl.formula.functions import constant_names, data_names, match_arguments
from pyimpl.formula.nodes import Binary, Call, Constant, Expr, Name, Number, Paren, Text, Unary
from pyimpl.formula.values import (
    Basis,
    Categories,
    FloatArray,
    Logical,
    Numeric,
    String,
    Value,
    drop_unused,
    level_name,
    read_column,
    sort_levels,
)


@dataclass(frozen=True, slots=True)
class FactorState:
    """The levels that a factor had when its columns were learned."""

    levels: tuple[str, ...]


Transform = bases.ScaleState | bases.PolyState | bases.SplineState
State = FactorState | Transform


@dataclass(slots=True)
class Evaluator:
    """Evaluates expressions on one frame.

    Attributes
    ----------
    frame : pandas.DataFrame
        The data.
    argument : str
        The argument that the expressions come from, for error messages.
    states : dict
        What data-dependent transforms and factors learned, by the expression that learned it. With
        ``learning`` it is filled; without, it is only looked up.
    learning : bool
        Whether states may be learned from this frame.
    read : dict
        Columns of the frame that have been read already; evaluators of the same frame can share it.
    """

    frame: pd.DataFrame
    argument: str
    states: dict[Expr, State] = field(default_factory=dict)
    learning: bool = True
    read: dict[str, Value] = field(default_factory=dict)
    _columns: dict[str, Value] = field(default_factory=dict)

    def variable(self, expr: Expr) -> Value:
        """Evaluate one variable of a formula to a full column (or several), checking that it is finite."""
        try:
            with np.errstate(all="ignore"):
                value = self._column(expr) if isinstance(expr, Name) else self.value(expr)
        except LmeError as error:
            label = deparse(expr)
            if isinstance(expr, Name) or f"`{label}`" in str(error):
                raise
            raise type(error)(f"{error} (in `{label[:80]}`)") from None
        return self._finished(value, expr)

    def value(self, expr: Expr) -> Value:
        """Evaluate `expr`; numbers may come out as constants of shape ()."""
        if isinstance(expr, Name):
            return self._column(expr) if expr.name != "pi" else self._pi()
        if isinstance(expr, Number):
            return Numeric(np.asarray(expr.value))
        if isinstance(expr, Text):
            return String(expr.value)
        if isinstance(expr, Constant):
            return _constant(expr)
        if isinstance(expr, Paren):
            return self.value(expr.inner)
        if isinstance(expr, Unary):
            return self._unary(expr)
        if isinstance(expr, Binary):
            return self._binary(expr)
        return self._call(expr)

    def _finished(self, value: Value, expr: Expr) -> Value:
        label, n = deparse(expr), len(self.frame)
        if isinstance(value, String) or (isinstance(value, (Numeric, Logical)) and value.data.ndim == 0):
            raise FormulaError(
                f"{self.argument}: `{label[:80]}` is a constant; a term needs a column of the data"
            )
        if isinstance(value, (Numeric, Basis)):
            bad = ~np.isfinite(value.data if value.data.ndim == 1 else value.data.sum(axis=1))
            if bad.any():
                rows = ", ".join(str(row) for row in self.frame.index[bad][:3])
                columns = ", ".join(repr(name) for name in dict.fromkeys(data_names(expr)))
                raise DataError(
                    f"{self.argument}: `{label[:80]}` is not finite in {int(bad.sum())} of {n} rows "
                    f"(rows {rows}); check column {columns} there"
                )
        return value

    def _column(self, expr: Name) -> Value:
        if expr.name not in self._columns:
            if expr.name not in self.read:
                self.read[expr.name] = read_column(self.frame, expr.name, self.argument)
            value = self.read[expr.name]
            if isinstance(value, Categories):
                value = self.with_known_levels(value, expr)
            self._columns[expr.name] = value
        return self._columns[expr.name]

    def _pi(self) -> Value:
        if "pi" in self.frame.columns:
            raise DataError(
                f"{self.argument}: `pi` is the number 3.14..., but the data have a column 'pi' too; rename it"
            )
        return Numeric(np.asarray(np.pi))

    def with_known_levels(self, value: Categories, expr: Expr) -> Categories:
        """Remember the levels of a factor, or recode it to the levels remembered."""
        if self.learning:
            self.states[expr] = FactorState(value.levels)
            return value
        state = self.states.get(expr)
        if not isinstance(state, FactorState):
            raise DataError(
                f"{self.argument}: `{deparse(expr)}` is a factor now but was none when the model was fitted"
            )
        if value.levels == state.levels:
            return value
        known = {level: code for code, level in enumerate(state.levels)}
        unseen = [level for level in value.levels if level not in known]
        if unseen:
            shown = ", ".join(map(repr, state.levels[:8])) + (", ..." if len(state.levels) > 8 else "")
            raise DataError(
                f"{self.argument}: column {deparse(expr)!r} has the level {unseen[0]!r}, which the fit has not "
                f"seen; its levels are {shown}"
            )
        recode = np.array([known[level] for level in value.levels], dtype=np.intp)
        return replace(value, codes=recode[value.codes] if recode.size else value.codes, levels=state.levels)

    def _unary(self, expr: Unary) -> Value:
        if expr.operator == "!":
            return Logical(np.logical_not(self.truth(expr.operand)))
        x = self.numbers(expr.operand)
        return Numeric(-x if expr.operator == "-" else x)

    def _binary(self, expr: Binary) -> Value:
        operator = expr.operator
        if operator in ARITHMETIC:
            return Numeric(
                np.asarray(ARITHMETIC[operator](self.numbers(expr.left), self.numbers(expr.right)))
            )
        if operator in COMPARISONS:
            return self._comparison(expr)
        combine = np.logical_and if operator == "&" else np.logical_or
        return Logical(np.asarray(combine(self.truth(expr.left), self.truth(expr.right))))

    def _comparison(self, expr: Binary) -> Logical:
        left, right = self.value(expr.left), self.value(expr.right)
        compare = COMPARISONS[expr.operator]
        if isinstance(right, Categories) and not isinstance(left, Categories):
            mirrored = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(expr.operator, expr.operator)
            left, right, compare = right, left, COMPARISONS[mirrored]
        if not isinstance(left, Categories):
            return Logical(np.asarray(compare(self._known(expr.left), self._known(expr.right))))
        level = _constant_level(right)
        if level is None or (compare not in (np.equal, np.not_equal) and not left.ordered):
            raise FormulaError(
                f"{self.argument}: in `{shortened(expr)}` a factor is compared; only == and != with one level work "
                "(and < > for ordered factors)"
            )
        code = left.levels.index(level) if level in left.levels else -1
        return Logical(np.asarray(compare(left.codes, code)))

    def truth(self, expr: Expr) -> npt.NDArray[np.bool_]:
        """Evaluate `expr` to truth values (numbers are true where not zero), shape (n,) or ()."""
        value = self.value(expr)
        if isinstance(value, Logical):
            return value.data
        return np.asarray(self._known(expr) != 0.0)

    def numbers(self, expr: Expr) -> FloatArray:
        """Evaluate `expr` to numbers (TRUE is 1), shape (n,) or ()."""
        value = self.value(expr)
        if isinstance(value, Numeric):
            return value.data
        if isinstance(value, Logical):
            return value.data.astype(np.float64)
        if isinstance(value, Categories):
            raise DataError(
                f"{self.argument}: `{shortened(expr)}` holds text or categories where numbers are needed; "
                "convert the column with astype(float)"
            )
        kind = "a string" if isinstance(value, String) else "several columns"
        raise FormulaError(
            f"{self.argument}: `{shortened(expr)}` is {kind} where one column of numbers is needed"
        )

    def _known(self, expr: Expr) -> FloatArray:
        """Evaluate `expr` to numbers none of which is NaN, of which no comparison is true or false."""
        x = self.numbers(expr)
        if np.isnan(x).any():
            raise DataError(f"{self.argument}: `{shortened(expr)}` is not a number in some rows")
        return x

    def full_numbers(self, expr: Expr) -> FloatArray:
        """Evaluate `expr` to finite numbers of shape (n,)."""
        value = self._finished(Numeric(self.numbers(expr)), expr)
        assert isinstance(value, Numeric)
        return value.data

    def _call(self, call: Call) -> Value:
        arguments = match_arguments(call, self.argument)
        constants = constant_names(call.function)
        given: dict[str, ConstantArgument] = {
            name: constant_value(arguments.pop(name), f"{self.argument}: `{name}` of {call.function}()")
            for name in list(arguments)
            if name in constants
        }
        parts = list(arguments.values())
        if call.function == "I":
            return self.value(parts[0])
        if call.function == "log" and len(parts) == 2:
            return Numeric(log_to_base(self.numbers(parts[0]), self.numbers(parts[1])))
        if call.function in UNARY:
            return Numeric(np.asarray(UNARY[call.function](self.numbers(parts[0]))))
        return _SPECIAL[call.function](self, call, parts, given)

    def remembered(self, call: Call, learn: Callable[[], Transform]) -> Transform:
        """Return what the transform `call` learned, learning it now if this is the fit."""
        if self.learning:
            try:
                self.states[call] = learn()
            except LmeError as error:
                raise type(error)(f"{self.argument}: `{shortened(call)}`: {error}") from None
        state = self.states[call]
        assert not isinstance(state, FactorState)
        return state


def _constant(expr: Constant) -> Value:
    if expr.name in ("TRUE", "FALSE"):
        return Logical(np.asarray(expr.name == "TRUE"))
    return Numeric(np.asarray(np.inf))


def _constant_level(value: Value) -> str | None:
    """Return the factor level that a constant means in a comparison, None if it is no constant."""
    if isinstance(value, String):
        return value.value
    if isinstance(value, (Numeric, Logical)) and value.data.ndim == 0:
        return level_name(value.data.item())
    return None


Given = dict[str, ConstantArgument]


def _round(evaluator: Evaluator, call: Call, parts: list[Expr], given: Given) -> Value:
    digits = whole_number(given, "digits", 0, -300, 300, call, evaluator.argument)
    return Numeric(round_to(evaluator.numbers(parts[0]), digits))


def _extreme(evaluator: Evaluator, call: Call, parts: list[Expr], given: Given) -> Value:
    choose = np.minimum if call.function == "pmin" else np.maximum
    result = evaluator.numbers(parts[0])
    for part in parts[1:]:
        result = choose(result, evaluator.numbers(part))
    return Numeric(np.asarray(result))


def _ifelse(evaluator: Evaluator, call: Call, parts: list[Expr], given: Given) -> Value:
    test = evaluator.truth(parts[0])
    yes, no = evaluator.value(parts[1]), evaluator.value(parts[2])
    if isinstance(yes, String) and isinstance(no, String):
        if yes.value == no.value:
            return Categories(np.zeros(test.shape, dtype=np.intp), (yes.value,), text=True)
        codes = np.where(test, 0, 1).astype(np.intp)
        found = sort_levels(codes, [yes.value, no.value])
        return evaluator.with_known_levels(drop_unused(found), call)
    if isinstance(yes, Logical) and isinstance(no, Logical):
        return Logical(np.where(test, yes.data, no.data))
    chosen = np.where(test, evaluator.numbers(parts[1]), evaluator.numbers(parts[2]))
    return Numeric(chosen)


def _as_numeric(evaluator: Evaluator, call: Call, parts: list[Expr], given: Given) -> Value:
    value = evaluator.value(parts[0])
    if isinstance(value, Categories) and not value.text:
        return Numeric(value.codes.astype(np.float64) + 1.0)
    return Numeric(evaluator.numbers(parts[0]))


def _factor(evaluator: Evaluator, call: Call, parts: list[Expr], given: Given) -> Value:
    value = as_categories(evaluator.value(parts[0]), deparse(call), evaluator.argument)
    ordered = call.function == "ordered" or given.get("ordered", value.ordered) is True
    value = with_levels(value, given.get("levels"), given.get("labels"), deparse(call), evaluator.argument)
    return evaluator.with_known_levels(replace(value, ordered=ordered, text=False), call)


def _scale(evaluator: Evaluator, call: Call, parts: list[Expr], given: Given) -> Value:
    x = evaluator.full_numbers(parts[0])
    center, scale = (number_or_flag(given, name, call, evaluator.argument) for name in ("center", "scale"))
    return Numeric(evaluator.remembered(call, lambda: bases.learn_scale(x, center, scale)).apply(x))


def _poly(evaluator: Evaluator, call: Call, parts: list[Expr], given: Given) -> Value:
    x = evaluator.full_numbers(parts[0])
    degree = whole_number(given, "degree", 1, 1, 100, call, evaluator.argument)
    raw = flag(given, "raw", False, call, evaluator.argument)
    return _basis(evaluator.remembered(call, lambda: bases.learn_poly(x, degree, raw)).apply(x))


def _spline(evaluator: Evaluator, call: Call, parts: list[Expr], given: Given) -> Value:
    x = evaluator.full_numbers(parts[0])
    argument = evaluator.argument
    df = whole_number(given, "df", 0, 0, 1000, call, argument) or None
    degree = whole_number(given, "degree", 3, 1, 100, call, argument)
    intercept = flag(given, "intercept", False, call, argument)
    knots = numbers(given, "knots", call, argument)
    boundary = numbers(given, "Boundary.knots", call, argument)
    if boundary is not None and len(boundary) != 2:
        raise FormulaError(
            f"{argument}: Boundary.knots of {call.function}() must be two numbers, c(low, high)"
        )

    def learn() -> bases.SplineState:
        return bases.learn_spline(
            x,
            df=df,
            knots=knots,
            degree=degree,
            intercept=intercept,
            boundary=None if boundary is None else (min(boundary), max(boundary)),
            natural=call.function == "ns",
        )

    return _basis(evaluator.remembered(call, learn).apply(x))


def _basis(columns: FloatArray) -> Value:
    return Basis(columns, tuple(str(j) for j in range(1, columns.shape[1] + 1)))


_SPECIAL: dict[str, Callable[[Evaluator, Call, list[Expr], Given], Value]] = {
    "round": _round,
    "pmin": _extreme,
    "pmax": _extreme,
    "ifelse": _ifelse,
    "as.numeric": _as_numeric,
    "factor": _factor,
    "as.factor": _factor,
    "ordered": _factor,
    "scale": _scale,
    "poly": _poly,
    "ns": _spline,
    "bs": _spline,
}
