"""TeX between dollars and brackets becomes MathML; what only looks like it stays text."""

import subprocess
import sys

import pytest

from server.render import blocks
from server.render.tex import MAX_DEPTH, MAX_TEX, mathml


def html(markdown: str) -> str:
    return "".join(blocks(markdown))


@pytest.mark.parametrize("inline", ["$x$", r"\(x\)", r"\( x \)"])
def test_a_formula_within_a_line(inline):
    assert html(f"so {inline}, then") == "<p>so <math><mi>x</mi></math>, then</p>\n"


@pytest.mark.parametrize("display", ["$$x$$", r"\[x\]"])
def test_a_displayed_formula_within_a_line(display):
    assert html(f"so {display}, then") == '<p>so <math display="block"><mi>x</mi></math>, then</p>\n'


@pytest.mark.parametrize("block", ["$$x$$", "$$\nx\n$$", "$$ x\n$$  ", r"\[x\]", "\\[\nx\n\\]", "\\[\n  x\n\\]"])
def test_a_formula_is_a_block_of_its_own(block):
    formula = '<div class="math"><math display="block"><mi>x</mi></math></div>\n'

    assert blocks(f"So:\n{block}\nThen.") == ["<p>So:</p>\n", formula, "<p>Then.</p>\n"]
    assert formula in html(f"- item\n\n  {block}".replace("\n", "\n  "))
    assert formula in html(f"> {block}".replace("\n", "\n> "))


@pytest.mark.parametrize(
    "prose",
    [
        "from $5 to $10",
        "$5 and $10",
        "$5–$10",
        "$1,000 or 5$ more",
        "5$ and 6$",
        "$20 per month, or 200$",
        "$ x $",
        "$HOME and $PATH",
        "a $",
        "$$",
        "$$ $$",
    ],
)
def test_a_price_is_not_a_formula(prose):
    assert html(prose) == f"<p>{prose}</p>\n"


def test_a_digit_at_the_end_of_the_text_does_not_undo_a_formula_at_its_beginning():
    assert html("$x$ is 5") == "<p><math><mi>x</mi></math> is 5</p>\n"


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        (r"\$x$", "$x$"),
        ("`$x$`", "<code>$x$</code>"),
        (r"\[text\](https://a.example)", "[text]("),
        ("$$\n\na\n\n$$", "<p>$$</p>\n<p>a</p>\n<p>$$</p>\n"),
    ],
)
def test_what_is_escaped_quoted_or_torn_is_no_formula(markdown, expected):
    assert "<math" not in html(markdown)
    assert expected in html(markdown)


def test_an_escaped_dollar_belongs_to_its_formula():
    assert "<mi>$</mi>" in html(r"$5\$ + x$")


@pytest.mark.parametrize(
    "tex",
    [
        r"\begin{split}a&=1\\b&=2\end{split}",
        r"\begin{aligned}a&=1\\b&=2\end{aligned}",
        r"\begin{cases}1&x>0\\0&\text{otherwise}\end{cases}",
        r"\begin{array}{l|c}a&b\\ \hline c&d\end{array}",
        r"\sum_{\substack{a\\b}} x",
        r"x = 1 \tag{3}",
        r"\mbox{for all } \pmb{x}",
    ],
)
def test_what_models_write_is_understood(tex):
    assert mathml(tex, display=True).startswith('<math display="block">')


def test_alignment_is_a_class_and_never_a_style():
    formula = html(r"$$\begin{aligned}a&=1\end{aligned}$$")

    assert '<mtd class="math-right math-flush-right"><mi>a</mi></mtd>' in formula
    assert "style=" not in formula.replace("displaystyle=", "")


@pytest.mark.parametrize(
    "tex",
    [
        r"\unknown{x}",
        r"\href{https://a.example}{x}",
        r"\frac{1}",
        "x" * (MAX_TEX + 1),
        r"\newcommand{\a}{b}\a",
        r"\def\a{b}\a",
        r"\renewcommand{\vec}{b}\vec",
        r"\providecommand\a{b}",
    ],
)
def test_what_is_refused_shows_its_source(tex):
    assert mathml(tex, display=False) == f'<code class="tex">{tex}</code>'


DEEP = [
    "{",
    r"\sqrt ",
    r"\hat",
    r"x^{",
    r"\left(",
    r"\begin{matrix}",
    r"\displaystyle ",
    r"\color{red}",
    r"\frac1",
    r"\not",
]


@pytest.mark.parametrize("unit", DEEP)
def test_a_formula_that_nests_too_deep_is_refused_before_it_can_overflow_the_stack(unit):
    assert mathml(unit * (MAX_DEPTH + 1), display=True).startswith('<code class="tex">')


def test_formulas_of_the_greatest_depth_fit_a_small_stack():
    """In a process of its own: an overflow would end it."""
    program = (
        "import sys, threading\n"
        "from math_core import LatexError, LatexToMathML\n"
        "def convert():\n"
        f"    for unit in {DEEP!r}:\n"
        "        try:\n"
        f"            LatexToMathML().convert_with_local_state(unit * {MAX_DEPTH}, displaystyle=True)\n"
        "        except LatexError:\n"
        "            print('refused', end=' ')\n"
        "        else:\n"
        "            print('done', end=' ')\n"
        "threading.stack_size(1024 * 1024)\n"
        "thread = threading.Thread(target=convert)\n"
        "thread.start()\n"
        "thread.join()\n"
    )

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert result.returncode == 0
    assert len(result.stdout.split()) == len(DEEP)


def test_an_ordinary_long_formula_is_not_too_deep():
    terms = " + ".join(rf"\frac{{\partial^2 f}}{{\partial x_{{{i}}}^2}}" for i in range(20))

    assert mathml(rf"\begin{{aligned}} a &= {terms} \\ &= {terms} \end{{aligned}}", display=True).startswith("<math")
