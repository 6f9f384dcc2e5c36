"""Limits: requests and turns per minute, turns at a time, tokens per day, failed sign-ins."""
