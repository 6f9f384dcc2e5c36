"""The gateway waits for calls whose client has left."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from server.front.gateway import Gateway
from server.web.streaming import StreamBody
from tests.support.sources import Source
from tests.support.wire import PATIENCE_S, until


async def test_nothing_is_settled_while_an_abandoned_answer_waits_to_be_closed():
    loop, source = asyncio.get_running_loop(), Source(b"a")
    entered, may_return, may_tell = threading.Event(), threading.Event(), threading.Event()

    def app(environ, start_response):
        entered.set()
        may_return.wait(PATIENCE_S)
        start_response("200 OK", [])
        return StreamBody(source, loop, waits=False)

    gateway = Gateway(app)
    with ThreadPoolExecutor(1) as threads:
        returned = partial(may_tell.wait, PATIENCE_S)
        call = asyncio.create_task(gateway.call({"REQUEST_METHOD": "GET"}, threads, returned))
        await asyncio.to_thread(entered.wait)
        (job,) = gateway._jobs
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        may_return.set()
        await until(job.done)  # but its thread has not said so to the loop

        was_settled = await gateway.settle(0.01)
        may_tell.set()
        assert not was_settled
        assert await gateway.settle(PATIENCE_S)
        assert source.closed
