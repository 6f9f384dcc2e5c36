"""Exits with 0 if the server of the config.json beside this file answers. Needs only Python."""

import http.client
import json
import sys
from pathlib import Path

config = json.loads(Path(__file__).with_name("config.json").read_text())
port, prefix = config.get("site_config", {}).get("port", 1338), config.get("url_prefix", "").strip("/")

connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
connection.request("GET", f"/{prefix}/healthz" if prefix else "/healthz")
sys.exit(connection.getresponse().status != 200)
