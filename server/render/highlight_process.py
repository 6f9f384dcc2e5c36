"""The child process that highlights code: started when it is needed, ended when it takes too long or has no work."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from threading import Lock, Timer
from time import monotonic
from typing import Any

log = logging.getLogger(__name__)

PROGRAM = Path(__file__).with_name("highlight_worker.py")

MAX_WALL_S = 10
"""From a request to its answer, the start of the process included. It limits its own CPU time; this is for systems
where it cannot, and for machines so busy that nobody should wait any longer."""
IDLE_S = 60
"""After its last request, the process and its memory, some 15 MB, are kept for the next one."""

ENVIRONMENT = ("PATH", "PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""What Python needs. The others hold keys of providers, which are none of this process's business."""


class HighlightProcess:
    """At most one child. Thread-safe: requests wait for each other."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._lock = Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._used_at = 0.0

    def highlighted(self, code: str, language: str, cpu_s: float) -> tuple[str | None, float]:
        """Return the code as HTML, or None if that takes more CPU time; and the CPU seconds it took."""
        request = json.dumps({"code": code, "language": language, "cpu_s": cpu_s}).encode() + b"\n"
        with self._lock:
            answer = self._ask(request)
            if not answer.endswith(b"\n"):
                self._end()
                return None, cpu_s
            self._used_at = monotonic()
        result: dict[str, Any] = json.loads(answer)
        return result["html"], result["cpu_s"]

    @property
    def pid(self) -> int | None:
        """The child's process id, or None while there is none."""
        child = self._child
        return child.pid if child else None

    def end_if_idle(self) -> None:
        """End the child unless it was used lately; then look again later."""
        with self._lock:
            if self._child is None:
                return
            left_s = self._used_at + IDLE_S - monotonic()
            if left_s <= 0:
                self._end()
            else:
                self._look_again(left_s)

    def _ask(self, request: bytes) -> bytes:
        """Return the line that answers; anything else if the child ended or was ended."""
        child = self._child
        if child is None or child.poll() is not None:
            self._end()
            child = self._start()
        if child is None:
            return b""
        assert child.stdin and child.stdout  # they are pipes
        guard = Timer(MAX_WALL_S, child.kill)
        guard.start()
        try:
            child.stdin.write(request)
            child.stdin.flush()
            return child.stdout.readline()
        except OSError:  # it was ended while it read
            return b""
        finally:
            guard.cancel()

    def _start(self) -> subprocess.Popen[bytes] | None:
        try:
            self._child = subprocess.Popen(
                (sys.executable, "-P", str(PROGRAM)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
            )
        except OSError as error:
            log.warning("Code is shown without colours: the process for them could not be started: %s", error)
            return None
        self._used_at = monotonic()
        self._look_again(IDLE_S)
        return self._child

    def _look_again(self, in_s: float) -> None:
        timer = Timer(in_s, self.end_if_idle)
        timer.daemon = True
        timer.start()

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            try:
                if pipe:
                    pipe.close()
            except OSError:  # what was not read any more cannot be written
                pass
