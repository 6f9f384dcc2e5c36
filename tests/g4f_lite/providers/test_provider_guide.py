"""The guide to providers is checked like code, and its service has a row in the contract."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from g4f_lite.errors import MalformedReplyError
from tests.support.services.kinds import KEY
from tests.support.services.provider_guide import BLOCKS, GUIDE, provider, service

ROOT = Path(__file__).parents[3]
TEXT = re.sub(r"```python.*?```", "", GUIDE.read_text(), flags=re.DOTALL)
PARROT = provider.Parrot
MESSAGES = [{"role": "user", "content": "Hello"}]


def test_the_example_answers_direct_calls(upstream):
    line = service.line
    upstream.will_answer([line({"say": "Hel"}), line({"say": "lo"}), line({"end": True})], to="/talk")

    texts = PARROT.create_completion("grey", MESSAGES, base_url=upstream.url, api_key=KEY, temperature=0.5)

    assert list(texts) == ["Hel", "lo"]
    request = upstream.wait_request()
    assert (request.headers["x-key"], request.json) == (KEY, {"bird": "grey", "hears": "Hello", "temperature": 0.5})


def test_nothing_after_the_end_matters(upstream):
    line = service.line
    late = line({"say": "late"}) + b"nonsense\n" + line(5)[:-1]
    upstream.will_answer([line({"say": "Hi", "end": True}) + late], to="/talk")

    assert list(PARROT.create_completion("grey", MESSAGES, base_url=upstream.url)) == ["Hi"]


def test_the_example_lists_models(upstream):
    upstream.will_answer_json(["grey", "green"], to="/birds")
    upstream.will_answer_json({"birds": []}, to="/birds")

    assert PARROT.get_models(base_url=upstream.url) == ["grey", "green"]
    with pytest.raises(MalformedReplyError, match="Check its base_url"):
        PARROT.get_models(base_url=upstream.url)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.path)
@pytest.mark.parametrize(
    "command", ["check --ignore I", "format --check"]
)  # imports of what is not there have no order
def test_the_example_is_written_as_the_project_is(block, command):
    ruff = [sys.executable, "-m", "ruff", *command.split(), "--stdin-filename", block.path, "-"]
    done = subprocess.run(ruff, input=block.source, cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", sorted(set(re.findall(r"`((?:g4f_lite|tests)/[\w/]+\.py)`", TEXT))))
def test_every_file_that_the_guide_names_is_there(file):
    assert (ROOT / file).exists() or file in [block.path for block in BLOCKS]


@pytest.mark.parametrize("link", re.findall(r"\]\(((?!http)[^)#]+)\)", TEXT))
def test_every_link_of_the_guide_leads_somewhere(link):
    assert (GUIDE.parent / link).exists()


def test_every_name_that_the_guide_uses_is_in_the_code():
    sources = "".join(file.read_text() for folder in ("g4f_lite", "tests") for file in (ROOT / folder).rglob("*.py"))
    names = {name for words in re.findall(r"`([A-Za-z_.]+)(?:\([^`]*\))?`", TEXT) for name in words.split(".")}

    assert len(names) > 20
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", sources)] == []
