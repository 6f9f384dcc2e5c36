"""The panel with a chat's parameters: its limits, and the presets that come with the program."""

import json
from dataclasses import dataclass, field

from server.api.bodies import LONGEST_NAME, LONGEST_SYSTEM
from server.translatable import N_
from server.web.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class ReadyPreset:
    """A name and a system prompt, both to be translated. `temperature`: None leaves it to the model."""

    name: str
    system: str
    temperature: float | None = None


READY_PRESETS = (
    ReadyPreset(
        N_("Concise"),
        N_("Answer as briefly as the question allows. No introduction, no summary, no offers of further help."),
    ),
    ReadyPreset(
        N_("Explain simply"),
        N_(
            "Explain things as you would to a curious beginner: everyday words, short sentences, one example "
            "from daily life. Introduce a technical term only once its meaning is clear."
        ),
    ),
    ReadyPreset(
        N_("Careful reviewer"),
        N_(
            "Review the material carefully. List mistakes and risks first, starting with the most serious, "
            "and give the location and a concrete fix for each. Say what you are unsure about. Do not praise."
        ),
        0.2,
    ),
    ReadyPreset(
        N_("Translator"),
        N_(
            "Translate every message into English. If a message is already in English, ask once which "
            "language to translate it into. Keep the tone, layout and names. Reply with the translation only."
        ),
        0.2,
    ),
    ReadyPreset(
        N_("Creative"),
        N_("Be inventive: look for unexpected angles, vivid images and a voice of your own. Avoid clichés."),
        1.1,
    ),
)


def ready_presets() -> list[tuple[str, str]]:
    """Return the presets in the reader's language: the name, and the parameters as JSON."""
    return [(_(preset.name), _params(preset)) for preset in READY_PRESETS]


def _params(preset: ReadyPreset) -> str:
    temperature = {} if preset.temperature is None else {"temperature": preset.temperature}
    return json.dumps({"system": _(preset.system), **temperature})


@dataclass(frozen=True, slots=True)
class Parameters:
    """What `chat/_parameters.html` needs in addition to the conversation."""

    ready_presets: list[tuple[str, str]] = field(default_factory=ready_presets)
    """Name, and parameters as JSON."""
    longest_system: int = LONGEST_SYSTEM
    """Bytes."""
    longest_name: int = LONGEST_NAME
    """Characters."""
