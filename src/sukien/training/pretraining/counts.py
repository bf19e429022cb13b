"""What counts of pieces give a new model before it learns: how frequent each is, and which stand near each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sukien.training.pretraining.tokens import TokenFile
from sukien.training.word_vectors import WEIGHTS, factorise, mutual_information

_SAMPLE = 24_000_000  # pieces whose neighbours are counted, a minute of work; more change little
_PARTS = 12  # evenly spread stretches that the sample consists of


def log_frequencies(tokens: TokenFile, n_pieces: int) -> NDArray[np.float32]:
    """Logarithm of each piece's share of the corpus. *Shape:* (n_pieces,)"""
    counts = np.ones(n_pieces)
    for start in range(0, len(tokens), _SAMPLE):
        counts += np.bincount(tokens.ids[start : start + _SAMPLE], minlength=n_pieces)
    shares: NDArray[np.float32] = np.log(counts / counts.sum()).astype(np.float32)
    return shares


def neighbour_vectors(tokens: TokenFile, n_pieces: int, width: int, end: int) -> NDArray[np.float32]:
    """A vector of length 1 for each piece, from the pieces near it (see `factorise`). *Shape:* (n_pieces, width)

    A piece without neighbours has zeros. `end` is the piece between articles: nothing is near across it.
    """
    length = max(1, min(len(tokens), _SAMPLE) // _PARTS)
    starts = np.linspace(0, len(tokens) - length, _PARTS).astype(np.int64)
    apart = np.full(len(WEIGHTS), end, np.uint16)
    ids = np.concatenate([part for start in starts for part in (tokens.ids[start : start + length], apart)])
    numbers = np.where(ids == end, 0, ids.astype(np.int32) + 1)
    near = mutual_information(numbers, n_pieces, n_pieces)
    vectors = np.zeros((n_pieces, width), np.float32)
    known = np.diff(near.indptr) > 0
    if (rank := min(width, int(known.sum()) - 1)) > 0:
        vectors[:, :rank] = factorise(near, rank) / np.float32(rank**0.5)
        vectors[~known] = 0
    return vectors
