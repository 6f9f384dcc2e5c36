"""Who is asking. One function decides it for pages, the API and the WebSocket."""

LOCAL_USER = "local"
"""The one person there is while `auth.mode` is `none`."""


def user_id() -> str:
    """Return the id of the person the current request belongs to."""
    return LOCAL_USER
