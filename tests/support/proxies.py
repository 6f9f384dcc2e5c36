"""Reverse proxies with the files of deploy/: real processes on loopback, with nothing but names and ports filled in."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.processes import free_port
from tests.support.waiting import wait_for

ROOT = Path(__file__).parents[2]
CERTIFICATE = Path(__file__).with_name("self_signed.pem")
NAME = "chat.example.org"
HOST = "127.0.0.1"

NGINX_CONF = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ }}
http {{
  access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  include {folder}/site.conf;
}}
"""
CADDYFILE = "{{\n\tadmin off\n\tdefault_bind {host}\n\tauto_https disable_redirects\n}}\n\nimport {folder}/site\n"


@dataclass(frozen=True)
class Place:
    """What is filled in. prefix: as in `url_prefix`. tls: whether the proxy speaks https."""

    folder: Path
    behind: int
    prefix: str = ""
    tls: bool = False


def nginx_site(place: Place, port: int, file: Path = ROOT / "deploy/nginx.conf", name: str = NAME) -> str:
    """Return the file as somebody would have it who followed its comments."""
    text = file.read_text().replace(name, HOST).replace("1338", str(place.behind))
    text = text.replace("    listen [::]:80;\n", "")
    tls = f" ssl http2; ssl_certificate {CERTIFICATE}; ssl_certificate_key {CERTIFICATE}" if place.tls else ""
    text = text.replace("listen 80;", f"listen {HOST}:{port}{tls};")
    return text.replace("location / {", f"location {place.prefix}/ {{")


def caddy_site(place: Place, port: int) -> str:
    """Return deploy/Caddyfile as somebody would have it who followed its comments."""
    text = (ROOT / "deploy/Caddyfile").read_text().replace("1338", str(place.behind))
    tls = f"\n\ttls {CERTIFICATE} {CERTIFICATE}" if place.tls else ""
    text = text.replace(f"\n{NAME} {{", f"\nhttp{'s' if place.tls else ''}://{HOST}:{port} {{{tls}")
    below = (
        f"\tredir {place.prefix} {place.prefix}/\n\treverse_proxy {place.prefix}/* "
        if place.prefix
        else "\treverse_proxy "
    )
    return text.replace("\n\treverse_proxy ", f"\n{below}")


@contextmanager
def nginx(place: Place) -> Iterator[str]:
    """Run nginx, and yield the address it serves, without the prefix."""
    with serving_with_nginx(place, ROOT / "deploy/nginx.conf", NAME) as url:
        yield url


@contextmanager
def serving_with_nginx(place: Place, file: Path, name: str) -> Iterator[str]:
    """Run nginx with a site's file, in which it has that name."""
    program = _program("nginx")
    port = free_port()
    (place.folder / "site.conf").write_text(nginx_site(place, port, file, name))
    (place.folder / "nginx.conf").write_text(NGINX_CONF.format(folder=place.folder))
    with _running([program, "-e", "stderr", "-c", str(place.folder / "nginx.conf")], place, port) as url:
        yield url


@contextmanager
def caddy(place: Place) -> Iterator[str]:
    """Run Caddy, and yield the address it serves, without the prefix."""
    program = _program("caddy")
    port = free_port()
    (place.folder / "site").write_text(caddy_site(place, port))
    (place.folder / "Caddyfile").write_text(CADDYFILE.format(folder=place.folder, host=HOST))
    arguments = ["run", "--adapter", "caddyfile", "--config", str(place.folder / "Caddyfile")]
    with _running([program, *arguments], place, port) as url:
        yield url


Proxy = Callable[[Place], "contextmanager[str]"]


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if not found:
        pytest.skip(f"{name} is not installed")
    return found


@contextmanager
def _running(command: list[str], place: Place, port: int) -> Iterator[str]:
    log = place.folder / "log"
    home = {"HOME": str(place.folder), "XDG_DATA_HOME": str(place.folder), "XDG_CONFIG_HOME": str(place.folder)}
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **home})
    try:
        wait_for(lambda: process.poll() is not None or listens(port))
        assert process.poll() is None, log.read_text()
        yield f"http{'s' if place.tls else ''}://{HOST}:{port}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:  # it waits for a client that a failed test left
            process.kill()
            process.wait()


def listens(port: int) -> bool:
    """Tell whether somebody listens, without connecting. Source: proc(5), /proc/net/tcp."""
    return re.search(rf":{port:04X} \S+ 0A ", Path("/proc/net/tcp").read_text()) is not None
