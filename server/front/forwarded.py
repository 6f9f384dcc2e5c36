"""Forwarded headers: believed from the reverse proxies in front of this server, and from no other address."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from server.web.environ_keys import FORWARDED

LOOPBACK = ("127.0.0.0/8", "::1/128")
PREFIX = "HTTP_X_FORWARDED_"


class Proxies:
    """How many proxies stand in a row in front, and the addresses and networks that the innermost connects from."""

    def __init__(self, count: int = 0, addresses: Iterable[str] = LOOPBACK) -> None:
        self.count = count
        self._networks = [ip_network(address) for address in addresses]

    def believed(self, address: str | None) -> int:
        """Return how many proxies to believe for a request from that address: all of them, or none."""
        return self.count if self.count and address and self._is_ours(ip_address(address)) else 0

    def _is_ours(self, address: IPv4Address | IPv6Address) -> bool:
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return any((mapped or address) in network for network in self._networks)


NO_PROXIES = Proxies()


def apply(environ: dict[str, Any], trusted_proxies: int) -> dict[str, Any]:
    """Return the environ as the outermost trusted proxy saw the request, without the forwarded headers.

    trusted_proxies: how many stand in a row in front; each has added one entry at the right of each header.
    """
    if any(key.startswith(PREFIX) or key == "HTTP_FORWARDED" for key in environ):
        environ = {**environ, FORWARDED: True}
    forwarded = {name: _entry(environ.get(PREFIX + name, ""), trusted_proxies) for name in ("FOR", "PROTO", "HOST")}
    result = {key: value for key, value in environ.items() if not key.startswith(PREFIX) and key != "HTTP_FORWARDED"}
    if _is_address(forwarded["FOR"]):
        result["REMOTE_ADDR"] = forwarded["FOR"]
    if forwarded["PROTO"] in ("http", "https"):
        result["wsgi.url_scheme"] = forwarded["PROTO"]
    if forwarded["HOST"]:
        result["HTTP_HOST"] = forwarded["HOST"]
    return result


def _entry(header: str, trusted_proxies: int) -> str:
    """Return the entry of the outermost trusted proxy, empty if there are fewer entries or no such proxy."""
    entries = [entry.strip() for entry in header.split(",")]
    return entries[-trusted_proxies] if 0 < trusted_proxies <= len(entries) else ""


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
