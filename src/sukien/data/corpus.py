"""Unlabelled articles from files of text, one after another, each once, without those that lists name."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sukien.data.detokenise import detokenise, skeleton
from sukien.errors import DataError
from sukien.files import decode, read_text

SUFFIXES = (".seg", ".txt", ".jsonl")
MIN_WORDS = 20  # a shorter article is a stub
CONVERT = "convert the file to UTF-8 (Vietnamese files are often cp1258 or utf-16)"


class Source(NamedTuple):
    """An article as its file has it; `is_segmented`: the syllables of a compound are joined by underscores."""

    name: str
    lines: list[str]
    is_segmented: bool

    def text(self) -> str:
        """As it is, or of a segmented one as it was printed, without empty lines."""
        if not self.is_segmented:
            return "\n".join(self.lines)
        lines = (detokenise(unicodedata.normalize("NFC", line)) for line in self.lines)
        return "\n".join(line for line in lines if line)


def distinct_articles(paths: Sequence[Path], exclude: Sequence[Path], left_out: Counter[str]) -> Iterator[Source]:
    """Articles as their files have them, each once, without those that `exclude` names and copies of them.

    `left_out` counts the articles that are not read, by why.

    Raises DataError for a path that is missing or holds no text, bad bytes, bad JSON, and a list of what stays out that
    names nothing in the corpus: it would let everything in.
    """
    lists = {file: _listed(file) for file in exclude}
    names = set().union(*lists.values())
    listed, seen = _found(names, paths) if names else (set(), set())  # copies of what is left out stay out too
    for file, wanted in lists.items():
        if wanted and not wanted & listed:
            raise DataError(
                f"{file} names {len(wanted)} articles, such as {min(wanted)}, but none of them is in"
                f" {', '.join(map(str, paths))}; its paths start from another folder, or it is for another corpus"
            )
    for source in _articles(paths):
        key = text_key(source.lines)
        if source.name in names or key in seen:
            left_out["listed" if source.name in names else "copies"] += 1
            continue
        seen.add(key)
        yield source


def state_of(paths: Sequence[Path], exclude: Sequence[Path]) -> dict[str, Any]:
    """What a corpus is at this moment: its files by name and size, the lists of what stays out by content."""
    files = [(file.relative_to(path).as_posix(), file.stat().st_size) for path in paths for file in _files(path)]
    return {
        "paths": [str(path) for path in paths],
        "files": len(files),
        "bytes": sum(size for _, size in files),
        "names": hashlib.sha256(json.dumps(files).encode()).hexdigest()[:16],
        "exclude": {str(file): hashlib.sha256(read_text(file).encode()).hexdigest()[:16] for file in exclude},
    }


def _listed(file: Path) -> set[str]:
    """Articles that a list or stand-off labels name. Raises DataError for a broken file."""
    found: set[str] = set()
    for number, line in enumerate(read_text(file, advice=CONVERT).splitlines(), start=1):
        if file.suffix != ".jsonl":
            found.add(line.strip())
            continue
        try:
            path = json.loads(line)["path"]
        except (ValueError, KeyError, TypeError, RecursionError):
            path = None
        if not isinstance(path, str):
            raise DataError(f"{file}:{number}: names no path")
        found.add(path)
    return found - {""}


def _found(names: set[str], paths: Sequence[Path]) -> tuple[set[str], set[bytes]]:
    """Those of the names that the corpus has, and the keys of their text."""
    listed: set[str] = set()
    keys: set[bytes] = set()
    for path in paths:
        inside = {name: path / name for name in names if path.is_dir() and (path / name).is_file()}
        if path.is_file() and path.name in names:
            inside[path.name] = path
        listed |= inside.keys()
        keys |= {text_key(_lines(file)) for file in inside.values()}
        for file in _files(path):
            if file.suffix.lower() == ".jsonl":
                rows = [(name, lines) for name, lines, _ in _json_lines(file) if name in names]
                listed |= {name for name, _ in rows}
                keys |= {text_key(lines) for _, lines in rows}
    return listed, keys


def text_key(lines: Sequence[str]) -> bytes:
    """The same for texts that differ in white space and underscores only."""
    return hashlib.blake2b(skeleton("".join(lines)).encode(errors="replace"), digest_size=8).digest()


def _lines(file: Path) -> list[str]:
    return read_text(file, advice=CONVERT).splitlines()


def _files(path: Path) -> list[Path]:
    """Raises DataError for a path that is missing or holds no text."""
    if not path.exists():
        advice = "; `sukien fetch vietnews --all` brings it" if path.name == "vietnews" else ""
        raise DataError(f"{path}: no such file or folder{advice}")
    inside = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    files = [file for file in inside if file.suffix.lower() in SUFFIXES]
    if not files:
        raise DataError(f"{path}: {'is' if path.is_file() else 'holds'} no file of text ({', '.join(SUFFIXES)})")
    return files


def _articles(paths: Sequence[Path]) -> Iterator[Source]:
    for path in paths:
        for file in _files(path):
            if file.suffix.lower() == ".jsonl":
                yield from _json_lines(file)
            else:
                name = file.relative_to(path).as_posix() if file != path else file.name
                yield Source(name, _lines(file), file.suffix.lower() == ".seg")


def _json_lines(file: Path) -> Iterator[Source]:
    with file.open("rb") as handle:
        for number, raw in enumerate(handle, start=1):
            line = decode(raw, f"{file}:{number}", advice=CONVERT)
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                text = row["text"]
            except (ValueError, KeyError, TypeError, RecursionError):
                raise DataError(f"{file}:{number}: is no JSON object with a key text") from None
            if not isinstance(text, str):
                raise DataError(f"{file}:{number}: its text is {type(text).__name__}, not a string")
            if any("\ud800" <= sign <= "\udfff" for sign in text):
                raise DataError(f"{file}:{number}: its text has half a character (a lone surrogate)")
            yield Source(str(row.get("id", f"{file.stem}-{number}")), text.splitlines(), False)
