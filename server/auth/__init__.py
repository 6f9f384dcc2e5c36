"""Authentication: passwords, sessions, second factors, OpenID Connect, the audit log."""
