"""The command behind run.py: serve until a signal comes, or check what the configuration is good for."""

import argparse
import asyncio
import logging
import os
import sqlite3
import sys
import textwrap
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from g4f_lite.config import STANDARD_FILE, load
from g4f_lite.errors import ConfigError
from g4f_lite.survey import WIDTH, findings_table, survey
from server.app import create_app
from server.boundary import HEADERS
from server.config import Config
from server.front import ListenError, serve
from server.logs import write_logs
from server.problems import Problem
from server.watch import Watch

log = logging.getLogger(__name__)

SAFE_SQLITE = (3, 51, 3)
OLD_SQLITE = (
    "can damage a database when its write-ahead log is reset by two connections at once. One process writes here, "
    "through one connection, so the risk is small; a Python built with SQLite 3.51.3 or newer has none."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns: 0 once a signal ended it, 2 for a wrong configuration, 1 for anything else."""
    options = _parser().parse_args(arguments)
    try:
        config = _load(options)
        return asyncio.run(_check(config) if options.command == "check" else _serve(config, options))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (ListenError, Problem) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("run.py", description="A chat web UI for language models.")
    commands = "serve (the default), or check: ask every provider in the configuration and say what it lacks"
    parser.add_argument("command", nargs="?", choices=("serve", "check"), default="serve", help=commands)
    parser.add_argument("--config", type=Path, metavar="FILE", help="another file than the config.json beside run.py")
    parser.add_argument("--host", help="instead of site_config.host")
    parser.add_argument("--port", type=int, help="instead of site_config.port; 0 is any free one")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    return parser


def _load(options: argparse.Namespace) -> Config:
    """Return the configuration, and keep its secrets out of the log from here on."""
    given: dict[str, Any] = {"host": options.host, "port": options.port}
    site = {key: value for key, value in given.items() if value is not None}
    config = load(options.config, Config, os.environ, {"site_config": site} if site else None)
    write_logs(config)
    return config


async def _serve(config: Config, options: argparse.Namespace) -> int:
    """Serve until a signal comes and running turns have ended."""
    app = create_app(config, loop=asyncio.get_running_loop())
    services = app.extensions["chat"]
    site = config.site_config
    await services.start()
    services.run(Watch(options.config or STANDARD_FILE, lambda: _load(options), services).run())
    try:
        all_returned = await serve(
            app,
            site.host,
            site.port,
            drain=services.drain,
            on_ready=lambda port: _announce(config, port, options.open),
            trusted_proxies=site.trusted_proxies,
            headers=HEADERS,
        )
    finally:
        await services.close()
    if not all_returned:  # the interpreter would wait for a view that hangs
        logging.shutdown()
        os._exit(0)
    return 0


def _announce(config: Config, port: int, browser: bool) -> None:
    host = config.site_config.host
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}{config.url_prefix}/"
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
    if browser:
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


async def _check(config: Config) -> int:
    """Write what each provider says for itself. Returns: 0 when one of them works."""
    findings = await survey(config)
    sys.stdout.write(findings_table(findings))
    if config.database.startswith("sqlite") and sqlite3.sqlite_version_info < SAFE_SQLITE:
        sys.stdout.write(f"\n{textwrap.fill(f'SQLite {sqlite3.sqlite_version} {OLD_SQLITE}', WIDTH)}\n")
    return 0 if any(finding.works for finding in findings) else 1
