from concurrent.futures import ThreadPoolExecutor

import pytest

from server.problems import Problem
from server.store.people.accounts import LOCAL_USER, Accounts
from server.store.people.names import name_key
from server.store.people.sessions import Sessions
from tests.support.stores import answered


@pytest.fixture
def accounts(store, clock):
    return Accounts(store.database, clock)


@pytest.fixture
def sessions(store, clock):
    return Sessions(store.database, clock)


def refused(code):
    return pytest.raises(Problem, check=lambda problem: problem.code == code)


def test_the_first_administrator_inherits_existing_chats(store, accounts):
    begun = answered(store)

    anna = accounts.add("Anna", "admin", "hash")

    assert anna.id == LOCAL_USER
    assert store.message(anna.id, begun.answer.id).content == "Fine."


def test_later_people_inherit_nothing(accounts):
    ben = accounts.add("ben", "user", "hash")
    accounts.add("Anna", "admin", "hash")
    cleo = accounts.add("cleo", "admin", "hash")

    assert LOCAL_USER not in (ben.id, cleo.id)
    assert [account.name for account in accounts.all()] == ["Anna", "ben", "cleo"]


@pytest.mark.parametrize(
    ("one", "other"), [("Anna", "aNNA"), ("Straße", "STRASSE"), ("ﬁn", "FIN"), ("Ångström", "A\u030angström")]
)
def test_names_that_look_the_same_are_equal(accounts, one, other):
    accounts.add(one, "admin")

    with refused("conflict"):
        accounts.add(other, "user")
    with refused("conflict"):
        accounts.add(other, "admin")
    assert accounts.find_by_name(other) == accounts.by_name(one)
    assert name_key(one) == name_key(other)


def test_only_one_of_many_gets_the_same_name(accounts):
    def add(number):
        try:
            return accounts.add("anna" if number % 2 else "Anna", "admin")
        except Problem as problem:
            return problem.code

    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(add, range(8)))

    assert done.count("conflict") == 7
    assert len(accounts.all()) == 1


def test_two_administrators_cannot_disable_each_other_at_once(accounts):
    ids = [accounts.add(name, "admin").id for name in ("Anna", "Ben", "Cleo", "Dora")]

    def disable(user_id):
        try:
            accounts.disable(user_id)
        except Problem as problem:
            return problem.code

    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(disable, ids))

    assert done.count("conflict") == 1
    assert accounts.has_administrator()


@pytest.mark.parametrize("name", ["", " ", " anna", "a\nb", "a\0b", "x" * 65, "a\u202eb"])
def test_an_invalid_name_is_refused(accounts, name):
    with refused("invalid_request"):
        accounts.add(name, "user")
    assert accounts.find_by_name(name) is None


def test_an_empty_name_finds_no_account(accounts):
    assert accounts.all() == []
    assert accounts.find_by_name("") is None
    assert accounts.find_by_name("local") is None


def test_a_new_password_ends_the_other_sessions(accounts, sessions):
    anna = accounts.add("anna", "admin", "old")
    for token_hash in ("here", "elsewhere"):
        sessions.start(token_hash, anna.id, "", "")

    accounts.set_password(anna.id, "new", keep="here")

    assert accounts.by_name("anna").password_hash == "new"
    assert sessions.alive(["here", "elsewhere"]) == {"here"}


def test_a_rehash_does_not_undo_a_new_password(accounts):
    anna = accounts.add("anna", "admin", "old")
    accounts.set_password(anna.id, "new")

    accounts.rehash(anna.id, "old", "old with more rounds")

    assert accounts.by_name("anna").password_hash == "new"


def test_a_disabled_account_cannot_sign_in_until_enabled(accounts, sessions):
    accounts.add("anna", "admin")
    ben = accounts.add("ben", "user")
    sessions.start("token", ben.id, "", "")

    accounts.disable(ben.id)

    assert sessions.find("token") is None
    assert not sessions.start("another", ben.id, "", "")
    accounts.enable(ben.id)
    assert sessions.find("token") is None, "the session does not come back"
    assert sessions.start("another", ben.id, "", "")


def test_the_last_administrator_stays(accounts):
    anna = accounts.add("anna", "admin")

    with refused("conflict"):
        accounts.disable(anna.id)
    with refused("conflict"):
        accounts.set_role(anna.id, "user")
    assert accounts.has_administrator()

    accounts.add("ben", "admin")
    accounts.set_role(anna.id, "user")
    assert accounts.by_name("anna").role == "user"


@pytest.mark.parametrize("change", ["disable", "enable"])
def test_an_unknown_account_is_not_found(accounts, change):
    accounts.add("anna", "admin")

    with refused("not_found"):
        getattr(accounts, change)("unknown")
    with refused("not_found"):
        accounts.by_name("unknown")
