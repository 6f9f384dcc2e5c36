"""Views that hash passwords run in threads of their own, so that no other view waits for a thread that they hold.

The application answers a request to such a view with `CallAgain` first. The front then calls it again in these
threads. Other WSGI servers have threads for each request and call the view at once.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask

from server.web.environ_keys import LOOP, OWN_THREADS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

View = TypeVar("View", bound=Callable[..., Any])

THREADS = 6
"""Four for the hashes that are computed or wait, see `server.auth.passwords`, and two to refuse the others."""


def in_own_threads(view: View) -> View:
    """Mark a view that hashes a password when it gets a POST."""
    view.in_own_threads = True  # type: ignore[attr-defined]
    return view


class CallAgain:
    """An empty body that asks the front to call the application once more, in other threads."""

    def __init__(self, threads: Executor) -> None:
        self.threads = threads

    def __iter__(self) -> Iterator[bytes]:
        return iter(())


class OwnThreads:
    """WSGI middleware around an application with marked views, whose addresses have no variable parts."""

    def __init__(self, app: Flask, wrapped: "WSGIApplication") -> None:
        self._wrapped = wrapped
        self._body = CallAgain(ThreadPoolExecutor(THREADS, "hash"))
        views = app.view_functions
        self._paths = {
            rule.rule for rule in app.url_map.iter_rules() if getattr(views[rule.endpoint], "in_own_threads", False)
        }

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request, or ask for the call in other threads."""
        slow = environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"] in self._paths
        if slow and LOOP in environ and OWN_THREADS not in environ:
            return self._body
        return self._wrapped(environ, start_response)
