"""What Anthropic's clients send. Source: https://docs.anthropic.com/en/api/messages"""

from typing import Annotated, Any, Literal

from pydantic import Field

from g4f_lite.messages import Message, Params
from server.api.bodies import check_messages
from server.compat.anthropic.content import Blocks, messages_of
from server.compat.capabilities import NO_TOOLS, Harmless
from server.problems import Problem
from server.web.request_json import Body

UNCARRIED: Harmless = {"mcp_servers": ([],), "container": (), "compaction": (), "thread": ()}
CHOICES = {"auto": "auto", "any": "required", "none": "none"}
NAMES = {"response_format": "output_config"}
"""What is called otherwise here than in OpenAI's API."""


class AnthropicMessage(Body):
    role: Literal["user", "assistant", "system"]
    content: str | Blocks


class AnthropicTool(Body):
    """A tool that the program runs itself. Those of another `type` are Anthropic's own."""

    name: Annotated[str, Field(min_length=1)]
    description: str | None = None
    input_schema: dict[str, Any] | None = None
    strict: bool | None = None
    type: str | None = None

    def function(self, field: str) -> dict[str, Any]:
        """Return the tool in OpenAI's words. Raises: Problem, which names the field."""
        if self.type not in (None, "custom"):
            sentence = "is a tool of Anthropic's own; this server knows none but those with an input_schema."
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
        """Return the choice in OpenAI's words. Raises: Problem, which names the field."""
        if self.type != "tool":
            return CHOICES[self.type]
        if not self.name:
            raise Problem("invalid_request", "tool_choice.name: must be the name of a tool.")
        return {"type": "function", "function": {"name": self.name}}


class OutputConfig(Body):
    format: dict[str, Any] | None = None


class CountBody(Body):
    """What tokens are counted of."""

    model: str
    messages: Annotated[list[AnthropicMessage], Field(min_length=1)]
    system: str | Blocks | None = None
    tools: list[AnthropicTool] | None = None
    tool_choice: AnthropicChoice | None = None
    output_config: OutputConfig | None = None
    output_format: dict[str, Any] | None = None
    """What `output_config` had before there was one."""

    def said(self) -> list[Message]:
        """Return the messages behind what is for the system. Raises: Problem, which names the field."""
        [system] = messages_of("system", self.system or "", "system")
        asked = enumerate(self.messages)
        messages = [said for n, one in asked for said in messages_of(one.role, one.content, f"messages.{n}")]
        check_messages([message for message in messages if message.role != "system"])
        return [system, *messages] if system.content.strip() else messages

    def extra(self) -> dict[str, Any]:
        """Return what only some providers carry, in OpenAI's words. Raises: Problem, which names the field."""
        extra: dict[str, Any] = {}
        if self.tool_choice and self.tool_choice.type in ("any", "tool") and not self.tools:
            raise Problem("invalid_request", NO_TOOLS)
        if self.tools:
            extra["tools"] = [tool.function(f"tools.{number}") for number, tool in enumerate(self.tools)]
            if self.tool_choice:
                extra["tool_choice"] = self.tool_choice.choice()
                if self.tool_choice.disable_parallel_tool_use:
                    extra["parallel_tool_calls"] = False
        if form := self.output_format or (self.output_config and self.output_config.format):
            extra["response_format"] = _response_format(form)
        return extra


class MessagesBody(CountBody):
    """The body of a message; fields that only tune the model, and no provider knows, are left alone."""

    max_tokens: Annotated[int, Field(gt=0, le=1_000_000)]
    stream: bool | None = None
    temperature: Annotated[float, Field(ge=0, le=1)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    stop_sequences: Annotated[list[str], Field(max_length=16)] | None = None

    def params(self) -> Params:
        """Return what a provider is asked for. Raises: Problem, which names the field."""
        stop = tuple(self.stop_sequences or ())
        return Params(self.temperature, self.top_p, self.max_tokens, stop, self.extra())


def _response_format(form: dict[str, Any]) -> dict[str, Any]:
    """Return the form of an answer in OpenAI's words, where it is as strict. Raises: Problem, which names the field."""
    match form:
        case {"type": "json_schema", "schema": dict(schema)}:
            return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}
    raise Problem("invalid_request", "output_config.format: has the type json_schema, and a schema.")
