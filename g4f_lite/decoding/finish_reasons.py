"""Why a reply ended, in the words of all services. Pure."""

from typing import Any

from g4f_lite.pieces import FinishReason

STOPS = (
    "complete", "completed", "done", "end", "end_of_turn", "end_turn", "eos", "eos_token", "finished", "function_call",
    "stop", "stop_sequence", "tool_call", "tool_calls", "tool_use",
)  # fmt: skip
LIMITS = ("length", "max_length", "max_output_tokens", "max_tokens", "model_context_window_exceeded", "model_length",
          "pause_turn")  # fmt: skip
FILTERS = ("blocklist", "content_filter", "image_safety", "prohibited_content", "recitation", "refusal", "safety",
           "sensitive", "spii")  # fmt: skip
REASONS: dict[str, FinishReason] = {
    **dict.fromkeys(STOPS, "stop"),
    **dict.fromkeys(LIMITS, "length"),
    **dict.fromkeys(FILTERS, "content_filter"),
}
"""By the word in lower case; Gemini's own words come in capitals."""
NOT_YET = ("", "none", "null")
"""What some services send while a reply goes on."""


def reason_word(value: Any) -> str:
    """Return the word in lower case; empty while the reply goes on."""
    word = "" if value is None else str(value).lower()
    return "" if word in NOT_YET else word


def is_known(word: str) -> bool:
    """Tell whether a reason is one for which a good reply ends. A reason that nobody knows is not taken for one."""
    return word in REASONS
