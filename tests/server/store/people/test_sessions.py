import pytest

from server.store.people.accounts import LOCAL_USER
from server.store.people.sessions import IDLE, LONGEST, LONGEST_AGENT, NOTE_EVERY, Sessions
from tests.support.stores import add_person


@pytest.fixture
def sessions(store, clock):
    sessions = Sessions(store.database, clock)
    assert sessions.start("token", LOCAL_USER, "192.0.2.1", "A browser")
    return sessions


def test_a_session_has_a_person_an_address_and_an_agent(sessions, clock):
    session, account = sessions.find("token")

    assert account.id == session.user_id == LOCAL_USER
    assert (session.address, session.agent, session.created_at) == ("192.0.2.1", "A browser", clock())
    assert sessions.find("another token") is None


def test_a_used_session_lasts_until_its_maximum_age(sessions, clock):
    begun = clock()
    while clock() - begun < LONGEST - IDLE / 2:
        assert sessions.find("token")
        clock.pass_by(seconds=IDLE.total_seconds() / 2)

    clock.pass_by(seconds=IDLE.total_seconds() / 2)

    assert sessions.find("token") is None
    assert sessions.alive(["token"]) == set()
    assert sessions.of(LOCAL_USER) == []


def test_an_unused_session_ends(sessions, clock):
    clock.pass_by(seconds=IDLE.total_seconds())

    assert sessions.find("token") is None


def test_use_of_a_session_is_noted_now_and_then(sessions, clock):
    clock.pass_by(seconds=NOTE_EVERY.total_seconds())
    sessions.find("token")
    assert sessions.of(LOCAL_USER)[0].seen_at < clock()

    clock.pass_by(seconds=1)
    sessions.find("token")
    assert sessions.of(LOCAL_USER)[0].seen_at == clock()


def test_only_ones_own_session_can_be_ended(sessions, store):
    anna = add_person(store, "anna")
    sessions.start("hers", anna, "", "")
    (hers,) = sessions.of(anna)

    assert not sessions.end(LOCAL_USER, hers.id)
    sessions.end_all(LOCAL_USER)

    assert sessions.alive(["token", "hers"]) == {"hers"}
    assert sessions.end(anna, hers.id)
    assert sessions.find("hers") is None


def test_all_sessions_but_one_can_be_ended(sessions):
    sessions.start("another", LOCAL_USER, "", "")

    sessions.end_all(LOCAL_USER, keep="token")

    assert sessions.alive(["token", "another"]) == {"token"}


def test_a_long_user_agent_is_cut(sessions):
    sessions.start("another", LOCAL_USER, "", "x\0" * 9000)

    assert max(len(session.agent) for session in sessions.of(LOCAL_USER)) <= LONGEST_AGENT


def test_the_last_visit_of_each_person_is_known(sessions, store, clock):
    anna = add_person(store, "anna")
    add_person(store, "ben")
    clock.pass_by(days=1)
    sessions.start("hers", anna, "", "")
    sessions.start("another", LOCAL_USER, "", "")

    assert sessions.last_seen() == {anna: clock(), LOCAL_USER: clock()}
