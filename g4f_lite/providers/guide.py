"""Guide: answers about this installation from its running configuration, without key, network or model."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any

from g4f_lite.errors import ModelNotSupportedError
from g4f_lite.guidebook import help_for
from g4f_lite.guidebook.overview import InstallationOverview
from g4f_lite.messages import Message, Params
from g4f_lite.pieces import Content, Finish, Piece
from g4f_lite.provider import Provider
from g4f_lite.routing.model_info import ModelInfo

MODEL = "guide"
DURATION_S = 0.5
"""The duration of an answer, so that people see it stream."""


class Guide(Provider):
    """The built-in help. It is not a language model."""

    kind = "Guide"
    label = "Built-in guide"

    _installation: Callable[[], InstallationOverview | None] = staticmethod(lambda: None)

    def set_installation_source(self, installation: Callable[[], InstallationOverview]) -> None:
        """Keep the function that describes the providers and models for the answers."""
        self._installation = installation

    async def stream(
        self, model: str, messages: Sequence[Message], params: Params, state: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[Piece, None]:
        """Yield help on the topic of the last message, word by word."""
        if model != MODEL:
            raise ModelNotSupportedError(f"{self.name} only offers {self.name}/{MODEL}, not {model[:100]}.")
        words = re.findall(r"\S+\s*|\s+", help_for(messages[-1].content, self._installation()))
        for word in words:
            yield Content(word)
            await asyncio.sleep(DURATION_S / len(words))
        yield Finish("stop")

    async def list_models(self) -> list[ModelInfo]:
        return [ModelInfo(MODEL)]
