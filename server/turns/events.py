"""The events of a turn and their grammar, as sent to the browser; defined only here.

    start  attempt*  provider?  (reasoning | content | html)*  title?  usage?  (finish | error)

An event is one JSON object with `type` and, except for `ping`, `seq`. It is written as a line of NDJSON; the same line
becomes a server-sent event for clients that ask for those. `provider` has `notices`, sentences for the person, if the
request was changed.
"""

import json
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any, Literal

PING = '{"type":"ping"}\n'

StreamFormat = Literal["ndjson", "sse"]
MIMETYPES: dict[StreamFormat, str] = {"ndjson": "application/x-ndjson", "sse": "text/event-stream"}


def content(seq: int, text: str) -> str:
    """Return the line of a piece of the answer. Formatted by hand, because this runs once per token."""
    return f'{{"seq":{seq},"type":"content","content":{encode_basestring(text)}}}\n'


def reasoning(seq: int, text: str) -> str:
    """Return the line of a piece of reasoning."""
    return f'{{"seq":{seq},"type":"reasoning","token":{encode_basestring(text)}}}\n'


def event(seq: int, type_: str, members: Mapping[str, Any]) -> str:
    """Return the line of any other event."""
    return json.dumps({"seq": seq, "type": type_, **members}, separators=(",", ":")) + "\n"


def parse(line: str) -> dict[str, Any]:
    """Return the event of a line."""
    parsed: dict[str, Any] = json.loads(line)
    return parsed


def is_content(line: str) -> bool:
    """Tell whether a line is a piece of the answer, without parsing it."""
    return '"type":"content"' in line[:40]


def is_end(line: str) -> bool:
    """Tell whether a line is the last of its turn, without parsing it."""
    return '"type":"finish"' in line[:40] or '"type":"error"' in line[:40]


def encode(text: str, format_: StreamFormat, *, begins_line: bool = True) -> bytes:
    """Return lines, or a part of a line, in the format that the reader asked for."""
    if format_ == "sse":
        data = "data: " if begins_line else ""
        text = data + text[:-1].replace("\n", "\n\ndata: ") + text[-1:].replace("\n", "\n\n")
    return text.encode()


def quoted(text: str) -> str:
    """Return a text as JSON."""
    return json.dumps(text)


def offset(lines: str, number: int) -> int:
    """Return where the line with this number begins, counted from 0; 0 for negative numbers."""
    position = 0
    for _ in range(number):
        position = lines.index("\n", position) + 1
    return position


def split(lines: str) -> list[str]:
    """Return each line with its line end. (`splitlines` would also split inside of JSON strings.)"""
    return [f"{line}\n" for line in lines.split("\n")[:-1]]
