"""The server behind nginx, with the very file that deploy/ has for it."""

import re
import socket
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

import requests

from g4f_lite.config.settings import Timeout
from tests.support import proxies
from tests.support.behind_a_proxy import BehindAProxy, prefix, settings
from tests.support.waiting import wait_for

__all__ = ["prefix", "settings"]

CONNECTIONS = int(re.search(r"limit_conn \w+ (\d+);", (proxies.ROOT / "deploy/nginx.conf").read_text())[1])


class TestNginx(BehindAProxy):
    proxy = proxies.nginx

    def test_attempts_to_sign_in_are_limited_and_nothing_else(self, site: str) -> None:
        def statuses(method: str, path: str) -> list[int]:
            return [session.request(method, f"{site}{path}", allow_redirects=False).status_code for _ in range(25)]

        with requests.Session() as session:
            assert 429 not in statuses("GET", "/login") + statuses("POST", "/logout")
            tried = statuses("POST", "/login")
            assert tried[:20] == [303] * 20, "nobody has to sign in here"
            assert tried[-3:] == [429] * 3
            assert statuses("POST", "/login/code")[-1] == statuses("POST", "/welcome")[-1] == 429
            assert session.get(f"{site}/healthz").status_code == 200

    def test_requests_at_the_same_time_are_limited(self, site: str) -> None:
        url = urlsplit(site)
        head = f"POST {url.path}/nothing HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: 9\r\n\r\n".encode()
        with ExitStack() as open_ones:
            for _ in range(CONNECTIONS):
                client = open_ones.enter_context(closing(socket.create_connection((url.hostname, url.port))))
                client.sendall(head)
            wait_for(lambda: requests.get(f"{site}/healthz", timeout=10).status_code == 429)

        wait_for(lambda: requests.get(f"{site}/healthz", timeout=10).status_code == 200)


def test_nginx_waits_for_as_long_as_an_answer_may_take():
    said = (proxies.ROOT / "deploy/nginx.conf").read_text()

    assert int(re.search(r"proxy_read_timeout (\d+)s;", said)[1]) > Timeout().total
