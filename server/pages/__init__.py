"""The HTML pages, and the parts of them that scripts fetch."""
