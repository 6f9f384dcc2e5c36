"""The web server: Flask views behind an asyncio front, and the turns it owns."""
