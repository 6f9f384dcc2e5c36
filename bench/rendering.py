"""The cost of rendering a growing answer: python -m bench.rendering

CPU milliseconds for 1,000 tokens of 4 characters, rendered ten times a second and once more at the end: the best of
several rounds, nothing cached from one to the next.
"""

from pathlib import Path
from time import process_time

from server.render import Rendering, Viewer, document, highlight

ANSWER = (Path(__file__).parent / "answer.md").read_text(encoding="utf-8")
TOKEN = 4
"""Characters."""
RATES = (30, 60, 150)
"""Tokens a second."""
ROUNDS = 7


def main() -> None:
    """Print one line for each rate."""
    for rate in RATES:
        rounds = [_round(rate // 10) for _ in range(ROUNDS)]
        cpu_ms, longest_ms, characters = min(rounds)
        print(
            f"{rate:4} tokens/s: {cpu_ms:5.1f} CPU ms per 1,000 tokens, longest update {longest_ms:.1f} ms, "
            f"{characters / len(ANSWER):.0f} characters of HTML for each of text"
        )


def _round(tokens_an_update: int) -> tuple[float, float, int]:
    document.html_by_text.clear()
    highlight.html_by_code.clear()
    rendering, viewer, longest_s, characters = Rendering(), Viewer(), 0.0, 0
    started = process_time()
    for seq, start in enumerate(range(0, len(ANSWER), step := tokens_an_update * TOKEN), 1):
        rendering.feed(ANSWER[start : start + step], seq)
        rendering.update()
        longest_s = max(longest_s, rendering.cost_s)
        characters += sum(len(change.html or change.text or "") for change in viewer.changes(rendering))
    rendering.finish()
    cpu_ms = (process_time() - started) * 1000 / (len(ANSWER) / TOKEN / 1000)
    return cpu_ms, longest_s * 1000, characters


if __name__ == "__main__":
    main()
