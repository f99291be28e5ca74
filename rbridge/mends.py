"""Why R can't be used, and the exact command that mends it."""

from __future__ import annotations

import importlib.util
import os
import shutil
from typing import Final

from rbridge.errors import RUnavailableError

_GET_R: Final = (
    "apt-get install r-base-core r-cran-nlme (Debian, Ubuntu), "
    "or conda install -c conda-forge r-base r-nlme, or see https://www.r-project.org"
)
_GET_RPY2: Final = "pip install 'lmebridge[r]'"
_FIND_R: Final = "if R is installed, put it on the PATH or set R_HOME"

NO_RPY2: Final = f"rpy2, which carries calls to R, isn't installed. Mend: {_GET_RPY2}"
NO_R: Final = f"R isn't found (no R on the PATH and no R_HOME). Mend: {_GET_R}; {_FIND_R}"
#: rpy2 can't be built where R isn't, so the order matters.
NEITHER: Final = (
    "neither R nor rpy2, which carries calls to it, is found. "
    f"Mend, in this order: first {_GET_R}; then {_GET_RPY2}. ({_FIND_R[0].upper()}{_FIND_R[1:]})"
)
NO_NLME: Final = (
    "R works, but its package nlme isn't installed. Mend: apt-get install r-cran-nlme, "
    "or in R: install.packages('nlme')"
)
TOO_NEW: Final = (
    "rpy2 can't load this R: it needs the symbol R_getVar, which R has only since 4.5. "
    "Mend: pip install 'rpy2-rinterface<3.6.6'"
)
FORKED: Final = (
    "this process was forked after R had started, and R doesn't survive a fork. Mend: start the workers with "
    "multiprocessing's 'spawn' or 'forkserver' method, or make the first call of rbridge after the fork, or pass "
    "isolated=True, which gives each process R in a process of its own"
)
FORKED_WORKER: Final = (
    "this fit lives in a worker of the process that this one was forked from. Mend: pass fits on by pickle, "
    "or fit here"
)


def look_for_r() -> None:
    """Check, before anything is loaded, that rpy2 and R are there at all.

    Raises
    ------
    RUnavailableError
        With the command that installs what is missing.
    """
    if not _installed("rpy2"):
        raise RUnavailableError(NO_RPY2 if _has_r() else NEITHER)
    if not _has_r():
        raise RUnavailableError(NO_R)
    if not _installed("rpy2.rinterface"):  # rpy2 is several distributions: one may be missing
        raise RUnavailableError(f"rpy2 is incomplete. Mend: {_GET_RPY2}")


def _has_r() -> bool:
    """Say whether R may be there; Windows keeps its place in the registry, which rpy2 reads itself."""
    return os.name == "nt" or bool(os.environ.get("R_HOME")) or shutil.which("R") is not None


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False


def explain(error: BaseException) -> RUnavailableError:
    """Turn what rpy2 raised while loading or starting R into one error that names the mend."""
    text = f"{type(error).__name__}: {error}"
    if "R_getVar" in text:
        return RUnavailableError(f"{TOO_NEW} (rpy2 said: {text})")
    if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith("rpy2"):
        return RUnavailableError(f"{NO_RPY2} (Python said: {text})")
    home = os.environ.get("R_HOME")
    if home and not os.path.isdir(home):
        return RUnavailableError(
            f"R_HOME is {home!r}, which doesn't exist. Mend: unset R_HOME. (rpy2 said: {text})"
        )
    if "libR" in text or "R_HOME" in text or "r_home" in text or "library path" in text:
        return RUnavailableError(
            f"R is there, but its shared library can't be loaded. Mend, in this order: first apt-get install "
            f"r-base-core (R must be built with --enable-R-shlib); then {_GET_RPY2} --force-reinstall. "
            f"(rpy2 said: {text})"
        )
    return RUnavailableError(
        f"rpy2 can't start R. Mend, in this order: first check that the command R works; then "
        f"{_GET_RPY2} --force-reinstall. (rpy2 said: {text})"
    )
