"""What a person prefers, by device: cookies, so that the first paint is right without a script."""

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
"""By the tag that is their `lang`, each named in itself."""
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
"""By name, what there is to choose; the first is the default. An empty language is the browser's own."""
A_YEAR_S = 365 * 24 * 60 * 60


def preferences() -> dict[str, str]:
    """Return each choice of the current request, what is no choice is the default; and `zone`, empty if not known."""
    found = {name: _one_of(choices, request.cookies.get(f"chat_{name}")) for name, choices in CHOICES.items()}
    here = zone()
    return {**found, "zone": here.key if here else ""}


def zone() -> ZoneInfo | None:
    """Return the reader's time zone; None, which is this machine's own, where it is not known."""
    try:
        return ZoneInfo(request.cookies.get("chat_zone", ""))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def keep(response: Response, chosen: Mapping[str, str], path: str) -> None:
    """Set the cookies of what was chosen; what is no choice, or nothing to choose, is left alone."""
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
