"""LiteLLM's client, its list of prices from the package instead of the network."""

import os
import sys
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm

from tests.programs import KEY, WRONG_KEY, failure, tell

litellm.suppress_debug_info = True
WHERE = {"api_base": sys.argv[1], "api_key": KEY}


def ask(text: str, model: str = "m", **options: Any) -> Any:
    messages = [{"role": "user", "content": text}]
    return litellm.completion(model=f"openai/{model}", messages=messages, max_retries=0, **{**WHERE, **options})


whole = ask("Hello")
chunks = list(ask("Hello there", stream=True, stream_options={"include_usage": True}))
streamed = litellm.stream_chunk_builder(chunks)
tell(
    models=litellm.get_valid_models(check_provider_endpoint=True, custom_llm_provider="openai", **WHERE),
    whole=[whole.choices[0].message.content, whole.usage.total_tokens, whole.choices[0].finish_reason],
    streamed=[streamed.choices[0].message.content, streamed.usage.total_tokens],
    unknown=failure(lambda: ask("Hello", model="n")),
    wrong_key=failure(lambda: ask("Hello", api_key=WRONG_KEY)),
    too_many=failure(lambda: ask("Hello")),
)
