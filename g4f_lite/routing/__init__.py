"""From a model's name to the provider that answers."""
