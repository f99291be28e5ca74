"""Fit one model on several engines, compare the answers, and say who is right."""

from .agreement import assert_agree
from .answer import Answer
from .compare import Comparison, Verdict, compare, lre
from .data import load_hsb
from .engines import engine, known_engines
from .errors import CrosscheckError
from .ladder import ladder
from .own import read_data
from .quantities import NUMBERS, PAGES, QUANTITIES
from .run import run
from .spec import ModelSpec

__all__ = [
    "NUMBERS",
    "PAGES",
    "QUANTITIES",
    "Answer",
    "Comparison",
    "CrosscheckError",
    "ModelSpec",
    "Verdict",
    "assert_agree",
    "compare",
    "engine",
    "known_engines",
    "ladder",
    "load_hsb",
    "lre",
    "read_data",
    "run",
]
