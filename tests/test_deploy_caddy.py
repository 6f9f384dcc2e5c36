"""The server behind Caddy, with the very file that deploy/ has for it."""

from tests import proxies
from tests.behind_a_proxy import BehindAProxy, prefix, settings

__all__ = ["prefix", "settings"]


class TestCaddy(BehindAProxy):
    proxy = proxies.caddy
