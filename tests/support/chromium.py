"""The system's Chromium, or the one that CHAT_TEST_CHROMIUM names, without a window."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

PROGRAMS = ("chromium-headless-shell", "chromium", "google-chrome")
"""What it may be called. The first has no windows to draw at all, and takes half the time."""
CHROMIUM = os.environ.get("CHAT_TEST_CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
"""Where it is; None where there is none."""


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Yield a browser that runs until the block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
