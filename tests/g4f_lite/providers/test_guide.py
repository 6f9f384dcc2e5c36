"""Guide: its answers, and whether its advice works."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from g4f_lite.config.load import CatalogConfig, load
from g4f_lite.config.settings import ProviderSettings
from g4f_lite.errors import ModelNotSupportedError, UnreachableError
from g4f_lite.guidebook.topics import FOLDER, LANGUAGES, OVERVIEW, TOPICS, page, topic_of
from g4f_lite.http.transport import Http
from g4f_lite.messages import Message, Params, conversation
from g4f_lite.pieces import Content, Finish, Piece
from g4f_lite.providers import KINDS
from g4f_lite.providers.guide import Guide
from g4f_lite.routing.catalog import Catalog, opened
from g4f_lite.routing.model_info import ModelInfo
from server.render import blocks

PROVIDERS = {
    "guide": {"kind": "Guide"},
    "keyless": {"kind": "OpenAICompatible", "base_url": "http://127.0.0.1:9/v1", "api_key": "${NOT_SET}"},
    "off": {"kind": "OpenAICompatible", "enabled": False},
    "on": {
        "kind": "OpenAICompatible",
        "base_url": "http://127.0.0.1:9/v1",
        "api_key": "SECRET",
        "headers": {"X-Key": "SECRET"},
        "proxy": "http://me:SECRET@127.0.0.1:9",
    },
}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers need not be seen to stream."""
    monkeypatch.setattr("g4f_lite.providers.guide.DURATION_S", 0)


@pytest.fixture
async def catalog(tmp_path: Path) -> AsyncIterator[Catalog]:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"providers": PROVIDERS, "models": {"guide": "guide/guide", "fast": "on/x"}}))
    async with opened(load(file, CatalogConfig, {}, KINDS), KINDS) as catalog:
        yield catalog


async def pieces(catalog: Catalog, *contents: str) -> list[Piece]:
    stream = catalog.providers["guide"].instance.stream("guide", conversation(*contents), Params())
    return [piece async for piece in stream]


async def answer(catalog: Catalog, *contents: str) -> str:
    return "".join(piece.text for piece in await pieces(catalog, *contents) if isinstance(piece, Content))


def row(text: str, name: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith(f"| `{name}`")]
    return line


async def test_it_says_what_it_is(catalog: Catalog) -> None:
    assert "not a language model" in await answer(catalog, "Hello")
    assert "не языковая модель" in await answer(catalog, "Привет")


async def test_it_streams_word_by_word_and_says_that_it_is_done(catalog: Catalog) -> None:
    *texts, end = await pieces(catalog, "Show me formatting")

    assert end == Finish("stop")
    assert "".join(piece.text for piece in texts if isinstance(piece, Content)) == page("en", "formatting")
    assert all(isinstance(piece, Content) and len(piece.text.split()) == 1 for piece in texts)


async def test_an_answer_is_spread_over_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def note(delay: float) -> None:
        pauses.append(delay)

    monkeypatch.setattr(asyncio, "sleep", note)
    monkeypatch.setattr("g4f_lite.providers.guide.DURATION_S", 0.5)
    guide = Guide("guide", ProviderSettings(kind="Guide"), Http())

    async for _ in guide.stream("guide", conversation("hello"), Params()):
        pass

    assert sum(pauses) == pytest.approx(0.5)
    assert len(pauses) > 50


async def test_it_describes_every_provider_and_what_it_lacks(catalog: Catalog) -> None:
    text = await answer(catalog, "Why is there an error?")

    assert row(text, "guide") == "| `guide` | Guide | ready |  |"
    assert row(text, "off") == "| `off` | OpenAICompatible | off |  |"
    assert "on, setup incomplete" in row(text, "keyless") and "NOT_SET" in row(text, "keyless")


async def test_it_describes_a_call_that_failed(catalog: Catalog) -> None:
    catalog.providers["on"].health.failed(UnreachableError("on | cannot\nbe reached."))

    text = await answer(catalog, "What is wrong?")

    assert row(text, "on").endswith("| on, its last call failed | on \\| cannot be reached. |")


