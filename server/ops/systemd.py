"""Notifies systemd, if it started this process, that the server is ready, and what its stop waits for.

Source: https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
"""

import logging
import os
import socket

log = logging.getLogger(__name__)

READY, STOPPING = "READY=1", "STOPPING=1"


def notify(*states: str) -> None:
    """Send states, such as READY, or `STATUS=` and a sentence. Without systemd this does nothing."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
            wire.connect(f"\0{address[1:]}" if address.startswith("@") else address)
            wire.sendall("\n".join(states).encode())
    except OSError as error:
        log.warning("systemd could not be notified of %s: %s", states[0], error.strerror)
