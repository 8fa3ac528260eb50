"""Generations of a folder: atomic, recoverable, bounded in number."""

import multiprocessing
import multiprocessing.synchronize
import os
import signal
import threading
from pathlib import Path

import pytest

from pretadepenser import storage


def write(root: Path, text: str) -> None:
    with storage.publish(root, "model") as folder:
        (folder / "card.json").write_text(text)


def read(root: Path) -> str:
    folder = storage.current(root, "model")
    assert folder is not None
    return (folder / "card.json").read_text()


def test_nothing_published(tmp_path: Path) -> None:
    assert storage.current(tmp_path, "model") is None
    assert storage.current(tmp_path / "absent", "model") is None


def test_publish_replaces_the_generation(tmp_path: Path) -> None:
    write(tmp_path / "instance", "one")
    assert read(tmp_path / "instance") == "one"
    write(tmp_path / "instance", "two")
    assert read(tmp_path / "instance") == "two"
    assert (tmp_path / "instance" / "model").is_symlink()


def test_the_link_survives_moving_the_instance(tmp_path: Path) -> None:
    write(tmp_path / "here", "one")
    (tmp_path / "here").rename(tmp_path / "there")
    assert read(tmp_path / "there") == "one"


def test_only_the_current_and_the_previous_generation_are_kept(tmp_path: Path) -> None:
    folders = []
    for text in ("one", "two", "three", "four"):
        write(tmp_path, text)
        folders.append(storage.current(tmp_path, "model"))
    assert [folder is not None and folder.exists() for folder in folders] == [False, False, True, True]


def test_a_failure_changes_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    write(tmp_path, "one")
    before = sorted(os.listdir(tmp_path))

    def fail() -> None:
        with storage.publish(tmp_path, "model") as folder:
            (folder / "card.json").write_text("half")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert read(tmp_path) == "one"
    assert sorted(os.listdir(tmp_path)) == before


def test_names_do_not_disturb_each_other(tmp_path: Path) -> None:
    write(tmp_path, "model")
    for _ in range(3):
        with storage.publish(tmp_path, "portfolio") as folder:
            (folder / "inner").mkdir()
            (folder / "inner" / "card.json").write_text("portfolio")
    assert read(tmp_path) == "model"


def test_others_cannot_read_the_folder(tmp_path: Path) -> None:
    write(tmp_path, "one")
    folder = storage.current(tmp_path, "model")
    assert folder is not None
    assert folder.stat().st_mode & 0o007 == 0


def _write_until_killed(root: Path, started: multiprocessing.synchronize.Event) -> None:
    with storage.publish(root, "model") as folder:
        (folder / "card.json").write_text("half")
        started.set()
        signal.pause()


def test_a_killed_writer_is_harmless_and_its_draft_is_cleaned(tmp_path: Path) -> None:
    write(tmp_path, "one")
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    process = context.Process(target=_write_until_killed, args=(tmp_path, started))
    process.start()
    assert started.wait(60)

    write(tmp_path, "two")
    drafts = [path for path in tmp_path.glob(".model.*") if path.is_dir()]
    assert len(drafts) == 1, "the draft of a living process is left alone"

    process.kill()
    process.join()
    assert read(tmp_path) == "two"
    write(tmp_path, "three")
    assert not [path for path in tmp_path.glob(".model.*") if path.is_dir()]


def test_a_reader_never_sees_a_hole(tmp_path: Path) -> None:
    write(tmp_path, "0")
    wrong: list[str | None] = []
    done = threading.Event()

    def keep_reading() -> None:
        while not done.is_set():
            if not read(tmp_path).isdigit():
                wrong.append("unexpected text")

    def keep_writing() -> None:
        for number in range(15):
            write(tmp_path, str(number))

    reader = threading.Thread(target=keep_reading)
    writer = threading.Thread(target=keep_writing)
    reader.start()
    writer.start()
    writer.join()
    done.set()
    reader.join()
    assert not wrong
    assert read(tmp_path) == "14"
