import pytest

CONVERSATION = "/backend-api/v2/conversation"
BODY = {"message": {"content": "Hello"}}


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:1338", "127.0.0.1:80", "[::1]:1338", "127.8.8.8", "LOCALHOST"]
)
def test_this_machines_own_names_are_answered(client, host):
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "192.168.1.5", "a@localhost:x", "[::"],
)
@pytest.mark.parametrize("path", ["/healthz", "/chat/", "/backend-api/v2/models", "/nothing"])
def test_any_other_host_is_refused(client, host, path):
    response = client.get(path, headers={"Host": host})

    assert response.status_code == 400
    assert response.json["error"]["code"] == "invalid_request"


class TestConfiguredNames:
    @pytest.fixture
    def settings(self, settings):
        settings["site_config"]["allowed_hosts"] = ["chat.example.org"]
        return settings

    def test_a_configured_name_is_answered(self, client):
        assert client.get("/healthz", headers={"Host": "Chat.Example.org:8443"}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "https://localhost"}, 403),
        ({"Origin": "http://localhost:8080"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_only_our_own_page_may_change_anything(client, upstream, headers, status):
    response = client.post(CONVERSATION, json=BODY, headers=headers)

    assert response.status_code == status
    if status != 200:
        assert response.json["error"]["code"] == "forbidden"
        assert upstream.requests == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_a_form_can_send_is_no_json(client, kind):
    response = client.post(CONVERSATION, data='{"message": {"content": "Hello"}}', content_type=kind)

    assert (response.status_code, response.json["error"]["code"]) == (415, "unsupported_media_type")


class TestWithoutV1:
    @pytest.fixture(params=["none", "accounts"])
    def settings(self, settings, request):
        return {**settings, "auth": {"mode": request.param}}

    @pytest.mark.parametrize("path", ["/chat/completions", "/messages"])
    def test_a_program_learns_where_the_api_is(self, client, path):
        response = client.post(path, json={"model": "guide", "messages": []}, headers={"Authorization": "Bearer x"})

        assert (response.status_code, response.json["error"]["code"]) == (404, "not_found")
        assert "must end in /v1" in response.json["error"]["message"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/chat/", 200), ("/healthz", 200), ("/nothing", 404), ("/chat/unknown", 404), (CONVERSATION, 405)],
)
def test_every_answer_carries_the_headers(client, path, status):
    response = client.get(path)

    assert response.status_code == status
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "no-store" in response.headers["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in response.headers


def test_streams_carry_the_headers_too(client):
    response = client.post(CONVERSATION, json=BODY)

    assert "Content-Security-Policy" in response.headers
    assert response.headers["X-Accel-Buffering"] == "no"


def test_reading_never_changes_anything(client):
    assert client.get(CONVERSATION).status_code == 405
    assert client.get(CONVERSATION, headers={"X-HTTP-Method-Override": "POST"}).status_code == 405
