"""Separate regressions of each group, as R's ``lmList``."""

from pyimpl.lists.lm_list import lm_list
from pyimpl.lists.result import LmList

__all__ = ["LmList", "lm_list"]
