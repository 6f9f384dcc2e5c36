"""The server behind Caddy, with the very file that deploy/ has for it."""

from tests.support import proxies
from tests.support.behind_a_proxy import BehindAProxy, prefix, settings

__all__ = ["prefix", "settings"]


class TestCaddy(BehindAProxy):
    proxy = proxies.caddy
