"""A question to a model: messages, parameters, and the estimate of their tokens."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from g4f_lite.messages import Message, Params, estimate_tokens
from g4f_lite.pieces import Pieces
from g4f_lite.routing.model import Model
from g4f_lite.routing.router import answer, with_system_prompt


@dataclass(frozen=True, slots=True)
class Question:
    """messages: oldest first. state, system: as for `answer` of the router."""

    model: Model
    messages: Sequence[Message]
    params: Params
    state: Mapping[str, Any] | None = None
    system: str = ""

    def answer(self) -> Pieces:
        """Yield the pieces of the reply. Raises: G4FLiteError."""
        return answer(self.model, self.messages, self.params, self.state, self.system)

    @property
    def tokens(self) -> int:
        """The estimated tokens of the messages, with the system prompt, the tools and their calls."""
        return tokens_of(with_system_prompt(self.model, self.messages, self.system), self.params)


def tokens_of(messages: Sequence[Message], params: Params | None = None) -> int:
    """Return the estimated tokens of messages, with their tools and calls."""
    extras = [*(message.extra for message in messages), params.extra if params else {}]
    written = (json.dumps(extra, ensure_ascii=False) for extra in extras if extra)
    return sum(estimate_tokens(text) for text in (*(message.content for message in messages), *written))
