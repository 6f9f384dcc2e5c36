"""A site as one file: written while the server runs, and put back while it does not."""
