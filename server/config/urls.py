"""The URLs of the site."""

from server.config.site import Config


def listening(config: Config, port: int) -> str:
    """Return the URL that the server listens on, with the prefix and a slash at its end."""
    host = config.site_config.host
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{config.url_prefix}/"


def outside(config: Config, port: int) -> str:
    """Return the URL that people use: behind a proxy, the first allowed host name."""
    site = config.site_config
    if not site.allowed_hosts:
        return listening(config, port)
    name = site.allowed_hosts[0]
    name = f"[{name}]" if ":" in name else name
    return (
        f"https://{name}{config.url_prefix}/" if site.trusted_proxies else f"http://{name}:{port}{config.url_prefix}/"
    )
