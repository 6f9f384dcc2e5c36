"""Runs the measurements, or prints those of an earlier run.

python -m bench [--quick] [--only NAME]...     measure, print the tables, write bench/results/<time>.json
python -m bench table FILE                     print the tables of a run again
"""

import argparse
import json
import sys
import time
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from bench.measure import FULL, QUICK, measure, running
from bench.page import weigh
from bench.peers import named_peers
from bench.processes import NotAnsweringError, UpstreamProcess, allow_open_files, running_upstream
from bench.report import report
from bench.targets import DIRECT, FLASK, NGINX, NGINX_TARGET, OURS, RAW, Target

RESULTS = Path(__file__).parent / "results"
STARTS = 5


def main() -> None:
    """Run the command line."""
    options = command_line()
    if options.command == "table":
        print(report(json.loads(options.file.read_text())))
        return
    allow_open_files()
    result = run(options.quick, options.only)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now():%Y%m%d-%H%M%S}.json"
    path.write_text(json.dumps(result, indent=1))
    print(report(result), f"\n\n{path}")


def command_line() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--quick", action="store_true", help="under a minute, rougher")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="these targets, beside direct and nginx"
    )
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("table").add_argument("file", type=Path)
    return parser.parse_args()


def run(quick: bool, only: list[str]) -> dict[str, Any]:
    """Measure every target in turn against one upstream. A target that does not answer becomes a note."""
    targets, notes = wanted(only)
    began = time.monotonic()
    measured, page = [], None
    with running_upstream() as upstream:
        for target in targets:
            print(f"{time.monotonic() - began:4.0f} s  {target.name}", file=sys.stderr)
            try:
                measured.append(measure(target, upstream, QUICK if quick else FULL, leaving=not quick))
                if target is RAW:
                    page = first_page(upstream, 1 if quick else STARTS)
            except NotAnsweringError as error:
                notes.append(f"{target.name} is not measured: {error}")
    return {"targets": measured, "page": page, "notes": notes, "took_s": time.monotonic() - began}


def first_page(upstream: UpstreamProcess, starts: int) -> dict[str, Any]:
    """Return the time from the start of the program to the first page, and the weight of that page."""
    took_s = []
    for _ in range(starts):
        with running(RAW, upstream) as it:
            took_s.append(it.started_s)
            weight = weigh(f"http://127.0.0.1:{it.port}{it.target.ready}")
    return {"after_s": median(took_s), "starts": starts, **weight}


def wanted(only: list[str]) -> tuple[list[Target], list[str]]:
    """Return the targets to measure, and a line for each that is missing."""
    found, notes = named_peers()
    if not NGINX:
        notes.append("nginx is not measured: it is not installed (apt-get install nginx)")
    targets = [DIRECT, *([NGINX_TARGET] if NGINX else []), FLASK, *OURS, *found]
    return [target for target in targets if not only or target in (DIRECT, NGINX_TARGET) or target.name in only], notes


if __name__ == "__main__":
    main()
