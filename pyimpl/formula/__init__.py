"""R's formula grammar in, explicit terms and plain columns out; a formula string can never run code."""

from pyimpl.formula.columns import ColumnSpec, check_contrasts, learn_columns
from pyimpl.formula.condition import condition_as_r_writes_it, rows_where
from pyimpl.formula.formula import Formula, parse_formula
from pyimpl.formula.random import RandomLevel, RandomPart, parse_random
from pyimpl.formula.structure import parse_structure
from pyimpl.formula.terms import Terms
from pyimpl.formula.update import update_formula
from pyimpl.formula.used import used_columns
from pyimpl.formula.variables import check_variables, response_column

__all__ = [
    "ColumnSpec",
    "Formula",
    "RandomLevel",
    "RandomPart",
    "Terms",
    "check_contrasts",
    "check_variables",
    "condition_as_r_writes_it",
    "learn_columns",
    "parse_formula",
    "parse_random",
    "parse_structure",
    "response_column",
    "rows_where",
    "update_formula",
    "used_columns",
]
