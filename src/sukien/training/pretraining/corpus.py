"""Unlabelled articles as words that know which of them belong together, some of them noisy."""

from __future__ import annotations

import random
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from sukien.data.corpus import MIN_WORDS, distinct_articles
from sukien.data.detokenise import detokenise
from sukien.text.noise import move_tone_marks, strip_diacritics
from sukien.training.pretraining.config import NoiseSection


class Words(NamedTuple):
    """White-space separated words of an article; `goes_on[i]`: word i belongs to one compound with word i - 1."""

    words: list[str]
    goes_on: list[bool]


def read_corpus(
    paths: Sequence[Path],
    exclude: Sequence[Path],
    noise: NoiseSection,
    seed: int,
    left_out: Counter[str] | None = None,
) -> Iterator[Words]:
    """Distinct articles in the order of file names, each with the noise that falls to it.

    `left_out` counts the articles that are not read, by why. Raises DataError as `distinct_articles` does.
    """
    counts = left_out if left_out is not None else Counter()
    for source in distinct_articles(paths, exclude, counts):
        chance = random.Random(f"{seed} {source.name}")
        article = _join(_segmented(line) if source.is_segmented else _printed(line) for line in source.lines)
        if len(article.words) >= MIN_WORDS:
            yield _noisy(article, noise, chance)
        else:
            counts[f"under {MIN_WORDS} words"] += 1


def _printed(line: str) -> Words:
    return Words(unicodedata.normalize("NFC", line).split(), [])


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
