import base64
import hmac
import json
import time
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc.jwk import RSAKey

from g4f_lite.errors import ConfigError
from server.auth import oidc_client as issuer_module
from server.auth.oidc_client import Issuer
from server.config.auth import Oidc
from server.limits.rate_limiter import MAX_HITS
from server.pages import oidc_login
from tests.support.members import add_member, sign_in
from tests.support.services.oidc_issuer import CLIENT, SECRET, ScriptedIssuer

API = "/backend-api/v2/models"


@pytest.fixture
def issuer():
    issuer = ScriptedIssuer()
    yield issuer
    issuer.close()


@pytest.fixture
def oidc(issuer):
    return {"issuer": issuer.address, "client_id": CLIENT, "client_secret": SECRET, "label": "Example"}


@pytest.fixture
def settings(settings, oidc):
    settings["auth"] = {"mode": "accounts", "oidc": oidc}
    return settings


@pytest.fixture
def accounts(app):
    return app.extensions["chat"].access.accounts


def begin(client, then=None):
    """Go to the issuer; return the address there."""
    response = client.get("/login/oidc", query_string={"next": then} if then else {})
    assert response.status_code == 302, response.text
    return response.location


def come_back(client, address):
    parts = urlsplit(address)
    return client.get(parts.path, query_string=parts.query)


def sign_in_at(client, issuer, then=None):
    return come_back(client, issuer.authorize(begin(client, then)))


def test_whom_the_issuer_knows_comes_in_and_gets_an_account(client, issuer, accounts):
    assert "Sign in with Example" in client.get("/login").text

    response = sign_in_at(client, issuer, "/chat/x")

    assert (response.status_code, response.location) == (303, "/chat/x")
    assert client.get(API).status_code == 200
    anna = accounts.by_name("Anna")
    assert (anna.role, anna.subject, anna.password_hash) == ("user", f"{issuer.address} 4711", None)


def test_the_second_visit_is_the_same_person(app, client, issuer, accounts):
    sign_in_at(client, issuer)
    issuer.claims["preferred_username"] = "Another name"

    assert sign_in_at(app.test_client(), issuer).status_code == 303

    assert [account.name for account in accounts.all()] == ["Anna"]


def test_an_account_of_the_same_name_is_another_person(app, client, issuer, accounts):
    add_member(app, "anna", "admin")

    sign_in_at(client, issuer)

    assert [account.name for account in accounts.all()] == ["anna", "Anna 2"]
    assert accounts.by_name("Anna 2").role == "user"


def test_an_account_without_a_password_cannot_use_the_form(app, client, issuer):
    sign_in_at(client, issuer)

    for password in ("", "None", "nobody has this password"):
        assert sign_in(app.test_client(), "Anna", password).status_code == 401


def test_who_is_disabled_stays_out(app, client, issuer, accounts):
    sign_in_at(client, issuer)
    accounts.disable(accounts.by_name("Anna").id)

    assert sign_in_at(app.test_client(), issuer).status_code == 403


def test_what_must_come_back_is_sent_along_and_differs_each_time(client, issuer):
    first, second = (dict(parse_qsl(urlsplit(begin(client)).query)) for _ in range(2))

    assert first["redirect_uri"] == "http://localhost/login/oidc/callback"
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 32 and first[name] != second[name]


def refused(client, response, status=403):
    assert response.status_code == status
    assert 'role="alert"' in response.text
    assert client.get(API).status_code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"aud": "another client"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"iat": int(time.time()) + 3600},
        {"aud": [CLIENT, "another"], "azp": "another"},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_and_now_is_refused(client, issuer, claims):
    issuer.claims |= claims

    refused(client, sign_in_at(client, issuer))


def test_a_token_with_another_signature_is_refused(client, issuer):
    issuer.signs_with = RSAKey.generate_key(2048, {"kid": "one"})

    refused(client, sign_in_at(client, issuer))


def test_a_new_key_of_the_issuer_is_fetched(app, client, issuer):
    sign_in_at(app.test_client(), issuer)
    issuer.key = RSAKey.generate_key(2048, {"kid": "two"})

    assert sign_in_at(client, issuer).status_code == 303


