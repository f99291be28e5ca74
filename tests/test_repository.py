"""The repository holds what it promises: walls between packages, a complete wheel, nothing of anyone's machine."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("rbridge", "pyimpl", "crosscheck")


def repository_files() -> list[Path]:
    """Every file that git holds or would hold; in an image without git, every file that isn't hidden."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    if shutil.which("git") and (ROOT / ".git").exists():
        names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split(
            "\0"
        )
        paths = [ROOT / name for name in names if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not _hidden(path.relative_to(ROOT))]
    return [path for path in paths if path.is_file()]


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


# --- The walls ---------------------------------------------------------------------------------------------------


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_the_walls_between_the_packages_hold():
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "breach"),
    [
        ("pyimpl", "import rbridge"),
        ("rbridge", "import pyimpl.errors"),
        ("rbridge", "import crosscheck"),
        ("crosscheck", "import rpy2.robjects"),
        ("pyimpl", "def later():\n    import rpy2"),
    ],
)
def test_a_breach_of_a_wall_is_found(tmp_path, module, breach):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / module / "breach.py").write_text(f'"""A breach."""\n\n{breach}\n')
    result = lint_imports(tmp_path)
    assert result.returncode == 1
    assert f"{module}.breach" in result.stdout


# --- What must not be there --------------------------------------------------------------------------------------

FOREIGN = {
    "a package registry's address": re.compile(
        r"pythonhosted|pypi\.[a-z.]+/(?:simple|files)|https?://[^\s\"'>)]*(?:/simple\b|artifact|registry|mirror)"
    ),
    "a registry's configuration": re.compile(r"\bindex[-_]url\b|\bfind-links\b|\btrusted-host\b"),
    "a path of someone's machine": re.compile(r"(?<![\w.~*}])/(?:root|home|Users|work|tmp|srv)/\w"),
    "a private key or a token": re.compile(r"BEGIN [A-Z ]*PRIVATE KEY|\bgh[pousr]_\w{20}|\bpypi-Ag\w{20}"),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_no_file_holds(what):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in repository_files()
        if path != Path(__file__).resolve()  # which has to spell out what it looks for
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if FOREIGN[what].search(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a package registry's address", "https://files.pythonhosted.org/packages/1"),
        ("a package registry's address", "https://packages.example.org/simple"),
        ("a registry's configuration", "pip install --extra-index-url somewhere"),
        ("a path of someone's machine", "read.csv('/home/ada/hsb.csv')"),
        ("a private key or a token", "-----BEGIN RSA PRIVATE KEY-----"),
    ],
)
def test_the_search_would_find(what, line):
    assert FOREIGN[what].search(line)


# --- The Makefile and the scripts ----------------------------------------------------------------------------------


def test_make_alone_lists_every_target():
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.M)
    listed = subprocess.run(["make"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert re.findall(r"^  make (\w+)", listed, flags=re.M) == targets
    assert {"setup", "verify", "test", "lint", "bench", "image", "docs", "record", "fixtures"} <= set(targets)


@pytest.mark.parametrize("script", sorted((ROOT / "scripts").iterdir()), ids=lambda path: path.name)
def test_scripts_are_executable_posix_shell(script):
    assert script.stat().st_mode & 0o111
    subprocess.run(["sh", "-n", script], check=True)


# --- The wheel -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    pytest.importorskip("hatchling", reason="hatchling builds the wheel")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_every_source_and_every_fixture(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    names = {path.relative_to(ROOT).as_posix() for path in repository_files()}
    sources = {name for name in names if name.startswith(tuple(f"{package}/" for package in PACKAGES))}
    fixtures = {f"crosscheck/{name}" for name in names if name.startswith("fixtures/")}
    assert {"crosscheck/fixtures/hsb.csv", "crosscheck/fixtures/SHA256SUMS"} <= fixtures
    assert any(name.startswith("crosscheck/fixtures/recorded/") for name in fixtures)
    assert (sources | fixtures) - held == set()
    top = {name.split("/")[0] for name in held if ".dist-info/" not in name}
    assert top == {*PACKAGES, "pytest_crosscheck.py"}


def test_the_wheel_finds_its_own_data(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import crosscheck, crosscheck.data\n"
        "print(crosscheck.data.__file__, len(crosscheck.load_hsb()))"
    )
    # -S keeps the checkout, installed editable, out of sight; its dependencies come back by name.
    dependencies = Path(pytest.__file__).parents[1]
    program = f"import sys; sys.path.append({str(dependencies)!r})\n{program}"
    command = [sys.executable, "-S", "-c", program, tmp_path / "site"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.stdout.split() == [str(tmp_path / "site" / "crosscheck" / "data.py"), "7185"], result.stderr
