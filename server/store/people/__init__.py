"""Accounts, sessions, second factors, one-time links and API keys as rows."""
