"""The cookie with the session token. Scripts cannot read it, and from other sites only a followed link sends it.

Over https its name begins with `__Host-`: then neither a sibling subdomain nor another site below a path of this host
can set one. Such a cookie has the path `/`, also below a prefix. Over http it has the path of the site, and other sites
on the host can set it.
Source: https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis, section 4.1.3
"""

from datetime import timedelta

from flask import Request, Response, url_for

from server.store.people.sessions import LONGEST

NAME = "chat_session"


def session_token(request: Request) -> str:
    """Return the token that the browser sent, or an empty text."""
    return request.cookies.get(cookie_name(request, NAME), "")


def set_session_cookie(response: Response, request: Request, token: str) -> None:
    """Store a token in the browser for as long as a session can last."""
    set_cookie(response, request, NAME, token, LONGEST)


def delete_session_cookie(response: Response, request: Request) -> None:
    """Delete the token in the browser."""
    delete_cookie(response, request, NAME)


def set_cookie(response: Response, request: Request, name: str, value: str, max_age: timedelta) -> None:
    """Store a value in the browser, under a name that other sites cannot use if the connection allows one."""
    response.set_cookie(
        cookie_name(request, name),
        value,
        max_age=max_age,
        path=_path(request),
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def delete_cookie(response: Response, request: Request, name: str) -> None:
    """Delete a cookie of `set_cookie`."""
    response.delete_cookie(
        cookie_name(request, name), _path(request), secure=request.is_secure, httponly=True, samesite="Lax"
    )


def cookie_name(request: Request, name: str) -> str:
    """Return the name that the browser knows, which over https names the prefix: another site may have another one."""
    return f"__Host-{name}{_prefix().replace('/', '.')}" if request.is_secure else name


def _path(request: Request) -> str:
    return "/" if request.is_secure else _prefix() or "/"


def _prefix() -> str:
    """Return the path of the site without a final slash, because the prefix itself belongs to the site."""
    return url_for("chat.root").rstrip("/")
