"""The command line of run.py: serve, check, user, backup, restore."""

import argparse
import asyncio
import logging
import os
import sys
import textwrap
import threading
import webbrowser
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from g4f_lite.config.load import STANDARD_FILE, load
from g4f_lite.errors import ConfigError
from g4f_lite.providers import KINDS
from g4f_lite.routing.check import WIDTH, check, results_table
from server.app import create_app
from server.auth.access import Access
from server.auth.first_administrator import log_setup_link
from server.compat.api_errors import adapt_error
from server.config import urls
from server.config.reload import ConfigReloader
from server.config.site import Config
from server.current.sign_in import sender_check
from server.front import BodyRules, ListenError, Proxies, serve
from server.lifecycle import Lifecycle
from server.ops import user_command as users
from server.ops.backup import add_arguments
from server.ops.deployment_check import risks
from server.ops.logs import set_up_logging
from server.ops.systemd import READY, notify
from server.problems import Problem
from server.web.body_limits import largest_body
from server.web.security_headers import SECURITY_HEADERS

log = logging.getLogger(__name__)

COMMANDS: dict[str, Callable[[Config, argparse.Namespace], int]] = {
    "serve": lambda config, options: asyncio.run(_serve(config, options)),
    "check": lambda config, options: asyncio.run(_check(config, options)),
    "user": users.run,
    "backup": lambda config, options: _backup(config, options),
    "restore": lambda config, options: _restore(config, options),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns: 0 after a signal ended it, 2 for a wrong configuration, 1 for any other failure."""
    options = _parser().parse_args(arguments)
    try:
        config = _load(options)
        return COMMANDS[options.command](config, options)
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
    _add_options(parser)
    commands = parser.add_subparsers(metavar="COMMAND", dest="command")
    _add_options(commands.add_parser("serve", help="serve the page (the default)"))
    _add_options(commands.add_parser("check", help="check every provider in the configuration and report problems"))
    user = commands.add_parser("user", help="add, list and change accounts")
    users.add_arguments(user)
    _add_options(user)
    backup = commands.add_parser("backup", help="write the whole site to one file; the server may keep running")
    restore = commands.add_parser("restore", help="restore a site from a backup file")
    add_arguments(backup, restore)
    _add_options(backup)
    _add_options(restore)
    parser.set_defaults(command="serve", config=None, host=None, port=None, open=False)
    return parser


def _add_options(parser: argparse.ArgumentParser) -> None:
    """Add options that may stand before or after the command."""
    absent = argparse.SUPPRESS
    file = "use this file instead of the config.json next to run.py"
    parser.add_argument("--config", type=Path, metavar="FILE", default=absent, help=file)
    parser.add_argument("--host", default=absent, help="overrides site_config.host")
    parser.add_argument("--port", type=int, default=absent, help="overrides site_config.port; 0 means any free port")
    parser.add_argument("--open", action="store_true", default=absent, help="open the page in a browser")


def _load(options: argparse.Namespace) -> Config:
    """Return the configuration, and keep its secrets out of the log from now on."""
    given: dict[str, Any] = {"host": options.host, "port": options.port}
    site = {key: value for key, value in given.items() if value is not None}
    config = load(options.config, Config, os.environ, KINDS, {"site_config": site} if site else None)
    set_up_logging(config)
    return config


async def _serve(config: Config, options: argparse.Namespace) -> int:
    """Serve until a signal comes and the running turns have ended."""
    app = create_app(config, loop=asyncio.get_running_loop())
    lifecycle: Lifecycle = app.extensions["lifecycle"]
    services = lifecycle.services
    site = config.site_config
    await lifecycle.start()
    reloader = ConfigReloader(options.config or STANDARD_FILE, lambda: _load(options), services, lifecycle.apply_config)
    services.background.run(reloader.run())
    try:
        all_returned = await serve(
            app,
            site.host,
            site.port,
            drain=lifecycle.drain,
            on_ready=lambda port: _announce(config, services.access, port, options.open),
            proxies=Proxies(site.trusted_proxies, site.proxy_addresses),
            headers=SECURITY_HEADERS,
            adapt_error=partial(adapt_error, url_prefix=config.url_prefix),
            body_rules=BodyRules(partial(largest_body, url_prefix=config.url_prefix), sender_check(app)),
        )
    finally:
        await lifecycle.close()
    if not all_returned:  # the interpreter would wait for a view that hangs
        logging.shutdown()
        os._exit(0)
    return 0


def _announce(config: Config, access: Access, port: int, browser: bool) -> None:
    url = urls.listening(config, port)
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
    notify(READY)
    log_setup_link(access, config, port)
    if browser:
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _backup(config: Config, options: argparse.Namespace) -> int:
    from server.ops.backup import command

    return command.backup(config, options)


def _restore(config: Config, options: argparse.Namespace) -> int:
    from server.ops.backup import command

    return command.restore(config, options)


async def _check(config: Config, options: argparse.Namespace) -> int:
    """Print the state of each provider and the risks. Returns: 0 if a provider works and nothing is unsafe."""
    results = await check(config, KINDS)
    sys.stdout.write(results_table(results))
    found = risks(config, options.config or STANDARD_FILE)
    for risk in found:
        sys.stdout.write(f"\n{textwrap.fill(str(risk), WIDTH, break_long_words=False, break_on_hyphens=False)}\n")
    is_safe = not any(risk.is_error for risk in found)
    return 0 if is_safe and any(result.works for result in results) else 1
