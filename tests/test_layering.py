"""The floors of docs/architecture.md: which rooms may import which, and how wide and deep the tree may grow."""

import ast
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WEB_FRAMEWORK = {"flask", "flask_sock", "werkzeug"}

BELOW_THE_VIEWS = ("config", "ops", "render", "store", "limits", "auth", "turns")
VIEWS = ("api", "compat", "pages")
FLOORS = [
    *((f"server.{room}", f"server.{above}") for room in BELOW_THE_VIEWS for above in ("current", "web", *VIEWS)),
    *((f"server.{room}", f"server.{above}") for room in ("current", "web") for above in VIEWS),
    ("server.web", "server.current"),
    ("server.api", "server.pages"),
    ("server.compat", "server.pages"),
    *(("g4f_lite.decoding", f"g4f_lite.{above}") for above in ("http", "routing", "providers")),
    *(("g4f_lite.config", f"g4f_lite.{above}") for above in ("http", "routing", "providers")),
    ("g4f_lite", "server"),
]  # fmt: skip
"""Pairs: nothing in the first imports the second."""

HTTP_CLIENTS = ("requests", "aiohttp.client", "urllib.request", "http.client")

LONGEST_CHAIN = 16
WIDEST_FOLDER = 24
LONGEST_MODULE = 300
SELDOM_NEEDED = {"aiohttp.web", "alembic", "ctypes", "pygments.lexers", "requests", "sqlalchemy.dialects.postgresql"}


def sources(*folders: str) -> dict[str, Path]:
    """Return the modules of these folders by name, without migrations."""
    files = (file for folder in folders for file in sorted((ROOT / folder).rglob("*.py")))
    return {name_of(file): file for file in files if "migrations" not in file.parts}


def name_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = sources("server", "g4f_lite")


@cache
def imports(module: str) -> frozenset[str]:
    """Return what a module imports, for types too: our modules by name, other packages by their top name."""
    return frozenset(resolved(name) for name in imported_names(MODULES[module])) - {module}


@cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    """Return everything in the syntax tree of a module."""
    return tuple(ast.walk(ast.parse(file.read_text())))


def imported_names(file: Path) -> Iterator[str]:
    for node in nodes(file):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def resolved(name: str) -> str:
    if name in MODULES:
        return name
    parent = name.rpartition(".")[0]
    return parent if parent in MODULES else name.partition(".")[0]


def ours(module: str) -> list[str]:
    return sorted(imports(module) & MODULES.keys())


@cache
def reached(module: str) -> frozenset[str]:
    """Return everything a module imports, directly or through others."""
    found, left = set(), [module]
    while left:
        for name in imports(left.pop()) - found:
            found.add(name)
            if name in MODULES:
                left.append(name)
    return frozenset(found)


def is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


@pytest.mark.parametrize("module", MODULES)
def test_no_module_imports_itself_through_others(module):
    assert module not in reached(module)


@pytest.mark.parametrize(("lower", "upper"), FLOORS, ids=lambda package: package)
def test_imports_point_downwards(lower, upper):
    upward = [f"{module} imports {name}" for module in MODULES if is_in(module, lower)
              for name in ours(module) if is_in(name, upper)]  # fmt: skip

    assert upward == []


@pytest.mark.parametrize("room", BELOW_THE_VIEWS)
def test_nothing_below_the_views_reaches_flask(room):
    reaching = [module for module in MODULES if is_in(module, f"server.{room}") and reached(module) & WEB_FRAMEWORK]

    assert reaching == []


def test_the_library_reaches_no_framework_and_no_database():
    reached_by_any = set().union(*(reached(module) for module in MODULES if is_in(module, "g4f_lite")))

    assert not reached_by_any & {*WEB_FRAMEWORK, "server", "sqlalchemy"}


def test_only_the_front_imports_aiohttp():
    importing = [module for module in MODULES if is_in(module, "server") and "aiohttp" in imports(module)]

    assert [module for module in importing if not is_in(module, "server.front")] == []


@pytest.mark.parametrize("file", [MODULES[name] for name in MODULES if is_in(name, "server")], ids=name_of)
def test_the_server_calls_no_outside_service_itself(file):
    assert not any(is_in(name, client) for name in imported_names(file) for client in HTTP_CLIENTS)


def test_no_chain_of_imports_is_long():
    @cache
    def chain(module: str) -> tuple[str, ...]:
        return (module, *max((chain(name) for name in ours(module)), key=len, default=()))

    longest = max((chain(module) for module in MODULES), key=len)

    assert len(longest) <= LONGEST_CHAIN, " → ".join(longest)


def test_no_folder_is_wide():
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    widths = Counter(str(Path(name).parent) for name in kept if Path(name).suffix in CODE)

    assert {folder: width for folder, width in widths.items() if width > WIDEST_FOLDER} == {}


CODE = {".py", ".js", ".mjs", ".css", ".html"}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_one_subject(module):
    assert len(MODULES[module].read_text().splitlines()) <= LONGEST_MODULE


SHARED_FILE_NAMES = {
    "api_keys": "API keys: their records, and the page for them",
    "body": "the request body of a compatible API",
    "conversations": "conversations: in the API, and in the store",
    "messages": "the messages of a conversation: in the library, and in the API",
    "model_list": "the list of models of a service, one per protocol",
    "presets": "named parameters: in the API, and in the store",
    "reply": "the decoder of a reply, one per protocol",
    "request": "the request to a service, one per protocol",
    "response": "the response of a compatible API",
    "routes": "the addresses of a compatible API",
    "search": "search: in the API, and as a page",
    "settings": "settings: of providers in config.json, and of people as a page",
}
"""File names that several folders have, with the one idea that they stand for in all of them."""


def test_no_file_name_stands_for_two_ideas():
    named = Counter(file.stem for file in MODULES.values() if file.stem != "__init__")

    assert {name for name, times in named.items() if times > 1} == SHARED_FILE_NAMES.keys()


def test_a_public_class_name_has_one_meaning():
    defined: dict[str, list[str]] = defaultdict(list)
    for module, file in MODULES.items():
        for node in nodes(file):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                defined[node.name].append(module)

    assert {name: modules for name, modules in defined.items() if len(modules) > 1} == {}


def test_the_server_does_not_load_what_it_seldom_needs():
    program = "import sys, server.cli; print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert SELDOM_NEEDED & set(done.stdout.split()) == set()
