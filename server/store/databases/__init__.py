"""SQLite and PostgreSQL: connections, locks, copies, and their errors in plain words."""
