"""What every HTML page is given, how a template is rendered, and the page for addresses that lead nowhere."""

from dataclasses import dataclass, field

from flask import render_template

from server.current.services import services
from server.web.preferences import preferences


def site_title() -> str:
    """Return the title of the site, as config.json has it."""
    return services().config.site_config.title


@dataclass(frozen=True, kw_only=True)
class Page:
    """The context of `base.html`, which every page extends."""

    site_title: str = field(default_factory=site_title)
    preferences: dict[str, str] = field(default_factory=preferences)
    """By name, as in `CHOICES`."""


@dataclass(frozen=True)
class Notices:
    """The context of `site/_notices_part.html`."""

    config_problem: str | None
    """Why the changed configuration file was not applied."""
    outdated: bool
    """Whether the open page has another version than a fresh one would have."""


def render(template: str, context: object) -> str:
    """Return the HTML of a template. `context`: a dataclass whose fields are the template's variables."""
    return render_template(template, **vars(context))


def not_found_page() -> tuple[str, int]:
    """Return the page for an address that leads nowhere, or to something that this person may not know of."""
    return render("not_found.html", Page()), 404
