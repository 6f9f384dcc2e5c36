"""A provider that a test scripts, without a network."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from g4f_lite.config.load import CatalogConfig
from g4f_lite.config.settings import ProviderSettings, Timeout
from g4f_lite.errors import G4FLiteError
from g4f_lite.http.transport import Http
from g4f_lite.messages import Message, Params
from g4f_lite.pieces import Piece
from g4f_lite.provider import Provider
from g4f_lite.providers import KINDS
from g4f_lite.routing.catalog import Catalog
from g4f_lite.routing.configured_provider import ConfiguredProvider
from g4f_lite.routing.model import Model, Route
from g4f_lite.routing.model_info import ModelInfo

SILENCE = object()
"""A step that never ends."""


class ScriptedProvider(Provider):
    """Yields the pieces it was loaded with, raises the errors among them, and notes how it was asked."""

    kind = "ScriptedProvider"
    label = "Scripted"

    def will(self, *steps: Piece | G4FLiteError | object) -> None:
        self.steps = steps

    async def stream(
        self, model: str, messages: Sequence[Message], params: Params, state: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[Piece, None]:
        self.asked = (model, list(messages), params, state)
        self.closed = False
        try:
            for step in self.steps:
                if isinstance(step, Exception):
                    raise step
                if step is SILENCE:
                    await asyncio.Event().wait()
                yield step
        finally:
            self.closed = True

    async def list_models(self) -> list[ModelInfo]:
        return [ModelInfo("scripted")]


def scripted(name: str = "up", max_concurrent: int = 0, **timeout: float) -> ConfiguredProvider:
    """Return a configured provider that is scripted."""
    settings = ProviderSettings(kind="ScriptedProvider", timeout=Timeout(**timeout), max_concurrent=max_concurrent)
    return ConfiguredProvider(name, settings, ScriptedProvider(name, settings, Http()))


def a_model(*providers: ConfiguredProvider, **details: Any) -> Model:
    """Return a model with one route to each provider."""
    return Model("m", "M", tuple(Route(provider, "upstream-m") for provider in providers), **details)


def a_catalog(**document: Any) -> Catalog:
    """Return the catalog of a configuration."""
    return Catalog(CatalogConfig.model_validate(document), KINDS, Http())
