"""The files of BKEE: an archive with a `.txt` and an `.ann` file of each document, in folders by split."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from sukien.errors import DataError
from sukien.files import decode

SOURCE = "nhungnt7/BKEE"
URL = f"https://github.com/{SOURCE}"
ARCHIVE = "data.gz"
# Documents of the official split. Scores on a part of it cannot be compared.
DOCUMENTS = {"train": 632, "validation": 223, "test": 211}
_FOLDER = {"train": "train", "dev": "validation", "test": "test"}
_MEMBER = re.compile(r"(?:.*/)?(train|dev|test)/([^/.][^/]*)\.(txt|ann)")


def archive_at(origin: Path) -> Path | None:
    """The archive or the unpacked folder of documents at a place that a user names; None where there is neither."""
    if origin.is_file():
        return origin
    for path in (origin / ARCHIVE, origin / "data", origin):  # gunzip leaves the archive as a file `data`
        if path.is_file() or all((path / name).is_dir() for name in _FOLDER):
            return path
    return None


def read_documents(archive: Path) -> dict[str, dict[str, tuple[str, str]]]:
    """split -> name of a document -> its text and its annotation, from `data.gz` or the folder that is in it.

    Raises DataError for an archive that is broken, or not all of the official split.
    """
    return _complete(_read_files(archive), archive)


def _read_files(archive: Path) -> dict[str, dict[str, dict[str, str]]]:
    """split -> document -> suffix -> text."""
    files: dict[str, dict[str, dict[str, str]]] = {split: {} for split in DOCUMENTS}

    def take(path: str, raw: bytes) -> None:
        if member := _MEMBER.fullmatch(path):
            # A byte-order mark stays: brat counts it.
            text = ("\ufeff" if raw.startswith(b"\xef\xbb\xbf") else "") + decode(raw, f"{archive}: {path}")
            files[_FOLDER[member[1]]].setdefault(member[2], {})[member[3]] = text

    if archive.is_dir():
        for path in sorted(path for name in _FOLDER for path in (archive / name).iterdir() if path.is_file()):
            take(path.as_posix(), path.read_bytes())
        return files
    try:
        raw = archive.read_bytes()
        if raw.startswith(b"\x1f\x8b"):
            raw = gzip.decompress(raw)  # all of it first: its checksum comes last
        with tarfile.open(fileobj=io.BytesIO(raw)) as opened:
            for member in opened:
                if member.isfile() and _MEMBER.fullmatch(member.name):
                    content = opened.extractfile(member)
                    take(member.name, content.read() if content else b"")
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        said = (str(error) or type(error).__name__).splitlines()[0].rstrip(":")
        raise DataError(f"{archive}: is no whole archive ({said}); download {ARCHIVE} of {URL} again") from error
    return files


def _complete(
    files: Mapping[str, Mapping[str, Mapping[str, str]]], archive: Path
) -> dict[str, dict[str, tuple[str, str]]]:
    """Both files of each document. Raises DataError where any is missing."""
    faults = []
    for split, documents in files.items():
        halves = sorted(name for name, parts in documents.items() if len(parts) < 2)
        if halves:
            faults.append(f"{archive}: {len(halves)} documents, such as {halves[0]}, lack their .txt or .ann file")
        if len(documents) != DOCUMENTS[split]:
            faults.append(
                f"{archive}: {len(documents):,} documents in {split} where the official split has {DOCUMENTS[split]:,}"
            )
    if faults:
        raise DataError([*faults, f"{archive}: is this all of {ARCHIVE} of {URL}? Unpack or download it again"])
    return {
        split: {name: (parts["txt"], parts["ann"]) for name, parts in documents.items()}
        for split, documents in files.items()
    }
