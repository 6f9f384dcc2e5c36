"""Who comes in: passwords, sessions, second factors, and the pages for all that."""
