"""Ends a long run of the tests with a table of the files that took most of its time."""

import time
from collections import Counter

import pytest

LONG_RUN_S = 30
SHOWN = 12


class SlowestFiles:
    """A plugin of pytest. The time of a file is that of its tests with their fixtures."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._seconds: Counter[str] = Counter()
        self._tests: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        file = report.nodeid.partition("::")[0]
        self._seconds[file] += report.duration
        self._tests[file] += report.when == "call"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if time.monotonic() - self._began < LONG_RUN_S:
            return
        terminalreporter.section("slowest files")
        terminalreporter.line("seconds  tests  file")
        for file, seconds in self._seconds.most_common(SHOWN):
            terminalreporter.line(f"{seconds:7.1f}  {self._tests[file]:5}  {file}")
