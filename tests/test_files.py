"""Reading text with faults that say what to do; writing all of a file or folder, or nothing."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sukien.errors import DataError, SukienError
from sukien.files import decode, read_json, read_text, write_folder, write_json, write_jsonl, write_text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_text_comes_back_as_it_was_but_for_the_mark(text: str) -> None:
    for mark in (b"", b"\xef\xbb\xbf"):
        assert decode(mark + text.encode(), "x") == text.removeprefix("\ufeff") or not mark
    assert decode(("\ufeff" + text).encode("utf-16-le"), "x", "utf-16-le") == text


def test_line_ends_are_part_of_the_offsets(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Một\r\nHai\rBa\n".encode())
    assert read_text(path) == "Một\r\nHai\rBa\n"


@pytest.mark.parametrize(
    ("raw", "encoding", "fault"),
    [
        (b"a\0b", "utf-8", "x: is a binary file, not text; convert it"),
        ("Tôi".encode("utf-16"), "utf-8", "x: is a binary file"),
        (b"ab\xffc", "utf-8", r"x: byte 2 \(0xff\) is not valid utf-8; name the right encoding with --encoding"),
        ("Việt".encode()[:3], "utf-8", r"x: byte 2 \(0xe1\) is not valid"),
        (b"abc", "utf-16", "x: byte 2 .* is not valid utf-16"),
        (b"abc", "klingon", "unknown encoding 'klingon'; usual ones are"),
        (b"abc", "base64", "unknown encoding 'base64'"),
    ],
)
def test_bytes_that_are_no_text(raw: bytes, encoding: str, fault: str) -> None:
    with pytest.raises(DataError, match=fault):
        decode(raw, "x", encoding)


def test_paths_that_are_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.txt: no such file"):
        read_text(tmp_path / "none.txt")
    with pytest.raises(DataError, match="is a folder, a file is needed"):
        read_text(tmp_path)
    with pytest.raises(DataError, match="cannot be read: File name too long"):
        read_text(tmp_path / ("x" * 300))


def test_json(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"tên": "Mỹ"})
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n  "tên": "Mỹ"\n}\n'
    assert read_json(tmp_path / "a.json") == {"tên": "Mỹ"}
    for wrong in ("{", "", "[" * 100_000, "9" * 5000):
        write_text(tmp_path / "b.json", wrong)
        with pytest.raises(DataError, match=r"b\.json: no valid JSON"):
            read_json(tmp_path / "b.json")


def _names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new/a.jsonl"

    def rows() -> Iterator[int]:
        for row in range(3):
            assert not path.exists()
            yield row

    assert write_jsonl(path, rows()) == 3
    assert [json.loads(line) for line in path.read_text().splitlines()] == [0, 1, 2]
    assert _names(tmp_path) == ["new", "new/a.jsonl"]
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), ValueError("x"), KeyboardInterrupt()])
def test_after_a_fault_the_old_file_is_there_and_no_other(tmp_path: Path, fault: BaseException) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    expected = SukienError if isinstance(fault, OSError) else type(fault)

    def rows() -> Iterator[str]:
        yield "new" * 100_000
        raise fault

    with pytest.raises(expected) as caught:
        write_jsonl(path, rows())
    if isinstance(fault, OSError):
        assert str(caught.value) == f"{path}: cannot be written: No space left on device"
    assert path.read_text() == "old"
    assert _names(tmp_path) == ["a.txt"]


def test_places_where_no_file_can_be(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "old")
    for below in ("a/b", "a/b/c"):
        with pytest.raises(SukienError, match="a part of this path is a file, not a folder"):
            write_text(tmp_path / below, "x")
        with pytest.raises(SukienError, match="a part of this path is a file, not a folder"):
            write_folder(tmp_path / below, lambda folder: None)
    (tmp_path / "d").mkdir()
    with pytest.raises(SukienError, match="d: is a folder, a file is needed"):
        write_text(tmp_path / "d", "x")
    with pytest.raises(SukienError, match="a: is a file, a folder is needed"):
        write_folder(tmp_path / "a", lambda folder: None)
    assert (tmp_path / "a").read_text() == "old"
    assert _names(tmp_path) == ["a", "d"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "a.txt").symlink_to("there/a.txt")
    (tmp_path / "folder").symlink_to("there/folder")
    for text in ("one", "two"):
        write_text(tmp_path / "a.txt", text)
        write_folder(tmp_path / "folder", lambda folder: write_text(folder / "b", text))  # noqa: B023
    assert _names(tmp_path) == ["a.txt", "folder", "there", "there/a.txt", "there/folder", "there/folder/b"]
    assert (tmp_path / "a.txt").is_symlink()
    assert (tmp_path / "folder").is_symlink()
    assert ((tmp_path / "a.txt").read_text(), (tmp_path / "folder/b").read_text()) == ("two", "two")


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_text(pipe, "Mỹ")
        assert os.read(reader, 100) == "Mỹ".encode()
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    def fill(name: str, folder: Path) -> None:
        (folder / "below").mkdir()
        (folder / "below" / name).write_text(name)
        (folder / "below" / name).chmod(0o600)  # as safetensors does

    for name in ("one", "two"):
        write_folder(tmp_path / "new/model", lambda folder: fill(name, folder))  # noqa: B023
    assert _names(tmp_path) == ["new", "new/model", "new/model/below", "new/model/below/two"]
    write_text(tmp_path / "other", "")
    mode = (tmp_path / "other").stat().st_mode
    assert (tmp_path / "new/model/below/two").stat().st_mode == mode, "others cannot read the model"


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), ValueError("x"), KeyboardInterrupt()])
def test_after_a_fault_the_old_folder_is_there(tmp_path: Path, fault: BaseException) -> None:
    write_folder(tmp_path / "model", lambda folder: write_text(folder / "old", "old"))

    def fail(folder: Path) -> None:
        write_text(folder / "new", "new")
        raise fault

    with pytest.raises(SukienError if isinstance(fault, OSError) else type(fault)):
        write_folder(tmp_path / "model", fail)
    assert _names(tmp_path) == ["model", "model/old"]


def test_a_folder_that_cannot_take_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path / "model", lambda folder: write_text(folder / "old", "old"))
    rename = Path.rename

    def second_fails(path: Path, target: Path) -> Path:
        if target.name == "model" and not path.name.endswith(".old"):
            raise PermissionError(13, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", second_fails)
    with pytest.raises(SukienError, match="model: cannot be written: Permission denied"):
        write_folder(tmp_path / "model", lambda folder: write_text(folder / "new", "new"))
    assert _names(tmp_path) == ["model", "model/old"]
