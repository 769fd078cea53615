"""What all phases share: a server with its stores, and the poller of its availability."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
from collections.abc import Iterator

import pytest
from _pytest.terminal import TerminalReporter
from availability import AvailabilityPoller
from cellmon_testing import LocalSystem, ProgramNotFound, program
from sizes import SIZES

_not_played: list[str] = []


@pytest.fixture(scope="session")
def poller() -> AvailabilityPoller:
    return AvailabilityPoller()


@pytest.fixture(scope="module")
def system(poller: AvailabilityPoller) -> Iterator[LocalSystem]:
    """A server with PostgreSQL, InfluxDB and Redis, for the tests of one file. All that the tests call works on it."""
    with LocalSystem() as one:
        poller.start(one.server.url)
        try:
            yield one
        finally:
            poller.stop()


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Tests may be coroutines; pytest needs no plugin for that."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: value for name, value in pyfuncitem.funcargs.items() if name in wanted}))
    return True


def has_command(name: str) -> bool:
    """Whether it has a help of its own: what the program does not know gets the help of the whole."""
    try:
        own = subprocess.run([program(), name, "--help"], capture_output=True, check=False)
        whole = subprocess.run([program(), "--help"], capture_output=True, check=False)
    except ProgramNotFound as error:
        raise pytest.UsageError(str(error)) from error
    return own.returncode == 0 and own.stdout != whole.stdout


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What this program cannot do yet is not played, and is said at the end."""
    played: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        missing = [mark.args[0] for mark in item.iter_markers("needs") if not has_command(mark.args[0])]
        (left_out if missing else played).append(item)
        if missing:
            _not_played.append(f"{item.name}: this program has no command `cellmon {missing[0]}` yet")
    items[:] = played
    config.hook.pytest_deselected(items=left_out)


def pytest_report_header() -> str:
    return f"sizes: {SIZES.name} (CLASSROOM_TEST=full plays the whole plan)"


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """What was measured, and what was not played: never passed in silence."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"  {report.nodeid.rpartition('::')[2]} · {name}: {value}")
    for line in _not_played:
        terminalreporter.write_line(f"  NOT PLAYED · {line}")
