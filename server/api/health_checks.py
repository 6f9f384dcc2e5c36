"""`/healthz` and `/readyz`: health checks for whatever supervises the server."""

from flask import Blueprint

from server.current.services import services
from server.problems import Problem
from server.web.public_views import open_to_all

health_checks = Blueprint("health_checks", __name__)


@health_checks.get("/healthz")
@open_to_all
def alive() -> dict[str, str]:
    """Tell that the process is running."""
    return {"status": "ok"}


@health_checks.get("/readyz")
@open_to_all
def ready() -> dict[str, str]:
    """Tell that the database works and that at least one provider can be used. Raises: Problem."""
    services().store.ping()
    if not any(provider.obstacle() is None for provider in services().catalog.providers.values()):
        raise Problem("busy", "No provider is available; see /backend-api/v2/providers for the reasons.")
    return {"status": "ready"}
