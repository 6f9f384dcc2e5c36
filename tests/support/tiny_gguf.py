"""A chat model of one megabyte whose only knowledge is one sentence, written as a GGUF file.

It has the architecture, the tokenizer and the chat template of a real model, so that an engine does with it what it
does with any other. Attention and feed-forward add nothing: the next token depends on the last one alone, and each
token of the sentence points at the one behind it.
"""

import re
from collections.abc import Iterator
from itertools import count, pairwise
from pathlib import Path

import numpy as np
from gguf import GGUFWriter, TokenType
from numpy.typing import NDArray

SENTENCE = "Bonjour! I run **inside** your computer: naïve café, 日本語, 🙂 and then I stop."
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TEMPLATE_WITH_TOOLS = (
    "{% if tools %}<|im_start|>system\nCall one of <tools>{% for tool in tools %}\n{{ tool | tojson }}{% endfor %}\n"
    '</tools> like this:\n<tool_call>\n{"name": <name>, "arguments": <object>}\n</tool_call><|im_end|>\n{% endif %}'
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content or '' }}"
    '{% for call in message.tool_calls or [] %}\n<tool_call>\n{"name": "{{ call.function.name }}", '
    '"arguments": {{ call.function.arguments | tojson }}}\n</tool_call>{% endfor %}<|im_end|>\n{% endfor %}'
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CALL = '<tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call>'
"""A sentence that such a template's engine takes for a call."""
BEFORE_THE_ANSWER = "\n"
CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
END_OF_TEXT, _, END_OF_TURN = range(len(CONTROL))

CONTEXT = 32768
"""Tokens; how far an endless model gets depends on what the engine is asked for."""
WIDTH = 128
HEADS = 4
INNER = 256
SLOW_INNER = 8192
"""Such a layer weighs 13 MB, and takes about a millisecond for each token."""
CERTAINTY = 4
"""Makes the wanted token win by some thirty: no temperature changes the sentence."""


def write(
    file: Path, sentence: str = SENTENCE, *, slow_layers: int = 0, endless: bool = False, template: str = TEMPLATE
) -> Path:
    """Write the model and return its file.

    slow_layers: how many layers do nothing, but take their time.
    endless: say the sentence again and again, until the context is full.
    """
    said = _pieces(sentence)
    layers, inner = (slow_layers, SLOW_INNER) if slow_layers else (1, INNER)
    tokens = list(dict.fromkeys([*CONTROL, *BYTE_CHARACTERS, *map(_spelled, said)]))
    path = [tokens.index(_spelled(piece)) for piece in (BEFORE_THE_ANSWER, *said)]
    path.append(path[1] if endless else END_OF_TURN)

    writer = GGUFWriter(file, "llama")
    _describe(writer, layers, inner)
    _add_tokenizer(writer, tokens)
    writer.add_chat_template(template)
    for name, matrix in (*_vocabulary_matrices(len(tokens), path), *_idle_layers(layers, inner)):
        writer.add_tensor(name, matrix)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _pieces(sentence: str) -> list[str]:
    """Cut the sentence behind words, so that no piece comes twice: each may have one successor only."""
    pieces, piece = [BEFORE_THE_ANSWER], ""
    for word in re.findall(r"\s*\S+|\s+$", sentence):
        piece += word
        if piece not in pieces:
            pieces.append(piece)
            piece = ""
    pieces[-1] += piece
    return pieces[1:]


def _byte_characters() -> list[str]:
    """Return the printable character by which GPT-2's vocabulary writes each byte."""
    substitutes = count(256)
    shown = {*range(33, 127), *range(161, 173), *range(174, 256)}
    return [chr(byte if byte in shown else next(substitutes)) for byte in range(256)]


BYTE_CHARACTERS = _byte_characters()


def _spelled(text: str) -> str:
    return "".join(BYTE_CHARACTERS[byte] for byte in text.encode())


def _describe(writer: GGUFWriter, layers: int, inner: int) -> None:
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_file_type(0)


def _add_tokenizer(writer: GGUFWriter, tokens: list[str]) -> None:
    types = [TokenType.CONTROL] * len(CONTROL) + [TokenType.NORMAL] * (len(tokens) - len(CONTROL))
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(["Ġ t"])  # the format wants one; questions are read byte by byte
    writer.add_bos_token_id(END_OF_TEXT)
    writer.add_eos_token_id(END_OF_TURN)
    writer.add_add_bos_token(False)


def _vocabulary_matrices(size: int, path: list[int]) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield what leads from each token of the path to the next: its own direction, found again in the other's row."""
    directions = np.random.default_rng(seed=0).normal(size=(size, WIDTH)).astype(np.float32)
    successors = np.zeros_like(directions)
    for token, successor in pairwise(path):
        successors[successor] += CERTAINTY * directions[token] / np.linalg.norm(directions[token])
    yield "token_embd.weight", directions
    yield "output_norm.weight", np.ones(WIDTH, np.float32)
    yield "output.weight", successors


def _idle_layers(layers: int, inner: int) -> Iterator[tuple[str, NDArray[np.float32]]]:
    square, wide, narrow = (np.zeros(shape, np.float32) for shape in ((WIDTH, WIDTH), (inner, WIDTH), (WIDTH, inner)))
    for layer in range(layers):
        for norm in ("attn_norm", "ffn_norm"):
            yield f"blk.{layer}.{norm}.weight", np.ones(WIDTH, np.float32)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            yield f"blk.{layer}.{name}.weight", square
        for name, matrix in (("ffn_gate", wide), ("ffn_up", wide), ("ffn_down", narrow)):
            yield f"blk.{layer}.{name}.weight", matrix
