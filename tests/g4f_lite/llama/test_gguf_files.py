"""Model files: which are offered, under which names, and which are skipped."""

import os
import sys
from pathlib import Path

import pytest

from g4f_lite.llama import gguf_files


def put(folder: Path, *names: str) -> None:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")


def test_models_are_sorted_by_name_without_the_suffix(tmp_path):
    put(tmp_path, "zephyr.gguf", "Llama 3.2.Q4_K_M.GGUF", "readme.txt", "qwen.gguf.part")

    assert list(gguf_files.models(tmp_path)) == ["Llama 3.2.Q4_K_M", "zephyr"]


def test_a_model_of_several_files_appears_once_and_is_loaded_by_its_first(tmp_path):
    put(tmp_path, *(f"big-0000{number}-of-00003.gguf" for number in (3, 1, 2)))

    assert gguf_files.models(tmp_path) == {"big": tmp_path / "big-00001-of-00003.gguf"}


def test_several_files_without_the_first_are_no_model(tmp_path):
    put(tmp_path, "big-00002-of-00003.gguf")

    assert gguf_files.models(tmp_path) == {}


def test_subfolders_are_searched_one_level_deep(tmp_path):
    put(tmp_path, "qwen/small.gguf", "qwen/old/tiny.gguf")

    assert gguf_files.models(tmp_path) == {"qwen/small": tmp_path / "qwen" / "small.gguf"}


def test_files_that_are_not_chat_models_are_skipped(tmp_path):
    put(tmp_path, "mmproj-gemma.gguf", "gemma-mmproj-f16.gguf", "._gemma.gguf", ".cache/gemma.gguf", "gemma.gguf")

    assert list(gguf_files.models(tmp_path)) == ["gemma"]


def test_a_folder_named_like_a_model_is_not_one(tmp_path):
    (tmp_path / "odd.gguf").mkdir()

    assert gguf_files.models(tmp_path) == {}


def test_a_link_to_a_file_that_is_gone_is_no_model(tmp_path):
    (tmp_path / "gone.gguf").symlink_to(tmp_path / "nowhere")

    assert gguf_files.models(tmp_path) == {}


def test_what_vanishes_between_two_looks_is_no_crash(tmp_path, monkeypatch):
    put(tmp_path, "here.gguf")
    look = os.listdir
    gone = ["gone.gguf", "gone"]
    monkeypatch.setattr(os, "listdir", lambda folder: [*look(folder), *gone])

    assert list(gguf_files.models(tmp_path)) == ["here"]


@pytest.mark.parametrize("folder", ["missing", "file", "file/below"])
def test_where_there_is_no_folder_there_are_no_models(tmp_path, folder):
    put(tmp_path, "file")

    assert gguf_files.models(tmp_path / folder) == {}
    assert not gguf_files.has_models(tmp_path / folder)


@pytest.mark.parametrize(("file", "is_model"), [("small.gguf", True), ("in/small.gguf", True), ("mmproj.gguf", False)])
def test_a_folder_has_models_when_one_can_be_picked(tmp_path, file, is_model):
    put(tmp_path, "readme.txt", file)

    assert gguf_files.has_models(tmp_path) == is_model


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_no_page_can_show_is_not_offered(tmp_path):
    for name in (b"broken-\xff.gguf", b"two\nlines.gguf"):
        Path(os.fsdecode(bytes(tmp_path) + b"/" + name)).write_bytes(b"")

    assert gguf_files.models(tmp_path) == {}
