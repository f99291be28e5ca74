"""Why R can't be used, and the exact command that mends it."""

from __future__ import annotations

import importlib.util
import os
import shutil
from typing import Final

from rbridge.errors import RUnavailableError

NO_RPY2: Final = "rpy2, which carries calls to R, isn't installed. Mend: pip install 'lmebridge[r]'"
NO_R: Final = (
    "R isn't found (no R on the PATH and no R_HOME). "
    "Mend: apt-get install r-base-core r-cran-nlme (Debian, Ubuntu), "
    "or conda install -c conda-forge r-base r-nlme, or see https://www.r-project.org; "
    "if R is installed, put it on the PATH or set R_HOME"
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
    "multiprocessing's 'spawn' or 'forkserver' method, or make the first call of rbridge after the fork"
)


def look_for_r() -> None:
    """Check, before anything is loaded, that rpy2 and R are there at all.

    Raises
    ------
    RUnavailableError
        With the command that installs what is missing.
    """
    if not _installed("rpy2"):
        raise RUnavailableError(NO_RPY2)
    if not _installed("rpy2.rinterface"):  # rpy2 is several distributions: one may be missing
        raise RUnavailableError(f"rpy2 is incomplete. {NO_RPY2[NO_RPY2.index('Mend') :]}")
    if os.name != "nt" and not os.environ.get("R_HOME") and shutil.which("R") is None:
        raise RUnavailableError(NO_R)


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
            f"R is there, but its shared library can't be loaded. Mend: apt-get install r-base-core "
            f"(R must be built with --enable-R-shlib), then pip install --force-reinstall 'lmebridge[r]'. "
            f"(rpy2 said: {text})"
        )
    return RUnavailableError(
        f"rpy2 can't start R. Mend: pip install --force-reinstall 'lmebridge[r]', and check that the command "
        f"R works. (rpy2 said: {text})"
    )
