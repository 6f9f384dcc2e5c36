"""How to back up PostgreSQL, which has its own programs for that."""

import shlex

from sqlalchemy import URL


def advice(url: URL) -> str:
    """Return the commands to back up and restore a database, without the password in its URL."""
    query = {name: value for name, value in url.query.items() if name != "password"}
    address = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    there = shlex.quote(f"--dbname={address.render_as_string(hide_password=False)}")
    return (
        "The database is PostgreSQL, which has its own backup programs. Back it up with\n  pg_dump "
        f"--format=custom --file=chat.dump {there}\nand restore it, while the server is stopped, with\n  "
        f"pg_restore --clean --if-exists --no-owner {there} chat.dump\nAlso keep config.json, .env and the "
        "data folder, which holds the session key."
    )
