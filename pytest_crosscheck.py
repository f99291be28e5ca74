"""The pytest plugin of lmebridge: the fixture ``crosscheck``, the marker ``needs_r``, and where R's answers come from.

Importing it costs nothing: it is a module of its own, outside the packages, because pytest imports the plugins of
everything that is installed, also where no test asks for R or for a fit. What the fixture is made of is in
:mod:`crosscheck.testing`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import pytest

if TYPE_CHECKING:
    from crosscheck import Comparison

MARKER = "needs_r: the test runs R; where R isn't, it is skipped, with the reason, and counted"
NEEDS_R = "needs R: "
R_VERSION = "needs_r"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> Generator[None, None, None]:
    """Add the options once the conftests have theirs: a project may have an ``--engine`` of its own."""
    result = yield
    group = parser.getgroup("crosscheck", "mixed models held to R's (crosscheck)")
    _add(
        parser,
        group,
        "engine",
        action="append",
        metavar="NAME",
        help="what the fixture crosscheck tests: pyimpl, ..., or module:Class; again for more (ini: crosscheck_engine)",
    )
    _add(
        parser,
        group,
        "live",
        action="store_true",
        help="R's answers come from R, now; without R that is a failure",
    )
    _add(
        parser,
        group,
        "recorded",
        action="store_true",
        help="R's answers come from the records, also where R is",
    )
    _add(
        parser,
        group,
        "needs-r",
        choices=["skip", "fail"],
        default="skip",
        help="tests that need R, where R isn't",
    )
    group.addoption(
        "--crosscheck-record",
        action="store_true",
        help="ask R, and keep its answers in the folder that the ini value crosscheck_records names",
    )
    return result


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the values for pyproject.toml."""
    parser.addini("crosscheck_engine", "what the fixture crosscheck tests", type="args", default=["pyimpl"])
    parser.addini(
        "crosscheck_records",
        "folder of R's recorded answers, as seen from here",
        default="crosscheck-records",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and count the tests that it is on."""
    config.addinivalue_line("markers", MARKER)
    if _option(config, "live") and _option(config, "recorded"):
        raise pytest.UsageError("--live and --recorded: R's answers come from one or the other")
    config.pluginmanager.register(_Counter(), "crosscheck_counter")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each engine, if there are several."""
    engines = _engines(metafunc.config)
    if "crosscheck_engine" in metafunc.fixturenames and len(engines) > 1:
        metafunc.parametrize("crosscheck_engine", engines)


@pytest.fixture
def crosscheck_engine(request: pytest.FixtureRequest) -> str:
    """The name of the engine that is tested."""
    return _engines(request.config)[0]


@pytest.fixture
def crosscheck(request: pytest.FixtureRequest, crosscheck_engine: str) -> Callable[..., Comparison]:
    """Fit a model on R and on the engine, and assert that the answers agree: a :class:`crosscheck.testing.Checker`."""
    from crosscheck.errors import CannotFitError
    from crosscheck.testing import Checker, NoReferenceError

    config = request.config
    where: Literal["either", "live", "recorded"] = (
        "live" if _option(config, "live") else "recorded" if _option(config, "recorded") else "either"
    )
    records = Path(config.rootpath, config.getini("crosscheck_records"))
    name = getattr(request.node, "originalname", request.node.name)
    record = bool(_option(config, "crosscheck-record"))
    checker = Checker(crosscheck_engine, where, records, record, name)

    def check(*args: Any, **kwargs: Any) -> Comparison:
        __tracebackhide__ = True
        try:
            return checker(*args, **kwargs)
        except NoReferenceError as error:
            _without_r(config, str(error), demanded=record or where == "live")
        except CannotFitError as error:
            pytest.skip(f"not a model for {error}")

    return check


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Start R for a test that needs it, once a session; without R the test is skipped, or fails if so asked."""
    if item.get_closest_marker("needs_r") is None:
        return
    import rbridge

    there = rbridge.available()
    if not there:
        _without_r(item.config, " ".join(there.reason.split()), demanded=bool(_option(item.config, "live")))
    versions = rbridge.r_version_info()
    item.user_properties.append((R_VERSION, f"R {versions['R']} with nlme {versions['nlme']}"))


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Show what differs where a test asserts that two answers are equal."""
    answer = sys.modules.get("crosscheck.answer")  # a test that has answers has imported it
    if (
        answer is None
        or op != "=="
        or not (isinstance(left, answer.Answer) and isinstance(right, answer.Answer))
    ):
        return None
    from crosscheck.agreement import hold

    return ["the two answers are the same", *hold(left, right).failure().splitlines()]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how many tests ran in R, and how many couldn't."""
    counter = config.pluginmanager.get_plugin("crosscheck_counter")
    if counter is None or not (counter.ran or counter.skipped):
        return
    terminalreporter.write_sep("-", "tests that need R")
    ran = f"{counter.ran} ran in {' and '.join(sorted(counter.versions)) or 'R'}"
    if not counter.skipped:
        terminalreporter.write_line(f"{ran}, none skipped")
        return
    ran = ran if counter.ran else "0 ran in R"
    terminalreporter.write_line(f"{ran}, {counter.skipped} were skipped: {' / '.join(counter.reasons)}")


class _Counter:
    """Counts the tests that ran in R and those that couldn't, from the reports: of xdist's workers, too."""

    def __init__(self) -> None:
        self.ran = 0
        self.skipped = 0
        self.versions: set[str] = set()
        self.reasons: dict[str, None] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        reason = report.longrepr[2] if report.skipped and isinstance(report.longrepr, tuple) else ""
        if NEEDS_R in reason:
            self.skipped += 1
            self.reasons[reason.partition(NEEDS_R)[2]] = None
        elif report.when == "call" and "needs_r" in report.keywords:
            self.ran += 1
            self.versions |= {str(value) for name, value in report.user_properties if name == R_VERSION}


def _without_r(config: pytest.Config, reason: str, *, demanded: bool) -> NoReturn:
    """Skip the test, or fail it where R was demanded; neither needs a traceback."""
    __tracebackhide__ = True
    if demanded or _option(config, "needs-r") == "fail":
        pytest.fail(NEEDS_R + reason, pytrace=False)
    pytest.skip(NEEDS_R + reason)


def _engines(config: pytest.Config) -> list[str]:
    return list(_option(config, "engine") or config.getini("crosscheck_engine"))


def _add(parser: pytest.Parser, group: pytest.OptionGroup, name: str, **options: Any) -> None:
    """Add an option, as ``--crosscheck-NAME`` too; where the short name is another's, as that alone."""
    names = (
        [f"--crosscheck-{name}"] if _is_taken(parser, f"--{name}") else [f"--{name}", f"--crosscheck-{name}"]
    )
    group.addoption(*names, dest=_dest(name), **options)


def _is_taken(parser: pytest.Parser, option: str) -> bool:
    try:
        return f"{option}=x" not in parser.parse_known_and_unknown_args([f"{option}=x"])[1]
    except (pytest.UsageError, SystemExit):  # it takes no x
        return True


def _option(config: pytest.Config, name: str) -> Any:
    return config.getoption(_dest(name), None)


def _dest(name: str) -> str:
    return "crosscheck_" + name.removeprefix("crosscheck-").replace("-", "_")
