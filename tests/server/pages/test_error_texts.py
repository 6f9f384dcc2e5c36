import pytest

from server.pages import error_texts
from server.problems import BUG, ERROR_KINDS, INTERRUPTED
from server.web.i18n import SOURCE

ERROR = {"code": "provider_timeout", "message": "up did not answer within 60 seconds."}


@pytest.fixture
def translated(monkeypatch):
    """Another language, of which only its sound is known."""
    monkeypatch.setattr(error_texts, "language", lambda: "xx")
    monkeypatch.setattr(error_texts, "gettext", str.upper)


def test_every_code_has_a_sentence():
    assert all(kind.text.endswith((".", "?")) for kind in ERROR_KINDS.values())


def test_in_english_the_error_s_own_message_is_shown():
    assert error_texts.error_text(ERROR) == ERROR["message"]
    assert error_texts.error_texts() == {}
    assert SOURCE == "en"


def test_in_another_language_the_text_of_its_code_is_shown(translated):
    assert error_texts.error_text(ERROR) == ERROR_KINDS["provider_timeout"].text.upper()
    assert error_texts.error_texts()["key_rejected"] == ERROR_KINDS["key_rejected"].text.upper()


@pytest.mark.parametrize("sentence", [BUG, INTERRUPTED])
def test_a_message_that_says_more_than_its_code_is_translated(translated, sentence):
    assert error_texts.error_text({"code": "stream_cut", "message": sentence}) == sentence.upper()


def test_an_error_with_an_unknown_code_shows_its_own_message(translated):
    assert error_texts.error_text({"code": "unreachable", "message": "502 Bad Gateway"}) == "502 Bad Gateway"
    assert error_texts.error_text({}) == ""
