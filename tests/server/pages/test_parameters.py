import json

import pytest

from server.api.bodies import PresetBody
from server.pages.parameters import READY_PRESETS, ready_presets
from server.web.request_json import validate


@pytest.mark.parametrize("preset", READY_PRESETS, ids=lambda preset: preset.name)
def test_the_server_accepts_every_ready_preset(app, preset):
    with app.test_request_context():
        name, params = ready_presets()[READY_PRESETS.index(preset)]

    body = validate({"name": name, "params": json.loads(params)}, PresetBody)

    assert body.params.remembered() == json.loads(params)
    assert body.params.system == preset.system


def test_ready_presets_have_different_names():
    assert len({preset.name for preset in READY_PRESETS}) == len(READY_PRESETS)
