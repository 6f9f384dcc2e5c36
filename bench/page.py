"""Weighs the first page: the document and everything it references, as a browser fetches it."""

import gzip
import re
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urljoin, urlsplit

IN_PAGE = re.compile(r"""<(?:link|script|img|source)\b[^>]*?\b(?:href|src)=["']([^"'#]+)""")
IN_STYLE = re.compile(r"""(?:url\(|@import )\s*["']?([^"')#]+)""")
IN_SCRIPT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""")
NAMES_IN = {"text/html": IN_PAGE, "text/css": IN_STYLE, "text/javascript": IN_SCRIPT}


def weigh(address: str) -> dict[str, Any]:
    """Return the number of files, their size in bytes with gzip, and references that are external or broken."""
    sizes: dict[str, int] = {}
    elsewhere, missing = set(), []
    waiting = [address]
    while waiting:
        url = waiting.pop()
        if urlsplit(url).netloc != urlsplit(address).netloc:
            elsewhere.add(urlsplit(url).netloc)
        elif url not in sizes:
            try:
                kind, data = fetch(url)
            except urllib.error.HTTPError:
                missing.append(url)
                continue
            sizes[url] = min(len(data), len(gzip.compress(data, 6)))
            if names := NAMES_IN.get(kind):
                found = (urljoin(url, name) for name in names.findall(data.decode()))
                waiting += [name for name in found if name.startswith("http")]
    return {
        "files": len(sizes),
        "gzip_bytes": sum(sizes.values()),
        "other_hosts": sorted(elsewhere),
        "missing": missing,
    }


def fetch(url: str) -> tuple[str, bytes]:
    """Return the media type and the uncompressed body."""
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.headers.get_content_type(), response.read()
