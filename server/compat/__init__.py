"""The APIs that other programs know, OpenAI's and Anthropic's, over the same models, limits and people."""
