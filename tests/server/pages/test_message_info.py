import pytest

from tests.server.api.test_turns import ask
from tests.support.services.openai_wire import openai_stream
from tests.support.stores import an_outcome, answered


def info(client, message_id):
    return client.get(f"/chat/parts/message-info?id={message_id}")


def test_the_details_name_the_provider_and_the_cost(client, upstream):
    upstream.will_answer(openai_stream("Yes.", usage=(1200, 7)))
    said = ask(client, "Is it?")

    html = info(client, said[0]["message_id"]).text

    assert '<dd dir="auto">m</dd>' in html
    assert '<dd dir="auto">test-model</dd>' in html
    assert 'data-number="1200"' in html and 'data-number="7"' in html
    assert "estimated" not in html
    assert "by hand" not in html
    assert "<html" not in html


def test_what_was_not_counted_is_marked_as_estimated(client, upstream):
    upstream.will_answer(openai_stream("Yes."))
    said = ask(client, "Is it?")

    assert "(estimated)" in info(client, said[0]["message_id"]).text


def test_a_version_written_by_hand_says_so(client):
    said = ask(client)
    versions = f"/backend-api/v2/messages/{said[0]['message_id']}/versions"
    written = client.post(versions, json={"content": "Mine."}).json

    html = info(client, written["id"]).text

    assert "by hand" in html
    assert "Tokens" not in html


def test_failed_providers_are_shown_as_text(app, client):
    attempts = [{"provider": "first", "error": {"code": "provider_timeout", "message": "first is <slow>."}}]
    outcome = an_outcome(attempts=attempts, provider="up", usage=None)
    begun = answered(app.extensions["chat"].store, outcome=outcome)

    html = info(client, begun.answer.id).text

    assert "<strong>first</strong>: first is &lt;slow&gt;." in html


class TestWithAPrice:
    @pytest.fixture
    def settings(self, settings):
        settings["models"]["m"] = {"routes": ["up/test-model"], "price": {"input": 2, "output": 5}}
        return settings

    def test_the_cost_is_shown(self, client, upstream):
        upstream.will_answer(openai_stream("Yes.", usage=(1000, 200)))
        said = ask(client, "Is it?")

        assert 'data-dollars="0.003"' in info(client, said[0]["message_id"]).text


def test_what_is_no_message_is_a_404(client):
    assert info(client, "nobody").status_code == 404
