"""The dialect of OpenAI's protocol of each service in the README's table.

Composed after the vendors' documentation and reports of their users, without a word of anybody's answers.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from g4f_lite.pieces import Content, Finish, Piece, Reasoning, Usage
from g4f_lite.routing.model_info import ModelInfo
from tests.support.services.openai_wire import DONE, chunk, delta, openai_error, record, usage_chunk
from tests.support.services.upstream import Answer, json_answer


@dataclass(frozen=True)
class Refusal:
    """An answer in the place of a reply, and what must be made of it. detail: part of the words that are shown."""

    status: int
    body: Any
    code: str
    detail: str
    headers: dict[str, str] = field(default_factory=dict)
    retry_after: float | None = None

    def answer(self) -> Answer:
        return json_answer(self.body, self.status, self.headers)


@dataclass(frozen=True)
class Vendor:
    """One service.

    reply: the records of a whole answer. pieces: what it is, neighbouring texts as one.
    failure: what comes in mid-stream, behind a chunk of text. failure_code: what that is called here.
    """

    listing: Any
    offers: Sequence[ModelInfo]
    reply: Sequence[bytes]
    pieces: Sequence[Piece]
    failure: bytes
    failure_code: str
    refusals: Sequence[Refusal]


def listed(*entries: dict[str, Any]) -> Any:
    return {"object": "list", "data": [{"object": "model", "created": 1_700_000_000, **entry} for entry in entries]}


def counted(input_tokens: int, output_tokens: int, **more: Any) -> dict[str, Any]:
    total = input_tokens + output_tokens
    return {"prompt_tokens": input_tokens, "completion_tokens": output_tokens, "total_tokens": total, **more}


TEXT = [Content("Grüße 👋\n")]
THOUGHT = [Reasoning("Hm, yes.")]
END = [Usage(5, 2), Finish("stop")]

OPENAI = Vendor(
    listing=listed({"id": "gpt-5-mini", "owned_by": "system"}, {"id": "whisper-1", "owned_by": "openai-internal"}),
    offers=[ModelInfo("gpt-5-mini")],
    reply=[
        chunk({"role": "assistant", "content": "", "refusal": None}, usage=None, service_tier="default"),
        chunk({"content": "Grüße "}, usage=None, obfuscation="X9"),
        chunk({"content": "👋\n"}, usage=None, obfuscation=""),
        chunk({}, "stop", usage=None, system_fingerprint="fp_1"),
        usage_chunk(5, 2),
        DONE,
    ],
    pieces=[*TEXT, *END],
    failure=record(openai_error("The server had an error while processing your request.", "server_error")),
    failure_code="provider_failed",
    refusals=[
        Refusal(
            401,
            openai_error("Incorrect API key provided: sk-proj-********abcd.", code="invalid_api_key"),
            "key_rejected",
            "Incorrect API key provided: [redacted]",
        ),
        Refusal(
            429,
            openai_error("You exceeded your current quota.", "insufficient_quota", "insufficient_quota"),
            "payment_required",
            "quota",
        ),
    ],
)

OPENROUTER = Vendor(
    listing={
        "data": [
            {
                "id": "vendor/model:free",
                "name": "Vendor: Model (free)",
                "context_length": 200_000,
                "architecture": {"modality": "text+image->text", "input_modalities": ["text", "image"]},
                "pricing": {"prompt": "0", "completion": "0"},
            }
        ]
    },
    offers=[ModelInfo("vendor/model:free", vision=True, context=200_000)],
    reply=[
        b": OPENROUTER PROCESSING\n\n",
        chunk({"role": "assistant", "content": "", "reasoning": "Hm, ", "reasoning_details": [{"text": "Hm, "}]}),
        b": OPENROUTER PROCESSING\n\n",
        chunk({"role": "assistant", "content": "", "reasoning": "yes."}, provider="Vendor"),
        chunk({"role": "assistant", "content": "Grüße 👋\n", "reasoning": None}, provider="Vendor"),
        chunk({"role": "assistant", "content": ""}, "stop", provider="Vendor"),
        chunk({"role": "assistant", "content": ""}, usage=counted(5, 2, cost=0.0001), provider="Vendor"),
        DONE,
    ],
    pieces=[*THOUGHT, *TEXT, *END],
    failure=chunk({"content": ""}, "error", error={"code": "rate_limit_exceeded", "message": "Too many"}, provider="V"),
    failure_code="provider_rate_limited",
    refusals=[
        Refusal(
            402,
            {"error": {"message": "Insufficient credits. Add more.", "code": 402}, "user_id": "user_1"},
            "payment_required",
            "Insufficient credits.",
        ),
        Refusal(
            400,
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 400,
                    "metadata": {"raw": json.dumps(openai_error("maximum context length is 9")), "provider_name": "V"},
                }
            },
            "prompt_too_long",
            "Provider returned error: maximum context length is 9",
        ),
        Refusal(
            404,
            {"error": {"message": "No endpoints found for vendor/gone.", "code": 404}},
            "model_not_supported",
            "No endpoints",
        ),
    ],
)

GROQ = Vendor(
    listing=listed({"id": "openai/gpt-oss-20b", "owned_by": "OpenAI", "active": True, "context_window": 131_072}),
    offers=[ModelInfo("openai/gpt-oss-20b", context=131_072)],
    reply=[
        chunk({"role": "assistant", "content": ""}, x_groq={"id": "req_1"}),
        chunk({"reasoning": "Hm, yes."}),
        delta("Grüße 👋\n"),
        chunk({}, "stop", x_groq={"id": "req_1", "usage": counted(5, 2, queue_time=0.01)}),
        DONE,
    ],
    pieces=[*THOUGHT, *TEXT, *END],
    failure=chunk({}, x_groq={"id": "req_1", "error": "over capacity"}),
    failure_code="provider_overloaded",
    refusals=[
        Refusal(
            429,
            openai_error(
                "Rate limit reached for model `x`. Please try again in 7.66s.", "tokens", "rate_limit_exceeded"
            ),
            "provider_rate_limited",
            "Rate limit reached",
            {"Retry-After": "8"},
            retry_after=8,
        ),
        Refusal(
            413,
            openai_error("Request too large for model `x` on tokens per minute: Limit 9", "tokens"),
            "prompt_too_long",
            "Request too large",
        ),
    ],
)

MISTRAL = Vendor(
    listing=listed(
        {
            "id": "magistral-small-latest",
            "owned_by": "mistralai",
            "capabilities": {"completion_chat": True, "vision": True, "fine_tuning": False},
            "name": "magistral-small-2509",
            "max_context_length": 131_072,
        },
        {"id": "magistral-small-latest", "owned_by": "mistralai"},
    ),
    offers=[ModelInfo("magistral-small-latest", vision=True, context=131_072)],
    reply=[
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm, "}]}]}),
        chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "yes."}], "closed": True}]}),
        chunk({"content": [{"type": "text", "text": "Grüße "}]}),
        delta("👋\n"),
        chunk({"content": ""}, "stop", usage=counted(5, 2), p="abcd"),
        DONE,
    ],
    pieces=[*THOUGHT, *TEXT, *END],
    failure=record(
        {"object": "error", "message": "Service unavailable.", "type": "internal_server_error", "code": 503}
    ),
    failure_code="provider_overloaded",
    refusals=[
        Refusal(401, {"detail": "Unauthorized"}, "key_rejected", "Unauthorized"),
        Refusal(
            400,
            {"object": "error", "message": "Invalid model: x", "type": "invalid_model", "param": None, "code": "1500"},
            "model_not_supported",
            "Invalid model: x",
        ),
    ],
)

DEEPSEEK = Vendor(
    listing=listed({"id": "deepseek-chat", "owned_by": "deepseek"}),
    offers=[ModelInfo("deepseek-chat")],
    reply=[
        b": keep-alive\n\n" * 3,
        chunk({"role": "assistant", "content": None, "reasoning_content": ""}),
        chunk({"content": None, "reasoning_content": "Hm, yes."}),
        chunk({"content": "Grüße 👋\n", "reasoning_content": None}),
        chunk({"content": "", "reasoning_content": None}, "stop", usage=counted(5, 2, prompt_cache_hit_tokens=4)),
        DONE,
    ],
    pieces=[*THOUGHT, *TEXT, *END],
    failure=chunk({"content": ""}, "insufficient_system_resource") + DONE,
    failure_code="provider_overloaded",
    refusals=[
        Refusal(402, openai_error("Insufficient Balance", "unknown_error"), "payment_required", "Insufficient Balance"),
        Refusal(400, openai_error("Model Not Exist"), "model_not_supported", "Model Not Exist"),
    ],
)


def gemini_error(code: int, message: str, status: str) -> Any:
    return [{"error": {"code": code, "message": message, "status": status, "details": [{"@type": "x"}]}}]


GEMINI = Vendor(
    listing={"object": "list", "data": [{"id": "models/gemini-2.5-flash", "object": "model", "owned_by": "google"}]},
    offers=[ModelInfo("gemini-2.5-flash")],
    reply=[
        chunk({"role": "assistant", "content": "Grüße "}, usage=counted(5, 1)),
        chunk({"role": "assistant", "content": "👋\n"}, "stop", usage=counted(5, 2)),
        DONE,
    ],
    pieces=[*TEXT, *END],
    failure=json.dumps(gemini_error(503, "The model is overloaded.", "UNAVAILABLE"), indent=2).encode() + b"\n\n",
    failure_code="provider_overloaded",
    refusals=[
        Refusal(
            400,
            gemini_error(400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT"),
            "key_rejected",
            "API key not valid.",
        ),
        Refusal(
            429,
            gemini_error(429, "You exceeded your current quota. Please retry in 34.5s.", "RESOURCE_EXHAUSTED"),
            "provider_rate_limited",
            "current quota",
            retry_after=34.5,
        ),
        Refusal(
            404,
            gemini_error(404, "models/x is not found for API version v1main.", "NOT_FOUND"),
            "model_not_supported",
            "models/x is not found",
        ),
    ],
)

VLLM = Vendor(
    listing=listed({"id": "org/model", "owned_by": "vllm", "root": "org/model", "max_model_len": 32_768}),
    offers=[ModelInfo("org/model", context=32_768)],
    reply=[
        chunk({"role": "assistant", "content": ""}),
        chunk({"reasoning_content": "Hm, "}),
        chunk({"reasoning": "yes."}),  # its name in newer versions
        delta("Grüße 👋\n"),
        chunk({"content": ""}, "stop", stop_reason=None),
        usage_chunk(5, 2),
        DONE,
    ],
    pieces=[*THOUGHT, *TEXT, *END],
    failure=record({"object": "error", "message": "EngineCore died.", "type": "InternalServerError", "code": 500})
    + DONE,
    failure_code="provider_failed",
    refusals=[
        Refusal(
            404,
            {"object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError", "code": 404},
            "model_not_supported",
            "does not exist",
        ),
        Refusal(
            400,
            openai_error("This model's maximum context length is 9 tokens.", "BadRequestError", 400),
            "prompt_too_long",
            "maximum context length",
        ),
        Refusal(401, {"error": "Unauthorized"}, "key_rejected", "Unauthorized"),
    ],
)

LM_STUDIO = Vendor(
    listing=listed({"id": "qwen2.5-7b-instruct", "owned_by": "organization_owner"}),
    offers=[ModelInfo("qwen2.5-7b-instruct")],
    reply=[
        chunk({"role": "assistant", "reasoning_content": "Hm, yes."}),
        chunk({"role": "assistant", "content": "Grüße 👋\n"}, system_fingerprint="qwen2.5-7b-instruct"),
        chunk({}, "stop"),
        usage_chunk(5, 2),
        DONE,
    ],
    pieces=[*THOUGHT, *TEXT, *END],
    failure=b"event: error\n"
    + record({"error": {"message": "The model is loaded with context length of only 9 tokens"}}),
    failure_code="prompt_too_long",
    refusals=[
        Refusal(
            404,
            openai_error("No models loaded. Please load a model.", code="model_not_found"),
            "model_not_supported",
            "No models loaded.",
        ),
        Refusal(
            200,  # as it answers at addresses that it does not know
            {"error": "Unexpected endpoint or method. (POST /chat/completions). Returning 200 anyway"},
            "provider_failed",
            "Unexpected endpoint",
        ),
    ],
)

LLAMA_CPP = Vendor(
    listing={
        "models": [{"name": "model.gguf", "model": "model.gguf", "capabilities": ["completion", "multimodal"]}],
        **listed({"id": "model.gguf", "owned_by": "llamacpp", "meta": {"n_ctx": 4096, "n_ctx_train": 131_072}}),
    },
    offers=[ModelInfo("model.gguf", context=4096)],
    reply=[
        chunk({"role": "assistant", "content": None}),
        chunk({"reasoning_content": "Hm, yes."}),
        delta("Grüße 👋\n"),
        chunk({}, "stop", timings={"prompt_n": 1, "predicted_n": 2}),
        record({"choices": [], "usage": counted(5, 2), "timings": {"prompt_n": 1, "predicted_n": 2}}),
        DONE,
    ],
    pieces=[*THOUGHT, *TEXT, *END],
    failure=b'error: {"code":500,"message":"context shift is disabled","type":"server_error"}\n\n',
    failure_code="provider_failed",
    refusals=[
        Refusal(
            503,
            {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
            "provider_overloaded",
            "Loading model",
        ),
        Refusal(
            400,
            {"error": {"code": 400, "message": "exceeds it", "type": "exceed_context_size_error", "n_ctx": 4096}},
            "prompt_too_long",
            "exceeds it",
        ),
    ],
)

VENDORS = {
    "OpenAI": OPENAI,
    "OpenRouter": OPENROUTER,
    "Groq": GROQ,
    "Mistral": MISTRAL,
    "DeepSeek": DEEPSEEK,
    "Gemini": GEMINI,
    "vLLM": VLLM,
    "LM Studio": LM_STUDIO,
    "llama.cpp": LLAMA_CPP,
}
"""By their names in the README."""
