"""The web server: Flask views behind an asyncio front, and the turns it owns."""

from server.app import create_app

__all__ = ["create_app"]
