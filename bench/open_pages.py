"""Kills a server repeatedly while pages in Chromium show an answer arriving, and checks how each page ends.

    python -m bench.open_pages [--rounds 200] [--seed 0]

A round: start; open pages, each with a question in a new chat; kill -9 at a random moment; start again. Every page must
then say that its answer was interrupted, with a Continue button if text was saved. The exit code is 1 if one did not.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, TimeoutError

from bench.kills import own_port
from bench.processes import Process, UpstreamProcess, running_upstream
from bench.targets import Place, our_server
from tests.support.chromium import running_chromium

PAGES = 3
LIFE_S = 1.5
"""The longest time from an answer's first text to the kill. Two checkpoints fit in it."""
PATIENCE_MS = 40_000
"""How long a page may take to end; it waits up to 10 s between two attempts to connect."""
REPLY = {"tokens": 3000, "rate": 30}
ANSWER = "chat-message[data-role=assistant]"


def kill_under_pages(browser: Browser, rounds: int, seed: int) -> list[str]:
    """Run this many rounds on one database. Returns: a sentence for each page that did not end as it must."""
    chance, wrong = random.Random(seed), list[str]()
    with tempfile.TemporaryDirectory(prefix="pages-") as folder, running_upstream() as upstream:
        place = Place(own_port(), upstream.port, Path(folder))
        for number in range(1, rounds + 1):
            wrong += [f"round {number}: {what}" for what in _round(browser, place, upstream, chance)]
            print(f"\r{number} rounds, {len(wrong)} pages without an end", end="", file=sys.stderr)
    print(file=sys.stderr)
    return wrong


def _round(browser: Browser, place: Place, upstream: UpstreamProcess, chance: random.Random) -> list[str]:
    upstream.follow(**REPLY)
    server = _started(place)
    context = browser.new_context(base_url=f"http://127.0.0.1:{place.port}")
    context.set_default_timeout(PATIENCE_MS)
    try:
        pages = [context.new_page() for _ in range(PAGES)]
        for page in pages:
            _ask(page)
        time.sleep(chance.uniform(0, LIFE_S))
        server.kill()
        server = _started(place)
        return [what for page in pages if (what := _missing(page))]
    finally:
        context.close()
        server.kill()


def _started(place: Place) -> Process:
    program = our_server(place)
    server = Process(program.command, place.folder / "log.txt", program.env)
    server.wait_until(f"http://127.0.0.1:{place.port}/healthz")
    return server


def _ask(page: Page) -> None:
    """Ask in a new chat, and return once the answer begins."""
    page.goto("/chat/")
    field = page.get_by_role("textbox", name="Message")
    field.fill("What is new?")
    field.press("Enter")
    page.locator(f"{ANSWER} [data-body] :text-matches('.')").first.wait_for()


def _missing(page: Page) -> str:
    """Wait until a page says that its answer was interrupted. Returns: what it shows if it never does."""
    try:
        page.locator(f"{ANSWER}[data-status=interrupted]").wait_for()
        saved = page.locator(f"{ANSWER} .block").count()  # nothing, if the kill came before the first checkpoint
        page.locator(ANSWER).get_by_role("button", name="Continue" if saved else "Retry", exact=True).wait_for()
    except TimeoutError:
        return f"the answer is {page.locator(ANSWER).get_attribute('data-status')}, its page: {page.inner_text('main')}"
    return ""


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.open_pages")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with running_chromium() as browser:
        wrong = kill_under_pages(browser, options.rounds, options.seed)
    print("\n".join([f"{options.rounds} rounds with {PAGES} pages each, {len(wrong)} without an end.", *wrong[:20]]))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
