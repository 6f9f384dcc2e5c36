"""A page that asks for what freegpt-webui's asks for, in front of the server as docs/api.md says."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.processes import free_port
from tests.support import proxies
from tests.support.behind_a_proxy import behind
from tests.support.proxies import NAME, ROOT, Place
from tests.support.waiting import wait_for

TEMPLATE = """<!DOCTYPE html>
<title>{{ _('Another page') }}</title>
<body data-prefix="{{ url_prefix }}" data-chat="{{ chat_id }}">
<select></select>
<pre></pre>
<script src="{{ url_for('bp.static', filename='js/page.js') }}"></script>
"""
SCRIPT = """
const {prefix, chat} = document.body.dataset
const picker = document.querySelector("select")
const shown = document.querySelector("pre")
const history = JSON.parse(localStorage.getItem(chat) ?? "[]")
let leaving

async function listLanguages() {
  const [all, current] = await Promise.all([fetch(`${prefix}/get-languages`), fetch(`${prefix}/get-locale`)])
  for (const tag of await all.json()) picker.add(new Option(tag))
  picker.value = await current.text()
}

picker.onchange = async () => {
  const headers = {"Content-Type": "application/json"}
  const body = JSON.stringify({language: picker.value})
  const response = await fetch(`${prefix}/change-language`, {method: "POST", headers, body})
  if (response.status === 204) location.reload()
}

async function ask(question) {
  leaving = new AbortController()
  const content = {
    conversation: history, internet_access: false, content_type: "text", parts: [{content: question, role: "user"}],
  }
  const response = await fetch(`${prefix}/backend-api/v2/conversation`, {
    method: "POST",
    signal: leaving.signal,
    headers: {"content-type": "application/json", accept: "text/event-stream"},
    body: JSON.stringify({
      conversation_id: chat, action: "_ask", model: "gpt-4", jailbreak: "default", meta: {id: "1", content},
    }),
  })
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  shown.textContent = ""
  for (let part = await reader.read(); !part.done; part = await reader.read()) shown.textContent += part.value
  history.push({role: "user", content: question}, {role: "assistant", content: shown.textContent})
  localStorage.setItem(chat, JSON.stringify(history))
  window.history.replaceState(null, "", `${prefix}/chat/${chat}`)
}

listLanguages()
"""


def block(language: str) -> str:
    """Return the code in that language which docs/api.md has for this."""
    chapter = (ROOT / "docs/api.md").read_text().partition("## The page of freegpt-webui")[2]
    return re.search(rf"```{language}\n(.*?)```", chapter, re.DOTALL)[1]  # type: ignore[index]


@contextmanager
def in_front(app: Any, loop: Any, folder: Path, prefix: str) -> Iterator[str]:
    """Serve the page in front of the app, and yield the address of both, with the prefix."""
    with _rendered(folder, prefix) as port:
        site = folder / "deploy.conf"
        site.write_text(_site(prefix, port))
        with behind(lambda place: _nginx(place, site), app, loop, {"folder": folder, "prefix": prefix}) as url:
            yield url + prefix


def _nginx(place: Place, site: Path) -> Any:
    return proxies.serving_with_nginx(place, site, NAME)


def _site(prefix: str, port: int) -> str:
    """Return deploy/nginx.conf with the two locations in it."""
    locations = block("nginx").replace("/chat/", f"{prefix}/chat/").replace("/assets/", f"{prefix}/assets/")
    ours = (ROOT / "deploy/nginx.conf").read_text()
    return ours.replace("    location / {", f"{locations.replace('1339', str(port))}    location / {{")


@contextmanager
def _rendered(folder: Path, prefix: str) -> Iterator[int]:
    """Run what renders the page, and yield its port."""
    for name, text in {"html/index.html": TEMPLATE, "js/page.js": SCRIPT}.items():
        file = folder / "client" / name
        file.parent.mkdir(parents=True)
        file.write_text(text)
    (folder / "page.py").write_text(block("python").replace('PREFIX = ""', f'PREFIX = "{prefix}"'))
    port, log = free_port(), folder / "page.log"
    command = [sys.executable, "-m", "flask", "--app", "page", "run", "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out)
    try:
        wait_for(lambda: process.poll() is not None or proxies.listens(port))
        assert process.poll() is None, log.read_text()
        yield port
    finally:
        process.terminate()
        process.wait()
