"""Which blocks of a corpus are most like given articles: where time is short, they are the ones to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sukien.data.dataset import is_built, load_articles
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
    common, alike = np.ones(_BUCKETS), np.zeros(_BUCKETS)
    for pairs in _chunks(tokens):
        common += np.bincount(pairs, minlength=_BUCKETS)
    for ids in articles:
        alike += np.bincount(_pairs(ids), minlength=_BUCKETS)
    common /= common.sum()
    gain = np.log((alike + _PRIOR * common) / (alike.sum() + _PRIOR) / common).astype(np.float32)
    n_blocks = len(tokens) // size
    scores = np.empty(n_blocks, np.float32)
    for number in range(n_blocks):
        scores[number] = gain[_pairs(tokens.ids[number * size : (number + 1) * size])].mean()
    n_taken = max(1, round(share * n_blocks))
    return np.sort(np.argsort(-scores, kind="stable")[:n_taken])


def pieces_of(paths: Sequence[Path], tokenizer: Any) -> list[NDArray[np.int64]]:
    """Piece ids of labelled articles: labelled files, or the train split of built datasets.

    Raises DataError for what cannot be read.
    """
    texts = [article.text for path in paths for article in load_articles(path, "train" if is_built(path) else None)[0]]
    encode = tokenizer.backend_tokenizer.encode_batch
    encodings = encode([text.split() for text in texts], is_pretokenized=True, add_special_tokens=False)
    return [np.array(encoding.ids, np.int64) for encoding in encodings]


def _chunks(tokens: TokenFile) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(tokens), _CHUNK):
        yield _pairs(tokens.ids[start : start + _CHUNK])


def _pairs(ids: NDArray[Any]) -> NDArray[np.int64]:
    """Bucket of each pair of neighbours. *Shape:* (n - 1,)"""
    wide = ids.astype(np.uint64)
    mixed = (wide[:-1] << np.uint64(16) | wide[1:]) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(42)).astype(np.int64)  # the highest 22 bits
