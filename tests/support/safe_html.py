"""Reads HTML as a browser would and names everything in it that an answer may not contain."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

_TAGS = """
    p br hr h2 h3 h4 h5 h6 strong em s blockquote ul ol li sup div span section figure figcaption pre code a
    table thead tbody tr th td
"""
_MATH_TAGS = """
    math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mmultiscripts
    mprescripts mtable mtr mtd mpadded mphantom menclose
"""
_MATH_ATTRIBUTES = """
    class display displaystyle scriptlevel mathvariant stretchy symmetric largeop movablelimits accent accentunder
    linethickness notation columnspan rowspan width height depth voffset lspace rspace minsize maxsize
"""
TAGS, MATH_TAGS = set(_TAGS.split()), set(_MATH_TAGS.split())
ATTRIBUTES = {"class", "start", "data-language", "href", "title", "rel", "target"}
MATH_ATTRIBUTES = set(_MATH_ATTRIBUTES.split())
VOID = {"br", "hr"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS | MATH_TAGS:
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            if name not in (MATH_ATTRIBUTES if tag in MATH_TAGS else ATTRIBUTES):
                self.faults.append(f"<{tag} {name}>")
            if name == "href":
                self._check_link(dict(attrs), value or "")
        if tag not in VOID:
            self.open.append(tag)

    def _check_link(self, attributes: dict[str, str | None], url: str) -> None:
        parts = urlsplit(url)
        if not (parts.scheme == "mailto" or (parts.scheme in ("http", "https") and parts.hostname)):
            self.faults.append(url)
        if attributes.get("rel") != "noopener noreferrer nofollow" or attributes.get("target") != "_blank":
            self.faults.append(f"{url} opens here")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> out of place")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"<?{data}>")


def faults(html: str) -> list[str]:
    """Return what is not allowed: tags, attributes, addresses, and tags that are not closed in order."""
    reader = _read(html)
    return reader.faults + [f"<{tag}> never closed" for tag in reader.open]


def text(html: str) -> str:
    """Return what a person reads."""
    return _read(html).text


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader
