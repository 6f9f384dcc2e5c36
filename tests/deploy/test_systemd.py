"""The systemd unit: its words are right, it gives little away, and it starts what is there."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from server.front import FrontLimits
from server.front.run import DRAIN_S

UNIT = Path(__file__).parents[2] / "deploy/g4f-lite.service"
MOST_EXPOSED = 15
"""Of a hundred, as `systemd-analyze security` counts; an ordinary service has over 90."""


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that is on this machine in the place of the one it starts."""
    file = tmp_path / UNIT.name
    file.write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={shutil.which('true')}", UNIT.read_text(), flags=re.M))
    return file


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True)


def test_every_word_of_it_is_known(unit: Path) -> None:
    done = analyze("verify", unit)

    assert (done.returncode, done.stderr) == (0, "")


def test_it_gives_little_away(unit: Path) -> None:
    done = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", unit)

    assert done.returncode == 0, done.stdout


def test_its_memory_is_limited_with_room_for_all_request_bodies() -> None:
    (gigabytes,) = re.findall(r"^MemoryMax=(\d+)G$", UNIT.read_text(), re.M)

    assert int(gigabytes) << 30 >= 4 * FrontLimits().bodies_bytes


def test_it_waits_until_running_answers_have_ended() -> None:
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(), re.M)

    assert int(seconds) >= DRAIN_S + 5
