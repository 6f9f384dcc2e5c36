"""Model names to routes, and which provider answers."""
