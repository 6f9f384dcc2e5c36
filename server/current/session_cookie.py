"""The cookie that holds a session's token: out of reach of scripts and of other sites."""

from flask import Request, Response, url_for

from server.store.people.sessions import LONGEST

NAME = "chat_session"


def token_of(request: Request) -> str:
    """Return the token that a request brings, or an empty text."""
    return request.cookies.get(_name(request), "")


def give(response: Response, request: Request, token: str) -> None:
    """Have the browser keep a token as long as a session lasts."""
    response.set_cookie(
        _name(request),
        token,
        max_age=LONGEST,
        path=_path(),
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def keep_briefly(response: Response, request: Request, name: str, value: str, seconds: int) -> None:
    """Have the browser keep something for the way out to another site and back."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=url_for("oidc.begin"),
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def take_away(response: Response, request: Request) -> None:
    """Have the browser forget it."""
    response.delete_cookie(_name(request), _path(), secure=request.is_secure, httponly=True, samesite="Lax")


def _name(request: Request) -> str:
    """Return a name that no other site of this host can set, where the browser can see to that."""
    return f"__Host-{NAME}" if request.is_secure and _path() == "/" else NAME


def _path() -> str:
    """Return the path of the site, without a slash at the end of a prefix: the prefix itself belongs to it."""
    return url_for("chat.root").rstrip("/") or "/"
