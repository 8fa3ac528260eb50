"""Generations of a folder: atomic, recoverable, bounded in number."""

import hashlib
import json
import multiprocessing
import multiprocessing.synchronize
import os
import shutil
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pretadepenser import config, storage


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


def test_folders_above_what_is_published_are_made(tmp_path: Path) -> None:
    root = tmp_path / "srv" / "pret" / "instance"
    with storage.publish(root, "portfolio") as draft:
        (draft / "data").write_text("one")
    found = storage.current(root, "portfolio")
    assert found is not None
    assert (found / "data").read_text() == "one"


def test_the_link_survives_moving_the_instance(tmp_path: Path) -> None:
    write(tmp_path / "here", "one")
    (tmp_path / "here").rename(tmp_path / "there")
    assert read(tmp_path / "there") == "one"


def test_a_file_that_cannot_be_deleted_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Left by another user, or open on a share: what is new is published, errors are told as they are."""
    for text in ("one", "two"):
        with storage.publish(tmp_path, "model") as folder:
            (folder / "card.json").write_text(text)
            (folder / "stuck").write_text(text)
    unlink = os.unlink

    def refused(path: str, **options: Any) -> None:
        if str(path).endswith("stuck"):
            raise PermissionError(13, "Permission denied", path)
        unlink(path, **options)

    monkeypatch.setattr(os, "unlink", refused)
    write(tmp_path, "three")
    assert read(tmp_path) == "three"

    def interrupted() -> None:
        with storage.publish(tmp_path, "model") as folder:
            (folder / "stuck").write_text("four")
            raise ValueError("what went wrong")

    with pytest.raises(ValueError, match="what went wrong"):
        interrupted()
    # What that one left is no draft of a living process any more.
    write(tmp_path, "five")
    assert read(tmp_path) == "five"


def test_only_the_current_and_the_previous_generation_are_kept(tmp_path: Path) -> None:
    folders = []
    for text in ("one", "two", "three", "four"):
        write(tmp_path, text)
        folders.append(storage.current(tmp_path, "model"))
    assert [folder is not None and folder.exists() for folder in folders] == [False, False, True, True]


def test_what_is_forgotten_is_gone_but_for_what_is_kept(tmp_path: Path) -> None:
    write(tmp_path, "one")
    first = storage.current(tmp_path, "model")
    write(tmp_path, "two")
    second = storage.current(tmp_path, "model")
    assert first is not None
    assert second is not None
    storage.forget(tmp_path, "model", keep=[second])
    assert (first.exists(), read(tmp_path)) == (False, "two")
    write(tmp_path, "three")
    storage.forget(tmp_path, "model", keep=[second])
    assert storage.current(tmp_path, "model") is None, "the link led to none of those kept"
    assert (second / "card.json").read_text() == "two"
    write(tmp_path, "four")
    storage.forget(tmp_path, "model")
    assert storage.current(tmp_path, "model") is None
    assert not [path for path in tmp_path.iterdir() if path.is_dir() or path.is_symlink()]


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
    assert folder.stat().st_mode & 0o027 == 0, "the group reads, the owner alone writes"


def test_the_group_may_read_what_is_published_and_nobody_else(tmp_path: Path) -> None:
    former = os.umask(0)
    try:
        write(tmp_path, "one")
        with storage.kept(tmp_path / "archive" / "model") as draft:
            (draft / "card.json").touch()
    finally:
        os.umask(former)
    published = storage.current(tmp_path, "model")
    assert published is not None
    folders = (published, tmp_path / "archive", tmp_path / "archive" / "model")
    assert [oct(path.stat().st_mode & 0o777) for path in folders] == ["0o750"] * 3
    assert oct((tmp_path / ".model.lock").stat().st_mode & 0o777) == "0o640"


def _write_until_killed(root: Path, started: multiprocessing.synchronize.Event) -> None:
    with storage.publish(root, "model") as folder:
        (folder / "card.json").write_text("half")
        started.set()
        signal.pause()


def _write_a_file_until_killed(path: Path, started: multiprocessing.synchronize.Event) -> None:
    with storage.written(path) as own:
        own.write_text("half")
        started.set()
        signal.pause()


def test_a_killed_file_is_deleted_by_the_next_and_seen_by_nobody_else(tmp_path: Path) -> None:
    """Decisions of clients lay readable in the folder for ever."""
    path = tmp_path / "scores.csv"
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    process = context.Process(target=_write_a_file_until_killed, args=(path, started))
    process.start()
    assert started.wait(60)
    (draft,) = tmp_path.iterdir()
    assert draft.stat().st_mode & 0o777 == 0o600
    with storage.written(path) as own:
        # One that is being written is left alone.
        assert draft.exists()
        own.write_text("first")
    assert path.read_text() == "first"
    process.kill()
    process.join(60)
    with storage.written(path) as own:
        own.write_text("second")
    assert [one.name for one in tmp_path.iterdir()] == ["scores.csv"]
    assert path.read_text() == "second"
    assert path.stat().st_mode & 0o777 == 0o600


def test_many_write_the_same_at_once_and_take_nothing_from_one_another(tmp_path: Path) -> None:
    """What another one had just made, and did not hold yet, was deleted for abandoned."""
    path, folder = tmp_path / "scores.csv", tmp_path / "archive" / "model"

    def work(number: int) -> None:
        for _ in range(40):
            with storage.written(path) as own:
                own.write_text(str(number))
            with storage.scratch(path) as aside:
                (aside / "part").write_text(str(number))
            with storage.kept(folder) as draft:
                (draft / "card.json").write_text("{}")

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work, number) for number in range(8)]:
            done.result()
    assert path.read_text() in {str(number) for number in range(8)}
    assert storage.whole(folder)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["archive", "scores.csv"]


def test_what_a_kill_left_goes_when_the_next_begins(tmp_path: Path) -> None:
    write(tmp_path, "one")
    (tmp_path / ".model.20200101T000000-00000000").mkdir()
    (tmp_path / ".model.20200101T000000-00000000.link").symlink_to("nowhere")
    with storage.publish(tmp_path, "model") as folder:
        left = [path.name for path in tmp_path.glob(".model.2020*")]
        assert left == []
        (folder / "card.json").write_text("two")
    assert read(tmp_path) == "two"


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
    done = threading.Event()

    def keep_reading() -> list[str]:
        """Everything that was read. A generation that was replaced twice meanwhile may be gone."""
        found = []
        while not done.is_set():
            folder = storage.current(tmp_path, "model")
            assert folder is not None, "a hole"
            try:
                found.append((folder / "card.json").read_text())
            except FileNotFoundError:
                assert storage.current(tmp_path, "model") != folder, "a generation in place is incomplete"
        return found

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(keep_reading)
        try:
            for number in range(15):
                write(tmp_path, str(number))
        finally:
            done.set()
        found = reader.result()
    assert len(found) > 15
    assert set(found) <= {str(number) for number in range(15)}
    assert found == sorted(found, key=int), "what is new is never followed by what is old"
    assert read(tmp_path) == "14"


def test_all_is_on_the_disk_before_it_is_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut finds the old generation or the whole new one, and the name of one at every moment."""
    write(tmp_path, "one")
    done: list[tuple[str, str]] = []
    flush, move, swap, remove = os.fsync, os.rename, os.replace, os.unlink

    def note(call: str, path: object) -> None:
        done.append((call, Path(str(path)).name))

    def flushed(descriptor: int) -> None:
        note("flush", os.readlink(f"/proc/self/fd/{descriptor}"))
        flush(descriptor)

    def moved(source: Path, target: Path) -> None:
        note("move", target)
        move(source, target)

    def swapped(source: Path, target: Path) -> None:
        note("swap", target)
        swap(source, target)

    def removed(path: Path, **options: Any) -> None:
        note("remove", path)
        remove(path, **options)

    for name, spy in (("fsync", flushed), ("rename", moved), ("replace", swapped), ("unlink", removed)):
        monkeypatch.setattr(os, name, spy)
    with storage.publish(tmp_path, "model") as folder:
        draft = folder.name
        (folder / "inner").mkdir()
        for path in (folder / "card.json", folder / "inner" / "trees"):
            path.write_text("two")
    generation = draft.removeprefix(".")
    before = done[: done.index(("move", generation))]
    assert {("flush", name) for name in ("card.json", "trees", "inner", draft)} <= set(before)
    assert done[done.index(("move", generation)) + 1 :][:2] == [("swap", "model"), ("flush", tmp_path.name)]
    assert ("remove", "model") not in done
    assert read(tmp_path) == "two"


