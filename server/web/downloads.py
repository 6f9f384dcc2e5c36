"""Files that a browser saves, under a name that every system takes."""

import re
import unicodedata
from urllib.parse import quote

LONGEST_NAME = 60
"""Characters; with an ending, no more than the 255 bytes that file systems take, whatever the script."""
FALLBACK = "chat"
FORBIDDEN = re.compile(r'[/\\:*?"<>|%]')
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""What Windows keeps for devices."""


def attachment(title: str, ending: str) -> dict[str, str]:
    """Return the header of a file that is called like a title. Source: RFC 6266, RFC 8187."""
    name = file_name(title)
    plain = file_name(unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode())
    said = f"attachment; filename=\"{plain}.{ending}\"; filename*=UTF-8''{quote(name, safe='')}.{ending}"
    return {"Content-Disposition": said}


def file_name(title: str) -> str:
    """Return a title without what a file name may not have, or would deceive with."""
    visible = "".join(" " if unicodedata.category(sign).startswith(("C", "Z")) else sign for sign in title)
    name = " ".join(FORBIDDEN.sub(" ", visible).split())[:LONGEST_NAME].strip(" .")
    return FALLBACK if not name or RESERVED.fullmatch(name) else name
