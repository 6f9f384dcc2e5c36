"""What a page of another origin can do to ours: it is open in the same browser, with the same cookies at hand."""

import functools
import http.server
import re
import threading

import pytest
from playwright.sync_api import expect

from tests.server.api.test_turns import ask
from tests.support.chromium import CHROMIUM
from tests.support.members import come_in

API = "/backend-api/v2"
PAGE = b"<!doctype html><title>Hostile</title><body>"
ENCTYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
NAMES = {"conversation_id": "conversation_id", "message_id": "message_id"}

TRY_FETCH = """async ([address, method, mode, type]) => {
  const body = ["GET", "HEAD"].includes(method) ? undefined : '{"message": {"content": "Hacked"}, "title": "Hacked"}'
  const headers = body && type ? { "Content-Type": type } : {}
  try {
    const response = await fetch(address, { method, mode, credentials: "include", body, headers })
    return `${response.type} ${response.status}`
  } catch {
    return "blocked"
  }
}"""
TRY_ELEMENT = """([tag, name, address]) => new Promise((resolve) => {
  const element = document.createElement(tag)
  element.onload = () => resolve("loaded")
  element.onerror = () => resolve("blocked")
  if (tag === "link") element.rel = "stylesheet"
  element[name] = address
  document.body.append(element)
})"""
TRY_FORMS = """async (forms) => {
  for (const [address, enctype] of forms) {
    const frame = document.createElement("iframe")
    frame.name = "target"
    document.body.append(frame)
    const form = document.createElement("form")
    Object.assign(form, { action: address, method: "post", enctype, target: "target" })
    form.innerHTML = '<textarea name="content">Hacked</textarea><input name="theme" value="dark">'
    document.body.append(form)
    await new Promise((resolve) => {
      frame.onload = resolve
      form.submit()
    })
    form.remove()
    frame.remove()
  }
}"""
OWN_FORM = """(address) => {
  const form = document.createElement("form")
  Object.assign(form, { action: address, method: "post" })
  form.innerHTML = '<textarea name="content">Hello</textarea>'
  document.body.append(form)
  form.submit()
}"""
TRY_SOCKET = """(address) => new Promise((resolve) => {
  const socket = new WebSocket(address)
  socket.onopen = () => resolve("open")
  socket.onerror = () => resolve("blocked")
})"""


class Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_):
        pass


@pytest.fixture(params=["none", "accounts"])
def mode(request):
    return request.param


@pytest.fixture
def settings(settings, mode):
    settings["auth"] = {"mode": mode}
    return settings


@pytest.fixture
def owner(app, mode):
    """The client of somebody who is in."""
    return come_in(app, "Anna", "admin") if mode == "accounts" else app.test_client()


@pytest.fixture
def known(owner):
    return ask(owner, "A secret question")[0]


@pytest.fixture
def signed_in(context, owner, address, mode):
    """The browser, with the cookie of that person: it goes to every port of the host."""
    if mode != "none":
        cookie = {"name": "chat_session", "value": owner.get_cookie("chat_session").value, "url": address}
        context.add_cookies([{**cookie, "httpOnly": True, "sameSite": "Lax"}])
    return context


