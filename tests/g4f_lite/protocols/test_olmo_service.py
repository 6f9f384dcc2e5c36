"""The fake playground has the real one's rules: clients that ignore them fail."""

import aiohttp
import pytest

from tests.support.services.olmo_service import DESCRIBED, FORBIDDEN, THREADS, Playground
from tests.support.services.upstream import Upstream

SOMEBODY = {"X-Anonymous-User-ID": "somebody"}
QUESTION = {"model": "tulu3-405b", "host": "inferd", "content": "Hi"}
IN_A_THREAD = {"model": "tulu3-405b", "content": "Hi"}


@pytest.fixture
def service():
    return Playground()


@pytest.fixture
def post(service):
    upstream = Upstream(otherwise=service)

    async def posting(path=DESCRIBED, headers=SOMEBODY, data=None, json=None, **fields):
        if data is None and json is None:
            data = aiohttp.FormData({**QUESTION, **fields}, default_to_multipart=True)
        async with (
            aiohttp.ClientSession() as session,
            session.post(upstream.url + path, data=data, json=json, headers=headers, allow_redirects=False) as response,
        ):
            return response.status, await response.text()

    yield posting
    upstream.close()


async def test_a_whole_question_is_answered(post):
    status, body = await post()

    assert (status, body.isascii(), body.count("\n")) == (200, True, len(body.splitlines()))
    assert '"final": true' in body.splitlines()[-1]


async def test_a_form_that_is_not_multipart_is_not_read(post):
    status, body = await post(data=QUESTION)
    assert (status, "Field required" in body) == (400, True)

    assert (await post(THREADS, data=IN_A_THREAD))[0] == 415
    assert (await post(THREADS, json=IN_A_THREAD))[0] == 415


async def test_line_ends_that_are_none_make_an_empty_form(post):
    body = '--b\\r\\nContent-Disposition: form-data; name="content"\\r\\n\\r\\nHi\\r\\n--b--\\r\\n'

    status, said = await post(data=body, headers={**SOMEBODY, "Content-Type": "multipart/form-data; boundary=b"})

    assert (status, "Field required" in said) == (400, True)


@pytest.mark.parametrize(
    "fields",
    [
        {"content": ""},
        {"temperature": "1.2"},
        {"temperature": "0.333"},
        {"temperature": ""},
        {"temperature": "None"},
        {"top_p": "0"},
        {"topP": "0.005"},
        {"max_tokens": "0"},
        {"maxTokens": "4096"},
        {"max_tokens": "None"},
        {"n": "2"},
        {"role": "tool"},
        {"private": "None"},
    ],
)
async def test_what_is_beyond_a_limit_is_a_mistake(post, fields):
    status, body = await post(headers={}, **fields)  # told before anybody asks who it is

    assert (status, "validation error" in body) == (400, True)


@pytest.mark.parametrize(
    "fields",
    [{"temperature": f"{number / 100}"} for number in range(0, 101, 7)] + [{"private": "on"}, {"role": "user"}],
)
async def test_what_is_within_the_limits_is_none(post, fields):
    assert (await post(**fields))[0] == 200


async def test_nobody_is_not_answered(post):
    assert (await post(headers={}))[0] == 401


@pytest.mark.parametrize("fields", [{"host": "modal"}, {"model": "olmoe-0125"}, {"model": "unheard-of"}])
async def test_a_model_answers_on_its_own_host_alone(post, fields):
    assert (await post(**fields))[0] == 400


async def test_forbidden_words_are_refused(post):
    assert "inappropriate_prompt" in (await post(content=FORBIDDEN))[1]


async def test_a_thread_goes_on_with_its_answers_for_its_creator(post, service):
    await post()
    question, answer = service.messages

    assert "Answer 2" in "".join((await post(parent=answer))[1].split('"content": "')[1:])
    assert "not found" in (await post(parent="msg_Z9Z9Z9Z9Z9"))[1]
    assert "different roles" in (await post(parent=question))[1]
    assert (await post(parent=answer, headers={"X-Anonymous-User-ID": "another"}))[0] == 403
    service.messages[question].private = False
    assert "Visibility" in (await post(parent=answer))[1]


async def test_a_captcha_is_wanted_where_it_is_switched_on(post, service):
    service.captcha = True

    assert "captchaToken" in (await post())[1]
    assert (await post(captchaToken="x"))[0] == 200


async def test_each_endpoint_may_be_gone(post, service):
    service.described = service.threads = False

    assert [(await post(path))[0] for path in (DESCRIBED, THREADS)] == [404, 404]


async def test_threads_end_in_a_slash(post):
    assert (await post("/v4/threads"))[0] == 308
