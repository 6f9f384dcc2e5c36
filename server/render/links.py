"""Which addresses an answer may link to, and what is shown of them."""

from urllib.parse import SplitResult, urlsplit


def is_allowed(url: str) -> bool:
    """Return whether a normalised URL leads to another site by http(s), or to a mailbox.

    An address without a host would be read relative to this server, so it is none.
    """
    parts = _split(url)
    if parts is None:
        return False
    return bool(parts.path) if parts.scheme == "mailto" else parts.scheme in ("http", "https") and bool(parts.hostname)


def host(url: str) -> str:
    """Return where an allowed URL leads: its host in ASCII, or the mail address."""
    parts = _split(url)
    return (parts.hostname or parts.path) if parts else ""


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:  # brackets that are no IPv6 address, or characters that turn into others when normalised
        return None