@pytest.mark.parametrize("alg", ["none", "HS256"])
def test_a_token_that_anybody_can_sign_is_refused(client, issuer, monkeypatch, alg):
    def forged(nonce):
        now = int(time.time())
        claims = {"iss": issuer.address, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": nonce, "sub": "4711"}
        parts = [json.dumps(part).encode() for part in ({"alg": alg, "kid": "one"}, claims)]
        signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
        known_to_all = issuer.key.as_pem(private=False)
        signature = hmac.digest(known_to_all, signed, "sha256") if alg == "HS256" else b""
        return b".".join((signed, base64.urlsafe_b64encode(signature).rstrip(b"="))).decode()

    monkeypatch.setattr(issuer, "_signed", forged)

    refused(client, sign_in_at(client, issuer))


def test_another_browsers_visit_is_refused(app, client, issuer):
    back = issuer.authorize(begin(app.test_client()))

    refused(client, come_back(client, back))


def test_another_state_is_refused(client, issuer):
    back = issuer.authorize(begin(client))

    refused(client, come_back(client, back.replace("state=", "state=x")))


def test_an_address_is_good_once(client, issuer):
    back = issuer.authorize(begin(client))
    assert come_back(client, back).status_code == 303
    client.delete_cookie("chat_session")

    refused(client, come_back(client, back))


def test_cancelling_at_the_issuer_is_explained(client, issuer):
    state = dict(parse_qsl(urlsplit(begin(client)).query))["state"]

    refused(client, client.get("/login/oidc/callback", query_string={"error": "access_denied", "state": state}))


def test_nobody_is_led_to_another_site(client, issuer):
    assert sign_in_at(client, issuer, "https://evil.example").location == "/chat/"


class TestAllowed:
    @pytest.fixture
    def oidc(self, oidc):
        return {**oidc, "allowed": ["*@example.org"]}

    def test_some_may_come_in(self, client, issuer):
        issuer.claims["email"] = "Anna@Example.org"

        assert sign_in_at(client, issuer).status_code == 303

    @pytest.mark.parametrize(
        "claims",
        [{"email": "a@evil.example"}, {"email_verified": False}, {"email_verified": "true"}, {"email": ""}],
        ids=str,
    )
    def test_others_may_not(self, client, issuer, accounts, claims):
        issuer.claims |= claims

        refused(client, sign_in_at(client, issuer))
        assert accounts.all() == []


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/.well-known/openid-configuration", (500, {})),
        ("/.well-known/openid-configuration", (200, b"<html>")),
        ("/.well-known/openid-configuration", (200, {"issuer": "https://evil.example"})),
        ("/.well-known/openid-configuration", (200, [])),
        ("/keys", (200, {"keys": [], "more": "x" * (2 << 20)})),
        ("/keys", (404, {})),
    ],
)
def test_a_broken_issuer_is_explained(client, issuer, path, answer):
    issuer.answers[path] = answer

    refused(client, client.get("/login/oidc"), status=502)


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}),
        (200, b"nonsense"),
        (500, {}),
        (400, {"error": "invalid_grant"}),
        (200, []),
        (200, {"x": "x" * (2 << 20)}),
    ],
)
def test_a_missing_token_is_explained(client, issuer, answer):
    back = issuer.authorize(begin(client))
    issuer.answers["/token"] = answer

    response = come_back(client, back)

    assert response.status_code in (403, 502)
    refused(client, response, response.status_code)


def test_an_issuer_that_failed_is_left_alone_for_a_moment(client, issuer):
    issuer.answers["/keys"] = (500, {})
    client.get("/login/oidc")
    asked = len(issuer.asked)

    for _ in range(5):
        refused(client, client.get("/login/oidc"), status=502)

    assert len(issuer.asked) == asked


def test_few_wait_for_a_slow_issuer_at_once(app, client, issuer):
    waiting = app.extensions["chat"].access.issuer._waiting
    with waiting(), waiting():
        refused(client, client.get("/login/oidc"), status=502)

    assert begin(client)


def test_made_up_answers_are_not_asked_about_for_ever(client, issuer):
    for _ in range(MAX_HITS):
        refused(client, come_back(client, "/login/oidc/callback?code=x&state=x"))

    refused(client, come_back(client, "/login/oidc/callback?code=x&state=x"), status=429)


def test_names_that_cannot_be_become_ones_that_can(client, issuer, accounts):
    issuer.claims["preferred_username"] = " a\nb\x00" + "x" * 100

    sign_in_at(client, issuer)

    (account,) = accounts.all()
    assert account.name.startswith("abxx") and len(account.name) <= 64


def test_what_happened_is_in_the_audit_log_without_a_token(client, issuer, tmp_path):
    sign_in_at(client, issuer)

    text = (tmp_path / "data" / "audit.log").read_text()
    assert [json.loads(line)["event"] for line in text.splitlines()] == ["account_added", "login"]
    assert "eyJ" not in text


def test_without_the_library_the_error_names_the_remedy(oidc, monkeypatch):
    monkeypatch.setattr(issuer_module, "find_spec", lambda name: None)

    with pytest.raises(ConfigError, match=r"pip install -r requirements-oidc\.txt"):
        Issuer(Oidc(**oidc))


class TestNone:
    @pytest.fixture
    def settings(self, settings):
        del settings["auth"]["oidc"]
        return settings

    def test_there_is_no_such_way_in(self, client):
        assert client.get("/login/oidc").status_code == 404
        assert client.get("/login/oidc/callback").status_code == 404
        assert "Sign in with" not in client.get("/login").text


@pytest.mark.parametrize(
    ("name", "acceptable"),
    [("Anna\u3164 \ufe0f", "Anna"), ("b\u043eb", "guest"), ("\u3164", "guest"), ("A" * 80, "A" * 60)],
    ids=ascii,
)
def test_a_name_of_the_issuer_becomes_one_that_an_account_can_have(name, acceptable):
    assert oidc_login._acceptable(name) == acceptable
