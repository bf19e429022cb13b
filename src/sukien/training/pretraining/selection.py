"""What of a corpus is most like given articles: where time is short, it is what to read, and what to label."""

from __future__ import annotations

import random
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sukien.data.corpus import MIN_WORDS, Source, distinct_articles, text_key
from sukien.data.dataset import is_built, load_articles
from sukien.errors import DataError
from sukien.schema import Article
from sukien.training.pretraining.tokens import TokenFile

_BUCKETS = 1 << 22  # of pairs of pieces, by a hash
_PRIOR = 200_000.0  # pairs of the corpus that the articles' own counts are mixed with
_CHUNK = 1 << 22  # pieces counted at once


def most_like(tokens: TokenFile, size: int, articles: Iterable[NDArray[np.int64]], share: float) -> NDArray[np.int64]:
    """Numbers of the blocks of `size` pieces, ascending, that are most like the articles.

    Likeness is the difference of cross-entropies under two models of pairs of pieces, that of the corpus and that of
    the articles (Moore and Lewis 2010).

    Args:
        articles: piece ids of each article. *Shape:* (n,)
        share: of all blocks, above 0; at least one is taken
    """
    gain = _gain(_chunks(tokens), map(_pairs, articles))
    n_blocks = len(tokens) // size
    scores = np.empty(n_blocks, np.float32)
    for number in range(n_blocks):
        scores[number] = gain[_pairs(tokens.ids[number * size : (number + 1) * size])].mean()
    n_taken = max(1, round(share * n_blocks))
    return np.sort(np.argsort(-scores, kind="stable")[:n_taken])


def articles_like(
    paths: Sequence[Path],
    exclude: Sequence[Path],
    like: Sequence[Path],
    n_lines: int,
    share: float,
    seed: int,
) -> Iterator[dict[str, str]]:
    """Articles (id, text) drawn from those of a corpus that are most like labelled ones, as pairs of words tell it.

    They come in the order of the corpus; the labelled ones themselves stay out. Needs four bytes of memory for each
    word of the corpus.

    Args:
        exclude: lists of articles that stay out, as for `read_corpus`
        like: labelled files, or built datasets, of which the train split counts
        n_lines: about as many lines are drawn, empty ones not counted
        share: of the corpus, the part that is most like the labelled articles, above 0

    Raises DataError for what cannot be read, and when there is nothing to draw from.
    """
    labelled = {text_key(article.text.splitlines()) for article in _labelled(like, train_only=False)}
    gold = [_word_ids(article.text) for article in _labelled(like)]

    def sources() -> Iterator[tuple[int, Source]]:
        for place, source in enumerate(distinct_articles(paths, exclude, Counter())):
            if text_key(source.lines) not in labelled:
                yield place, source

    places, ids, sizes = [], [], []
    for place, source in sources():
        text = source.text()
        if len(words := _word_ids(text)) >= MIN_WORDS:
            places.append(place)
            ids.append(words)
            sizes.append(count_lines(text))
    if not places:
        raise DataError(
            f"{', '.join(map(str, paths))}: no article of {MIN_WORDS} words or more that is not labelled or excluded;"
            " name more text"
        )
    gain = _gain((_pairs(words, 32) for words in ids), (_pairs(words, 32) for words in gold))
    scores = np.array([gain[_pairs(words, 32)].mean() for words in ids])
    best = np.argsort(-scores, kind="stable")[: max(1, round(share * len(scores)))].tolist()
    random.Random(seed).shuffle(best)
    read = accumulate(sizes[number] for number in best)
    chosen = {places[number] for number, lines in zip(best, read, strict=True) if lines - sizes[number] < n_lines}
    yield from ({"id": source.name, "text": source.text()} for place, source in sources() if place in chosen)


def count_lines(text: str) -> int:
    """Lines that are not empty."""
    return sum(bool(line.strip()) for line in text.split("\n"))


def pieces_of(paths: Sequence[Path], tokenizer: Any) -> list[NDArray[np.int64]]:
    """Piece ids of labelled articles: labelled files, or the train split of built datasets.

    Raises DataError for what cannot be read.
    """
    texts = [article.text for article in _labelled(paths)]
    encode = tokenizer.backend_tokenizer.encode_batch
    encodings = encode([text.split() for text in texts], is_pretokenized=True, add_special_tokens=False)
    return [np.array(encoding.ids, np.int64) for encoding in encodings]


def _labelled(paths: Sequence[Path], *, train_only: bool = True) -> list[Article]:
    """Of whatever types: only their text counts."""
    splits = ("train" if train_only and is_built(path) else None for path in paths)
    found = (load_articles(path, split, labels=None)[0] for path, split in zip(paths, splits, strict=True))
    return [article for articles in found for article in articles]


def _gain(corpus: Iterable[NDArray[np.int64]], alike: Iterable[NDArray[np.int64]]) -> NDArray[np.float32]:
    """For each pair how much likelier the articles make it than the corpus, as a logarithm. *Shape:* (buckets,)"""
    common, wanted = _counts(corpus) + 1.0, _counts(alike)
    common /= common.sum()
    return np.asarray(np.log((wanted + _PRIOR * common) / (wanted.sum() + _PRIOR) / common), np.float32)


def _counts(rows: Iterable[NDArray[np.int64]]) -> NDArray[np.float64]:
    """How often each pair is there. *Shape:* (buckets,)"""
    counts = np.zeros(_BUCKETS)
    for row in rows:
        if len(row) < _BUCKETS // 16:
            np.add.at(counts, row, 1)
        else:  # faster a piece, but for a short row the array of all buckets costs more
            counts += np.bincount(row, minlength=_BUCKETS)
    return counts


def _word_ids(text: str) -> NDArray[np.uint32]:
    """The words of a text by a hash, in small letters. *Shape:* (n,)"""
    return np.array([zlib.crc32(word.encode()) for word in text.lower().split()], np.uint32)


def _chunks(tokens: TokenFile) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(tokens), _CHUNK):
        yield _pairs(tokens.ids[start : start + _CHUNK])


def _pairs(ids: NDArray[Any], bits: int = 16) -> NDArray[np.int64]:
    """Bucket of each pair of neighbours; ids have so many bits. *Shape:* (n - 1,)"""
    wide = ids.astype(np.uint64)
    mixed = (wide[:-1] << np.uint64(bits) | wide[1:]) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(42)).astype(np.int64)  # the highest 22 bits
