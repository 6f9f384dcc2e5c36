"""What people read for a browser: its name and its system, out of what it says about itself."""

from server.translatable import N_
from server.web.i18n import gettext as _

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
"""In the order in which they are looked for: most say the names of others too."""
UNKNOWN = N_("Another program")


def shown(agent: str) -> str:
    """Return a few words for a User-Agent."""
    browser = next((name for part, name in BROWSERS.items() if f"{part}/" in agent), "")
    system = next((name for part, name in SYSTEMS.items() if part in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _(UNKNOWN)
