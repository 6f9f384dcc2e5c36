#!/usr/bin/env python3
"""Starts the server. This file runs on any Python 3 to report what is missing; the command line is `server/cli.py`."""

import gc
import sys

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(f"This program needs Python 3.11 or newer; this is {sys.version_info[0]}.{sys.version_info[1]}.")

gc.disable()  # what is loaded here stays; searching it for garbage would take a fifth of the start
try:
    from server.cli import main
except ModuleNotFoundError as error:
    if str(error.name).partition(".")[0] in ("server", "g4f_lite"):
        raise
    sys.exit(
        f"The package {error.name} is not installed. Start with `make run`, which installs everything, or "
        "run: pip install -r requirements.txt"
    )

gc.collect()
gc.freeze()
gc.enable()

if __name__ == "__main__":
    sys.exit(main())
