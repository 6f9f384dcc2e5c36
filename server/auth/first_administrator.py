"""The first administrator: made by whoever reads the log, never by whoever comes first."""

import logging

from server.auth.access import Access
from server.config import urls
from server.config.site import Config

log = logging.getLogger(__name__)

SENTENCE = (
    "There is no administrator yet. Make the first one at %swelcome?token=%s (good once, for a day), "
    "or with: python run.py user add NAME --admin"
)


def log_setup_link(access: Access, config: Config, port: int) -> None:
    """Write a one-time link into the log while there are to be accounts and nobody can manage them."""
    if access.mode == "accounts" and not access.accounts.has_administrator():
        log.warning(SENTENCE, urls.outside(config, port), access.make_link("first"))
