"""The doors that other programs know: OpenAI's API and Anthropic's, over the same catalog, limits and people."""

DOORS = frozenset({"openai", "anthropic"})
"""Blueprints whose views take API keys, and no others do."""
