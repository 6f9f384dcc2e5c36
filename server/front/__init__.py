"""The server in front of the WSGI app: aiohttp on one event loop, and no thread per stream."""

from server.front.forwarded import Proxies
from server.front.front import Front
from server.front.limits import Limits
from server.front.listener import ListenError
from server.front.run import serve

__all__ = ["Front", "Limits", "ListenError", "Proxies", "serve"]
