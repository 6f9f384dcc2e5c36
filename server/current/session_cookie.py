"""The cookie with the session token. Scripts cannot read it, and from other sites only a followed link sends it."""

from flask import Request, Response, url_for

from server.store.people.sessions import LONGEST

NAME = "chat_session"


def session_token(request: Request) -> str:
    """Return the token that the browser sent, or an empty text."""
    return request.cookies.get(_name(request), "")


def set_session_cookie(response: Response, request: Request, token: str) -> None:
    """Store a token in the browser for as long as a session can last."""
    response.set_cookie(
        _name(request),
        token,
        max_age=LONGEST,
        path=_path(),
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def set_short_cookie(response: Response, request: Request, name: str, value: str, seconds: int) -> None:
    """Store a value in the browser while the person signs in at another site."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=url_for("oidc.begin"),
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def delete_session_cookie(response: Response, request: Request) -> None:
    """Delete the token in the browser."""
    response.delete_cookie(_name(request), _path(), secure=request.is_secure, httponly=True, samesite="Lax")


def _name(request: Request) -> str:
    """Return a name that no other site on this host can set, if the connection allows one (RFC 6265bis, prefixes)."""
    return f"__Host-{NAME}" if request.is_secure and _path() == "/" else NAME


def _path() -> str:
    """Return the path of the site without a final slash, because the prefix itself belongs to the site."""
    return url_for("chat.root").rstrip("/") or "/"
