"""Reads config.json, checks it as a whole, and turns it into frozen settings."""
