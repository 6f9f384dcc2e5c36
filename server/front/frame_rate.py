"""Finds the frames in what the client of a WebSocket sends, and tells when there are too many within a second.

Control frames count too: the WebSocket library answers every ping, which the app never learns of.
"""

from collections.abc import Callable

WINDOW_S = 1
EXTENDED = {126: 2, 127: 8}
"""Bytes of the length that follow a head whose own length field has this value. Source: RFC 6455, section 5.2."""


class FrameRate:
    """One client's frames. `exceeded` is set for good once a frame was not let through."""

    def __init__(self, frames_per_s: int, bytes_per_s: int, clock: Callable[[], float]) -> None:
        """bytes_per_s: of the payloads that begin within a second; one of any size may begin below the limit."""
        self._frames_per_s = frames_per_s
        self._bytes_per_s = bytes_per_s
        self._clock = clock
        self._since = clock()
        self._frames = self._bytes = 0
        self._begun_head = b""
        self._payload_left = 0
        self.exceeded = False

    def admit(self, data: bytes) -> bytes:
        """Return what may be passed on of the next bytes. It ends at the end of a frame, a whole head or a payload."""
        data, self._begun_head = self._begun_head + data, b""
        end = self._skip(data, 0)
        while end < len(data):
            frame = _frame_at(data, end)
            if not frame:
                self._begun_head = data[end:]
                break
            head_bytes, self._payload_left = frame
            if not self._count(self._payload_left):
                self.exceeded = True
                break
            end = self._skip(data, end + head_bytes)
        return data[:end]

    def _skip(self, data: bytes, start: int) -> int:
        """Return where the payload ends, or how far it has arrived."""
        here = min(self._payload_left, len(data) - start)
        self._payload_left -= here
        return start + here

    def _count(self, payload_bytes: int) -> bool:
        """Count a frame, and tell whether it is within the limits."""
        now = self._clock()
        if now >= self._since + WINDOW_S:
            self._since, self._frames, self._bytes = now, 0, 0
        within = self._frames < self._frames_per_s and self._bytes < self._bytes_per_s
        self._frames += 1
        self._bytes += payload_bytes
        return within


def _frame_at(data: bytes, start: int) -> tuple[int, int] | None:
    """Return the sizes of a frame's head, with its mask, and of its payload; None if the head is incomplete."""
    if len(data) - start < 2:
        return None
    second = data[start + 1]
    length, extended = second & 0x7F, EXTENDED.get(second & 0x7F, 0)
    head_bytes = 2 + extended + (4 if second & 0x80 else 0)
    if len(data) - start < head_bytes:
        return None
    return head_bytes, int.from_bytes(data[start + 2 : start + 2 + extended], "big") if extended else length
