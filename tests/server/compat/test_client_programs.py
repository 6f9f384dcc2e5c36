"""Unmodified client programs: LangChain's ChatOpenAI, LiteLLM, and the `llm` command.

OpenAI's and Anthropic's own clients are in `test_openai.py` and `test_anthropic.py`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import WRONG_KEY
from tests.support.services.openai_wire import DONE, chunk, openai_error, openai_stream

pytestmark = pytest.mark.programs

MODELS = """
- model_id: ours
  model_name: m
  api_base: "{base_url}"
- model_id: gone
  model_name: n
  api_base: "{base_url}"
- model_id: keyed
  model_name: m
  api_base: "{base_url}"
  api_key_name: g4f-lite
- model_id: handy
  model_name: m
  api_base: "{base_url}"
  supports_tools: true
"""
ADD = [
    {"index": 0, "id": "call_1", "type": "function", "function": {"name": "total", "arguments": '{"a": 1,'}},
    {"index": 0, "function": {"arguments": ' "b": 2}'}},
]
CALLING = [*(chunk({"tool_calls": [part]}) for part in ADD), chunk({}, "tool_calls"), DONE]


@pytest.fixture
def base_url(server):
    return f"{server}/v1"


def run(*command, **variables):
    env = {**os.environ, "LANGSMITH_TRACING": "false", **variables}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=env)


def chapter(file: str, heading: str) -> str:
    return (Path(__file__).parents[3] / file).read_text().partition(f"{heading}\n")[2].partition("\n#")[0]


DOCUMENTED = chapter("README.md", "## Use it") + chapter("docs/api.md", "### Clients")
EXAMPLES = re.findall(r"```(\w+)\n(.*?)```", DOCUMENTED, re.DOTALL)


@pytest.mark.parametrize(("language", "example"), EXAMPLES, ids=["curl", "openai", "llm"])
def test_the_documented_examples_work(server, tmp_path, language, example):
    code = example.replace("http://127.0.0.1:1338", server)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    if language == "sh" and not shutil.which(code.split()[0]):
        pytest.skip("needs curl: apt install curl")
    command = ["bash", "-ec", code] if language == "sh" else [sys.executable, "-c", code]

    done = run(*command, PATH=path, LLM_USER_PATH=str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert "Hello" in done.stdout


class TestClients:
    @pytest.fixture
    def settings(self, settings):
        return {**settings, "limits": {"turns_per_minute": 2}}

    @pytest.mark.parametrize("program", ["langchain_client", "litellm_client"])
    def test_it_lists_models_asks_streams_counts_and_raises(self, base_url, program):
        done = run(sys.executable, "-m", f"tests.programs.{program}", base_url)

        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        assert {"m", "guide"} <= set(said["models"])
        assert said["whole"] == ["You said: Hello", 4, "stop"]
        assert said["streamed"] == ["You said: Hello there", 6]
        for what, (exception, status) in {
            "unknown": ("NotFound", 404),
            "wrong_key": ("Authentication", 401),
            "too_many": ("RateLimit", 429),
        }.items():
            name, given = said[what]
            assert (exception in name, given) == (True, status), name


def test_langchain_calls_tools_and_follows_schemas(base_url, upstream):
    for steps in (CALLING, CALLING, openai_stream("It is 3."), openai_stream('{"total": 3}')):
        upstream.will_answer(steps)

    done = run(sys.executable, "-m", "tests.programs.langchain_tools", base_url)

    assert done.returncode == 0, done.stderr
    call = [["total", {"a": 1, "b": 2}]]
    assert json.loads(done.stdout) == {"calls": [call, call], "answer": "It is 3.", "schema": 3}
    first, _, third, fourth = (request.json for request in upstream.requests)
    assert first["tools"][0]["function"]["name"] == "total"
    assert [message["role"] for message in third["messages"]] == ["user", "assistant", "tool"]
    assert third["messages"][-1]["content"] == "3"
    assert fourth["response_format"]["type"] == "json_schema"


class TestLlm:
    @pytest.fixture
    def llm(self, base_url, tmp_path):
        (tmp_path / "extra-openai-models.yaml").write_text(MODELS.format(base_url=base_url))
        return lambda *arguments: run(
            sys.executable, "-m", "llm", *arguments, OPENAI_API_KEY="none", LLM_USER_PATH=str(tmp_path)
        )

    def test_it_lists_the_models_of_its_file(self, llm):
        assert "OpenAI Chat: ours" in llm("models").stdout

    @pytest.mark.parametrize("how", [[], ["--no-stream"]])
    def test_it_asks_and_counts_tokens(self, llm, how):
        done = llm("-m", "ours", *how, "-u", "Hello you")

        assert (done.returncode, done.stdout) == (0, "You said: Hello you\n"), done.stderr
        assert "2 input, 4 output" in done.stderr

    @pytest.mark.parametrize("how", [[], ["--no-stream"]])
    def test_it_calls_tools(self, llm, upstream, how):
        upstream.will_answer(CALLING)
        upstream.will_answer(openai_stream("It is 3."))

        done = llm("-m", "handy", *how, "--functions", "def total(a: int, b: int) -> int: return a + b", "Add.")

        assert (done.returncode, done.stdout.strip()) == (0, "It is 3."), done.stderr
        assert upstream.requests[-1].json["messages"][-1] == {"role": "tool", "tool_call_id": "call_1", "content": "3"}

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["-m", "gone"], "There is no model called n"),
            (["-m", "keyed", "--key", WRONG_KEY], "This API key is invalid"),
        ],
        ids=["an unknown model", "a wrong key"],
    )
    def test_it_shows_our_error(self, llm, arguments, words):
        done = llm(*arguments, "Hello")

        assert done.returncode != 0
        assert words in done.stderr

    @pytest.mark.parametrize(("status", "words"), [(429, "Slow down."), (402, "Pay first.")])
    def test_it_shows_the_error_of_the_service(self, llm, upstream, status, words):
        for _ in range(3):  # it asks again
            upstream.will_answer_json(openai_error(words), status=status)

        done = llm("-m", "ours", "Hello")

        assert done.returncode != 0
        assert words in done.stderr
