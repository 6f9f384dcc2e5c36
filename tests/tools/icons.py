"""The icons that are pixels, drawn from the one that is not. `python -m tests.tools.icons` needs Chromium."""

import re
from pathlib import Path

from tests.support.chromium import running_chromium

FOLDER = Path(__file__).parents[2] / "client" / "static" / "icons"
FILES = {
    "icon-192.png": (192, False),
    "icon-512.png": (512, False),
    "icon-maskable-512.png": (512, True),
    "apple-touch-icon.png": (180, True),
}
"""How large each is, and whether it fills the square: some systems cut the corners themselves."""


def draw() -> None:
    """Write every file anew."""
    drawing = (FOLDER / "icon.svg").read_text()
    with running_chromium() as browser:
        for name, (size, fills) in FILES.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(
                f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{filling(drawing) if fills else drawing}"
            )
            page.screenshot(path=FOLDER / name, omit_background=True)
            page.close()


def filling(drawing: str) -> str:
    """Return the drawing with a ground without round corners."""
    return re.sub(r'(<rect width="32" height="32") rx="\d+"', r"\1", drawing, count=1)


if __name__ == "__main__":
    draw()