def test_at_every_step_a_reader_finds_a_whole_generation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looks at what is published after each call that changes a name, as another process would."""
    write(tmp_path, "0")
    write(tmp_path, "1")
    seen: list[str] = []

    def watch(name: str) -> None:
        real = getattr(os, name)

        def call(*given: Any, **options: Any) -> Any:
            done = real(*given, **options)
            seen.append(read(tmp_path))
            return done

        monkeypatch.setattr(os, name, call)

    for name in ("rename", "replace", "symlink", "unlink", "rmdir"):
        watch(name)
    write(tmp_path, "2")
    monkeypatch.undo()
    # Moved aside, linked, put in place; then the generation before the last is taken away.
    assert seen[:3] == ["1", "1", "2"]
    assert len(seen) > 3
    assert set(seen[3:]) == {"2"}
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_symlink()) == ["model"]


def test_the_secret_key_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def watch(name: str) -> None:
        real = getattr(os, name)

        def call(*given: Any) -> Any:
            done.append(name)
            return real(*given)

        monkeypatch.setattr(os, name, call)

    for name in ("fsync", "link", "unlink"):
        watch(name)
    config.secret_key(tmp_path)
    assert done == ["fsync", "link", "unlink"]


def test_a_link_that_leads_nowhere_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "model").symlink_to("model")
    with pytest.raises(storage.DamagedError, match=r"model cannot be followed") as error:
        storage.current(tmp_path, "model")
    assert error.value.path == tmp_path / "model"


def test_a_mark_tells_what_is_published_from_anything_else(tmp_path: Path) -> None:
    """What a server looks at before each answer: it must never take one generation for another."""
    marks = [storage.mark(tmp_path, "model")]
    assert marks == [None]
    for text in ("one", "two", "three", "four", "five"):
        write(tmp_path, text)
        marks.append(storage.mark(tmp_path, "model"))
        assert marks[-1] == storage.mark(tmp_path, "model")
    assert storage.mark(tmp_path, "portfolio") is None
    folder = storage.current(tmp_path, "model")
    assert folder is not None
    folder.rename(tmp_path / "away")
    assert storage.mark(tmp_path, "model") is None
    # A folder in the place of the link, as a copy that follows links makes; then a link to itself.
    (tmp_path / "model").unlink()
    shutil.copytree(tmp_path / "away", tmp_path / "model")
    marks.append(storage.mark(tmp_path, "model"))
    shutil.rmtree(tmp_path / "model")
    (tmp_path / "model").symlink_to("model")
    marks.append(storage.mark(tmp_path, "model"))
    assert len(set(marks)) == 8


def test_a_mark_changes_though_the_disk_gives_the_same_number_again(tmp_path: Path) -> None:
    """A generation is deleted when the next but one comes: its inode may be that of a later one."""
    (tmp_path / "model.one").mkdir()
    (tmp_path / "model").symlink_to("model.one")
    one = storage.mark(tmp_path, "model")
    (tmp_path / "model.one").rename(tmp_path / "model.two")
    (tmp_path / "model").unlink()
    (tmp_path / "model").symlink_to("model.two")
    two = storage.mark(tmp_path, "model")
    assert one is not None
    assert two is not None
    assert one[1:] == two[1:]
    assert one != two


def test_what_is_damaged_is_told_apart(tmp_path: Path) -> None:
    write(tmp_path, "one")
    folder = storage.current(tmp_path, "model")
    assert folder is not None

    def said() -> str:
        with pytest.raises(storage.DamagedError) as error:
            storage.check(folder)
        return str(error.value).rpartition("/")[2]

    card, seal = folder / "card.json", folder / storage.SEAL
    card.write_text("two")
    assert said() == "card.json has changed since it was written"
    card.unlink()
    assert said() == "card.json cannot be read"
    seal.write_text(seal.read_text().replace("card.json", "cart.json"))
    assert said() == "seal.json has changed since it was written"
    seal.unlink()
    assert said() == "seal.json cannot be read"


def test_a_large_file_is_read_once_to_be_sealed(tmp_path: Path) -> None:
    """A portfolio of 5,000,000 clients is 2.4 GB: its SHA-256 is known when it is written."""
    large, small = tmp_path / "clients.arrow", tmp_path / "card.json"
    with large.open("wb") as file:
        file.truncate(storage.LARGE + 1)
    small.write_text("{}")
    told = {"clients.arrow": "1" * 64}

    def listed() -> dict[str, str]:
        content = json.loads((tmp_path / storage.SEAL).read_text())
        return {name: one["sha256"] for name, one in content["files"].items()}

    storage.seal(tmp_path, told)
    assert listed() == {"card.json": storage.digest(small), **told}
    small.write_text("[]")
    storage.seal(tmp_path)
    assert listed() == {"card.json": hashlib.sha256(b"[]").hexdigest(), **told}
    # What has changed since is read, whatever was known of it.
    with large.open("r+b") as changed:
        changed.write(b"1")
    os.utime(large, ns=(1, 1))
    storage.seal(tmp_path)
    assert listed()["clients.arrow"] == storage.digest(large) != told["clients.arrow"]


def test_a_small_file_is_read_whenever_it_is_sealed(tmp_path: Path) -> None:
    """A file may change twice within what clocks of file systems tell apart."""
    card = tmp_path / "card.json"
    card.write_text("{}")
    storage.seal(tmp_path)
    when = card.stat().st_mtime_ns
    card.write_text("[]")
    os.utime(card, ns=(when, when))
    storage.seal(tmp_path)
    storage.check(tmp_path, whole=True)
    assert hashlib.sha256(b"[]").hexdigest() in (tmp_path / storage.SEAL).read_text()
