"""OpenAI's chat completions, and the lists of models that go with them."""
