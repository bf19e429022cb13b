"""Unlabelled articles from files, one after another, as words that know which of them belong together."""

from __future__ import annotations

import hashlib
import json
import random
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from sukien.data.detokenise import detokenise, skeleton
from sukien.errors import DataError
from sukien.files import decode, read_text
from sukien.text.noise import move_tone_marks, strip_diacritics
from sukien.training.pretraining.config import NoiseSection

SUFFIXES = (".seg", ".txt", ".jsonl")
MIN_WORDS = 20  # a shorter article is a stub


class Words(NamedTuple):
    """White-space separated words of an article; `goes_on[i]`: word i belongs to one compound with word i - 1."""

    words: list[str]
    goes_on: list[bool]


def read_corpus(paths: Sequence[Path], exclude: Sequence[Path], noise: NoiseSection, seed: int) -> Iterator[Words]:
    """Distinct articles in the order of file names, each with the noise that falls to it.

    Raises DataError for a path that is missing or holds no text, bad bytes, and bad JSON.
    """
    left_out = excluded(exclude)
    seen = _keys_of(left_out, paths)  # copies of what is left out stay out too
    for place, lines, is_segmented in _articles(paths, left_out):
        chance = random.Random(f"{seed} {place}")
        key = _key(lines)
        if key in seen:
            continue
        seen.add(key)
        article = _join(_segmented(line) if is_segmented else Words(line.split(), []) for line in lines)
        if len(article.words) >= MIN_WORDS:
            yield _noisy(article, noise, chance)


def excluded(files: Iterable[Path]) -> set[str]:
    """Paths that lists and stand-off labels name. Raises DataError for a broken file."""
    found: set[str] = set()
    for file in files:
        for number, line in enumerate(read_text(file).splitlines(), start=1):
            if file.suffix != ".jsonl":
                found.add(line.strip())
                continue
            try:
                found.add(json.loads(line)["path"])
            except (ValueError, KeyError, TypeError):
                raise DataError(f"{file}:{number}: names no path") from None
    return found - {""}


def _keys_of(left_out: set[str], paths: Sequence[Path]) -> set[bytes]:
    """Raises DataError when not one of the names is there: a path that starts elsewhere would let everything in."""
    files = [path / name for path in paths if path.is_dir() for name in left_out if (path / name).is_file()]
    if left_out and not files and all(path.is_dir() for path in paths):
        raise DataError(
            f"corpus.exclude names {len(left_out)} files, such as {min(left_out)}, but none of them is below"
            f" {', '.join(map(str, paths))}; name the folder that these paths start from, or clear the list"
        )
    return {_key(read_text(file).splitlines()) for file in files}


def _key(lines: Sequence[str]) -> bytes:
    return hashlib.blake2b(skeleton("".join(lines)).encode(errors="replace"), digest_size=8).digest()


def _articles(paths: Sequence[Path], left_out: set[str]) -> Iterator[tuple[str, list[str], bool]]:
    """Name, lines, and whether they are word-segmented."""
    for path in paths:
        if not path.exists():
            raise DataError(f"{path}: no such file or folder; `sukien fetch vietnews --all` brings the default corpus")
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in SUFFIXES)
        if not files:
            raise DataError(f"{path}: holds no file of text ({', '.join(SUFFIXES)})")
        for file in files:
            name = file.relative_to(path).as_posix() if file != path else file.name
            if name in left_out:
                continue
            if file.suffix == ".jsonl":
                yield from _json_lines(file, left_out)
            else:
                yield name, read_text(file).splitlines(), file.suffix == ".seg"


def _json_lines(file: Path, left_out: set[str]) -> Iterator[tuple[str, list[str], bool]]:
    with file.open("rb") as handle:
        for number, raw in enumerate(handle, start=1):
            line = decode(raw, f"{file}:{number}")
            try:
                row = json.loads(line)
                text = row["text"]
            except (ValueError, KeyError, TypeError):
                raise DataError(f"{file}:{number}: is no JSON object with a key text") from None
            if not isinstance(text, str):
                raise DataError(f"{file}:{number}: its text is {type(text).__name__}, not a string")
            name = str(row.get("id", number))
            if name not in left_out:
                yield name, text.splitlines(), False


def _segmented(line: str) -> Words:
    """Words as printed; a compound's are known from the underscores of the source."""
    inside = set()
    place = 0
    line = unicodedata.normalize("NFC", line)
    for token in line.split():
        *parts, last = token.split("_")
        for part in parts:
            place += len(part)
            inside.add(place)
        place += len(last)
    words = detokenise(line).split()
    starts = [0, *accumulate(len(word) for word in words)]
    return Words(words, [start in inside for start in starts[:-1]])


def _join(lines: Iterable[Words]) -> Words:
    words: list[str] = []
    goes_on: list[bool] = []
    for line in lines:
        words += line.words
        goes_on += line.goes_on or [False] * len(line.words)
    return Words(words, goes_on)


def _noisy(article: Words, noise: NoiseSection, chance: random.Random) -> Words:
    words = article.words
    if chance.random() < noise.tone_marks:
        words = [move_tone_marks(word) for word in words]
    draw = chance.random()
    if draw < noise.lower:
        words = [word.lower() for word in words]
    elif draw < noise.lower + noise.upper:
        words = [word.upper() for word in words]
    elif draw < noise.lower + noise.upper + noise.bare:
        words = [strip_diacritics(word) for word in words]
    return Words(words, article.goes_on)
