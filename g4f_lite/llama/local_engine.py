"""The program of the child process: an OpenAI-compatible server of one model that ends with its standard input.

Run it as `python -m g4f_lite.llama.local_engine MODEL.gguf`. When it is ready, it writes one line,
`{"url": "http://127.0.0.1:41645"}`. It answers requests with the key from its environment. `engine_process.py` is the
other end. It imports nothing else of this package, to keep the memory of this process for the model.
"""

import argparse
import json
import os
import signal
import sys
from typing import Any, TextIO

KEY_VARIABLE = "G4F_LITE_ENGINE_KEY"
NOT_LOADED = 3
"""The exit status if the engine refuses the file. The reason is on standard error."""

PROMPT_CACHE_MIB = 512
"""Memory for the prompts of waiting chats. The engine's default, 8 GiB, is too much for a small machine."""
ERRORS_ONLY = 1
PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve until standard input ends, then exit at once, even in the middle of an answer."""
    options = _options()
    _ignore_signals()
    ready_line = _standard_output()
    server = _server(options)
    with ready_line:
        ready_line.write(json.dumps({"url": server.listening_address}) + "\n")
    sys.stdin.buffer.read()
    os._exit(0)  # the server's destructor would wait for its answers


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Serve a GGUF file on a loopback port until standard input ends.")
    parser.add_argument("model")
    parser.add_argument("--context", type=int, default=4096, help="tokens")
    parser.add_argument("--threads", type=int, default=0, help="0: as many as the engine finds right")
    return parser.parse_args()


def _ignore_signals() -> None:
    """Ignore the signals that a terminal or systemd sends to all processes: the parent may still finish its answers.

    While a model loads, the engine blocks the interpreter, so nothing reads standard input. Linux kills this process
    when its parent ends.
    Source: https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _standard_output() -> TextIO:
    """Return standard output for the one line, and redirect the engine's own output to standard error."""
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return own


def _server(options: argparse.Namespace) -> Any:
    import xllamacpp  # not at the top: the parent imports the constants, and must not load the engine

    try:
        return xllamacpp.Server(_parameters(xllamacpp.CommonParams(), options))
    except RuntimeError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(NOT_LOADED) from None


def _parameters(params: Any, options: argparse.Namespace) -> Any:
    """Set the parameters. The engine's defaults would open the port to every page in a browser."""
    params.model.path = options.model
    params.n_ctx = options.context
    params.n_parallel = 1  # the engine divides the context by it
    if options.threads:
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads
    params.api_keys = [os.environ[KEY_VARIABLE]]
    params.cors_origins = ""
    params.ui = params.endpoint_slots = params.endpoint_props = False
    params.offline = True
    params.cache_ram_mib = PROMPT_CACHE_MIB
    params.verbosity = ERRORS_ONLY
    return params


if __name__ == "__main__":
    main()