async def test_it_describes_the_models_and_cuts_a_long_list(catalog: Catalog) -> None:
    catalog.providers["on"].listed = tuple(ModelInfo(f"m{number}") for number in range(30))

    text = await answer(catalog, "Which models can I pick?")

    assert row(text, "fast").startswith("| `fast` | `on` |")
    assert "`on/m17`" in text and "`on/m18`" not in text
    assert "and 12 more" in text


async def test_it_names_the_folder_of_local_models(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text("{}")
    async with opened(load(file, CatalogConfig, {}, KINDS), KINDS) as catalog:
        text = await answer(catalog, "How do I run a local model?")

    assert f"in `{catalog.providers['local'].settings.options['models_dir']}`" in text


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("language", ["", "Русский: "])
async def test_it_never_shows_a_key(catalog: Catalog, topic: str, language: str) -> None:
    word = (FOLDER / "en" / f"{topic}.md").read_text().split()[2].strip("*")
    catalog.providers["on"].health.failed(UnreachableError("It cannot be reached."))

    assert topic_of(word) == topic
    assert "SECRET" not in await answer(catalog, f"{language}{word}")


async def test_only_the_last_message_is_a_question(catalog: Catalog) -> None:
    assert await answer(catalog, "Where is my data stored?", "There.", "Hello") == await answer(catalog, "Hello")


async def test_it_has_one_model(catalog: Catalog) -> None:
    guide = catalog.providers["guide"].instance

    assert await guide.list_models() == [ModelInfo("guide")]
    with pytest.raises(ModelNotSupportedError, match="guide/guide"):
        await anext(guide.stream("gpt", [Message("user", "hello")], Params()))


def test_it_answers_without_a_configuration() -> None:
    text = "".join(Guide.create_completion("guide", [{"role": "user", "content": "hello"}]))

    assert "No configuration is in use" in text


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Hello", "overview"),
        ("What can you do?", "overview"),
        ("", "overview"),
        ("Write me a poem about spring", "overview"),
        ("How do I add a key?", "key"),
        ("where do I put my OpenAI API key", "key"),
        ("How to run a local model (GGUF)?", "local"),
        ("How do I connect Ollama?", "ollama"),
        ("does it work with LM Studio", "ollama"),
        ("How can I host this on a VPS?", "hosting"),
        ("Where is my data stored?", "privacy"),
        ("Why do I get an error?", "errors"),
        ("Show me formatting", "formatting"),
        ("markdown demo", "formatting"),
        ("Which models are there?", "models"),
        ("Привет", "overview"),
        ("Что ты умеешь?", "overview"),
        ("Как добавить ключ?", "key"),
        ("Как запустить локальную модель?", "local"),
        ("Как подключить Ollama?", "ollama"),
        ("Как разместить это на сервере для друзей?", "hosting"),
        ("Где хранятся мои данные?", "privacy"),
        ("Почему ошибка?", "errors"),
        ("Покажи форматирование", "formatting"),
        ("Какие модели можно выбрать?", "models"),
    ],
)
def test_a_question_has_a_topic(question: str, topic: str) -> None:
    assert topic_of(question) == topic


def test_every_topic_is_written_in_every_language() -> None:
    files = {file.relative_to(FOLDER).as_posix() for file in FOLDER.glob("*/*.md")}

    assert OVERVIEW in TOPICS
    assert files == {f"{language}/{topic}.md" for language in LANGUAGES for topic in TOPICS}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", TOPICS)
def test_no_line_ends_within_a_sentence(language: str, topic: str) -> None:
    assert "<br" not in "".join(blocks(page(language, topic)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", TOPICS)
async def test_its_examples_are_sound(catalog: Catalog, tmp_path: Path, language: str, topic: str) -> None:
    for block in re.findall(r"```json\n(.*?)```", page(language, topic), re.DOTALL):
        example: dict[str, Any] = json.loads(block if block.startswith((" ", "{")) else f"{{{block}}}")
        entry = {"providers": {**PROVIDERS, **example}} if "local" in example else example
        providers = {**PROVIDERS, "ollama": PROVIDERS["off"], "openai": PROVIDERS["off"]}
        file = tmp_path / "config.json"
        file.write_text(json.dumps({"providers": providers, **entry}))

        load(file, CatalogConfig, {}, KINDS)
