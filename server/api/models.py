"""`/backend-api/v2/models` and `/providers`: the models to choose from, and the state of their providers."""

from typing import Any

from flask import Blueprint

from g4f_lite.routing.configured_provider import ConfiguredProvider
from g4f_lite.routing.model import Model
from server.current.allowed_models import (
    allowed_listed,
    allowed_models,
    allowed_providers,
    default_model,
    reason_for_reader,
)
from server.store import time_text

models = Blueprint("models", __name__, url_prefix="/backend-api/v2")


@models.get("/models")
def list_models() -> dict[str, Any]:
    """List the models that the person may use, and the default one."""
    return {"models": [_model(model) for model in allowed_models()], "default": default_model()}


@models.get("/providers")
def list_providers() -> dict[str, Any]:
    """List the providers of the models that the person may use, with their state; never a key."""
    return {"providers": [_provider(provider) for provider in allowed_providers()]}


def _model(model: Model) -> dict[str, Any]:
    return {
        "id": model.name,
        "label": model.label,
        "provider": model.provider,
        "upstream": model.routes[0].model,
        "available": model.available,
        "reason": model.reason or reason_for_reader(model.unconfirmed) or None,
        "confirmed": not model.unconfirmed,
        "vision": model.vision,
        "context": model.context,
        "price": model.price.model_dump() if model.price else None,
        "loaded": model.loaded,
        "params": model.params.model_dump(exclude_none=True, exclude={"stop"}),
    }


def _provider(provider: ConfiguredProvider) -> dict[str, Any]:
    health, obstacle = provider.health, provider.obstacle()
    error = health.last_error
    return {
        "name": provider.name,
        "kind": provider.settings.kind,
        "state": provider.state,
        "reason": reason_for_reader(str(obstacle or error or "")) or None,
        "last_error": {"code": error.code, "message": reason_for_reader(error.message)} if error else None,
        "last_success_at": time_text(health.last_success_at) if health.last_success_at else None,
        "latency_ms": health.latency_ms,
        "models": allowed_listed(provider),
        "listed_at": time_text(provider.listed_at) if provider.listed_at else None,
    }
