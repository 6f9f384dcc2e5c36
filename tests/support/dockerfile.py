"""A Dockerfile's steps, done without Docker: each stage is a folder, and its absolute paths lie in there.

It understands what deploy/Dockerfile uses: FROM … AS, ENV, WORKDIR, COPY with --from, RUN, USER, CMD and HEALTHCHECK.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NOBODY = 65534
ABSOLUTE = re.compile(r"(?<![\w.$/}:-])/(?=[a-z])|(?<==)/(?=[a-z])")
USER = re.compile(r"\b10001\b")


@dataclass
class Image:
    """A stage that was built: its folder, and what it runs in there."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)
    folder: Path = Path("/")
    user: str = ""
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def inside(self, text: str) -> str:
        """Return a text with its absolute paths below the stage's folder."""
        return ABSOLUTE.sub(f"{self.root}/", text)

    def start(self, command: list[str] | str, **options: Any) -> subprocess.Popen[str]:
        """Start a command as an ordinary user."""
        return subprocess.Popen(
            command, cwd=self.folder, env=self._environment(), text=True, **as_ordinary_user(), **options
        )

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        path = f"{self.root}/usr/local/bin:/usr/bin:/bin"
        return {
            **kept,
            "HOME": str(self.root),
            **self.env,
            "PATH": self.env.get("PATH", "$PATH").replace("$PATH", path),
        }


def build(file: Path, folder: Path) -> Image:
    """Do every step of the file in folders below that one; return the last stage."""
    context = folder / "context"
    _copy_context(context)
    images: dict[str, Image] = {}
    image = Image(folder)
    for number, (word, rest) in enumerate(steps(file.read_text())):
        if word == "FROM":
            image = images.setdefault(rest.partition(" AS ")[2] or "last", _base(folder / f"stage-{number}"))
        else:
            _do(word, rest, image, images, context)
    return image


def steps(text: str) -> Iterator[tuple[str, str]]:
    """Yield each instruction and what follows it, continued lines joined."""
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for line in re.sub(r"\s*\\\n\s*", " ", lines).splitlines():
        if line.strip():
            word, _, rest = line.partition(" ")
            yield word, rest


def as_ordinary_user() -> dict[str, Any]:
    """Return what `subprocess` needs to be told where the tests run as root."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def give(folder: Path) -> None:
    """Let a folder, and all in it, belong to that user."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def _base(root: Path) -> Image:
    """Return what an image of Python gives: the interpreter, under its name."""
    programs = root / "usr/local/bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(_interpreter())
    give(root)
    return Image(root, folder=root)


def _interpreter() -> str:
    """Return a Python that an ordinary user may run: this one may lie in somebody's home."""
    found = [sys._base_executable, shutil.which("python3", path="/usr/local/bin:/usr/bin")]  # type: ignore[attr-defined]
    for program in filter(None, found):
        try:
            if subprocess.run([program, "-c", "import ensurepip"], check=False, **as_ordinary_user()).returncode == 0:
                return str(program)
        except PermissionError:
            continue
    raise AssertionError("no Python that an ordinary user may run")


def _do(word: str, rest: str, image: Image, images: dict[str, Image], context: Path) -> None:
    match word:
        case "ENV":
            for pair in shlex.split(rest):
                name, _, value = pair.partition("=")
                image.env[name] = image.inside(value)
        case "WORKDIR":
            image.folder = Path(image.inside(rest))
            image.folder.mkdir(parents=True, exist_ok=True)
            give(image.folder)
        case "COPY":
            _copy(shlex.split(rest), image, images, context)
        case "RUN":
            _run(rest, image)
        case "USER":
            image.user = rest
        case "CMD":
            image.command = json.loads(rest)
        case "HEALTHCHECK":
            image.health = json.loads(rest.partition("CMD ")[2])
        case "VOLUME" | "EXPOSE" | "STOPSIGNAL":
            pass
        case _:
            raise AssertionError(f"{word} is not understood here")


def _copy(words: list[str], image: Image, images: dict[str, Image], context: Path) -> None:
    source = context
    if words[0].startswith("--from="):
        source = images[words.pop(0).partition("=")[2]].root
    *names, target = words
    to = Path(image.inside(target))
    for name in names:
        path = source / name.lstrip("/")
        if path.is_dir():
            shutil.copytree(path, to, symlinks=True, dirs_exist_ok=True)
        else:
            (to if target.endswith("/") else to.parent).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, to)
    give(to)


def _run(command: str, image: Image) -> None:
    own = NOBODY if os.geteuid() == 0 else os.getuid()
    process = image.start(
        ["sh", "-c", USER.sub(str(own), image.inside(command))], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output, _ = process.communicate()
    assert process.returncode == 0, f"{command}\n{output}"


def _copy_context(context: Path) -> None:
    """Copy what .dockerignore lets through: it leaves everything out but the names behind an exclamation mark."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    for name in (line[1:] for line in lines if line.startswith("!")):
        source, target = ROOT / name, context / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
