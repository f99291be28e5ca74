"""Other packages that fit linear mixed models, an adapter each.

They are handed a model's columns, not its formula (:mod:`~crosscheck.engines.peers.columns`): it is their numbers
that are compared, not their parsers. What one has no model for it declares by ``cannot(spec)``, what it has no number
for by ``lacks``, and what it defines otherwise than nlme by ``definitions``.
"""

from .gpboost import GpboostEngine
from .lme4 import Lme4Engine
from .lme_python import LmePythonEngine
from .mixedlm import MixedlmEngine
from .mixedlm_rs import MixedlmRsEngine
from .statsmodels import StatsmodelsEngine

__all__ = [
    "GpboostEngine",
    "Lme4Engine",
    "LmePythonEngine",
    "MixedlmEngine",
    "MixedlmRsEngine",
    "StatsmodelsEngine",
]
