"""`/backend-api/v2/presets`: parameters that a person saves under a name."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request

from server.api.bodies import PresetBody
from server.api.openapi_operation import described
from server.current.identity import user_id
from server.current.services import services
from server.store import Preset
from server.web.request_json import read_json, validate

presets = Blueprint("presets", __name__, url_prefix="/backend-api/v2/presets")


@presets.get("")
def list_presets() -> dict[str, Any]:
    """List a person's presets by name."""
    return {"presets": [asdict(preset) for preset in services().store.presets.all(user_id())]}


@presets.post("")
@described(PresetBody, status=201)
def add() -> tuple[dict[str, Any], int]:
    """Store a new preset."""
    body = validate(read_json(request), PresetBody)
    return asdict(services().store.presets.add(user_id(), body.name, body.params.remembered())), 201


@presets.put("/<preset_id>")
@described(PresetBody)
def replace(preset_id: str) -> dict[str, Any]:
    """Replace the name and the parameters of a preset."""
    body = validate(read_json(request), PresetBody)
    preset = Preset(preset_id, body.name, body.params.remembered())
    services().store.presets.replace(user_id(), preset)
    return asdict(preset)


@presets.delete("/<preset_id>")
@described(status=204)
def delete(preset_id: str) -> Response:
    """Delete a preset."""
    services().store.presets.remove(user_id(), preset_id)
    return Response(status=204)
