"""What holds on without asking for anything takes nothing away from others."""

import asyncio
import json

import aiohttp
import pytest

from tests.support.services.openai_wire import delta
from tests.support.services.upstream import silence

SOCKETS = 200
STREAMS = 50
TURN = {"message": {"content": "Hello"}}


@pytest.fixture
async def session(server):
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(server, connector=connector, headers={"Origin": server}) as session:
        yield session


async def first_token(stream):
    """Read until the answer has begun."""
    while json.loads(await stream.content.readline())["type"] != "content":
        pass


async def test_idle_sockets_and_silent_streams_leave_pages_their_threads(session, upstream):
    for _ in range(STREAMS):
        upstream.will_answer([delta("Hel"), silence()])
    sockets = await asyncio.gather(*(session.ws_connect("/backend-api/v2/live") for _ in range(SOCKETS)))
    asking = (session.post("/backend-api/v2/conversation", json=TURN) for _ in range(STREAMS))
    streams = await asyncio.gather(*asking)
    await asyncio.gather(*map(first_token, streams))

    async with asyncio.timeout(10), session.get("/chat/") as page:
        assert page.status == 200
        assert "</html>" in await page.text()

    assert not any(socket.closed for socket in sockets)
    assert not any(stream.content.at_eof() for stream in streams)
    for stream in streams:
        stream.close()
    await asyncio.gather(*(socket.close() for socket in sockets))
