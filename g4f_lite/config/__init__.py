"""config.json: read, checked as a whole, and turned into frozen settings."""
