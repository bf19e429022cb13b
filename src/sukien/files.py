"""Files: reading text with faults that say what to do, and writing beside and renaming.

Nothing half-written ever has the final name: a full disk or a kill leaves the old file as it was.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sukien.errors import DataError, SukienError

NAME_ENCODING = "name the right encoding with --encoding (Vietnamese files are often cp1258 or utf-16)"


def read_text(path: Path, encoding: str = "utf-8", advice: str = NAME_ENCODING) -> str:
    """The text of a file, line ends as they are. A byte-order mark is kept out.

    `advice` ends the message about bytes that are not in `encoding`.

    Raises DataError for a missing file, a folder, a binary file, or bytes that are not valid in `encoding`.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise DataError(f"{path}: is a folder, a file is needed") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    return decode(raw, str(path), encoding, advice)


def decode(raw: bytes, where: str, encoding: str = "utf-8", advice: str = NAME_ENCODING) -> str:
    """Bytes as text; `where` names the input in errors. Raises DataError for binary data or invalid bytes."""
    if b"\0" in raw[:8192] and not encoding.lower().replace("-", "").startswith(("utf16", "utf32")):
        raise DataError(f"{where}: is a binary file, not text; convert it to plain text first")
    try:
        text = raw.decode(encoding)
    except LookupError:
        raise DataError(f"unknown encoding {encoding!r}; usual ones are utf-8, utf-16, cp1258") from None
    except UnicodeDecodeError as error:
        byte = raw[error.start] if error.start < len(raw) else 0
        raise DataError(f"{where}: byte {error.start} (0x{byte:02x}) is not valid {encoding}; {advice}") from None
    return text.removeprefix("\ufeff")


@contextmanager
def writing(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """Open a new file beside `path`; on success it takes the name, on any fault it goes and `path` stays as it was.

    A link is followed. A device or a pipe is written to as it is.
    Raises SukienError when the place cannot be written or the disk is full.
    """
    target = Path(os.path.realpath(path))
    encoding, newline = (None, None) if "b" in mode else ("utf-8", "\n")
    beside = None
    try:
        if path.is_dir():
            raise SukienError(f"{path}: is a folder, a file is needed")
        if path.exists() and not path.is_file():  # renaming over /dev/null would be the end of it
            with path.open(mode, encoding=encoding, newline=newline) as handle:
                yield handle
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            mode, dir=target.parent, prefix=f".{path.name}.", delete=False, encoding=encoding, newline=newline
        ) as handle:
            beside = Path(handle.name)
            yield handle
        beside.chmod(0o666 & ~_umask())
        beside.replace(target)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        if beside:
            beside.unlink(missing_ok=True)


def _cannot_write(path: Path, error: OSError) -> SukienError:
    if isinstance(error, FileExistsError | NotADirectoryError):
        return SukienError(f"{path}: cannot be written: a part of this path is a file, not a folder")
    return SukienError(f"{path}: cannot be written: {error.strerror or error}")


def write_text(path: Path, text: str) -> None:
    """Write a whole text file at once, or leave the old one."""
    with writing(path) as handle:
        handle.write(text)


def write_json(path: Path, value: object) -> None:
    """Write JSON for people: indented, Vietnamese as it is."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def read_json(path: Path) -> Any:
    """The value of a JSON file. Raises DataError where there is none."""
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: no valid JSON: {error}") from None


def write_jsonl(path: Path, rows: Iterable[object]) -> int:
    """Write one JSON object a line as the rows come; the file appears when all are there. Returns how many."""
    count = 0
    with writing(path) as handle:
        for row in rows:
            handle.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def write_folder(path: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` write into a new folder beside `path`, then put it in its place. On a fault the old folder stays.

    A link is followed. Raises SukienError when the place cannot be written or the disk is full.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_dir():
        raise SukienError(f"{path}: is a file, a folder is needed")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    except OSError as error:
        raise _cannot_write(path, error) from error
    old = beside.with_name(beside.name + ".old")
    try:
        fill(beside)
        beside.chmod(0o777 & ~_umask())
        for file in filter(Path.is_file, beside.rglob("*")):  # safetensors writes for the owner alone
            file.chmod(0o666 & ~_umask())
        if target.exists():
            target.rename(old)
        beside.rename(target)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        if old.exists() and not target.exists():
            old.rename(target)
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
