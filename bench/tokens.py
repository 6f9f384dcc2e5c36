"""The numbered, time-stamped tokens that the upstream sends and the load client checks.

A token is some Markdown followed by a stamp, `n<index>t<microseconds>z`: its place in the reply, from 0, and when it
was sent. The stamp is one word of letters and digits, so it survives JSON, HTML and a syntax highlighter in one piece.
"""

import json
import re
import time

STAMP = re.compile(rb"n(\d+)t(\d+)z")
LONGEST_STAMP = 32  # bytes

# Prose, a list, code and a table, so that rendering has its usual work; longer replies repeat it. A stamp follows each
# piece, but none may be in a fence's first line, which is not shown.
ANSWER = """\

## A| plain| heading

Some| **bold| words**| and| a| `name`| in| prose,| which| goes| on| for| a| line| or| two,| as| answers| do.

A| second| paragraph| follows| with| a| [link](https://example.org/)| in| it.

- first| item
- second| item
- third| item

```python
|def| area(|, height):
    return| *|

print(|)
```

Then| a| table:

¦ what ¦ how much ¦
¦---¦---¦
¦ bread| ¦ two| ¦
¦ milk| ¦ one| ¦

And| a| last| paragraph| that| says| what| was| said.|

"""


def now_us() -> int:
    """Return microseconds of the monotonic clock, which all processes of a machine share."""
    return time.monotonic_ns() // 1000


def token_records() -> list[bytes]:
    """Return an OpenAI record for each piece of the answer, each a template for the token's index and time."""
    return [_record(piece.replace("¦", "|")) for piece in ANSWER.split("|")]


def _record(text: str) -> bytes:
    record = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "m",
        "choices": [{"index": 0, "delta": {"content": f"{text} STAMP"}, "finish_reason": None}],
    }
    data = json.dumps(record, separators=(",", ":")).encode().replace(b"%", b"%%")
    return b"data: " + data.replace(b"STAMP", b"n%dt%dz") + b"\n\n"
