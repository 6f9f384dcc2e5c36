"""The server behind nginx, with the very file that deploy/ has for it."""

import re

from g4f_lite.config.settings import Timeout
from tests.support import proxies
from tests.support.behind_a_proxy import BehindAProxy, prefix, settings

__all__ = ["prefix", "settings"]


class TestNginx(BehindAProxy):
    proxy = proxies.nginx


def test_nginx_waits_for_as_long_as_an_answer_may_take():
    said = (proxies.ROOT / "deploy/nginx.conf").read_text()

    assert int(re.search(r"proxy_read_timeout (\d+)s;", said)[1]) > Timeout().total
