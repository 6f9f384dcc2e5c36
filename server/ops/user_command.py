"""The command `run.py user`: manages accounts, whether the server runs or not."""

import argparse
import getpass
import os
import sys
from contextlib import closing
from pathlib import Path

from server.auth import passwords
from server.auth.access import Access
from server.config import urls
from server.config.site import Config
from server.ops import data_folder
from server.problems import Problem
from server.store import Store
from server.store.migrate import HEAD, revision
from server.store.people.accounts import Account, Role

ACTIONS = ("add", "list", "passwd", "disable", "enable", "reset")
BY = "command line"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command to a parser."""
    parser.add_argument("action", choices=ACTIONS, help="reset prints a one-time link for choosing a new password")
    parser.add_argument("name", nargs="?", help="name of the account; not used by list")
    parser.add_argument("--admin", action="store_true", help="with add: make the account an administrator")


def run(config: Config, options: argparse.Namespace) -> int:
    """Run the action. Returns: the exit code. Raises: Problem."""
    if options.action != "list" and not options.name:
        raise Problem("invalid_request", f"Name the account: run.py user {options.action} NAME")
    data_folder.create(Path(config.data_dir))
    with closing(Store(config.database)) as store:
        _make_ready(store)
        _act(config, Access(config, store), options)
    return 0


def _make_ready(store: Store) -> None:
    """Create or migrate the schema if needed, which requires that no server runs."""
    store.database.open()
    if revision(store.database) != HEAD:
        store.lock()
        store.open()


def _act(config: Config, access: Access, options: argparse.Namespace) -> None:
    accounts, name = access.accounts, options.name
    match options.action:
        case "list":
            sys.stdout.writelines(f"{_line(account)}\n" for account in accounts.all())
            return
        case "add":
            role: Role = "admin" if options.admin else "user"
            made = accounts.add(name, role, _new_password(name))
            _say(access, f"{made.name} can sign in now.", "account_added", made, role=role)
        case "passwd":
            account = accounts.by_name(name)
            accounts.set_password(account.id, _new_password(name))
            _say(
                access,
                f"The password of {account.name} was changed and all sessions were ended. API keys stay valid.",
                "password_changed",
                account,
            )
        case "disable":
            account = accounts.by_name(name)
            accounts.disable(account.id)
            _say(access, f"{account.name} is disabled and signed out.", "account_disabled", account)
        case "enable":
            account = accounts.by_name(name)
            accounts.enable(account.id)
            _say(access, f"{account.name} can sign in again.", "account_enabled", account)
        case "reset":
            account = accounts.by_name(name)
            if account.disabled_at:
                raise Problem("conflict", f"{account.name} is disabled. Enable the account first: run.py user enable")
            token = access.make_link("reset", account.id)
            link = f"{urls.outside(config, config.site_config.port)}welcome#{token}"
            _say(access, f"This link works once and expires after a day: {link}", "link_made", account)


def _say(access: Access, sentence: str, event: str, account: Account, **more: str) -> None:
    access.audit.note(event, user=account.name, by=BY, **more)
    sys.stdout.write(f"{sentence}\n")


def _line(account: Account) -> str:
    state = "disabled" if account.disabled_at else account.role
    return f"{account.name:<24} {state:<9} since {account.created_at:%Y-%m-%d}"


def _new_password(name: str) -> str:
    """Ask for a password and return its hash. Raises: Problem."""
    password = _password()
    passwords.check_new(password, name)
    return passwords.hash_password(password)


def _password() -> str:
    """Return a password typed twice at a terminal; without one CHAT_PASSWORD, or a line of standard input."""
    if not sys.stdin.isatty():
        return os.environ.get("CHAT_PASSWORD") or sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Repeat the password: ") != password:
        raise Problem("invalid_request", "The passwords do not match. Nothing was changed.")
    return password
