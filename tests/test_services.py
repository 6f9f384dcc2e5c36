"""What is handed over when the configuration changes while programs are being answered."""

import pytest
import requests

from g4f_lite.providers.openai_compatible import OpenAICompatible
from tests.loops import on
from tests.openai_wire import delta, openai_stream
from tests.test_doors_openai import CHAT, QUESTION
from tests.upstream import Gate, wait_until
from tests.waiting import wait_for


@pytest.mark.parametrize("store", [False, True])
def test_a_provider_is_closed_once_it_answers_nobody(app, config, loop, server, upstream, monkeypatch, store):
    here, gate, closed_at = app.extensions["chat"], Gate(), []

    async def close(provider):
        closed_at.append(here.relayed.count + len(here.engine.running))

    monkeypatch.setattr(OpenAICompatible, "close", close)
    up = config.providers["up"].model_copy(update={"headers": {"X-Other": "1"}})
    other = config.model_copy(update={"providers": {**config.providers, "up": up}})
    upstream.will_answer([delta("One"), wait_until(gate), *openai_stream("end")])
    body = {"model": "m", "messages": QUESTION, "stream": True, "store": store}
    with requests.post(f"{server}{CHAT}", json=body, stream=True, timeout=10) as running:
        upstream.wait_request()
        on(loop, here.take_over(other))
        gate.open()
        assert running.content.endswith(b"[DONE]\n\n")

    wait_for(lambda: closed_at)
    assert closed_at == [0]
