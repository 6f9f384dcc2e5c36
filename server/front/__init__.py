"""The web server in front of the Flask app: aiohttp on one event loop, without a thread per stream."""

from server.front.connection_limits import FrontLimits
from server.front.forwarded import Proxies
from server.front.front import Front
from server.front.listener import ListenError
from server.front.request_body import BodyRules
from server.front.run import serve

__all__ = ["BodyRules", "Front", "FrontLimits", "ListenError", "Proxies", "serve"]
