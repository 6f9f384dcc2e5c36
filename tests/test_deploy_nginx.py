"""The server behind nginx, with the very file that deploy/ has for it."""

from tests import proxies
from tests.behind_a_proxy import BehindAProxy, prefix, settings

__all__ = ["prefix", "settings"]


class TestNginx(BehindAProxy):
    proxy = proxies.nginx
