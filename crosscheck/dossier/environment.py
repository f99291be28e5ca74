"""Where a report was made: versions, BLAS, operating system, locale, threads, and this project's own state."""

from __future__ import annotations

import locale
import os
import platform
import subprocess
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from .document import Facts

PACKAGES = ("lmebridge", "numpy", "scipy", "pandas", "formulaic", "narwhals", "rpy2", "rpy2-rinterface")
"""Distributions whose versions are named, where they are installed."""

_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "BLIS_NUM_THREADS",
)
_PACKAGE = Path(__file__).resolve().parents[1]


def environment() -> tuple[Facts, ...]:
    """Return the facts about this process: the machine, Python and its packages, the project."""
    return (
        Facts("Machine", _machine()),
        Facts("Python and packages", _python()),
        Facts("This project", project()),
    )


def project() -> dict[str, str]:
    """Return the project's version and, of a checkout, its commit and whether files differ from it."""
    facts = {"lmebridge": version("lmebridge") or "not installed", "kind of installation": _installation()}
    commit = _git("rev-parse", "HEAD")
    if commit:
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", *_tracked_parts())
        facts["commit"] = commit
        facts["files that differ from the commit"] = str(len(changed.splitlines())) if changed else "none"
    return facts


def version(distribution: str) -> str:
    """Return a distribution's version, "" where it isn't installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def is_editable() -> bool:
    """Whether the project is used from its sources: a checkout, or an editable installation."""
    return not (_PACKAGE / "fixtures").is_dir()


def _installation() -> str:
    return "from its sources (editable, or a checkout)" if is_editable() else "installed package"


def _machine() -> dict[str, str]:
    return {
        "operating system": _os_name(),
        "kernel": f"{platform.system()} {platform.release()}",
        "processor": platform.machine(),
        "CPU threads": str(_cpu_threads()),
        "thread limits": ", ".join(f"{name}={os.environ[name]}" for name in _THREADS if name in os.environ)
        or "none set",
        "locale": locale.setlocale(locale.LC_CTYPE),
    }


def _os_name() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.platform()


def _cpu_threads() -> int:
    """Return how many this process may use, where the system says so."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


def _python() -> dict[str, str]:
    facts = {"Python": f"{platform.python_version()} ({platform.python_implementation()})"}
    facts |= {name: version(name) for name in PACKAGES[1:] if version(name)}
    return facts | {"BLAS of numpy": _blas("numpy"), "BLAS of scipy": _blas("scipy")}


def _blas(package: str) -> str:
    """Return what a package says it was built with."""
    import numpy
    import scipy

    show = {"numpy": numpy.show_config, "scipy": scipy.show_config}[package]
    config: Mapping[str, Any] = show(mode="dicts") or {}
    blas = config.get("Build Dependencies", {}).get("blas", {})
    name = " ".join(str(blas[key]) for key in ("name", "version") if blas.get(key))
    return name or "not told"


def _tracked_parts() -> tuple[str, ...]:
    """Return what of a checkout the answers hang on."""
    return tuple(
        name for name in ("crosscheck", "pyimpl", "rbridge", "fixtures") if (_PACKAGE.parent / name).exists()
    )


def _git(*arguments: str) -> str:
    """Return what git says of the checkout that this package stands in; "" where it stands in none."""
    if not (_PACKAGE.parent / ".git").exists():
        return ""
    command = ["git", "-C", str(_PACKAGE.parent), "--no-optional-locks", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
