"""The web app manifest and its icons."""

import struct

import pytest

from tests.tools.icons import FILES

MANIFEST = "/chat/manifest.webmanifest"


def size_of(png):
    """Return width and height. Source: https://www.w3.org/TR/png-3/, 11.2.1 IHDR."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", png[16:24])


def test_the_page_leads_to_the_manifest(client):
    assert f'<link rel="manifest" href="{MANIFEST}">' in client.get("/chat/").text
    assert client.get(MANIFEST).mimetype == "application/manifest+json"


def test_the_app_is_called_as_the_site_is(client):
    said = client.get(MANIFEST).json

    assert said["name"] == "g4f-lite"
    assert (said["id"], said["start_url"], said["scope"]) == ("/chat/", "/chat/", "/")
    assert said["display"] == "standalone"


def test_every_icon_exists_in_the_stated_size(client):
    icons = client.get(MANIFEST).json["icons"]

    assert {icon["purpose"] for icon in icons} == {"any", "maskable"}
    for icon in icons:
        served = client.get(icon["src"])
        assert (served.status_code, served.mimetype) == (200, icon["type"])
        if icon["type"] == "image/png":
            assert "{}x{}".format(*size_of(served.data)) == icon["sizes"]


def test_a_phone_of_apples_finds_its_icon(client, app):
    address = f"/static/{app.extensions['assets'].version}/icons/apple-touch-icon.png"

    assert f'<link rel="apple-touch-icon" href="{address}">' in client.get("/chat/").text
    assert size_of(client.get(address).data) == (180, 180)


@pytest.mark.parametrize("name", FILES)
def test_the_icons_are_small(app, name):
    assert len(app.extensions["assets"].files[f"icons/{name}"].body) < 16_000


def test_the_manifest_speaks_the_readers_language(client):
    client.set_cookie("chat_language", "ar")

    said = client.get(MANIFEST).json

    assert (said["lang"], said["dir"]) == ("ar", "rtl")


class TestBelowAPrefix:
    @pytest.fixture
    def settings(self, settings):
        return {**settings, "url_prefix": "/some/where"}

    def test_the_app_stays_below_it(self, client):
        said = client.get(f"/some/where{MANIFEST}").json

        assert said["scope"] == "/some/where/"
        addresses = [said["id"], said["start_url"], *(icon["src"] for icon in said["icons"])]
        assert all(address.startswith("/some/where/") for address in addresses)


class TestWithAccounts:
    @pytest.fixture
    def settings(self, settings):
        return {**settings, "auth": {"mode": "accounts"}}

    def test_the_manifest_can_be_had_without_a_session(self, client):
        assert client.get(MANIFEST).status_code == 200
