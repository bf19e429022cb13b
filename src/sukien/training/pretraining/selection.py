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

from sukien.data.dataset import is_built, load_articles
from sukien.schema import Article
from sukien.training.pretraining.corpus import MIN_WORDS, distinct_articles
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
    n_sentences: int,
    share: float,
    seed: int,
) -> Iterator[dict[str, str]]:
    """Articles drawn from those of a corpus that are most like labelled ones, as pairs of words tell it.

    They come in the order of the corpus. Needs four bytes of memory for each word of it.

    Args:
        exclude: lists of articles that stay out, as for `read_corpus`
        like: labelled files, or built datasets, of which the train split counts
        n_sentences: about as many lines are drawn
        share: of the corpus, the part that is most like the labelled articles, above 0

    Raises DataError for what cannot be read.
    """
    gold = [_word_ids(article.text) for article in _labelled(like)]
    ids: list[NDArray[np.uint32]] = []
    n_lines: list[int] = []
    for source in distinct_articles(paths, exclude, Counter()):
        text = source.text()
        ids.append(_word_ids(text))
        n_lines.append(text.count("\n") + 1)
    gain = _gain(map(_pairs, ids), map(_pairs, gold))
    scores = np.array([gain[_pairs(words)].mean() if len(words) >= MIN_WORDS else -np.inf for words in ids])
    n_best = max(1, round(share * np.isfinite(scores).sum()))
    best = [place for place in np.argsort(-scores, kind="stable")[:n_best].tolist() if np.isfinite(scores[place])]
    random.Random(seed).shuffle(best)
    lines = accumulate(n_lines[place] for place in best)
    chosen = {place for place, read in zip(best, lines, strict=True) if read - n_lines[place] < n_sentences}
    for place, source in enumerate(distinct_articles(paths, exclude, Counter())):
        if place in chosen:
            yield {"id": source.name, "text": source.text()}


def pieces_of(paths: Sequence[Path], tokenizer: Any) -> list[NDArray[np.int64]]:
    """Piece ids of labelled articles: labelled files, or the train split of built datasets.

    Raises DataError for what cannot be read.
    """
    texts = [article.text for article in _labelled(paths)]
    encode = tokenizer.backend_tokenizer.encode_batch
    encodings = encode([text.split() for text in texts], is_pretokenized=True, add_special_tokens=False)
    return [np.array(encoding.ids, np.int64) for encoding in encodings]


def _labelled(paths: Sequence[Path]) -> list[Article]:
    """Of whatever types: only their text counts."""
    found = (load_articles(path, "train" if is_built(path) else None, labels=None)[0] for path in paths)
    return [article for articles in found for article in articles]


def _gain(corpus: Iterable[NDArray[np.int64]], alike: Iterable[NDArray[np.int64]]) -> NDArray[np.float32]:
    """For each pair how much likelier the articles make it than the corpus, as a logarithm. *Shape:* (buckets,)"""
    common, wanted = np.ones(_BUCKETS), np.zeros(_BUCKETS)
    for counts, rows in ((common, corpus), (wanted, alike)):
        for pairs in rows:
            np.add.at(counts, pairs, 1)
    common /= common.sum()
    return np.asarray(np.log((wanted + _PRIOR * common) / (wanted.sum() + _PRIOR) / common), np.float32)


def _word_ids(text: str) -> NDArray[np.uint32]:
    """The words of a text by a hash, in small letters. *Shape:* (n,)"""
    return np.array([zlib.crc32(word.encode()) for word in text.lower().split()], np.uint32)


def _chunks(tokens: TokenFile) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(tokens), _CHUNK):
        yield _pairs(tokens.ids[start : start + _CHUNK])


def _pairs(ids: NDArray[Any]) -> NDArray[np.int64]:
    """Bucket of each pair of neighbours. *Shape:* (n - 1,)"""
    wide = ids.astype(np.uint64)
    mixed = (wide[:-1] << np.uint64(32) | wide[1:]) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(42)).astype(np.int64)  # the highest 22 bits
