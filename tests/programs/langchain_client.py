"""LangChain's ChatOpenAI."""

import sys
from functools import reduce
from operator import add
from typing import Any

from langchain_openai import ChatOpenAI

from tests.programs import KEY, WRONG_KEY, failure, tell


def chat(model: str = "m", key: str = KEY) -> Any:
    return ChatOpenAI(base_url=sys.argv[1], api_key=key, model=model, max_retries=0, stream_usage=True)


whole = chat().invoke("Hello")
streamed = reduce(add, chat().stream("Hello there"))
tell(
    models=[model.id for model in chat().root_client.models.list()],
    whole=[whole.content, whole.usage_metadata["total_tokens"], whole.response_metadata["finish_reason"]],
    streamed=[streamed.content, streamed.usage_metadata["total_tokens"]],
    unknown=failure(lambda: chat(model="n").invoke("Hello")),
    wrong_key=failure(lambda: chat(key=WRONG_KEY).invoke("Hello")),
    too_many=failure(lambda: chat().invoke("Hello")),
)
