"""The command `python -m g4f_lite "question"`: prints an answer in the terminal."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

from g4f_lite.config.load import CatalogConfig, load
from g4f_lite.errors import ConfigError, G4FLiteError
from g4f_lite.messages import Params, conversation
from g4f_lite.pieces import Attempt, Content
from g4f_lite.providers import KINDS
from g4f_lite.routing.catalog import opened
from g4f_lite.routing.check import models_table
from g4f_lite.routing.router import answer

UNSAFE = dict.fromkeys({*range(32), *range(127, 160)} - {ord("\n"), ord("\t")})
"""Control characters, with which an answer could control the terminal."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print an answer, or the list of models. Returns: 0; 1 if there is no answer; 2 for a wrong configuration."""
    options = _parser().parse_args(arguments)
    logging.getLogger("g4f_lite").addHandler(logging.NullHandler())  # failures are printed as sentences instead
    try:
        config = load(options.config, CatalogConfig, os.environ, KINDS)
        if options.list:
            sys.stdout.write(asyncio.run(models_table(config, KINDS)))
        else:
            asyncio.run(_ask(config, options.model or config.default_model, _question(options.question)))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except G4FLiteError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except BrokenPipeError:  # the reader, such as `head`, closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m g4f_lite", description="Ask a language model.")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument(
        "question",
        nargs="?",
        help="the question; - reads it from standard input",
    )
    action.add_argument("--list", action="store_true", help="list the models instead")
    parser.add_argument("--model", metavar="NAME", help="a model from --list, or provider/model")
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="use this file instead of the config.json in this folder"
    )
    return parser


def _question(argument: str) -> str:
    """Return the question as valid text, whatever bytes the shell passed."""
    data = sys.stdin.buffer.read() if argument == "-" else os.fsencode(argument)
    question = data.decode(errors="replace").strip()
    if not question:
        raise G4FLiteError("The question is empty.")
    return question


async def _ask(config: CatalogConfig, name: str, question: str) -> None:
    """Write the answer as it arrives, and the attempts that failed before it to standard error."""
    last = "\n"
    async with (
        opened(config, KINDS) as catalog,
        aclosing(answer(catalog.model(name), conversation(question), Params())) as pieces,
    ):
        async for piece in pieces:
            match piece:
                case Attempt(error=error):
                    sys.stderr.write(f"{error}\n")
                case Content(text=text):
                    last = text
                    _write(text)
    _write("" if last.endswith("\n") else "\n")


def _write(text: str) -> None:
    sys.stdout.write(text.translate(UNSAFE) if sys.stdout.isatty() else text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(main())
