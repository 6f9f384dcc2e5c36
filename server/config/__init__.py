"""config.json: the keys of the site, and how a changed file takes effect."""
