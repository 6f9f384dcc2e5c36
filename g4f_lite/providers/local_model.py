"""LocalModel: a GGUF file of this machine, answered by llama.cpp in a child process."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from g4f_lite.errors import ModelNotSupportedError
from g4f_lite.messages import Message, Params
from g4f_lite.pieces import Piece
from g4f_lite.provider import Provider
from g4f_lite.settings import Strict


class LocalModelOptions(Strict):
    """What an entry of this kind may set under `options`."""

    models_dir: str = "data/models"
    context: PositiveInt = 4096
    """Tokens."""
    threads: NonNegativeInt = 0
    """0: as many as llama.cpp finds right."""
    keep_loaded_s: NonNegativeFloat = 300
    """Idle seconds after which the model's memory is given back; 0 keeps it for good."""


class LocalModel(Provider):
    """A GGUF file of this machine."""

    kind = "LocalModel"
    label = "Local model"
    Options = LocalModelOptions

    async def stream(
        self, model: str, messages: Sequence[Message], params: Params, state: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[Piece, None]:
        raise ModelNotSupportedError(f"{self.name} has no model {model}.")
        yield

    async def list_models(self) -> list[str]:
        return []
