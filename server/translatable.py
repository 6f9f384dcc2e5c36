"""Marks a constant text for translation, below everything that knows of requests and languages."""


def N_(message: str) -> str:
    """Return the message unchanged. The catalogues collect what is marked; a view translates it with `gettext`."""
    return message
