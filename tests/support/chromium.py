"""The system's Chromium, or the one that CHAT_TEST_CHROMIUM names, without a window."""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

PROGRAMS = ("chromium-headless-shell", "chromium", "google-chrome")
"""What it may be called. The first has no windows to draw at all, and takes half the time."""
CHROMIUM = os.environ.get("CHAT_TEST_CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
"""Where it is; None where there is none."""
ARGUMENTS = [
    "--no-sandbox",
    "--process-per-site",  # a page of a site that is open already needs no new process, which takes 0.2 s
]
TAB_IS_CLEAN = "setTimeout.toString().includes('[native code]')"
"""False once a test has replaced the clock of its context, which cannot be undone."""


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Yield a browser that runs until the block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class ReservedPort:
    """A port of this machine that nobody else is given; one server at a time may listen on it."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.number: int = self._socket.getsockname()[1]

    def close(self) -> None:
        self._socket.close()


@dataclass(frozen=True)
class _Kept:
    context: BrowserContext
    tab: Page
    """Shows an empty page of the site, which keeps the process alive that shows the site."""
    tools: CDPSession


class Contexts:
    """Contexts of a browser for one site. A test is lent one as good as new, with nothing in it but cached files."""

    def __init__(self, browser: Browser, site: str) -> None:
        """site: an address without a slash at its end."""
        self._browser = browser
        self._site = site
        self._kept: dict[str, _Kept] = {}

    @contextmanager
    def lend(self, address: str, **options: Any) -> Iterator[BrowserContext]:
        """Yield a context that `Browser.new_context` would make with these options; a new one for another site."""
        if address != self._site:
            with self._browser.new_context(base_url=address, **options) as context:
                yield context
            return
        key = repr(sorted(options.items()))
        if key not in self._kept:
            self._kept[key] = self._make(options)
        kept = self._kept[key]
        yield kept.context
        if not self._clean(kept):
            kept.context.close()
            del self._kept[key]

    def close(self) -> None:
        for kept in self._kept.values():
            kept.context.close()

    def _make(self, options: dict[str, Any]) -> _Kept:
        context = self._browser.new_context(base_url=self._site, **options)
        tab = context.new_page()
        tab.route("**", lambda route: route.fulfill(content_type="text/html", body=""))
        tab.goto(self._site)
        return _Kept(context, tab, context.new_cdp_session(tab))

    def _clean(self, kept: _Kept) -> bool:
        """Take away what a test left, and tell whether that was all."""
        for page in kept.context.pages:
            if page is not kept.tab:
                page.close()
        kept.context.unroute_all()
        kept.context.set_offline(False)
        kept.context.clear_cookies()
        kept.tools.send("Storage.clearDataForOrigin", {"origin": self._site, "storageTypes": "all"})
        return bool(kept.tab.evaluate(TAB_IS_CLEAN))
