"""How long a conversation of a thousand messages takes to open: python -m bench.opening

CPU milliseconds for the whole page through the WSGI client, with two kilobytes of Markdown in each message: the median
of several rounds, with nothing rendered before, and once more with all of it rendered before.
"""

import json
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

from flask import Flask
from flask.testing import FlaskClient

from g4f_lite.config.load import load
from g4f_lite.providers import KINDS
from server import create_app
from server.config.site import Config
from server.render import document, highlight
from server.store import NewTurn, Outcome, Store
from server.store.people.accounts import LOCAL_USER

TEXT = (Path(__file__).parent / "answer.md").read_text(encoding="utf-8")[:2000]
MESSAGES = 1_000
ROUNDS = 7
SETTINGS = {"providers": {"guide": {"kind": "Guide"}}, "models": {"guide": "guide/guide"}}


def main() -> None:
    """Print both times."""
    with TemporaryDirectory() as folder:
        app = _app(Path(folder))
        client, address = app.test_client(), f"/chat/{fill(app.extensions['chat'].store, MESSAGES)}"
        client.get("/chat/")
        cold = [_open(client, address, cold=True) for _ in range(ROUNDS)]
        warm = [_open(client, address, cold=False) for _ in range(ROUNDS)]
        print(f"{MESSAGES} messages: {median(cold):.0f} CPU ms, once rendered {median(warm):.0f}")


def fill(store: Store, count: int) -> str:
    """Store a conversation of this many messages, alternating questions and answers; return its id."""
    conversation_id = None
    for number in range(count // 2):
        text = f"{number}. {TEXT}"  # different texts, since equal ones are rendered only once
        turn = NewTurn(
            action="send",
            model="guide",
            answer_id=f"a{number}",
            conversation_id=conversation_id,
            message_id=f"q{number}",
            content=text,
            title="Long",
        )
        conversation_id = store.begin_turn(LOCAL_USER, turn).conversation_id
        ended = Outcome(status="complete", content=text, attempts=[], finish_reason="stop", last_seq=3)
        store.finish(LOCAL_USER, turn.answer_id, ended, None)
    return str(conversation_id)


def _app(folder: Path) -> Flask:
    file = folder / "config.json"
    file.write_text(json.dumps(SETTINGS))
    return create_app(load(file, Config, {}, KINDS))


def _open(client: FlaskClient, address: str, *, cold: bool) -> float:
    if cold:
        document.html_by_text.clear()
        highlight.html_by_code.clear()
    began = process_time()
    response = client.get(address)
    took_ms = (process_time() - began) * 1000
    assert response.status_code == 200
    return took_ms


if __name__ == "__main__":
    main()
