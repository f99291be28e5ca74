"""The doctor finds what is wrong, names the command that mends it, and says so by its exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rbridge import doctor
from rbridge.__main__ import main

SYSTEMS = {"Debian", "Fedora", "macOS", "conda", "Windows"}


@pytest.mark.needs_r
def test_a_bridge_that_works() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rbridge", "doctor", "--json"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0 and done.stderr == ""
    made = json.loads(done.stdout)
    assert made["works"] is True
    found = {check["name"]: check for check in made["checks"]}
    assert {
        "Python",
        "R",
        "R's library",
        "R's headers",
        "rpy2",
        "nlme",
        "lme4",
        "locale",
        "BLAS",
        "a trial fit",
    } <= set(found)
    assert found["nlme"]["found"].startswith("3.1-") and found["rpy2"]["found"].endswith(
        ("API mode", "ABI mode")
    )


def fake_r(
    tmp_path: Path,
    version: str = "4.3.1",
    facts: str = "R\\t4.3.1\\nutf8\\tTRUE\\nlocale\\tC.UTF-8\\nnlme\\t3.1-164",
) -> Path:
    """A folder that looks like R's, with a command that answers as told."""
    home = tmp_path / "R"
    (home / "bin").mkdir(parents=True)
    (home / "lib").mkdir()
    (home / "lib" / "libR.so").touch()
    script = home / "bin" / "R"
    script.write_text(
        "#!/bin/sh\n"
        f'case "$1" in RHOME) echo {home};; --version) echo "R version {version} (now)";;\n'
        f"  CMD) echo -I{home}/nowhere;; --vanilla) printf '{facts}\\n';; esac\n"
    )
    script.chmod(0o755)
    return home


@pytest.fixture
def no_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_check_bridge", lambda: doctor.Check("a trial fit", "ok", "60 rows"))


def by_name(checks: list[doctor.Check]) -> dict[str, doctor.Check]:
    return {check.name: check for check in checks}


def test_without_r(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("R_HOME", raising=False)
    assert main(["doctor"]) == 1
    page = capsys.readouterr().out
    assert (
        "sudo apt-get install r-base-core r-cran-nlme   (Debian)" in page
        and "brew install r   (macOS)" in page
    )
    assert page.rstrip().endswith("The bridge doesn't work: R.")
    found = by_name(doctor.examine())["R"]
    assert found.status == "fail" and set(found.mend) == SYSTEMS and all(found.mend.values())


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for R is a shell script")
@pytest.mark.parametrize(
    ("what", "arguments", "name", "status", "word"),
    [
        ("old", {"version": "4.1.2"}, "R", "fail", "4.2 is needed"),
        ("no nlme", {"facts": "R\\t4.3.1\\nnlme\\t\\nutf8\\tTRUE"}, "nlme", "fail", "rbridge.lme needs it"),
        ("no lme4", {}, "lme4", "note", "rbridge.lmer needs it"),
        ("no headers", {}, "R's headers", "note", "ABI mode"),
        ("locale", {"facts": "R\\t4.3.1\\nnlme\\t3.1\\nutf8\\tFALSE\\nlocale\\tC"}, "locale", "note", "isn't UTF-8"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_r(monkeypatch, tmp_path, no_trial, what, arguments, name, status, word) -> None:
    monkeypatch.setenv("R_HOME", str(fake_r(tmp_path, **arguments)))
    monkeypatch.setattr(doctor, "_check_rpy2", lambda: doctor.Check("rpy2", "ok", "3.6"))
    monkeypatch.setattr(doctor, "_version", lambda name: "3.6.5")
    checks = doctor.examine()
    found = by_name(checks)[name]
    assert found.status == status and word in found.found
    assert set(found.mend) == SYSTEMS and all(found.mend.values())
    assert doctor.works(checks) == (status != "fail")


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for R is a shell script")
def test_an_r_without_a_library_and_a_home_that_is_none(monkeypatch, tmp_path) -> None:
    home = fake_r(tmp_path)
    (home / "lib" / "libR.so").unlink()
    monkeypatch.setenv("R_HOME", str(home))
    assert by_name(doctor.examine())["R's library"].status == "fail"
    monkeypatch.setenv("R_HOME", str(tmp_path / "nowhere"))
    found = by_name(doctor.examine())["R"]
    assert found.status == "fail" and set(found.mend.values()) == {"unset R_HOME"}


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for R is a shell script")
@pytest.mark.parametrize(
    ("rinterface", "r", "fails"),
    [("3.6.6", "4.3.1", True), ("3.6.5", "4.3.1", False), ("3.6.7", "4.5.0", False)],
)
def test_an_rpy2_that_is_too_new_for_r(monkeypatch, tmp_path, no_trial, rinterface, r, fails) -> None:
    monkeypatch.setenv("R_HOME", str(fake_r(tmp_path, r, f"R\\t{r}\\nnlme\\t3.1\\nutf8\\tTRUE")))
    monkeypatch.setattr(
        doctor, "_version", lambda name: {"rpy2": "3.6.6", "rpy2-rinterface": rinterface}.get(name)
    )
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: object())
    checks = doctor.examine()
    assert doctor.works(checks) != fails
    if fails:
        assert set(by_name(checks)["rpy2 and R"].mend.values()) == {"pip install 'rpy2-rinterface<3.6.6'"}


def test_without_rpy2(monkeypatch) -> None:
    monkeypatch.setattr(doctor, "_version", lambda name: None)
    found = by_name(doctor.examine())["rpy2"]
    assert found.status == "fail" and set(found.mend.values()) == {"pip install 'lmebridge[r]'"}


def test_a_trial_that_fails_is_told(monkeypatch) -> None:
    monkeypatch.setattr(doctor, "_TRIAL", "raise SystemExit('R fell over')")
    found = doctor._check_bridge()
    assert (
        found.status == "fail"
        and found.found == "R fell over"
        and "--force-reinstall" in found.mend["Debian"]
    )
    monkeypatch.setattr(doctor, "_TRIAL", "import time; time.sleep(60)")
    monkeypatch.setattr(doctor, "_PATIENCE", 0.5)
    assert "TimeoutExpired" in doctor._check_bridge().found


def test_a_command_is_needed() -> None:
    with pytest.raises(SystemExit):
        main([])
