"""What the front accepts: sizes, time limits, and how many connections, in all and from one address."""

import sys
from collections import Counter
from dataclasses import dataclass
from ipaddress import ip_address

from server.front.forwarded import Proxies


@dataclass(frozen=True, slots=True)
class FrontLimits:
    """Bytes in `*_bytes`, seconds in `*_s`, counts otherwise."""

    head_bytes: int = 16 * 1024
    """The request line and all headers of one request."""
    body_bytes: int = 16 * 1024 * 1024
    """One request body at any address; the app has lower limits for most."""
    stranger_bytes: int = 64 * 1024
    """A body before anybody knows who sends it: enough for every form and for most questions."""
    bodies_bytes: int = 256 * 1024 * 1024
    """All request bodies in memory at the same time."""
    bodies_bytes_per_client: int = 64 * 1024 * 1024
    """Those of one client, a quarter of all: an IPv4 address or a /64 network, as a trusted proxy names it."""
    head_s: float = 15
    """From the connection to the end of its first head."""
    idle_s: float = 75
    """From the end of one response to the end of the next head."""
    body_idle_s: float = 60
    """Between two parts of a body."""
    stalled_s: float = 60
    """How long a client may leave its response unread."""
    linger_s: float = 2
    """How long a rejected client may take to read the reason."""
    grace_s: float = 2
    """How long responses may take to reach their clients once the server stops."""
    connections: int = 4096
    connections_per_client: int = 1024
    """From one address. Loopback and trusted proxies speak for many clients and are not counted."""
    threads: int = 8
    sockets: int = 256
    """WebSockets; each takes two threads."""
    socket_frames_per_s: int = 200
    """From one client, pings included. The page sends none at all, apart from answers to ours."""
    socket_bytes_per_s: int = 4 * 1024 * 1024

    @property
    def open_files(self) -> int:
        """How many files and sockets all this may hold open: an upstream per connection, a pair per WebSocket."""
        return 2 * self.connections + 3 * self.sockets + 256


class ConnectionCounter:
    """Counts open connections."""

    def __init__(self, limits: FrontLimits, proxies: Proxies) -> None:
        self._limits = limits
        self._proxies = proxies
        self._open = 0
        self._by_address: Counter[str] = Counter()

    def admit(self, address: str) -> bool:
        """Count one more connection unless a limit is reached. Call `release` for each admitted one."""
        if self._open >= self._limits.connections:
            return False
        if self._is_one_client(address) and self._by_address[address] >= self._limits.connections_per_client:
            return False
        self._open += 1
        self._by_address[address] += 1
        return True

    def release(self, address: str) -> None:
        """Count one connection less."""
        self._open -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]

    def _is_one_client(self, address: str) -> bool:
        """Tell whether the address is a single client rather than a proxy that speaks for many."""
        return address != "" and not self._proxies.believed(address) and not ip_address(address).is_loopback


def raise_file_limit(open_files: int) -> None:
    """Raise the soft limit on open files, often 1,024, to this many, or as far as the system allows."""
    if sys.platform != "win32":  # which has no such limit
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = open_files if hard == resource.RLIM_INFINITY else min(open_files, hard)
        if soft != resource.RLIM_INFINITY and soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
