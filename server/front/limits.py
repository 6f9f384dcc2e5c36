"""How much the front takes on, and how long it waits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes in `*_bytes`, seconds in `*_s`, numbers of things otherwise."""

    head_bytes: int = 16 * 1024
    """The request line and all headers of one request."""
    body_bytes: int = 16 * 1024 * 1024
    bodies_bytes: int = 256 * 1024 * 1024
    """All request bodies that are in memory at the same time."""
    head_s: float = 15
    """From the connection to the end of its first head."""
    idle_s: float = 75
    """From one answer to the end of the next head."""
    body_idle_s: float = 60
    """Between two parts of a body."""
    stalled_s: float = 60
    """How long a client may leave its answer unread."""
    linger_s: float = 2
    """How long a client that was refused may take to read why."""
    grace_s: float = 2
    """How long answers may take to reach their clients once the server stops."""
    connections: int = 4096
    connections_per_client: int = 1024
    """Of one address. Loopback and trusted proxies speak for many and are not counted."""
    threads: int = 8
    sockets: int = 256
    """WebSockets; each takes two threads."""

    @property
    def handles(self) -> int:
        """Files and sockets that all this may hold open: an upstream for each connection, a pair for each WebSocket."""
        return 2 * self.connections + 3 * self.sockets + 256
