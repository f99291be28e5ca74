"""What the bridge needs, whether it is there, and the exact command that mends what isn't.

R is asked in processes of its own, so that whatever is broken there can't break this one.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Final, Literal

_PATIENCE: Final = 120  # seconds

_RPY2: Final = "pip install 'lmebridge[r]'"


def _everywhere(command: str) -> dict[str, str]:
    return dict.fromkeys(("Debian", "Fedora", "macOS", "conda", "Windows"), command)


def _r_package(name: str) -> dict[str, str]:
    """How to install one of R's packages."""
    from_r = f"Rscript -e \"chooseCRANmirror(ind = 1); install.packages('{name}')\""
    return {
        "Debian": f"sudo apt-get install r-cran-{name.lower()}",
        "Fedora": from_r,
        "macOS": from_r,
        "conda": f"conda install -c conda-forge r-{name.lower()}",
        "Windows": from_r,
    }


_R: Final = {
    "Debian": "sudo apt-get install r-base-core r-cran-nlme",
    "Fedora": "sudo dnf install R-core",
    "macOS": "brew install r",
    "conda": "conda install -c conda-forge r-base r-nlme",
    "Windows": "winget install RProject.R",
}
_NEWER_R: Final = {
    "Debian": "sudo apt-get update && sudo apt-get install r-base-core",
    "Fedora": "sudo dnf upgrade R-core",
    "macOS": "brew upgrade r",
    "conda": "conda update -c conda-forge r-base",
    "Windows": "winget upgrade RProject.R",
}
_HEADERS: Final = {
    "Debian": "sudo apt-get install r-base-dev",
    "Fedora": "sudo dnf install R-core-devel",
    "macOS": "xcode-select --install",
    "conda": "conda install -c conda-forge compilers",
    "Windows": "winget install RProject.Rtools",
}
_LOCALE: Final = {
    **_everywhere("export LC_ALL=C.UTF-8"),
    "macOS": "export LC_ALL=en_US.UTF-8",
    "Windows": "setx LC_ALL en_US.UTF-8",
}
_NEEDED_R: Final = (4, 2)
_OLD_RINTERFACE: Final = (3, 6, 6)  # from here on rpy2-rinterface needs R_getVar, which R has since 4.5


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes
    ----------
    name
        What it is.
    status
        ``"ok"``; ``"note"``: the bridge works without it; ``"fail"``: it doesn't.
    found
        What is there.
    mend
        The command that mends it, by system; empty where nothing is to mend.
    """

    name: str
    status: Literal["ok", "note", "fail"]
    found: str
    mend: Mapping[str, str] = field(default_factory=dict)


def examine() -> list[Check]:
    """Look at everything that the bridge needs, in the order in which it should be mended."""
    home = _r_home()
    checks = [Check("Python", "ok", f"{platform.python_version()} on {platform.platform()}"), _check_r(home)]
    facts = _ask_r(home) if home is not None and checks[-1].status == "ok" else {}
    if home is not None:
        checks += [_check_library(home), _check_headers(home)]
    checks += [_check_rpy2(), *_check_versions(facts)]
    if facts:
        checks += [_check_package(facts, "nlme", "fail")]
        checks += [_check_package(facts, name, "note") for name in ("lme4", "lmerTest", "pbkrtest")]
        checks += [_check_locale(facts), Check("BLAS", "ok", facts.get("BLAS") or "R's own")]
    if not any(check.status == "fail" for check in checks):
        checks.append(_check_bridge())
    return checks


def works(checks: Sequence[Check]) -> bool:
    """Say whether the bridge works."""
    return all(check.status != "fail" for check in checks)


def as_json(checks: Sequence[Check]) -> str:
    """Return the checks as JSON."""
    return json.dumps({"works": works(checks), "checks": [asdict(check) for check in checks]}, indent=2)


def as_text(checks: Sequence[Check]) -> str:
    """Return the checks as a page."""
    width = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        lines.append(f"{check.status:<4}  {check.name:<{width}}  {check.found}")
        commands = dict.fromkeys(check.mend.values())
        for command in commands:
            systems = [system for system, mine in check.mend.items() if mine == command]
            where = "" if len(systems) == len(check.mend) else f"   ({', '.join(systems)})"
            lines.append(f"{'':<4}  {'':<{width}}    mend: {command}{where}")
    wrong = [check.name for check in checks if check.status == "fail"]
    lines += ["", f"The bridge doesn't work: {', '.join(wrong)}." if wrong else "The bridge works."]
    return "\n".join(lines)


# --- looking


def _r_home() -> Path | None:
    given = os.environ.get("R_HOME")
    if given:
        return Path(given)
    command = shutil.which("R")
    said = _run([command, "RHOME"]) if command else None
    lines = said.strip().splitlines() if said else []
    return Path(lines[-1]) if lines else None


def _check_r(home: Path | None) -> Check:
    if home is None:
        return Check("R", "fail", "no R on the PATH, and no R_HOME", _R)
    if not home.is_dir():
        return Check("R", "fail", f"R_HOME is {home}, which doesn't exist", _everywhere("unset R_HOME"))
    said = _run([_r_command(home), "--version"])
    version = said.split()[2] if said and said.startswith("R version") else ""
    if not version:
        return Check("R", "fail", f"{home}: its R doesn't start", _R)
    if _numbers(version)[:2] < _NEEDED_R:
        return Check("R", "fail", f"{version}, but {'.'.join(map(str, _NEEDED_R))} is needed", _NEWER_R)
    return Check("R", "ok", f"{version} in {home}")


def _r_command(home: Path) -> str:
    return str(home / "bin" / ("R.exe" if os.name == "nt" else "R"))


_FACTS: Final = """
version <- function(p) if (nzchar(system.file(package = p))) utils::packageDescription(p, fields = "Version") else ""
for (p in c("nlme", "lme4", "lmerTest", "pbkrtest")) cat(p, "\\t", version(p), "\\n", sep = "")
cat("R\\t", paste(R.version$major, R.version$minor, sep = "."), "\\n", sep = "")
cat("utf8\\t", l10n_info()[["UTF-8"]], "\\n", sep = "")
cat("locale\\t", Sys.getlocale("LC_CTYPE"), "\\n", sep = "")
cat("BLAS\\t", extSoftVersion()[["BLAS"]], "\\n", sep = "")
"""


def _ask_r(home: Path) -> dict[str, str]:
    """Return what R says of itself."""
    said = _run([_r_command(home), "--vanilla", "--slave"], _FACTS) or ""
    return dict(line.split("\t", 1) for line in said.splitlines() if "\t" in line)


def _check_library(home: Path) -> Check:
    places = ("lib/libR.so", "lib/libR.dylib", "bin/x64/R.dll", "bin/R.dll")
    found = [home / place for place in places if (home / place).exists()]
    if not found:
        return Check("R's library", "fail", f"no libR in {home}: R was built without --enable-R-shlib", _R)
    return Check("R's library", "ok", str(found[0]))


def _check_headers(home: Path) -> Check:
    said = _run([_r_command(home), "CMD", "config", "--cppflags"]) or ""
    folders = [part[2:] for part in said.split() if part.startswith("-I")]
    for folder in [*folders, str(home / "include")]:
        if (Path(folder) / "R.h").exists():
            return Check("R's headers", "ok", folder)
    return Check("R's headers", "note", "none: pip builds rpy2 in ABI mode, which does for rbridge", _HEADERS)


def _check_rpy2() -> Check:
    version = _version("rpy2")
    if version is None or importlib.util.find_spec("rpy2") is None:
        return Check("rpy2", "fail", "not installed", _everywhere(_RPY2))
    if _version("rpy2-rinterface") is None and _numbers(version) >= (3, 6):
        return Check("rpy2", "fail", f"{version}, but without rpy2-rinterface", _everywhere(_RPY2))
    mode = "API" if importlib.util.find_spec("_rinterface_cffi_api") else "ABI"
    return Check("rpy2", "ok", f"{version}, rpy2-rinterface {_version('rpy2-rinterface')}, {mode} mode")


def _check_versions(facts: Mapping[str, str]) -> list[Check]:
    """Look for an rpy2 that is too new for this R."""
    rinterface, r = _version("rpy2-rinterface"), facts.get("R", "")
    if not rinterface or not r or _numbers(rinterface) < _OLD_RINTERFACE or _numbers(r) >= (4, 5):
        return []
    found = f"rpy2-rinterface {rinterface} needs the symbol R_getVar, which R {r} hasn't"
    return [Check("rpy2 and R", "fail", found, _everywhere("pip install 'rpy2-rinterface<3.6.6'"))]


def _check_package(facts: Mapping[str, str], name: str, without: Literal["note", "fail"]) -> Check:
    version = facts.get(name, "")
    if version:
        return Check(name, "ok", version)
    uses = {"nlme": "rbridge.lme", "lme4": "rbridge.lmer", "lmerTest": "Satterthwaite's degrees of freedom"}
    use = uses.get(name, "Kenward and Roger's degrees of freedom")
    return Check(name, without, f"not installed; {use} needs it", _r_package(name))


def _check_locale(facts: Mapping[str, str]) -> Check:
    if facts.get("utf8") == "TRUE":
        return Check("locale", "ok", facts.get("locale", ""))
    found = (
        f"{facts.get('locale', '')} isn't UTF-8; rbridge gives R another, your own R scripts have this one"
    )
    return Check("locale", "note", found, _LOCALE)


_TRIAL: Final = """
import numpy, pandas, rbridge
if not (there := rbridge.available()): raise SystemExit(there.reason)
d = pandas.DataFrame({"x": numpy.arange(60.0) % 7, "g": numpy.repeat(numpy.arange(10), 6)})
d["y"] = numpy.sin(numpy.arange(60)) + d["g"] / 3
print(rbridge.lme("y ~ x", d, "~ 1 | g").n_obs)
"""


def _check_bridge() -> Check:
    """Fit a small model, in a process of its own."""
    environment = {key: value for key, value in os.environ.items() if key != "RBRIDGE_ISOLATED"}
    environment["PYTHONPATH"] = os.pathsep.join(part for part in sys.path if part)
    try:
        done = subprocess.run(
            [sys.executable, "-c", _TRIAL],
            env=environment,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check(
            "a trial fit",
            "fail",
            f"{type(error).__name__}: {error}",
            _everywhere(f"{_RPY2} --force-reinstall"),
        )
    if done.returncode == 0 and done.stdout.strip() == "60":
        return Check("a trial fit", "ok", "60 rows fitted by nlme")
    said = done.stderr.strip().splitlines()
    return Check(
        "a trial fit",
        "fail",
        said[-1] if said else f"ended with status {done.returncode}",
        _everywhere(f"{_RPY2} --force-reinstall"),
    )


def _run(command: list[str], given: str = "") -> str | None:
    """Return what a command prints, or None if it can't be run or fails."""
    try:
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
            errors="replace",
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers that a version begins with."""
    parts = []
    for part in version.replace("-", ".").split("."):
        digits = "".join(character for character in part if character.isdigit())
        if not digits:
            break
        parts.append(int(digits))
    return tuple(parts)
