"""Runs the tests in two processes side by side, for two cores: `python -m tests.tools.side_by_side [--fast]`.

The first one's output is shown as it is written, the second one's after it. The exit code is 1 if either failed.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

PYTEST = (sys.executable, "-m", "pytest", "-q", "-rs")
EVERYTHING = (["tests/browser"], ["tests", "--ignore=tests/browser"])
FAST = ("-m", "not browser and not postgres and not programs")
QUICK_PARTS = (["tests/server", *FAST], ["tests", "--ignore=tests/browser", "--ignore=tests/server", *FAST])
MEMORY = Path("/dev/shm")
"""A folder in memory. Most tests commit to a database, and on a busy disk each commit waits."""
ENOUGH_BYTES = 2 << 30
"""A run leaves about half of a gigabyte there, and pytest keeps three."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the tests in two processes side by side.")
    parser.add_argument("--fast", action="store_true", help="leave out what needs a browser, PostgreSQL or a program")
    first, second = map(_command, QUICK_PARTS if parser.parse_args().fast else EVERYTHING)
    with ExitStack() as stack:
        later = stack.enter_context(tempfile.TemporaryFile())
        print(" ".join(first), "&", " ".join(second), flush=True)
        beside = stack.enter_context(subprocess.Popen(second, env=_environment(), stdout=later, stderr=later))
        try:
            codes = [subprocess.run(first, env=_environment()).returncode, beside.wait()]
        finally:
            beside.terminate()  # after an interruption
        later.seek(0)
        shutil.copyfileobj(later, sys.stdout.buffer)
    return int(any(codes))


def _command(part: Sequence[str]) -> list[str]:
    return [*PYTEST, *part]


def _environment() -> dict[str, str]:
    """Let temporary files be in memory, if there is room and nobody asks for another place."""
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ENOUGH_BYTES:
        return {"PYTEST_DEBUG_TEMPROOT": str(MEMORY), **os.environ}
    return dict(os.environ)


if __name__ == "__main__":
    sys.exit(main())
