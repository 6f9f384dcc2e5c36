"""LangChain's ChatOpenAI with a tool, whole and streamed, and held to a schema."""

import sys
from functools import reduce
from operator import add
from typing import Any

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from tests.programs import KEY, tell


class Sum(BaseModel):
    total: int


@tool
def total(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


model: Any = ChatOpenAI(base_url=sys.argv[1], api_key=KEY, model="m", max_retries=0)
bound = model.bind_tools([total])
question = HumanMessage("Add.")
whole = bound.invoke([question])
streamed = reduce(add, bound.stream([question]))
results = [ToolMessage(str(total.invoke(call["args"])), tool_call_id=call["id"]) for call in streamed.tool_calls]
answer = bound.invoke([question, streamed, *results])
tell(
    calls=[[[call["name"], call["args"]] for call in said.tool_calls] for said in (whole, streamed)],
    answer=answer.content,
    schema=model.with_structured_output(Sum, method="json_schema").invoke("Add.").total,
)
