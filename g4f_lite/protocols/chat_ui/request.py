"""What is asked of a chat-ui server: the conversation as one text, and how the reply should be made. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from g4f_lite.config.settings import Strict
from g4f_lite.messages import Message, Params

INSTRUCTION = (
    "instruction: this is a conversation beween, a user and an AI assistant, "
    "respond to the latest message, referring to the conversation if needed\n"
)
"""The first line of the prompt of a synchronous call, as its description has it."""


class ChatUiOptions(Strict):
    """What an entry of this kind may set under `options`; a request's own parameters win.

    A number that is not positive is left to the service, but for a temperature of 0, which means no chance at all.
    """

    temperature: float = 0.4
    truncate: int = 2048
    """Tokens of the prompt that count, from its end."""
    max_new_tokens: int = 1024
    do_sample: bool = True
    repetition_penalty: float = 1.2
    return_full_text: bool = False


def prompt(messages: Sequence[Message]) -> str:
    """Return the conversation as synchronous calls send it: an instruction, and a line for each message."""
    return "".join([INSTRUCTION, *(f"{one.role}: {one.content}\n" for one in messages), "assistant:"])


def parameters(options: ChatUiOptions, params: Params) -> dict[str, Any]:
    """Return how the reply should be made, in the words of the text-generation server, without what it refuses.

    Source: https://github.com/huggingface/text-generation-inference, router/src/validation.rs
    """
    temperature = options.temperature if params.temperature is None else params.temperature
    leaves_to_chance = temperature > 0
    top_p = params.top_p if leaves_to_chance and params.top_p and params.top_p < 1 else 0
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
        "do_sample": options.do_sample and leaves_to_chance,
        "return_full_text": options.return_full_text,
    }


def message(inputs: str, parameters: Mapping[str, Any], id_: Any = None, response_id: Any = None) -> dict[str, Any]:
    """Return the body of a question. id_, response_id: those of its messages; what is no UUID is replaced by one."""
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
    """Return a value if it is a UUID as the server wants it, or another."""
    try:
        return value if str(UUID(value)) == value.lower() else str(uuid4())
    except (AttributeError, TypeError, ValueError):
        return str(uuid4())
