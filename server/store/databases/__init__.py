"""SQLite and PostgreSQL: connections, locks, copies and errors."""
