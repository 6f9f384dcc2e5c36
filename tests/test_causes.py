import pytest

from server import causes
from server.languages import SOURCE
from server.problems import BUG, INTERRUPTED, STATUS

ERROR = {"code": "provider_timeout", "message": "up did not answer within 60 seconds."}


@pytest.fixture
def translated(monkeypatch):
    """Another language, of which only its sound is known."""
    monkeypatch.setattr(causes, "language", lambda: "xx")
    monkeypatch.setattr(causes, "gettext", str.upper)


def test_every_code_has_a_sentence():
    assert causes.CAUSES.keys() == STATUS.keys()
    assert all(sentence.endswith((".", "?")) for sentence in causes.CAUSES.values())


def test_in_english_an_error_speaks_for_itself():
    assert causes.cause(ERROR) == ERROR["message"]
    assert causes.causes() == {}
    assert SOURCE == "en"


def test_in_another_language_its_code_does(translated):
    assert causes.cause(ERROR) == causes.CAUSES["provider_timeout"].upper()
    assert causes.causes()["key_rejected"] == causes.CAUSES["key_rejected"].upper()


@pytest.mark.parametrize("sentence", [BUG, INTERRUPTED])
def test_a_sentence_that_says_more_than_its_code_is_translated_itself(translated, sentence):
    assert causes.cause({"code": "stream_cut", "message": sentence}) == sentence.upper()


def test_an_error_of_a_code_that_is_not_known_speaks_for_itself(translated):
    assert causes.cause({"code": "unreachable", "message": "502 Bad Gateway"}) == "502 Bad Gateway"
    assert causes.cause({}) == ""
