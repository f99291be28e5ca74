"""Fit one model on several engines, compare the answers, and say who is right."""

from .agreement import assert_agree
from .answer import Answer
from .attribution import opinion, opinions
from .cause import Cause, Finding, Opinion
from .compare import Comparison, Verdict, compare, lre
from .data import load_hsb
from .engines import engine, known_engines, plain_answer, plain_level
from .errors import CrosscheckError
from .ladder import ladder
from .own import read_data
from .quantities import NUMBERS, PAGES, QUANTITIES
from .run import run
from .spec import ModelSpec
from .study import run_study

__all__ = [
    "NUMBERS",
    "PAGES",
    "QUANTITIES",
    "Answer",
    "Cause",
    "Comparison",
    "CrosscheckError",
    "Finding",
    "ModelSpec",
    "Opinion",
    "Verdict",
    "assert_agree",
    "compare",
    "engine",
    "known_engines",
    "ladder",
    "load_hsb",
    "lre",
    "opinion",
    "opinions",
    "plain_answer",
    "plain_level",
    "read_data",
    "run",
    "run_study",
]
