"""Measurements: what relaying costs here, and beside it what it costs others on the same machine, minutes apart."""
