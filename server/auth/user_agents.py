"""The browser and the system that a User-Agent header names."""

from dataclasses import dataclass

BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
    "curl": "curl",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}
"""In the order of the search: most browsers and systems also name others."""


@dataclass(frozen=True, slots=True)
class UserAgent:
    """Names as people know them; a name is empty where the header does not tell."""

    browser: str
    system: str


def parse(header: str) -> UserAgent:
    """Return the browser and the system of a User-Agent header."""
    browser = next((name for part, name in BROWSERS.items() if f"{part}/" in header), "")
    system = next((name for part, name in SYSTEMS.items() if part in header), "")
    return UserAgent(browser, system)
