"""Markdown to safe HTML, block by block: `blocks` for history, `Rendering` and `Viewer` for a growing answer."""

from server.render.document import blocks
from server.render.rendering import Block, Rendering
from server.render.viewer import Change, Viewer

__all__ = ["Block", "Change", "Rendering", "Viewer", "blocks"]
