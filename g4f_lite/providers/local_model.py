"""LocalModel: GGUF files on this machine, run by llama.cpp in a child process."""

import platform
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from g4f_lite.config.settings import LocalPath, ProviderSettings, Strict
from g4f_lite.errors import (
    G4FLiteError,
    ModelNotSupportedError,
    PromptTooLongError,
    StreamCutError,
    ToolsNotSupportedError,
    UnreachableError,
    UpstreamError,
)
from g4f_lite.http.get_json import get_json
from g4f_lite.http.transport import Http
from g4f_lite.llama import gguf_files
from g4f_lite.llama.engine_process import EngineProcess
from g4f_lite.llama.engine_slot import EngineSlot
from g4f_lite.messages import Message, Params, refuse_images
from g4f_lite.pieces import Piece
from g4f_lite.protocols.functions import are_functions, named
from g4f_lite.provider import Provider
from g4f_lite.providers.openai_compatible import OpenAICompatible
from g4f_lite.routing.model_info import ModelInfo

CPU_DESCRIPTION = Path("/proc/cpuinfo")


class LocalModelOptions(Strict):
    """The `options` of an entry of this kind."""

    models_dir: LocalPath = "data/models"
    context: PositiveInt = 4096
    """Tokens of the whole conversation with the answer."""
    threads: NonNegativeInt = 0
    """0: llama.cpp chooses."""
    keep_loaded_s: NonNegativeFloat = 300
    """Idle seconds after which the model leaves the memory; 0 keeps it forever."""


class LocalModel(Provider):
    """The GGUF files of a folder, one of them loaded at a time."""

    kind = "LocalModel"
    label = "Local model"
    takes_extra_body = True
    list_every_s = 2
    Options = LocalModelOptions
    options: LocalModelOptions

    def __init__(self, name: str, settings: ProviderSettings, http: Http) -> None:
        super().__init__(name, settings, http)
        self.folder = Path(self.options.models_dir).absolute()
        self._is_installed = find_spec("xllamacpp") is not None
        if settings.enabled and self._is_installed:
            _make_folder(self.folder)
        self._lacks_avx2 = lacks_avx2()
        self._slot = EngineSlot(self._start, self.options.keep_loaded_s)

    async def stream(
        self, model: str, messages: Sequence[Message], params: Params, state: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[Piece, None]:
        refuse_images(self.name, messages)
        engine_of = self._slot.engine(self._file(model))
        async with engine_of as engine, aclosing(self._reply(engine, model, messages, params)) as pieces:
            try:
                async for piece in pieces:
                    yield piece
            except PromptTooLongError as error:
                raise self._too_long(error) from error
            except (StreamCutError, UnreachableError) as error:
                if death := await engine.death():
                    raise death from error
                raise

    async def _reply(
        self, engine: EngineProcess, model: str, messages: Sequence[Message], params: Params
    ) -> AsyncGenerator[Piece, None]:
        if "tools" in params.extra and not await self._supports_tools(engine):
            raise ToolsNotSupportedError(f"{model} of {self.name} does not support tools. Choose another model.")
        upstream = OpenAICompatible(self.name, self._settings(engine), self.http)
        wanted = replace(params, extra=_adapted(params.extra))
        async with aclosing(upstream.stream(model, messages, wanted)) as pieces:
            async for piece in pieces:
                yield piece

    async def list_models(self) -> list[ModelInfo]:
        return [ModelInfo(name, vision=False) for name in gguf_files.models(self.folder)]

    def obstacle(self) -> G4FLiteError | None:
        if obstacle := super().obstacle():
            return obstacle
        if not self._is_installed:
            return UnreachableError(
                f"{self.name} needs its engine: run pip install -r requirements-local.txt, or start with make "
                "run LOCAL=1."
            )
        if self._lacks_avx2:
            return UpstreamError(
                f"{self.name} needs a CPU with AVX2, which this machine does not have. Choose another provider."
            )
        if not gguf_files.has_models(self.folder):
            return ModelNotSupportedError(f"{self.name} has no model yet: put a .gguf file in {self.folder}.")
        return None

    def supports(self, field: str, value: Any) -> bool:
        """Return whether the engine takes a field. Whether the model supports tools is checked later."""
        match field:
            case "tools":
                return are_functions(value)
            case "tool_choice":
                return value in ("auto", "none", "required") or bool(named(value))
            case "response_format":
                return value.get("type") in ("json_object", "json_schema")
        return False

    async def close(self) -> None:
        await self._slot.close()

    async def _start(self, file: Path) -> EngineProcess:
        return await EngineProcess.start(
            file, context=self.options.context, threads=self.options.threads, limit_s=self.settings.timeout.total
        )

    async def _supports_tools(self, engine: EngineProcess) -> bool:
        """Return whether the model's chat template supports tools; otherwise the engine would silently ignore them."""
        settings = self._settings(engine)
        headers = {"Authorization": f"Bearer {engine.key}"}
        properties = await get_json(self.http, f"{engine.url}/props", settings, provider=self.name, headers=headers)
        match properties:
            case {"chat_template_caps": {"supports_tools": bool(supports)}}:
                return supports
        return False

    def _file(self, model: str) -> Path:
        """Return the folder's file of that name. A name is never used as a path."""
        try:
            return gguf_files.models(self.folder)[model]
        except KeyError:
            raise ModelNotSupportedError(f"{self.name} has no model {model[:100]} in {self.folder}.") from None

    def _too_long(self, error: PromptTooLongError) -> PromptTooLongError:
        return PromptTooLongError(
            f"This chat is too long for the model. Start a new chat, or raise options.context of {self.name} "
            f"in config.json above {self.options.context} tokens.",
            detail=error.detail,
        )

    def _settings(self, engine: EngineProcess) -> ProviderSettings:
        """Return the settings of the engine as a service."""
        return self.settings.model_copy(
            update={"base_url": f"{engine.url}/v1", "api_key": engine.key, "proxy": "", "headers": {}, "options": {}}
        )


def _adapted(extra: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the members for the engine. It cannot force a named function, so that one is offered alone."""
    name = named(extra.get("tool_choice"))
    if not name:
        return extra
    offered = [tool for tool in extra.get("tools", ()) if named(tool) == name]
    return {**extra, "tools": offered, "tool_choice": "required"}


def _make_folder(folder: Path) -> None:
    """Make the folder, for its owner alone, so that people find where to put a file. A failure is ignored."""
    with suppress(OSError):
        for path in (*reversed(folder.parents), folder):  # parents=True would make them readable for everyone
            path.mkdir(0o700, exist_ok=True)


def lacks_avx2() -> bool:
    """Return whether Linux says that this CPU lacks AVX2, which xllamacpp's wheel needs."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return False
    try:
        return "avx2" not in CPU_DESCRIPTION.read_text().split()
    except OSError:
        return False
