"""Builds a request to a chat-ui server: the conversation as one text, and the parameters. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from g4f_lite.config.settings import Strict
from g4f_lite.messages import Message, Params

INSTRUCTION = (
    "instruction: this is a conversation beween, a user and an AI assistant, "
    "respond to the latest message, referring to the conversation if needed\n"
)
"""The first line of a synchronous call's prompt, spelled as in the provider's description."""


class ChatUiOptions(Strict):
    """The `options` of an entry of this kind. A request's own parameters take precedence.

    A number that is not positive is not sent. A temperature of 0 also turns sampling off.
    """

    temperature: float = 0.4
    truncate: int = 2048
    """Tokens that are kept of the prompt, from its end."""
    max_new_tokens: int = 1024
    do_sample: bool = True
    repetition_penalty: float = 1.2
    return_full_text: bool = False


def prompt(messages: Sequence[Message]) -> str:
    """Return the conversation as synchronous calls send it: an instruction, then a line for each message."""
    return "".join([INSTRUCTION, *(f"{message.role}: {message.content}\n" for message in messages), "assistant:"])


def parameters(options: ChatUiOptions, params: Params) -> dict[str, Any]:
    """Return the parameters of the text-generation server, without values that it refuses.

    Source: https://github.com/huggingface/text-generation-inference, router/src/validation.rs
    """
    temperature = options.temperature if params.temperature is None else params.temperature
    samples = temperature > 0
    top_p = params.top_p if samples and params.top_p and params.top_p < 1 else 0
    numbers = {
        "temperature": temperature,
        "top_p": top_p,
        "truncate": options.truncate,
        "max_new_tokens": options.max_new_tokens if params.max_tokens is None else params.max_tokens,
        "repetition_penalty": options.repetition_penalty,
    }
    return {
        **{name: number for name, number in numbers.items() if number > 0},
        **({"stop": list(params.stop)} if params.stop else {}),
        "do_sample": options.do_sample and samples,
        "return_full_text": options.return_full_text,
    }


def message(inputs: str, parameters: Mapping[str, Any], id_: Any = None, response_id: Any = None) -> dict[str, Any]:
    """Return the body of a question. id_, response_id: the ids of its messages; a new UUID replaces anything else."""
    return {
        "inputs": inputs,
        "parameters": parameters,
        "stream": True,
        "options": {
            "id": _uuid(id_),
            "response_id": _uuid(response_id),
            "is_retry": False,
            "use_cache": False,
            "web_search_id": "",
        },
    }


def _uuid(value: Any) -> str:
    """Return the value if it is a UUID in the server's format, or else a new one."""
    try:
        return value if str(UUID(value)) == value.lower() else str(uuid4())
    except (AttributeError, TypeError, ValueError):
        return str(uuid4())
