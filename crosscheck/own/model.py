"""One's own model as a :class:`~crosscheck.spec.ModelSpec`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ..errors import UsageError
from ..spec import CONTROLS, Control, Method, ModelSpec

STUDY = "own"
"""The study that one's own models belong to: their records are called by the model's name alone."""

WITHIN: tuple[Control, ...] = ("tight", "default")
"""How R is asked where it has a correlation structure or a variance function: its EM algorithm can't fit those."""


def own_model(
    fixed: str,
    random: str | Mapping[str, str],
    *,
    method: str = "REML",
    name: str = "model",
    data: str = "data",
    em_steps: int = 5000,
    **options: Any,
) -> ModelSpec:
    """Return a model of one's own.

    Parameters
    ----------
    fixed, random, method
        As for ``lme``.
    name, data : str
        What the model and its data are called in reports and records.
    em_steps : int
        How many steps nlme's EM algorithm is given; see :class:`~crosscheck.spec.ModelSpec`.
    **options
        ``correlation``, ``weights``, ``contrasts``, ``control``, ``subset``, ``na_action``, as for ``lme``; None is as
        if it weren't there.

    Raises
    ------
    UsageError
        An argument can't be used.
    """
    if not isinstance(fixed, str) or "~" not in fixed:
        raise UsageError(f"fixed is {fixed!r}; give a formula with a response, as in 'y ~ x'")
    if not isinstance(random, str | Mapping) or not random:
        raise UsageError(
            f"random is {random!r}; give a formula with groups, as in '~ x | g', or a mapping by group"
        )
    if isinstance(random, str) and "|" not in random and "list(" not in random:
        raise UsageError(f"random is {random!r}, which names no groups; write '~ x | g'")
    if em_steps < 1:
        raise UsageError(f"em_steps is {em_steps}; give 1 or more")
    given = {key: value for key, value in options.items() if value is not None}
    within = {
        key: str(given[key]) for key in ("correlation", "weights") if key in given
    }  # also pyimpl's objects
    return ModelSpec(
        name,
        fixed,
        random if isinstance(random, str) else {str(group): str(one) for group, one in random.items()},
        cast(Method, method),
        given | within,
        data=data,
        em_steps=em_steps,
        study=STUDY,
        controls=WITHIN if within else CONTROLS,
    )
