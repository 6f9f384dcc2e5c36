"""The parts of aiohttp's server that the front uses; `aiohttp.web` would load a router and more."""

from aiohttp.web_protocol import RequestHandler, RequestPayloadError
from aiohttp.web_request import BaseRequest
from aiohttp.web_response import Response, StreamResponse
from aiohttp.web_server import Server

__all__ = ["BaseRequest", "RequestHandler", "RequestPayloadError", "Response", "Server", "StreamResponse"]
