"""The storage of accounts, sessions, second factors, one-time links and API keys."""
