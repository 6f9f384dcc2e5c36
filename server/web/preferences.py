"""The preferences of a person on a device, in cookies, so that the first paint is right without a script."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import request
from werkzeug.wrappers import Response

LANGUAGES = {
    "en": "English",
    "ru": "Русский",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "pt-BR": "Português (Brasil)",
    "zh-Hans": "简体中文",
    "ja": "日本語",
    "ar": "العربية",
    "uk": "Українська",
}
"""The name of each language in itself, by its tag for `lang`."""
CHOICES = {
    "theme": ("system", "light", "dark", "contrast"),
    "language": ("", *LANGUAGES),
    "text_size": ("normal", "small", "large", "larger"),
    "send_key": ("enter", "ctrl-enter"),
    "follow": ("on", "off"),
    "notify": ("off", "on"),
    "examples": ("on", "off"),
    "sidebar": ("open", "rail"),
}
"""The values of each preference; the first is the default. An empty language means the browser's."""
A_YEAR_S = 365 * 24 * 60 * 60


def preferences() -> dict[str, str]:
    """Return the preferences of the current request, with defaults for unknown values; `zone` is empty if unknown."""
    found = {name: _one_of(choices, request.cookies.get(f"chat_{name}")) for name, choices in CHOICES.items()}
    zone = time_zone()
    return {**found, "zone": zone.key if zone else ""}


def time_zone() -> ZoneInfo | None:
    """Return the reader's time zone; None, which means the server's, if it is unknown."""
    try:
        return ZoneInfo(request.cookies.get("chat_zone", ""))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def set_preferences(response: Response, chosen: Mapping[str, str], path: str) -> None:
    """Set the cookies of the chosen preferences; unknown names and values are ignored."""
    for name, value in chosen.items():
        if value in CHOICES.get(name, ()) or (name == "zone" and len(value) < 64):
            response.set_cookie(
                f"chat_{name}",
                value,
                max_age=A_YEAR_S,
                path=path,
                secure=request.is_secure,
                httponly=True,
                samesite="Lax",
            )


def _one_of(choices: tuple[str, ...], value: str | None) -> str:
    return value if value in choices else choices[0]
