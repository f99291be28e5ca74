"""Which of R's own answers candidates are held to: the best one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .answer import Answer
from .readings import log_lik_units
from .spec import Control

ORDER: tuple[Control, ...] = ("converged", "tight", "default")
"""The nearer to R's own optimum the earlier, if the log-likelihoods don't say otherwise.

``symm`` isn't among them: it prints another structure, and only its log-likelihood is held against candidates.
"""

SAME = 1e-8
"""Log-likelihoods closer than this are the same: the limit that candidates have, too."""


def best(answers: Mapping[Any, Answer | str], *, fixed_point: bool = False) -> Control | None:
    """Return the control under which R got furthest: the first in `ORDER` whose log-likelihood is R's highest.

    That is ``converged``, unless nlme's EM algorithm doesn't get to the optimum: it creeps where a variance is 0,
    and it stops elsewhere for ``pdBlocked``.

    Parameters
    ----------
    answers : mapping
        R's answers by control; text is the error that R stopped with.
    fixed_point : bool
        Whether fits are fixed points of an iteration, where a higher log-likelihood isn't nearer: then the first that
        answered.

    Returns
    -------
    str or None
        None where R never gave an answer.
    """
    log_liks = {
        control: answer.scalars["log_lik"]
        for control, answer in answers.items()
        if control in ORDER and isinstance(answer, Answer) and "log_lik" in answer.scalars
    }
    if not log_liks:
        return None
    if fixed_point:
        return next(control for control in ORDER if control in log_liks)
    highest = max(log_liks, key=lambda control: log_liks[control])
    top = answers[highest]
    assert isinstance(top, Answer)
    floor = log_liks[highest] - SAME * log_lik_units(top)[""]
    return next(control for control in ORDER if log_liks.get(control, -math.inf) >= floor)
