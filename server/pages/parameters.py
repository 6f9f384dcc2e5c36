"""What the panel of a chat's parameters offers, and the limits it says."""

from dataclasses import dataclass, field

from server.api.bodies import LONGEST_NAME, LONGEST_SYSTEM
from server.pages.ready_presets import ready_presets


@dataclass(frozen=True, slots=True)
class Parameters:
    """What `chat/_parameters.html` receives, besides the conversation."""

    ready_presets: list[tuple[str, str]] = field(default_factory=ready_presets)
    """Name, and parameters as JSON."""
    longest_system: int = LONGEST_SYSTEM
    """Bytes."""
    longest_name: int = LONGEST_NAME
    """Characters."""
