"""One article as the network reads it: words, pieces, windows. Training and inference both start here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from sukien.models.network import NO_WORD
from sukien.models.pieces import PieceEncoder, Window, split_windows
from sukien.models.word_vectors import MOST, WordIndex
from sukien.schema import Article
from sukien.text.words import Word, split_words


@dataclass(frozen=True, slots=True)
class PreparedArticle:
    """Words of an article's sentences, their pieces, and the windows that hold them.

    Attributes:
        words: for each sentence its words.
        borders: place of each sentence's first word among all words, and the number of words at the end.
        pieces: for each word of the article its piece ids.
        matches: for each word of the article what `WordIndex.match` gives; empty without word vectors.
    """

    article: Article
    words: list[list[Word]]
    borders: list[int]
    pieces: list[list[int]]
    windows: list[Window]
    matches: list[list[int]]


def prepare(article: Article, encoder: PieceEncoder, overlap: int, index: WordIndex | None = None) -> PreparedArticle:
    """Words, pieces, windows and matches of an article. `overlap` is in pieces, see `split_windows`."""
    words = split_words(article.text, article.sentences)
    borders = [0]
    for sentence in words:
        borders.append(borders[-1] + len(sentence))
    pieces = encoder.encode([word.text for sentence in words for word in sentence])
    sizes = [[len(ids) for ids in pieces[first:last]] for first, last in pairwise(borders)]
    windows = split_windows(sizes, encoder.room, overlap)
    matches = [found for sentence in words for found in index.match([word.text for word in sentence])] if index else []
    return PreparedArticle(article, words, borders, pieces, windows, matches)


@dataclass(frozen=True, slots=True)
class WindowInput:
    """Network input of one window.

    Attributes:
        input_ids: piece ids with special tokens. *Length:* T
        word_pieces: position in `input_ids` of each word's first piece. *Length:* W
        matches: of each word with the vocabulary of word vectors; None without one. *Length:* W
    """

    input_ids: list[int]
    word_pieces: list[int]
    matches: list[list[int]] | None = None


def window_input(read: PreparedArticle, window: Window, encoder: PieceEncoder) -> WindowInput:
    """Piece ids and word positions of one window."""
    input_ids = list(encoder.prefix)
    word_pieces = []
    for ids in read.pieces[window.first : window.last]:
        word_pieces.append(len(input_ids))
        input_ids.extend(ids)
    matches = read.matches[window.first : window.last] if read.matches else None
    return WindowInput([*input_ids, *encoder.suffix], word_pieces, matches)


def collate(inputs: Sequence[WindowInput], pad_id: int) -> dict[str, Tensor]:
    """Pad windows to one batch. *Shapes:* input_ids, attention_mask (B, T); word_pieces (B, W); matches (B, W, MOST)"""
    batch = {
        "input_ids": pad([window.input_ids for window in inputs], pad_id),
        "attention_mask": pad([[1] * len(window.input_ids) for window in inputs], 0),
        "word_pieces": pad([window.word_pieces for window in inputs], NO_WORD),
    }
    if inputs[0].matches is not None:
        batch["matches"] = torch.zeros(*batch["word_pieces"].shape, MOST, dtype=torch.long)
        for row, window in enumerate(inputs):
            for place, found in enumerate(window.matches or []):
                batch["matches"][row, place, : len(found)] = torch.tensor(found, dtype=torch.long)
    return batch


def pad(rows: Sequence[Sequence[int]], value: int) -> Tensor:
    """Rows of different lengths as one tensor, filled up at the right. *Shape:* (rows, longest)"""
    longest = max(len(row) for row in rows)
    return torch.tensor([[*row, *[value] * (longest - len(row))] for row in rows], dtype=torch.long)
