"""Who may connect: so many in all, and so many from one address."""

from collections import Counter
from ipaddress import ip_address

from server.front.forwarded import Proxies
from server.front.limits import Limits


class Door:
    """Counts the connections that are open."""

    def __init__(self, limits: Limits, proxies: Proxies) -> None:
        self._limits = limits
        self._proxies = proxies
        self._inside = 0
        self._by_address: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count one more in, unless that is too many; who was let in must `leave`."""
        if self._inside >= self._limits.connections:
            return False
        if self._is_one_client(address) and self._by_address[address] >= self._limits.connections_per_client:
            return False
        self._inside += 1
        self._by_address[address] += 1
        return True

    def leave(self, address: str) -> None:
        """Count one out."""
        self._inside -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]

    def _is_one_client(self, address: str) -> bool:
        """Return whether the address stands for one client, and not for a proxy that speaks for many."""
        return address != "" and not self._proxies.believed(address) and not ip_address(address).is_loopback
