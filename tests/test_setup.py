"""scripts/setup on machines that lack this or that: played by a PATH of stand-ins, nothing real is installed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ("sh", "cat", "chmod", "cksum", "cp", "dirname", "mkdir", "rm", "tail")

# A Python that logs what it is asked, and whose venv is a copy of itself.
PYTHON = """#!/bin/sh
echo "python $*" >>"$CALLS"
case "$*" in
  "-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  --version) echo "Python 3.12.1" ;;
  *"%d.%d-venv"*) echo python3.12-venv ;;
esac
"""
R = """#!/bin/sh
echo "4.3.3 nlme lme4"
"""
APT = """#!/bin/sh
echo "apt-get $*" >>"$CALLS"
"""


class Machine:
    """A folder with the checkout's scripts, and a PATH on which only the stand-ins are."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "a checkout"  # a path with a space
        self.bin = folder / "bin"
        self.calls = folder / "calls"
        shutil.copytree(ROOT / "scripts", self.checkout / "scripts")
        shutil.copy(ROOT / "pyproject.toml", self.checkout)
        self.bin.mkdir()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool) or tool)
        self.add("id", "#!/bin/sh\necho 1000\n")

    def add(self, name: str, script: str) -> None:
        (self.bin / name).write_text(script)
        (self.bin / name).chmod(0o755)

    def setup(self, what: str = "test") -> subprocess.CompletedProcess[str]:
        self.calls.write_text("")
        environment = {"PATH": str(self.bin), "CALLS": str(self.calls)}
        command = [os.path.join("scripts", "setup"), what]
        return subprocess.run(command, cwd=self.checkout, env=environment, capture_output=True, text=True)

    def installs(self) -> list[str]:
        return [line for line in self.calls.read_text().splitlines() if "install" in line]


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_no_python_is_one_line_and_nothing_is_installed(machine):
    machine.add("apt-get", APT)
    machine.add("id", "#!/bin/sh\necho 0\n")
    machine.add("env", '#!/bin/sh\nshift; exec "$@"\n')
    machine.add("python3", "#!/bin/sh\nexit 1\n")  # one that is too old
    result = machine.setup()
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert "Python 3.11 or later is needed" in result.stderr
    assert machine.installs() == []


def test_without_r_one_line_says_how_to_get_it_and_the_set_up_succeeds(machine):
    machine.add("python3", PYTHON)
    result = machine.setup()
    assert result.returncode == 0, result.stderr
    (line,) = (line for line in result.stderr.splitlines() if "no R here" in line)
    assert "recorded answers" in line
    assert "apt-get install" in line
    assert [line.split()[-1] for line in machine.installs()] == [".[cli,test]"]


def test_with_r_the_bridge_is_installed_too(machine):
    machine.add("python3", PYTHON)
    machine.add("Rscript", R)
    result = machine.setup()
    assert result.returncode == 0, result.stderr
    assert "recorded" not in result.stderr
    assert [line.split()[-1] for line in machine.installs()] == [".[r,cli,test]"]


def test_root_gets_r_and_the_venv_module_through_apt(machine):
    machine.add("python3", PYTHON.replace('case "$*" in', 'case "$*" in\n  *ensurepip*) exit 1 ;;'))
    machine.add("apt-get", APT)
    machine.add("id", "#!/bin/sh\necho 0\n")
    machine.add("env", '#!/bin/sh\nshift; exec "$@"\n')
    assert machine.setup().returncode == 0
    apt = [line for line in machine.installs() if line.startswith("apt-get")]
    assert [line.split("--no-install-recommends ")[1] for line in apt] == [
        "r-base-core r-cran-nlme r-cran-lme4",
        "python3.12-venv",
    ]


def test_without_root_a_missing_venv_module_is_one_line(machine):
    machine.add("python3", PYTHON.replace('case "$*" in', 'case "$*" in\n  *ensurepip*) exit 1 ;;'))
    machine.add("apt-get", APT)
    result = machine.setup()
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "setup: Python's venv module is missing, and only root can add it: apt-get install python3.12-venv"
    ]


def test_a_second_run_does_nothing_until_something_changes(machine):
    machine.add("python3", PYTHON)
    machine.setup("lint")
    assert machine.setup("test").stderr == ""  # lint holds what test needs
    assert machine.calls.read_text() == ""

    with (machine.checkout / "pyproject.toml").open("a") as file:
        file.write("# a new dependency\n")
    machine.setup("test")
    assert len(machine.installs()) == 1

    machine.add("Rscript", R)  # R has come since
    machine.setup("test")
    assert [line.split()[-1] for line in machine.installs()] == [".[r,cli,test]"]


def test_a_checkout_that_was_moved_gets_a_new_venv(machine):
    machine.add("python3", PYTHON)
    machine.setup()
    machine.checkout = machine.checkout.rename(machine.checkout.with_name("moved"))
    assert "making .venv" in machine.setup().stderr
