"""One stored turn as its client saw it, and what of it a killed server must still have."""

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bench.targets import CONVERSATION

CHECKPOINTED_AFTER_S = 1.5  # a checkpoint each second, and time to write it
FOREVER = float("inf")


@dataclass
class Asked:
    """A question and the events received. Times are in seconds of the monotonic clock."""

    conversation_id: str | None = None
    """None for a new conversation, until the `start` event names it."""
    message_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    answer_id: str = ""
    """Empty until `start`: until then the server has promised nothing."""
    pieces: list[tuple[float, str]] = field(default_factory=list)
    status: str = "interrupted"
    """What the answer must be: interrupted, or complete after `finish`."""
    over: bool = False
    """Whether the last event of the answer arrived."""
    refusal: str = ""
    killed: float = FOREVER
    """When the server was killed."""

    @property
    def content(self) -> str:
        return f"Question {self.message_id}"

    def text(self, until: float = FOREVER) -> str:
        """Return the text that had arrived by then."""
        return "".join(text for at, text in self.pieces if at <= until)

    async def ask(self, session: aiohttp.ClientSession, origin: str, **how: str) -> bool:
        """Send the question and read the answer; tell whether it ended before the connection did.

        how: more members of the body, such as its `action`.
        """
        body: dict[str, Any] = {"model": "m", "message": {"id": self.message_id, "content": self.content}, **how}
        if self.conversation_id:
            body["conversation_id"] = self.conversation_id
        try:
            async with session.post(origin + CONVERSATION, json=body) as response:
                if response.status != 200:
                    self.refusal = f"{response.status} {await response.text()}"
                    return False
                async for line in response.content:
                    self.hear(json.loads(line))
        except (aiohttp.ClientError, ConnectionError, json.JSONDecodeError):
            return False  # the server was killed, possibly in the middle of a line
        return True

    def hear(self, event: dict[str, Any]) -> None:
        """Add one event of the answer."""
        match event["type"]:
            case "start":
                self.conversation_id, self.answer_id = event["conversation_id"], event["message_id"]
            case "content":
                self.pieces.append((time.monotonic(), event["content"]))
            case "finish" | "error":
                self.over = True
                self.status = "complete" if event["type"] == "finish" else "interrupted"


def violations(asked: Asked, messages: Sequence[dict[str, Any]]) -> list[str]:
    """Return what is wrong with this question and its answer in the messages of their conversation."""
    questions = [message["id"] for message in messages if message["content"] == asked.content]
    answers = [message for message in messages if message["parent_id"] == asked.message_id]
    if questions != [asked.message_id]:
        return [f"question {asked.message_id} is there {len(questions)} times"]
    if [answer["id"] for answer in answers] != [asked.answer_id]:
        return [f"question {asked.message_id} has {len(answers)} answers"]
    return _answer_violations(asked, answers[0])


def _answer_violations(asked: Asked, answer: dict[str, Any]) -> list[str]:
    stored, received = answer["content"], asked.text()
    complete = asked.status == "complete"
    promised = received if complete else asked.text(until=asked.killed - CHECKPOINTED_AFTER_S)
    found = []
    if not stored.startswith(promised):
        found.append(f"answer {asked.answer_id} has {len(stored)} of the {len(promised)} characters promised")
    if not (stored.startswith(received) or received.startswith(stored)):
        found.append(f"answer {asked.answer_id} is not the text that was received")
    if answer["status"] != asked.status and (complete or answer["status"] != "complete"):
        found.append(f"answer {asked.answer_id} is {answer['status']}")
    return found
