"""Files that a browser saves, with names that every file system accepts."""

import re
import unicodedata
from urllib.parse import quote

LONGEST_NAME = 60
"""Characters. With a suffix it is at most the 255 bytes that file systems allow, in any script."""
FALLBACK = "chat"
FORBIDDEN = re.compile(r'[/\\:*?"<>|%]')
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows reserves for devices."""


def attachment_header(title: str, suffix: str) -> dict[str, str]:
    """Return the header that names a file after a title. Source: RFC 6266, RFC 8187."""
    name = file_name(title)
    ascii_name = file_name(unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode())
    disposition = f"attachment; filename=\"{ascii_name}.{suffix}\"; filename*=UTF-8''{quote(name, safe='')}.{suffix}"
    return {"Content-Disposition": disposition}


def file_name(title: str) -> str:
    """Return a title without the characters that a file name may not have, and without invisible ones."""
    visible = "".join(" " if unicodedata.category(sign).startswith(("C", "Z")) else sign for sign in title)
    name = " ".join(FORBIDDEN.sub(" ", visible).split())[:LONGEST_NAME].strip(" .")
    return FALLBACK if not name or RESERVED.fullmatch(name) else name
