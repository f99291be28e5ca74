"""Engines: whatever fits a model. The two sides, R's recorded answers, and anyone's own.

An engine is any object with a ``name`` and ``fit(spec, data)``, which returns a fit that answers the
contract's names, or an :class:`~crosscheck.answer.Answer`. It may have ``why_not()``, a text that says why it
can't run here (empty when it can), ``provenance()``, the versions of what it computes with, and
``prints_r_pages``, true if its ``summary()`` and ``var_corr()`` are held against R's pages too. What it can't do it
declares: ``cannot(spec)``, why it has no such model, ``lacks``, the quantities that it has no number for, and
``definitions``, what it defines otherwise than nlme (:mod:`crosscheck.definitions`). Another package
offers its own by the entry-point group ``crosscheck.engines``, as a class or a function without arguments.
"""

from ..spec import CONTROLS, Control
from .base import Engine, answer_of, cannot, why_not
from .isolated import TIMEOUT, Isolated
from .outcome import NoAnswer
from .plain import plain_answer, plain_level
from .recorded import RecordedEngine
from .registry import PEERS, engine, known_engines
from .sides import NlmeEngine, PyimplEngine

__all__ = [
    "CONTROLS",
    "PEERS",
    "TIMEOUT",
    "Control",
    "Engine",
    "Isolated",
    "NlmeEngine",
    "NoAnswer",
    "PyimplEngine",
    "RecordedEngine",
    "answer_of",
    "cannot",
    "engine",
    "known_engines",
    "plain_answer",
    "plain_level",
    "why_not",
]
