"""Frames of WebSockets, counted as they arrive in pieces."""

import pytest

from server.front.frame_rate import FrameRate

NEVER = 1 << 62


class Stopwatch:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def frame(size: int, *, opcode: int = 1, masked: bool = True) -> bytes:
    """Return a frame with a payload of that many bytes."""
    mark = 0x80 if masked else 0
    if size < 126:
        head = bytes([0x80 | opcode, mark | size])
    elif size < 1 << 16:
        head = bytes([0x80 | opcode, mark | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([0x80 | opcode, mark | 127]) + size.to_bytes(8, "big")
    return head + (b"mask" if masked else b"") + b"\x81" * size


SIZES = (0, 1, 125, 126, 300, 65_535, 65_536)
KINDS = ({"opcode": 1}, {"opcode": 9}, {"opcode": 0, "masked": False})
FRAMES = [frame(size, **kind) for size in SIZES for kind in KINDS]


@pytest.mark.parametrize("piece_bytes", [1, 2, 3, 7, 100, 1 << 20])
def test_exactly_the_frames_within_the_limit_pass(piece_bytes):
    rate = FrameRate(len(FRAMES) - 1, NEVER, Stopwatch())
    sent = b"".join(FRAMES)

    passed = b"".join(
        rate.admit(sent[at : at + piece_bytes]) for at in range(0, len(sent), piece_bytes) if not rate.exceeded
    )

    assert rate.exceeded
    assert passed == b"".join(FRAMES[:-1])


def test_each_second_counts_anew():
    clock = Stopwatch()
    rate = FrameRate(3, NEVER, clock)

    for second in range(5):
        clock.now = second
        assert rate.admit(frame(1) * 3) == frame(1) * 3
    assert rate.admit(frame(1)) == b""
    assert rate.exceeded


def test_bytes_count_too():
    rate = FrameRate(NEVER, 1000, Stopwatch())

    assert rate.admit(frame(999)) == frame(999)
    assert rate.admit(frame(500)) == frame(500)
    assert (rate.admit(frame(1)), rate.exceeded) == (b"", True)
