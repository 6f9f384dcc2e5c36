"""The measured targets: how each is started and called."""

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

QUESTION = [{"role": "user", "content": "What is new?"}]
OPENAI_BODY = {"model": "m", "stream": True, "messages": QUESTION}
FREEGPT_BODY = {
    "conversation_id": "1f2e3d4c-5b6a-4789-a0b1-18f0a1b2c3d",
    "action": "_ask",
    "model": "m",
    "jailbreak": "default",
    "meta": {
        "id": "7310000000000000000",
        "content": {"conversation": [], "internet_access": False, "content_type": "text", "parts": QUESTION},
    },
}
TURN_BODY = {"action": "send", "model": "m", "message": {"content": "What is new?"}}
CONVERSATION = "/backend-api/v2/conversation"
STOP = "/backend-api/v2/messages/{}/stop"

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
NGINX_CONF = """
daemon off; pid {folder}/nginx.pid; error_log stderr; worker_processes 1; worker_rlimit_nofile 8192;
events {{ worker_connections 8000; }}
http {{
  access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  upstream model {{ server 127.0.0.1:{upstream}; keepalive 1000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
    location / {{ proxy_pass http://model; }}
  }}
}}
"""


@dataclass(frozen=True)
class Place:
    """A target's port, the upstream's port, and the target's folder."""

    port: int
    upstream: int
    folder: Path


@dataclass(frozen=True)
class Program:
    """What to start and how."""

    command: list[str]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """One row of the tables."""

    name: str
    prepare: Callable[[Place], Program] | None
    """Writes the program's files into the folder. None: no program, the upstream itself."""
    path: str = "/v1/chat/completions"
    body: dict[str, Any] = field(default_factory=lambda: OPENAI_BODY)
    headers: dict[str, str] = field(default_factory=dict)
    repeats: bool = False
    ready: str = "/v1/models"
    leave: str = "close"


def our_server(place: Place) -> Program:
    """Our server with the upstream as its only provider and an empty database."""
    config = {
        "site_config": {"port": place.port},
        "providers": {"up": {"kind": "OpenAICompatible", "base_url": f"http://127.0.0.1:{place.upstream}/v1"}},
        "models": {"m": "up/m"},
        "default_model": "m",
        "limits": {"concurrent_turns": 0},
        "data_dir": str(place.folder),
        "database": f"sqlite:///{place.folder}/chat.db",
    }
    path = place.folder / "config.json"
    path.write_text(json.dumps(config))
    return Program([sys.executable, "run.py", "--config", str(path)])


def nginx(place: Place) -> Program:
    """A reverse proxy that does not buffer, with one worker as we have one process."""
    path = place.folder / "nginx.conf"
    path.write_text(NGINX_CONF.format(port=place.port, upstream=place.upstream, folder=place.folder))
    assert NGINX
    return Program([NGINX, "-e", "stderr", "-c", str(path)])


def flask_relay(place: Place) -> Program:
    """Flask's development server with requests, a thread per stream."""
    return Program([sys.executable, "-m", "bench.flask_relay", str(place.port), str(place.upstream)])


DIRECT = Target("direct", None)
NGINX_TARGET = Target("nginx", nginx)
FLASK = Target("Flask, requests", flask_relay)
RAW = Target("raw", our_server, CONVERSATION, FREEGPT_BODY, ready="/chat/")
OURS = (
    Target("/v1", our_server),
    RAW,
    Target("stored", our_server, CONVERSATION, TURN_BODY, ready="/chat/", leave=STOP),
    Target("stored, rendered", our_server, CONVERSATION, {**TURN_BODY, "render": "html"}, {}, True, "/chat/", STOP),
)
