"""The local model as a provider, with a real engine and a real model that knows one sentence."""

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import pytest

from g4f_lite.config.settings import ProviderSettings
from g4f_lite.decoding.call_assembler import CallAssembler
from g4f_lite.errors import (
    ModelNotSupportedError,
    PromptTooLongError,
    StreamCutError,
    ToolsNotSupportedError,
    UnreachableError,
    UpstreamError,
)
from g4f_lite.http.transport import Http
from g4f_lite.llama import engine_process
from g4f_lite.messages import Message, Params, conversation
from g4f_lite.pieces import Content, Finish, Piece, ToolCalls, Usage
from g4f_lite.providers import local_model
from g4f_lite.providers.local_model import LocalModel
from tests.support import tiny_gguf
from tests.support.engines import needs_engine

AS_IT_COMES = Params()
QUESTION = conversation("Who are you?")
PATIENCE_S = 10
ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


@pytest.fixture
async def local(folder: Path):
    """Return a provider for the folder; its engine has one thread, since other tests may run beside it."""
    http = Http()
    made: list[LocalModel] = []

    def local(**options: Any) -> LocalModel:
        settings = ProviderSettings(
            kind="LocalModel", options={"models_dir": str(folder), "context": 1024, "threads": 1, **options}
        )
        made.append(LocalModel("local", settings, http))
        return made[-1]

    yield local
    for provider in made:
        await provider.close()
    await http.close()


