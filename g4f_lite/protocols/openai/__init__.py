"""OpenAI's chat completions and lists of models."""