@pytest.fixture(params=["127.0.0.1", "localhost"])
def hostile(request, signed_in):
    """A page at another port: of the same site, which SameSite does not keep away, and of another one."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=functools.partial(server.serve_forever, 0.01))
        thread.start()
        page = signed_in.new_page()
        page.goto(f"http://{request.param}:{server.server_port}/")
        yield page
        page.close()
        server.shutdown()
        thread.join()


@pytest.fixture
def own(signed_in):
    page = signed_in.new_page()
    page.goto("/chat/settings")
    return page


def paths(app, known, methods):
    """Yield every route with ids in their places, and its methods of those."""
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:path:)?(\w+)>", lambda place: known.get(NAMES.get(place[1], ""), "x"), rule.rule)
        for method in sorted(rule.methods & methods):
            yield path, method


def everything(owner):
    return owner.get(f"{API}/export").json["conversations"], owner.get("/chat/settings").status_code


def test_it_reads_nothing(app, address, hostile, own, known):
    for path, _ in paths(app, known, {"GET"}):
        for mode in ("cors", "no-cors"):
            assert hostile.evaluate(TRY_FETCH, [address + path, "GET", mode, ""]) == "blocked", (path, mode)

    assert own.evaluate(TRY_FETCH, [f"{address}{API}/models", "GET", "cors", ""]) == "basic 200"


def test_it_includes_nothing(address, hostile, own, known):
    style = own.locator("link[rel=stylesheet]").first.get_attribute("href")
    script = own.locator("script[src]").first.get_attribute("src")
    included = [
        ("script", "src", script),
        ("script", "src", f"{API}/models"),
        ("script", "src", f"{API}/conversations"),
        ("script", "src", "/chat/"),
        ("link", "href", style),
        ("img", "src", own.locator("link[rel=icon]").get_attribute("href")),
    ]
    for tag, name, path in included:
        assert hostile.evaluate(TRY_ELEMENT, [tag, name, address + path]) == "blocked", path

    assert own.evaluate(TRY_ELEMENT, ["script", "src", script]) == "loaded"
    assert own.evaluate(TRY_ELEMENT, ["link", "href", style]) == "loaded"


def test_it_frames_nothing(address, hostile):
    for path in ("/chat/", "/chat/settings", f"{API}/models", "/login"):
        with hostile.expect_console_message(lambda said: "frame-ancestors" in said.text):
            hostile.evaluate(TRY_ELEMENT, ["iframe", "src", address + path])

    hostile.evaluate(TRY_ELEMENT, ["iframe", "src", hostile.url])
    assert hostile.frames[-1].url == hostile.url


def test_it_holds_no_window(address, hostile):
    with hostile.context.expect_page() as opened:
        hostile.evaluate("(address) => { window.other = open(address) }", f"{address}/chat/")
    expect(opened.value).to_have_title(re.compile("g4f-lite"))

    assert opened.value.evaluate("window.opener") is None
    assert hostile.evaluate("other.closed")


def test_it_changes_nothing_by_fetch(app, address, hostile, own, owner, known):
    before = everything(owner)
    for path, method in paths(app, known, UNSAFE):
        for type_ in ("application/json", "text/plain"):
            assert hostile.evaluate(TRY_FETCH, [address + path, method, "cors", type_]) == "blocked", (method, path)
        if method == "POST":
            assert hostile.evaluate(TRY_FETCH, [address + path, "POST", "no-cors", "text/plain"]) == "blocked", path

    assert everything(owner) == before
    rename = [f"{address}{API}/conversations/{known['conversation_id']}", "PATCH", "cors", "application/json"]
    assert own.evaluate(TRY_FETCH, rename) == "basic 200"
    assert everything(owner) != before


def test_it_changes_nothing_by_forms(app, address, hostile, own, owner, known):
    before, answers = everything(owner), []
    hostile.on("response", lambda response: answers.append((response.request.method, response.status)))
    forms = [(address + path, enctype) for path, _ in paths(app, known, {"POST"}) for enctype in ENCTYPES]
    hostile.evaluate(TRY_FORMS, forms)

    assert answers == [("POST", 403)] * len(forms)
    assert everything(owner) == before
    with own.expect_navigation() as navigation:
        own.evaluate(OWN_FORM, f"{address}/chat/")
    assert navigation.value.status in (200, 303)


def test_it_opens_no_websocket(address, hostile, own):
    socket = f"{address.replace('http', 'ws')}{API}/live"

    assert hostile.evaluate(TRY_SOCKET, socket) == "blocked"
    assert own.evaluate(TRY_SOCKET, socket) == "open"


def test_a_name_that_was_pointed_here_is_refused_everywhere(app, known):
    """DNS rebinding: the name of a hostile site leads to this machine, so its pages are of one origin with ours."""
    for path, method in paths(app, known, {"GET", "HEAD", "OPTIONS", *UNSAFE}):
        client = app.test_client()
        headers = {"Sec-Fetch-Site": "same-origin"}
        refused = client.open(path, method=method, headers={"Host": "evil.example", **headers})
        passed = client.open(path, method=method, headers={"Host": "localhost", **headers})
        assert refused.status_code == 400, (method, path)
        assert "does not answer for the host" not in passed.text, (method, path)


@pytest.mark.parametrize("mode", ["none"], indirect=True)
def test_a_browser_that_was_misled_shows_nothing(browser, port):
    rules = f"--host-resolver-rules=MAP evil.example 127.0.0.1:{port}"
    misled = browser.browser_type.launch(executable_path=CHROMIUM, args=["--no-sandbox", rules])
    page = misled.new_page()

    refused = page.goto("http://evil.example/chat/")
    assert (refused.status, refused.json()["error"]["code"]) == (400, "invalid_request")
    assert page.evaluate(TRY_FETCH, ["/backend-api/v2/export", "GET", "cors", ""]) == "basic 400"

    assert page.goto(f"http://localhost:{port}/chat/").status == 200
    misled.close()
