"""docker/ci-example.yml can't be run here; what it runs is parsed, and every option and path in it has to exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from crosscheck import cli

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / "docker" / "ci-example.yml"


def commands():
    """Return the commands that are run in the image or on the runner, without docker's part."""
    yaml = pytest.importorskip("yaml")
    workflow = yaml.safe_load(WORKFLOW.read_text("utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    return [re.sub(r"^docker run .*? lmebridge\b", "", step["run"]).split(">")[0].strip() for step in steps]


def test_the_workflow_runs_what_it_is_for():
    first = {command.split()[0] for command in commands() if command}
    assert first == {"docker", "make", "crosscheck", "pytest", "pip"}


def test_builds_name_a_file_that_is_there():
    builds = [shlex.split(command) for command in commands() if command.startswith("docker build")]
    assert builds and all((ROOT / one[one.index("--file") + 1]).is_file() for one in builds)


def test_subcommands_take_the_options_and_folders():
    found = [shlex.split(command)[1:] for command in commands() if command.startswith("crosscheck")]
    assert {arguments[0] for arguments in found} == {"hsb", "drift"}
    for arguments in found:
        options = cli._parser().parse_args(arguments)
        assert all((ROOT / folder).is_dir() for folder in getattr(options, "folders", ()))


def test_pytest_takes_the_options_and_finds_tests(tmp_path):
    found = [shlex.split(command)[1:] for command in commands() if command.startswith("pytest")]
    assert len(found) == 2
    for arguments in found:
        kept = [one for one in arguments if not one.startswith("--junitxml")]
        command = [sys.executable, "-m", "pytest", *kept, "--collect-only", "-q", "-p", "no:cacheprovider"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "4 tests collected" in done.stdout
