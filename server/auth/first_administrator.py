"""The first administrator: a link in the log, so that no stranger can be first."""

import logging

from server.auth.access import Access
from server.config import urls
from server.config.site import Config

log = logging.getLogger(__name__)

SENTENCE = (
    "There is no administrator yet. Create the first one at %swelcome#%s (works once, expires after a "
    "day), or run: python run.py user add NAME --admin"
)


def log_setup_link(access: Access, config: Config, port: int) -> None:
    """Log a one-time link while the mode is `accounts` and there is no administrator."""
    if access.mode == "accounts" and not access.accounts.has_administrator():
        log.warning(SENTENCE, urls.outside(config, port), access.make_link("first"))
