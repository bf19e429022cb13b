"""Vectors of whole words from counts of which words stand near each other.

Positive pointwise mutual information, factorised (Levy and Goldberg 2014; Levy et al. 2015, for the smoothing of
contexts and the symmetric square root): minutes on a processor for a corpus that an encoder would read for days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from sukien.errors import DataError
from sukien.files import write_folder, write_text
from sukien.models.word_vectors import LONGEST, VOCABULARY, WordIndex, save_word_vectors
from sukien.models.word_vectors import WEIGHTS as VECTORS
from sukien.text.noise import new_tone_marks
from sukien.text.words import split_words
from sukien.training.pretraining.config import NoiseSection
from sukien.training.pretraining.corpus import Words, read_corpus

WEIGHTS = (1.0, 0.75, 0.5, 0.35)  # of a context word at distance 1, 2, 3, 4
SMOOTHING = 0.75  # exponent of the contexts' shares
MIN_PAIR = 1.5  # weighted count; a pair met once tells nothing and costs most of the memory
CHUNK = 4_000_000  # words that are counted at once
_FILES = {VOCABULARY, VECTORS, "README.md"}  # of a folder of word vectors
AS_PRINTED = NoiseSection(tone_marks=0.0, lower=0.0, upper=0.0, bare=0.0)


@dataclass(frozen=True, slots=True)
class Counted:
    """A corpus as numbers of words; 0 for words outside the vocabulary and between articles."""

    words: list[str]
    ids: NDArray[np.int32]
    n_articles: int


def make_word_vectors(
    corpus: list[Path],
    exclude: list[Path],
    folder: Path,
    *,
    width: int = 128,
    min_count: int = 10,
    contexts: int = 30_000,
    overwrite: bool = False,
) -> int:
    """Count, factorise, write vocabulary, vectors and card to `folder`; returns the number of words.

    Args:
        corpus: as `read_corpus` takes it; words of several syllables are known from .seg files only.
        width: of a vector.
        min_count: occurrences that a word needs.
        contexts: the most frequent words, near which the others are counted.

    Raises DataError for a corpus without text or with fewer different words than twice the width, and where `folder`
    holds other things than vectors, or vectors unless `overwrite`.
    """
    _check_free(folder, overwrite=overwrite)
    counted = count_words(read_corpus(corpus, exclude, AS_PRINTED, 0), min_count)
    if len(counted.words) < 2 * width:
        raise DataError(
            f"{len(counted.words)} different words occur {min_count} times or more, but vectors of width {width} need"
            f" {2 * width}: name more text, or narrower vectors"
        )
    vectors = factorise(mutual_information(counted.ids, len(counted.words), contexts), width)
    index = WordIndex(counted.words)
    card = _card(corpus, exclude, counted, width, min_count)

    def fill(place: Path) -> None:
        save_word_vectors(place, index, torch.from_numpy(vectors))
        write_text(place / "README.md", card)

    write_folder(folder, fill)
    return len(index)


def _check_free(folder: Path, *, overwrite: bool) -> None:
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if {path.name for path in folder.iterdir()} - _FILES:
        raise DataError(f"{folder}: holds other files than word vectors; name a new folder")
    if not overwrite:
        raise DataError(f"{folder}: holds word vectors; replace them with --overwrite, or name a new folder")


def count_words(articles: Iterable[Words], min_count: int) -> Counted:
    """Words of one to LONGEST syllables in lower case, most frequent first."""
    number: dict[str, int] = {}
    counts: Counter[int] = Counter()
    parts: list[NDArray[np.int32]] = []
    for article in articles:
        ids = np.fromiter((number.setdefault(w, len(number) + 1) for w in _keys(article)), dtype=np.int32)
        counts.update(ids.tolist())
        parts.append(np.append(ids, np.zeros(len(WEIGHTS), np.int32)))
    spelling = list(number)
    kept = [n for n, count in counts.most_common() if count >= min_count]
    renumbered = np.zeros(len(number) + 1, np.int32)
    renumbered[kept] = np.arange(1, len(kept) + 1)
    ids = renumbered[np.concatenate(parts)] if parts else np.zeros(0, np.int32)
    return Counted([spelling[n - 1] for n in kept], ids, len(parts))


def _keys(article: Words) -> Iterator[str]:
    """Words as `WordIndex` looks them up: compounds joined, signs as words of their own."""
    compound: list[str] = []
    for text, goes_on in zip(article.words, article.goes_on, strict=True):
        if compound and not goes_on:
            yield "_".join(compound)
            compound = []
        parts = _parts(text)
        compound += parts[:1]
        if len(parts) > 1 or len(compound) == LONGEST:
            yield "_".join(compound)
            yield from parts[1:]
            compound = []
    if compound:
        yield "_".join(compound)


@lru_cache(maxsize=1 << 20)  # a corpus repeats its words: a hundred times faster
def _parts(text: str) -> tuple[str, ...]:
    return tuple(new_tone_marks(word.text.lower()) for word in split_words(text)[0])


def mutual_information(ids: NDArray[np.int32], n_words: int, contexts: int) -> sparse.csr_matrix:
    """Positive pointwise mutual information of words with nearby frequent words. *Shape:* (n_words, contexts)"""
    contexts = min(contexts, n_words)
    pairs = sparse.csr_matrix((n_words + 1, contexts + 1), dtype=np.float32)
    for start in range(0, len(ids), CHUNK):
        pairs = pairs + _pairs(ids[start : start + CHUNK + len(WEIGHTS)], CHUNK, pairs.shape)
    pairs.data[pairs.data < MIN_PAIR] = 0
    pairs.eliminate_zeros()
    of_word = np.asarray(pairs.sum(axis=1)).ravel()
    of_context = np.asarray(pairs.sum(axis=0)).ravel() ** SMOOTHING
    found = pairs.tocoo()
    if not found.nnz:
        raise DataError("no two words stand near each other more than once; name more text")
    expected = of_word[found.row] * of_context[found.col] / of_context.sum()
    value = np.log(found.data / expected)
    kept = value > 0
    place = (found.row[kept] - 1, found.col[kept] - 1)
    return sparse.csr_matrix((value[kept], place), shape=(n_words, contexts))


def _pairs(ids: NDArray[np.int32], n_first: int, shape: tuple[int, int]) -> sparse.csr_matrix:
    """Weighted counts of pairs of neighbours of which the earlier is among the first `n_first`. *Shape:* `shape`"""
    total = sparse.csr_matrix(shape, dtype=np.float32)
    for distance, weight in enumerate(WEIGHTS, start=1):
        earlier, later = ids[:-distance][:n_first], ids[distance:][:n_first]
        for words, near in ((earlier, later), (later, earlier)):
            kept = (words > 0) & (near > 0) & (near < shape[1])
            counts = np.full(int(kept.sum()), weight, np.float32)
            total = total + sparse.coo_matrix((counts, (words[kept], near[kept])), shape=shape).tocsr()
    return total


def factorise(matrix: sparse.csr_matrix, width: int) -> NDArray[np.float32]:
    """Left singular vectors by the root of the singular values, each row brought to length sqrt(width)."""
    left, values, _ = randomized_svd(matrix, width, n_iter=4, random_state=0)
    vectors = left * np.sqrt(values)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (vectors / np.maximum(lengths, 1e-9) * width**0.5).astype(np.float32)
    return scaled


def _card(corpus: list[Path], exclude: list[Path], counted: Counted, width: int, min_count: int) -> str:
    n_long = sum("_" in word for word in counted.words)
    return f"""---
language: vi
license: apache-2.0
---

# Vietnamese word vectors

{len(counted.words):,} words, {n_long:,} of them of several syllables (joined by `_` in words.txt), with vectors of
{width} numbers. Counted in {int((counted.ids > 0).sum()):,} words of {counted.n_articles:,} articles; words that occur
{min_count} times or more. Corpus: {", ".join(path.name for path in corpus)}; left out is what
{", ".join(path.name for path in exclude) or "no list"} names.

Positive pointwise mutual information with the most frequent words within four places (weights
{", ".join(map(str, WEIGHTS))}), factorised. `sukien vectors` makes them again. A tagger with
`model.word_vectors` reads them beside its encoder.
"""