@pytest.fixture
def pids(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The process ids of all children, as they are made."""
    pids: list[int] = []
    create = asyncio.create_subprocess_exec

    async def creating(*arguments: str, **options: Any) -> asyncio.subprocess.Process:
        process = await create(*arguments, **options)
        pids.append(process.pid)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", creating)
    return pids


async def reply(provider: LocalModel, model: str = "tiny", params: Params = AS_IT_COMES) -> list[Piece]:
    async with aclosing(provider.stream(model, QUESTION, params)) as pieces:
        return [piece async for piece in pieces]


def text(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces if isinstance(piece, Content))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# What there is


async def test_the_models_are_the_files_of_the_folder(local, folder):
    (folder / "b.gguf").touch()
    (folder / "a-00001-of-00002.gguf").touch()
    provider = local()
    (folder / "c.gguf").touch()

    assert [offer.id for offer in await provider.list_models()] == ["a", "b", "c"]


@needs_engine
@pytest.mark.parametrize("model", ["", "other", "../models/tiny", "/etc/passwd", "tiny.gguf", "x" * 10_000])
async def test_only_listed_names_are_models(local, folder, model):
    tiny_gguf.write(folder / "tiny.gguf")
    with pytest.raises(ModelNotSupportedError) as caught:
        await reply(local(), model)

    assert len(caught.value.message) < 1000
    assert str(folder) in caught.value.message


# What is missing


async def test_without_the_package_the_obstacle_says_how_to_install_it(local, monkeypatch):
    monkeypatch.setattr(local_model, "find_spec", lambda name: None)
    obstacle = local().obstacle()

    assert isinstance(obstacle, UnreachableError)
    assert "pip install -r requirements-local.txt" in obstacle.message
    assert "make run LOCAL=1" in obstacle.message


@pytest.mark.parametrize(("flags", "is_fit"), [("fpu sse2 avx", False), ("fpu avx2 fma", True), (None, True)])
async def test_a_cpu_without_avx2_is_an_obstacle(local, folder, monkeypatch, tmp_path, flags, is_fit):
    description = tmp_path / "cpuinfo"
    if flags is not None:
        description.write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    monkeypatch.setattr(local_model, "CPU_DESCRIPTION", description)
    monkeypatch.setattr(local_model.sys, "platform", "linux")
    monkeypatch.setattr(local_model.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(local_model, "find_spec", lambda name: name)
    (folder / "tiny.gguf").touch()
    obstacle = local().obstacle()

    assert (obstacle is None) == is_fit
    assert is_fit or "AVX2" in str(obstacle)


async def test_other_cpus_need_no_avx2(local, folder, monkeypatch, tmp_path):
    monkeypatch.setattr(local_model, "CPU_DESCRIPTION", tmp_path / "cpuinfo")
    (tmp_path / "cpuinfo").write_text("Features\t: fp asimd\n")
    monkeypatch.setattr(local_model.platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(local_model, "find_spec", lambda name: name)
    (folder / "tiny.gguf").touch()

    assert local().obstacle() is None


@pytest.mark.parametrize("exists", [True, False])
async def test_without_a_file_the_obstacle_says_where_to_put_one(local, monkeypatch, tmp_path, exists):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(local_model, "find_spec", lambda name: name)
    monkeypatch.setattr(local_model, "lacks_avx2", lambda: False)
    if exists:
        (tmp_path / "mine").mkdir()
    obstacle = local(models_dir="mine").obstacle()

    assert isinstance(obstacle, ModelNotSupportedError)
    assert str(tmp_path / "mine") in obstacle.message


@pytest.mark.skipif(sys.platform == "win32", reason="needs modes")
async def test_the_folder_is_made_for_its_owner_alone(local, monkeypatch, tmp_path):
    monkeypatch.setattr(local_model, "find_spec", lambda name: name)
    local(models_dir=str(tmp_path / "data" / "models"))

    for made in (tmp_path / "data", tmp_path / "data" / "models"):
        assert made.stat().st_mode & 0o777 == 0o700


async def test_without_the_engine_no_folder_is_made(local, monkeypatch, tmp_path):
    monkeypatch.setattr(local_model, "find_spec", lambda name: None)

    local(models_dir=str(tmp_path / "data" / "models"))

    assert not (tmp_path / "data").exists()


async def test_a_provider_that_is_off_makes_no_folder(tmp_path):
    options = {"models_dir": str(tmp_path / "models")}
    LocalModel("local", ProviderSettings(kind="LocalModel", enabled=False, options=options), Http())

    assert not (tmp_path / "models").exists()


async def test_a_folder_that_cannot_be_made_is_named_by_the_obstacle(local, monkeypatch, tmp_path):
    monkeypatch.setattr(local_model, "find_spec", lambda name: name)
    monkeypatch.setattr(local_model, "lacks_avx2", lambda: False)
    (tmp_path / "file").touch()

    assert str(tmp_path / "file" / "models") in str(local(models_dir=str(tmp_path / "file" / "models")).obstacle())


async def test_a_file_that_arrives_removes_the_obstacle(local, folder, monkeypatch):
    monkeypatch.setattr(local_model, "find_spec", lambda name: name)
    monkeypatch.setattr(local_model, "lacks_avx2", lambda: False)
    provider = local()
    assert provider.obstacle()

    (folder / "tiny.gguf").touch()
    assert provider.obstacle() is None


async def test_the_server_never_loads_the_engine_itself():
    check = "import sys, g4f_lite.providers.local_model; sys.exit('xllamacpp' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", check], cwd=ROOT).returncode == 0


# Answers


@needs_engine
async def test_the_reply_streams_whole_with_usage_and_an_end(local, folder):
    tiny_gguf.write(folder / "tiny.gguf")
    pieces = await reply(local())

    assert text(pieces) == tiny_gguf.SENTENCE
    assert sum(isinstance(piece, Content) for piece in pieces) > 5
    assert [piece for piece in pieces if isinstance(piece, Finish)] == [Finish("stop")]
    [usage] = [piece for piece in pieces if isinstance(piece, Usage)]
    assert usage.input_tokens > 0
    assert usage.output_tokens > 5


@needs_engine
async def test_parameters_reach_the_engine(local, folder):
    tiny_gguf.write(folder / "tiny.gguf")
    pieces = await reply(local(), params=Params(max_tokens=3, temperature=0))

    assert text(pieces) == "Bonjour! I run"
    assert Finish("length") in pieces


@needs_engine
async def test_a_conversation_beyond_the_context_names_the_option(local, folder):
    tiny_gguf.write(folder / "tiny.gguf")
    provider = local(context=256)
    with pytest.raises(PromptTooLongError) as caught:
        async with aclosing(provider.stream("tiny", conversation("long " * 300), Params())) as pieces:
            await anext(pieces)

    assert "256 tokens" in caught.value.message
    assert "options.context" in caught.value.message


@needs_engine
async def test_turns_at_the_same_time_share_one_child(local, folder, pids):
    tiny_gguf.write(folder / "tiny.gguf")
    provider = local()
    replies = await asyncio.gather(*(reply(provider) for _ in range(4)))

    assert [text(pieces) for pieces in replies] == [tiny_gguf.SENTENCE] * 4
    assert len(pids) == 1


@needs_engine
async def test_another_model_takes_the_place_of_the_first(local, folder, pids):
    tiny_gguf.write(folder / "tiny.gguf")
    tiny_gguf.write(folder / "other.gguf", "Another file speaks.")
    provider = local()
    replies = await asyncio.gather(reply(provider), reply(provider, "other"), reply(provider))

    assert [text(pieces) for pieces in replies] == [tiny_gguf.SENTENCE, "Another file speaks.", tiny_gguf.SENTENCE]
    assert [alive(pid) for pid in pids] == [False, False, True]


@needs_engine
async def test_an_idle_model_gives_its_memory_back(local, folder, pids):
    tiny_gguf.write(folder / "tiny.gguf")
    provider = local(keep_loaded_s=0.05)
    await reply(provider)
    async with asyncio.timeout(PATIENCE_S):
        while alive(pids[0]):
            await asyncio.sleep(0.01)

    assert text(await reply(provider)) == tiny_gguf.SENTENCE


# Tools, and the form of an answer


ADD = {
    "type": "function",
    "function": {"name": "add", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}},
}
NOW = {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}


def calls(pieces: list[Piece]) -> list[dict[str, Any]]:
    joined = CallAssembler()
    for piece in pieces:
        if isinstance(piece, ToolCalls):
            joined.add(piece.parts)
    return [call["function"] for call in joined.assembled()]


@needs_engine
@pytest.mark.parametrize("choice", [{}, {"tool_choice": "required"}, {"tool_choice": ADD}], ids=str)
async def test_a_model_that_knows_tools_calls_them(local, folder, choice):
    tiny_gguf.write(folder / "tiny.gguf", tiny_gguf.CALL, template=tiny_gguf.TEMPLATE_WITH_TOOLS)
    pieces = await reply(local(), params=Params(extra={"tools": [ADD, NOW], **choice}))

    assert calls(pieces) == [{"name": "add", "arguments": '{"a": 1}'}]
    assert (text(pieces), pieces[-1]) == ("", Finish("tool_calls"))


@needs_engine
async def test_a_function_that_has_to_be_called_is_called_by_a_model_that_would_not(local, folder):
    tiny_gguf.write(folder / "tiny.gguf", tiny_gguf.CALL, template=tiny_gguf.TEMPLATE_WITH_TOOLS)
    pieces = await reply(local(), params=Params(extra={"tools": [ADD, NOW], "tool_choice": NOW}, max_tokens=200))

    assert [call["name"] for call in calls(pieces)] == ["now"]


@needs_engine
async def test_what_a_tool_has_answered_reaches_the_model(local, folder):
    tiny_gguf.write(folder / "tiny.gguf", template=tiny_gguf.TEMPLATE_WITH_TOOLS)
    call = {"id": "c", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    history = [
        *QUESTION,
        Message("assistant", "", extra={"tool_calls": [call], "content": None}),
        Message("user", "1", extra={"role": "tool", "tool_call_id": "c"}),
    ]
    async with aclosing(local().stream("tiny", history, Params(extra={"tools": [ADD]}))) as reply_:
        pieces = [piece async for piece in reply_]

    assert (text(pieces), pieces[-1]) == (tiny_gguf.SENTENCE, Finish("stop"))


@needs_engine
async def test_a_model_whose_template_knows_no_tools_is_not_asked_with_them(local, folder):
    tiny_gguf.write(folder / "tiny.gguf")
    provider = local()
    with pytest.raises(ToolsNotSupportedError, match="tiny of local does not support tools"):
        await reply(provider, params=Params(extra={"tools": [ADD]}))

    assert text(await reply(provider)) == tiny_gguf.SENTENCE


@needs_engine
async def test_an_answer_has_the_form_that_was_asked_for(local, folder):
    tiny_gguf.write(folder / "tiny.gguf")
    schema = {"type": "object", "properties": {"a": {"enum": [7]}}, "required": ["a"], "additionalProperties": False}
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
    pieces = await reply(local(), params=Params(extra={"response_format": form}, max_tokens=200))

    assert json.loads(text(pieces)) == {"a": 7}


@pytest.mark.parametrize(
    ("field", "value", "is_carried"),
    [
        ("tools", [ADD], True),
        ("tools", [{"type": "custom", "custom": {"name": "run"}}], False),
        ("tool_choice", ADD, True),
        ("tool_choice", {"type": "allowed_tools"}, False),
        ("response_format", {"type": "json_object"}, True),
        ("response_format", {"type": "grammar"}, False),
        ("audio", {}, False),
    ],
    ids=str,
)
async def test_what_the_engine_would_leave_out_is_not_carried(local, field, value, is_carried):
    assert local().supports(field, value) is is_carried


# Ends


@needs_engine
async def test_closing_the_reply_stops_the_work(local, folder):
    tiny_gguf.write(folder / "endless.gguf", slow_layers=4, endless=True)
    provider = local(context=tiny_gguf.CONTEXT)
    async with aclosing(provider.stream("endless", QUESTION, Params())) as pieces:
        await anext(pieces)

    # The engine answers one at a time: this one would wait until the context of the first is full.
    async with asyncio.timeout(PATIENCE_S):
        assert await reply(provider, "endless", Params(max_tokens=1))


@needs_engine
@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
async def test_a_child_that_dies_cuts_the_reply_and_the_next_turn_has_a_new_one(local, folder, pids):
    tiny_gguf.write(folder / "endless.gguf", slow_layers=2, endless=True)
    provider = local()
    with pytest.raises(StreamCutError) as caught:
        async with aclosing(provider.stream("endless", QUESTION, Params())) as pieces:
            async for _ in pieces:
                with suppress(ProcessLookupError):  # there may be more pieces that it sent before
                    os.kill(pids[0], signal.SIGKILL)

    assert "memory ran out" in caught.value.message
    assert await reply(provider, "endless", Params(max_tokens=1))
    assert len(pids) == 2


@needs_engine
async def test_a_broken_file_is_named_with_the_reason(local, folder):
    (folder / "tiny.gguf").write_bytes(tiny_gguf.write(folder / "whole.gguf").read_bytes()[:500_000])
    provider = local()
    with pytest.raises(ModelNotSupportedError) as caught:
        await reply(provider)

    assert "Cannot load tiny.gguf" in caught.value.message
    assert "corrupted or incomplete" in caught.value.detail
    assert text(await reply(provider, "whole")) == tiny_gguf.SENTENCE


async def test_an_engine_that_this_cpu_cannot_run_is_a_clear_error(local, folder, monkeypatch, tmp_path):
    program = tmp_path / "engine.py"
    program.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGILL)\n")
    monkeypatch.setattr(engine_process, "PROGRAM", program)
    monkeypatch.setattr(local_model, "find_spec", lambda name: name)
    monkeypatch.setattr(local_model, "lacks_avx2", lambda: False)
    (folder / "tiny.gguf").touch()
    with pytest.raises(UpstreamError, match="newer CPU"):
        await reply(local())


@needs_engine
async def test_closing_the_provider_ends_the_child(local, folder, pids):
    tiny_gguf.write(folder / "tiny.gguf")
    provider = local()
    await reply(provider)
    assert alive(pids[0])

    await provider.close()
    assert not alive(pids[0])


PARENT = """
import sys
from g4f_lite.providers.local_model import LocalModel

question = [{"role": "user", "content": "Who are you?"}]
for text in LocalModel.create_completion("tiny", question, options={"models_dir": sys.argv[1], "threads": 1}):
    print("answering", flush=True)
"""


@needs_engine
@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for processes")
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
async def test_a_parent_that_is_killed_while_it_answers_leaves_no_child(folder, sign):
    tiny_gguf.write(folder / "tiny.gguf", slow_layers=2, endless=True)
    with subprocess.Popen([sys.executable, "-c", PARENT, str(folder)], stdout=subprocess.PIPE, cwd=ROOT) as parent:
        parent.stdout.readline()
        child = os.pidfd_open(only_child(parent.pid))
        parent.send_signal(sign)
        ended, _, _ = select.select([child], [], [], PATIENCE_S)
        os.close(child)

    assert ended


def only_child(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text())
