"""Programs that people use, talking to us as they come: LangChain's ChatOpenAI, and the `llm` command."""

import json
import os
import subprocess
import sys

import pytest

from tests.openai_wire import openai_error

LANGCHAIN = """
import json, sys
from langchain_openai import ChatOpenAI

def ask(model, **options):
    return ChatOpenAI(base_url=sys.argv[1], api_key="none", model=model, max_retries=0, **options)

def failure(model):
    try:
        ask(model).invoke("Hello")
    except Exception as error:
        return [type(error).__name__, error.status_code]

whole = ask("m").invoke("Hello")
chunks = list(ask("m", stream_usage=True).stream("Hello there"))
print(json.dumps({
    "whole": [whole.content, whole.usage_metadata["total_tokens"], whole.response_metadata["finish_reason"]],
    "streamed": ["".join(chunk.content for chunk in chunks), max(
        chunk.usage_metadata["total_tokens"] for chunk in chunks if chunk.usage_metadata
    )],
    "unknown": failure("n"),
}))
"""
MODELS = """
- model_id: ours
  model_name: m
  api_base: "{base_url}"
"""


@pytest.fixture
def base_url(server):
    return f"{server}/v1"


def run(*arguments, **variables):
    env = {**os.environ, "OPENAI_API_KEY": "none", "LANGSMITH_TRACING": "false", **variables}
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=60, env=env)


def test_langchain_asks_streams_and_raises(base_url):
    done = run("-c", LANGCHAIN, base_url)

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["whole"] == ["You said: Hello", 4, "stop"]
    assert said["streamed"] == ["You said: Hello there", 6]
    name, status = said["unknown"]
    assert ("NotFound" in name, status) == (True, 404)


class TestLlm:
    @pytest.fixture
    def llm(self, base_url, tmp_path):
        (tmp_path / "extra-openai-models.yaml").write_text(MODELS.format(base_url=base_url))
        return lambda *arguments: run("-m", "llm", "-m", "ours", *arguments, LLM_USER_PATH=str(tmp_path))

    @pytest.mark.parametrize("how", [[], ["--no-stream"]])
    def test_it_asks_and_counts(self, llm, how):
        done = llm(*how, "-u", "Hello you")

        assert (done.returncode, done.stdout) == (0, "You said: Hello you\n"), done.stderr
        assert "2 input, 4 output" in done.stderr

    def test_it_says_why_there_is_no_answer(self, llm, upstream):
        for _ in range(5):  # it asks again
            upstream.will_answer_json(openai_error("Pay first."), status=402)

        done = llm("Hello")

        assert done.returncode != 0
        assert "Pay first." in done.stderr
