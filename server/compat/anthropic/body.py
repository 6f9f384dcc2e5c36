"""The bodies of requests to Anthropic's API. Source: https://docs.anthropic.com/en/api/messages"""

from typing import Annotated, Any, Literal

from pydantic import Field

from g4f_lite.messages import Message, Params
from server.api.bodies import check_messages
from server.compat.anthropic.request_content import BlockList, messages_of
from server.compat.capabilities import NO_TOOLS, IgnorableValues
from server.problems import Problem
from server.web.request_json import Body

UNSUPPORTED: IgnorableValues = {"mcp_servers": ([],), "container": (), "compaction": (), "thread": ()}
TOOL_CHOICES = {"auto": "auto", "any": "required", "none": "none"}
NAMES = {"response_format": "output_config"}
"""Anthropic's name for a field, by OpenAI's."""


class AnthropicMessage(Body):
    role: Literal["user", "assistant", "system"]
    content: str | BlockList


class AnthropicTool(Body):
    """A tool that the program runs itself. Tools of another `type` are run by Anthropic."""

    name: Annotated[str, Field(min_length=1)]
    description: str | None = None
    input_schema: dict[str, Any] | None = None
    strict: bool | None = None
    type: str | None = None

    def function(self, field: str) -> dict[str, Any]:
        """Return the tool as OpenAI's API has it. Raises: Problem, which names the field."""
        if self.type not in (None, "custom"):
            sentence = "is one of Anthropic's built-in tools; this server only supports tools with an input_schema."
            raise Problem("invalid_request", f"{field}.type: {self.type[:100]} {sentence}")
        if self.input_schema is None:
            raise Problem("invalid_request", f"{field}.input_schema: must be an object.")
        given = {"name": self.name, "description": self.description, "parameters": self.input_schema}
        strict = {"strict": True} if self.strict else {}
        return {"type": "function", "function": {k: v for k, v in given.items() if v is not None} | strict}


class AnthropicChoice(Body):
    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None
    disable_parallel_tool_use: bool | None = None

    def choice(self) -> str | dict[str, Any]:
        """Return the choice as OpenAI's API has it. Raises: Problem, which names the field."""
        if self.type != "tool":
            return TOOL_CHOICES[self.type]
        if not self.name:
            raise Problem("invalid_request", "tool_choice.name: must be the name of a tool.")
        return {"type": "function", "function": {"name": self.name}}


class OutputConfig(Body):
    format: dict[str, Any] | None = None


class CountBody(Body):
    """The body of a request to count tokens."""

    model: str
    messages: Annotated[list[AnthropicMessage], Field(min_length=1)]
    system: str | BlockList | None = None
    tools: list[AnthropicTool] | None = None
    tool_choice: AnthropicChoice | None = None
    output_config: OutputConfig | None = None
    output_format: dict[str, Any] | None = None
    """The older name of `output_config.format`."""

    def all_messages(self) -> list[Message]:
        """Return the system prompt and the messages. Raises: Problem, which names the field."""
        [system] = messages_of("system", self.system or "", "system")
        messages = [
            message
            for number, given in enumerate(self.messages)
            for message in messages_of(given.role, given.content, f"messages.{number}")
        ]
        check_messages([message for message in messages if message.role != "system"])
        return [system, *messages] if system.content.strip() else messages

    def extra(self) -> dict[str, Any]:
        """Return the fields that not all providers support, as in OpenAI's API. Raises: Problem, with the field."""
        extra: dict[str, Any] = {}
        if self.tool_choice and self.tool_choice.type in ("any", "tool") and not self.tools:
            raise Problem("invalid_request", NO_TOOLS)
        if self.tools:
            extra["tools"] = [tool.function(f"tools.{number}") for number, tool in enumerate(self.tools)]
            if self.tool_choice:
                extra["tool_choice"] = self.tool_choice.choice()
                if self.tool_choice.disable_parallel_tool_use:
                    extra["parallel_tool_calls"] = False
        if output_format := self.output_format or (self.output_config and self.output_config.format):
            extra["response_format"] = _response_format(output_format)
        return extra


class MessagesBody(CountBody):
    """The body of a request for a message. Unknown fields that only tune the model are ignored."""

    max_tokens: Annotated[int, Field(gt=0, le=1_000_000)]
    stream: bool | None = None
    temperature: Annotated[float, Field(ge=0, le=1)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    stop_sequences: Annotated[list[str], Field(max_length=16)] | None = None

    def params(self) -> Params:
        """Return the parameters for the provider. Raises: Problem, which names the field."""
        stop = tuple(self.stop_sequences or ())
        return Params(self.temperature, self.top_p, self.max_tokens, stop, self.extra())


def _response_format(output_format: dict[str, Any]) -> dict[str, Any]:
    """Return the format of the answer as OpenAI's API has it, as strict. Raises: Problem, which names the field."""
    match output_format:
        case {"type": "json_schema", "schema": dict(schema)}:
            return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}
    raise Problem("invalid_request", "output_config.format: must have the type json_schema and a schema.")
