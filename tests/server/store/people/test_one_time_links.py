from concurrent.futures import ThreadPoolExecutor

import pytest

from server.problems import Problem
from server.store.people.accounts import LOCAL_USER, Accounts
from server.store.people.one_time_links import LASTS, OneTimeLinks
from server.store.people.sessions import Sessions


@pytest.fixture
def accounts(store, clock):
    return Accounts(store.database, clock)


@pytest.fixture
def links(store, clock):
    return OneTimeLinks(store.database, clock)


def over():
    return pytest.raises(Problem, check=lambda problem: problem.code == "not_found")


def test_the_first_link_creates_the_first_administrator_once(accounts, links):
    links.make("token", "first")

    anna = links.use("token", "hash", "Anna")

    assert (anna.id, anna.role, anna.password_hash) == (LOCAL_USER, "admin", "hash")
    with over():
        links.use("token", "hash", "Ben")
    assert [account.name for account in accounts.all()] == ["Anna"]


def test_concurrent_uses_of_the_first_link_create_one_administrator(accounts, links):
    links.make("token", "first")

    def use(number):
        try:
            return links.use("token", "hash", f"Anna {number}")
        except Problem as problem:
            return problem.code

    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(use, range(8)))

    assert done.count("not_found") == 7
    assert [account.role for account in accounts.all()] == ["admin"]


def test_the_first_link_is_invalid_once_there_is_an_administrator(accounts, links):
    links.make("token", "first")
    accounts.add("Anna", "admin", "hash")

    with over():
        links.find("token")


def test_a_refused_name_leaves_the_link_valid(accounts, links):
    accounts.add("Ben", "user")
    links.make("token", "first")

    for name in ("ben", ""):
        with pytest.raises(Problem):
            links.use("token", "hash", name)

    assert links.use("token", "hash", "Anna").name == "Anna"


def test_a_new_password_by_link_ends_sessions_and_the_second_factor(accounts, links, store, clock):
    accounts.add("Anna", "admin")
    ben = accounts.add("Ben", "user", "old")
    sessions = Sessions(store.database, clock)
    sessions.start("session", ben.id, "", "")
    links.make("token", "reset", ben.id)
    assert links.find("token")[1].name == "Ben"

    links.use("token", "new", "Another name")

    assert accounts.by_name("Ben").password_hash == "new"
    assert sessions.find("session") is None
    with over():
        links.find("token")


def test_only_the_newest_link_is_valid(accounts, links):
    links.make("old", "first")
    links.make("new", "first")

    with over():
        links.find("old")
    assert links.find("new")[0] == "first"


def test_a_link_expires(links, clock):
    links.make("token", "first")

    clock.pass_by(seconds=LASTS.total_seconds())

    with over():
        links.use("token", "hash", "Anna")


def test_a_key_of_a_disabled_account_is_invalid(accounts, links):
    accounts.add("Anna", "admin")
    ben = accounts.add("Ben", "user")
    accounts.disable(ben.id)
    links.make("token", "reset", ben.id)

    with over():
        links.use("token", "hash")
