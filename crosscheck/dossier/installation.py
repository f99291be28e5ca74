"""Installation qualification: what has to be there is there, in the right version, and unchanged."""

from __future__ import annotations

import base64
import json
import platform
from collections.abc import Iterator
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import numpy as np

from ..data import fixtures
from . import environment
from .document import Check
from .results import Outcome

_DISTRIBUTION = "lmebridge"


def installation(*, live: bool) -> tuple[Check, ...]:
    """Return the checks of the installation; with `live` those of the bridge to R, too."""
    return (
        *_python_and_packages(),
        _double_precision(),
        _linear_algebra(),
        _files_as_shipped(),
        _data_as_shipped(),
        _records_of_these_data(),
        *(_bridge() if live else [_no_bridge()]),
    )


def _python_and_packages() -> Iterator[Check]:
    """Yield a check of Python's version and of that of each package that is needed."""
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    about = metadata.metadata(_DISTRIBUTION)
    needed, found = SpecifierSet(about["Requires-Python"]), platform.python_version()
    there = needed.contains(found, prereleases=True)
    yield Check.of("IQ-PYTHON", "Python's version", f"Python {needed}", found, there)
    for text in metadata.requires(_DISTRIBUTION) or []:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            name, found = requirement.name, environment.version(requirement.name)
            there = bool(found) and requirement.specifier.contains(found, prereleases=True)
            yield Check.of(
                f"IQ-PACKAGE-{name}", f"Version of {name}", str(requirement), found or "not installed", there
            )


def _double_precision() -> Check:
    info = np.finfo(np.float64)
    found = f"eps {info.eps:.3g}, {info.nmant + 1} bits of mantissa"
    expected = "IEEE 754 double precision: eps 2.22e-16, 53 bits of mantissa"
    ok = bool(info.eps == 2.0**-52) and 0.1 + 0.2 == 0.30000000000000004
    return Check.of("IQ-ARITHMETIC", "Floating-point numbers", expected, found, ok)


def _linear_algebra() -> Check:
    """Factorise and solve with a matrix whose determinant is known: 1 on the diagonal, r beside it."""
    n, r = 60, 0.5
    matrix = np.full((n, n), r) + (1 - r) * np.eye(n)
    log_det = 2 * float(np.log(np.diag(np.linalg.cholesky(matrix))).sum())
    exact = (n - 1) * np.log(1 - r) + np.log(1 + (n - 1) * r)
    error = max(abs(log_det / exact - 1), float(np.abs(np.linalg.solve(matrix, matrix) - np.eye(n)).max()))
    expected = "log-determinant and solution of a known 60 x 60 system to 1e-12"
    return Check.of(
        "IQ-LINALG", "Linear algebra (BLAS, LAPACK)", expected, f"error {error:.1e}", error < 1e-12
    )


def _files_as_shipped() -> Check:
    """Hold every installed file against the hash that the package was built with."""
    id, title = "IQ-FILES", "Files of the package"
    expected = "every file has the SHA-256 that it was installed with"
    if environment.is_editable():
        facts = environment.project()
        found = "used from its sources; " + (
            f"commit {facts['commit'][:12]}, files that differ: {facts['files that differ from the commit']}"
            if "commit" in facts
            else "no commit is known"
        )
        return Check(id, title, expected, found, Outcome.NOT_APPLICABLE)
    files = [file for file in metadata.files(_DISTRIBUTION) or [] if file.hash is not None]
    changed = [str(file) for file in files if not _is_as_recorded(file)]
    found = f"{len(files)} files, {len(changed)} changed or missing"
    found += f": {', '.join(changed[:3])}" if changed else ""
    return Check.of(id, title, expected, found, bool(files) and not changed)


def _is_as_recorded(file: metadata.PackagePath) -> bool:
    path = Path(str(file.locate()))
    if file.hash is None or not path.is_file():
        return False
    digest = base64.urlsafe_b64encode(sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
    return digest == file.hash.value


def _data_as_shipped() -> Check:
    """Hold the data against the checksums beside them."""
    wrong, count = [], 0
    for folder in (fixtures(), fixtures() / "book" / "data"):
        for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
            digest, name = line.split()
            count += 1
            path = folder / name
            if not path.is_file() or sha256(path.read_bytes()).hexdigest() != digest:
                wrong.append(name)
    found = f"{count} files, {len(wrong)} changed or missing" + (f": {', '.join(wrong[:3])}" if wrong else "")
    return Check.of(
        "IQ-DATA", "Data sets", "every data set has its listed SHA-256", found, bool(count) and not wrong
    )


def _records_of_these_data() -> Check:
    """Hold the data that R's recorded answers were made on against the data that are here."""
    here = {sha256(path.read_bytes()).hexdigest() for path in _data_files()}
    records = sorted((*fixtures().glob("recorded/*.json"), *fixtures().glob("book/recorded/*.json")))
    wrong = [path.name for path in records if _data_of(path) not in here]
    found = f"{len(records)} records, {len(wrong)} unreadable or of other data"
    found += f": {', '.join(wrong[:3])}" if wrong else ""
    expected = "every recorded answer of R names a data set that is here by its SHA-256"
    return Check.of("IQ-RECORDS", "R's recorded answers", expected, found, bool(records) and not wrong)


def _data_files() -> Iterator[Path]:
    yield from fixtures().glob("*.csv")
    yield from (fixtures() / "book" / "data").glob("*.csv")


def _data_of(record: Path) -> str:
    try:
        plain = json.loads(record.read_text(encoding="utf-8"))
        return str(plain["provenance"]["data sha256"])
    except (ValueError, KeyError, TypeError):
        return "unreadable"


def _no_bridge() -> Check:
    expected = "R, nlme and rpy2 work together"
    found = "R isn't run: its recorded answers are read"
    return Check("IQ-R", "The bridge to R", expected, found, Outcome.NOT_APPLICABLE)


def _bridge() -> Iterator[Check]:
    """Yield what the bridge to R says of itself; what it works without is no failure."""
    from rbridge import doctor

    for found in doctor.examine():
        name = "".join(letter if letter.isalnum() else "-" for letter in found.name).strip("-")
        outcome = {"ok": Outcome.PASS, "note": Outcome.NOT_APPLICABLE, "fail": Outcome.FAIL}[found.status]
        yield Check(f"IQ-R-{name}", f"Bridge to R: {found.name}", "works", found.found, outcome)
