"""The second line of defence: only the tags and attributes listed here reach a page."""

import nh3

from server.render import highlight_worker, tex

TEXT = {"p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "blockquote", "ul", "ol", "li", "sup"}
BOXES = {"div", "span", "section", "figure", "figcaption", "pre", "code", "a"}
TABLE = {"table", "thead", "tbody", "tr", "th", "td"}
MATH = {
    *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup"),
    *("munder", "mover", "munderover", "mmultiscripts", "mprescripts", "mtable", "mtr", "mtd", "mpadded", "mphantom"),
    "menclose",
}
MATH_ATTRIBUTES = {
    *("display", "displaystyle", "scriptlevel", "mathvariant", "stretchy", "symmetric", "largeop", "movablelimits"),
    *("accent", "accentunder", "linethickness", "notation", "columnspan", "rowspan"),
    *("width", "height", "depth", "voffset", "lspace", "rspace", "minsize", "maxsize"),
}

ATTRIBUTES = {
    "a": {"href", "title"},
    "ol": {"start"},
    "figure": {"data-language"},
    **{tag: MATH_ATTRIBUTES for tag in MATH},
}
CLASSES = {
    "a": {"external", "image-link"},
    "code": {"tex"},
    "div": {"table", "math"},
    "figure": {"code"},
    "li": {"task"},
    "section": {"footnotes"},
    "span": {"task-box", *highlight_worker.CLASSES.values()},
    "sup": {"footnote"},
    "td": {"left", "center", "right"},
    "th": {"left", "center", "right"},
    **{tag: set(tex.CLASSES.values()) for tag in MATH},
}

clean = nh3.Cleaner(
    tags=TEXT | BOXES | TABLE | MATH,
    attributes=ATTRIBUTES,
    allowed_classes=CLASSES,
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
).clean
