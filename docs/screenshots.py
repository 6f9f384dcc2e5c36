"""Takes the pictures of the README with the real server and Chromium: `make screenshots`."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, Page

from g4f_lite.config.load import load
from g4f_lite.providers import KINDS
from server import create_app
from server.config.site import Config
from server.front import Front
from server.store import Store
from tests.support.chromium import running_chromium
from tests.support.loops import on, running_loop
from tests.support.stores import Clock, a_turn, an_outcome, answered

HERE = Path(__file__).parent
DESKTOP = {"width": 1280, "height": 820}
PHONE = {"width": 390, "height": 800}

PROVIDERS = {
    "guide": {"kind": "Guide"},
    "ollama": {"kind": "Ollama", "base_url": "http://127.0.0.1:9", "models": ["gemma3:27b", "qwen3:8b"]},
    "groq": {"kind": "OpenAICompatible", "base_url": "http://127.0.0.1:9/v1", "models": ["llama-3.3-70b"]},
}
MODELS = {"gemma-3-27b": "ollama/gemma3:27b", "qwen-3-8b": "ollama/qwen3:8b", "guide": "guide/guide"}

EARLIER = (
    (0, "Plan a weekend in Lisbon"),
    (0, "Why is the sky blue?"),
    (1, "Rename files by their date"),
    (3, "Sourdough that rises overnight"),
    (5, "Letter to the landlord"),
    (12, "Derive the quadratic formula"),
    (20, "Birthday speech for Anna"),
)
"""Age in days, and title."""
FAILED = "Why is the sky blue?"
ERROR = {
    "code": "provider_rate_limited",
    "message": "The service asks to slow down. Wait a moment, or pick another model.",
    "detail": "Rate limit reached for model gemma3:27b: 30 requests per minute.",
    "retry_after": 3600,
    "id": "5f1c0a9be2d4",
}
QUESTION = "How does a heat pump work, and how much does it save?"
REASONING = "The person wants the principle and a figure. I explain the cycle, then compare the coefficients."
ANSWER = """A heat pump does not make heat. It **moves** heat from the cold outside to the warm inside, \
with a fluid that boils and condenses.

| step | where | what happens |
|:--|:--|:--|
| 1 | evaporator | the fluid boils and takes heat from the air |
| 2 | compressor | pressure raises its temperature |
| 3 | condenser | it condenses and gives the heat to the water |

The *coefficient of performance* measures how well it does so:

$$\\mathrm{COP} = \\frac{Q}{W} \\le \\frac{T_\\text{hot}}{T_\\text{hot} - T_\\text{cold}}$$

In a program:

```python
def best_possible(hot: float, cold: float) -> float:
    \"\"\"Return Carnot's limit; temperatures are in kelvin.\"\"\"
    return hot / (hot - cold)
```

With 35 °C in the floor and 2 °C outside that is 9.3; real devices reach **3 to 5**, \
so a kilowatt-hour of electricity becomes up to five of heat."""


@dataclass
class Scene:
    """One picture: the browser's settings, and what a person does before it is taken."""

    name: str
    viewport: dict[str, int]
    theme: str = "light"
    language: str = "en"
    steps: list[str] = field(default_factory=list)


SCENES = [
    Scene("desktop-light", DESKTOP, steps=["open"]),
    Scene("desktop-dark-search", DESKTOP, "dark", steps=["open", "search"]),
    Scene("phone-light", PHONE, steps=["open"]),
    Scene("phone-dark-sidebar", PHONE, "dark", steps=["open", "drawer"]),
    Scene("phone-light-failure", PHONE, steps=["failure"]),
    Scene("phone-arabic", PHONE, "dark", "ar"),
]


def main() -> None:
    """Take every picture, or those named on the command line."""
    wanted = sys.argv[1:] or [scene.name for scene in SCENES]
    with site() as (address, conversation_id), running_chromium() as browser:
        for scene in SCENES:
            if scene.name in wanted:
                take(browser, scene, address, conversation_id)


def take(browser: Browser, scene: Scene, address: str, conversation_id: str) -> None:
    """Take one picture."""
    touch = scene.viewport is PHONE
    context = browser.new_context(
        base_url=address,
        viewport=scene.viewport,
        device_scale_factor=1.5 if touch else 1,
        has_touch=touch,
        is_mobile=touch,
        reduced_motion="reduce",
    )
    for name, value in (("theme", scene.theme), ("language", scene.language)):
        context.add_cookies([{"name": f"chat_{name}", "value": value, "url": address}])
    page = context.new_page()
    page.goto("/chat/")
    for step in scene.steps:
        STEPS[step](page, conversation_id)
    page.wait_for_function("document.fonts.status === 'loaded'")
    page.screenshot(path=HERE / f"{scene.name}.png")
    context.close()


def open_conversation(page: Page, conversation_id: str) -> None:
    page.goto(f"/chat/{conversation_id}")
    page.evaluate("scrollTo(0, 0)")


def open_drawer(page: Page, conversation_id: str) -> None:
    page.locator(".topbar-menu").click()


def open_search(page: Page, conversation_id: str) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("heat")
    page.locator("search-dialog mark").first.wait_for()


def open_failure(page: Page, conversation_id: str) -> None:
    page.locator(".conversation-link", has_text=FAILED).evaluate("link => link.click()")
    page.locator("[data-status=failed]").wait_for()


STEPS = {"open": open_conversation, "drawer": open_drawer, "search": open_search, "failure": open_failure}


@contextmanager
def site() -> Iterator[tuple[str, str]]:
    """Serve a site with some conversations; yield its address and the id of the newest one."""
    with TemporaryDirectory() as folder, running_loop() as loop:
        config = configuration(Path(folder))
        newest = fill(config)
        app = create_app(config, loop=loop)
        lifecycle = app.extensions["lifecycle"]
        on(loop, lifecycle.start())
        front = on(loop, front_of(app))
        yield f"http://127.0.0.1:{on(loop, front.start('127.0.0.1', 0))}", newest
        on(loop, lifecycle.drain(0))
        on(loop, front.stop())
        on(loop, lifecycle.close())


def configuration(folder: Path) -> Config:
    """Return a configuration with a few models, none of which is called."""
    file = folder / "config.json"
    file.write_text(json.dumps({"providers": PROVIDERS, "models": MODELS, "default_model": "gemma-3-27b"}))
    return load(file, Config, {}, KINDS)


async def front_of(app: Flask) -> Front:
    return Front(app)


def fill(config: Config) -> str:
    """Store the conversations; return the id of the newest."""
    Path(config.data_dir).mkdir()
    clock, now = Clock(), datetime.now(UTC)
    store = Store(config.database, now=clock)
    store.open()
    for days, title in reversed(EARLIER):
        clock.time = now - timedelta(days=days, minutes=5)
        told(store, title, title, f"{title}: that is a longer story.", ERROR if title == FAILED else None)
    clock.time = now
    newest = told(store, "How a heat pump works", QUESTION, ANSWER)
    store.close()
    return newest


def told(store: Store, title: str, question: str, answer: str, error: dict[str, Any] | None = None) -> str:
    """Store a conversation of one turn, possibly a failed one; return its id."""
    outcome = an_outcome(
        content="" if error else answer,
        status="failed" if error else "complete",
        reasoning=REASONING if answer is ANSWER else "",
        provider="ollama",
        answering={"provider": "ollama", "label": "Ollama", "model": "gemma3:27b"},
        usage={"input_tokens": 21, "output_tokens": 312, "cost": None, "estimated": False, "reasoning_s": 4},
        error=error,
        finish_reason=None if error else "stop",
    )
    return answered(store, a_turn(model="gemma-3-27b", content=question, title=title), outcome).conversation_id


if __name__ == "__main__":
    main()
