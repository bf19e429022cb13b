"""Articles as the network reads them: words, pieces, windows. Training and inference both start here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from sukien.models.network import NO_WORD
from sukien.models.pieces import PieceEncoder, Window, WordPieces, split_windows
from sukien.models.word_vectors import END, INSIDE, MOST, N_ROLES, WordIndex
from sukien.schema import Article
from sukien.text.segmentation import Segmenter, joined_to_previous, word_text
from sukien.text.words import Word, in_small_letters, split_words


@dataclass(frozen=True, slots=True)
class PreparedArticle:
    """Words of an article's sentences, their pieces, and the windows that hold them.

    Attributes:
        words: for each sentence its words, as they are read: a sentence all in capitals in small letters.
        borders: place of each sentence's first word among all words, and the number of words at the end.
        pieces: for each word of the article the pieces that begin in it.
        joined: for each word of the article whether word segmentation puts it into one word with the one before.
        matches: for each word of the article what `WordIndex.match` gives; empty without word vectors.
    """

    article: Article
    words: list[list[Word]]
    borders: list[int]
    pieces: list[WordPieces]
    joined: list[bool]
    windows: list[Window]
    matches: list[list[int]]


@dataclass(frozen=True, slots=True)
class WindowInput:
    """Network input of one window.

    Attributes:
        input_ids: piece ids with special tokens. *Length:* T
        word_pieces: position in `input_ids` of the piece that each word begins in. *Length:* W
        n_pieces: number of pieces of each word, from there on. *Length:* W
        joined: 1 for a word that is one with the word before to the encoder; None without segmentation. *Length:* W
        matches: of each word with the vocabulary of word vectors; None without one. *Length:* W
    """

    input_ids: list[int]
    word_pieces: list[int]
    n_pieces: list[int]
    joined: list[int] | None = None
    matches: list[list[int]] | None = None


class Reader:
    """How a model reads articles. All that it needs is kept in the model's folder.

    Args:
        window: most pieces of a window, special tokens included.
        overlap: pieces of context at the start of the next window, see `split_windows`.
        index: vocabulary of word vectors, if the model has them.
        segmenter: word segmentation, if the encoder wants it.
    """

    def __init__(
        self,
        tokenizer: Any,
        window: int,
        overlap: int,
        index: WordIndex | None = None,
        segmenter: Segmenter | None = None,
    ) -> None:
        self.encoder = PieceEncoder(tokenizer, window)
        self._tokenizer = tokenizer
        self._overlap = overlap
        self._index = index
        self._segmenter = segmenter

    def with_window(self, window: int, overlap: int) -> Reader:
        """The same, with other windows."""
        return Reader(self._tokenizer, window, overlap, self._index, self._segmenter)

    def read(self, articles: Sequence[Article]) -> list[PreparedArticle]:
        """Words, pieces, windows and matches of articles, which the segmenter gets together."""
        words = [
            [in_small_letters(sentence) for sentence in split_words(article.text, article.sentences)]
            for article in articles
        ]
        joined = iter(joined_to_previous([sentence for one in words for sentence in one], self._segmenter))
        return [
            self._prepared(article, mine, [next(joined) for _ in mine])
            for article, mine in zip(articles, words, strict=True)
        ]

    def inside(self, read: PreparedArticle) -> list[bool]:
        """For each word of an article whether a longer word may go on in it, by segmentation or by word vectors."""
        matched = read.matches or [[]] * len(read.joined)
        return [
            joined or any(match % N_ROLES in (INSIDE, END) for match in found)
            for joined, found in zip(read.joined, matched, strict=True)
        ]

    def _prepared(self, article: Article, words: list[list[Word]], joined: list[list[bool]]) -> PreparedArticle:
        borders = [0]
        for sentence in words:
            borders.append(borders[-1] + len(sentence))
        flat = [flag for sentence in joined for flag in sentence]
        pieces = self._pieces([word for sentence in words for word in sentence], flat)
        sizes = [[len(piece.ids) for piece in pieces[first:last]] for first, last in pairwise(borders)]
        matches: list[list[int]] = []
        if self._index:
            matches = [found for one in words for found in self._index.match([word.text for word in one])]
        windows = split_windows(sizes, self.encoder.room, self._overlap)
        return PreparedArticle(article, words, borders, pieces, flat, windows, matches)

    def _pieces(self, words: list[Word], joined: list[bool]) -> list[WordPieces]:
        if not any(joined):
            return [WordPieces(ids, shared=False) for ids in self.encoder.encode([word.text for word in words])]
        pieces: list[WordPieces] = []
        starts = [place for place, flag in enumerate(joined) if not flag]
        for first, last in pairwise([*starts, len(words)]):
            group = words[first:last]
            begins = [len(word_text(group[: n + 1])) - len(word.text) for n, word in enumerate(group)]
            pieces += self.encoder.encode_joined(word_text(group), begins)
        return pieces

    def window_input(self, read: PreparedArticle, window: Window) -> WindowInput:
        """Piece ids and word positions of one window."""
        input_ids = list(self.encoder.prefix)
        n_before = len(input_ids)
        word_pieces, n_pieces = [], []
        for piece in read.pieces[window.first : window.last]:
            begins = max(len(input_ids) - piece.shared, n_before)  # what a window cuts off, its neighbour reads
            word_pieces.append(begins)
            input_ids.extend(piece.ids)
            n_pieces.append(max(1, len(input_ids) - begins))
        joined = [int(flag) for flag in read.joined[window.first : window.last]] if self._segmenter else None
        matches = read.matches[window.first : window.last] if read.matches else None
        return WindowInput([*input_ids, *self.encoder.suffix], word_pieces, n_pieces, joined, matches)


def collate(inputs: Sequence[WindowInput], pad_id: int) -> dict[str, Tensor]:
    """Pad windows to one batch.

    *Shapes:* input_ids, attention_mask (B, T); word_pieces, n_pieces, joined (B, W); matches (B, W, MOST)
    """
    batch = {
        "input_ids": pad([window.input_ids for window in inputs], pad_id),
        "attention_mask": pad([[1] * len(window.input_ids) for window in inputs], 0),
        "word_pieces": pad([window.word_pieces for window in inputs], NO_WORD),
        "n_pieces": pad([window.n_pieces for window in inputs], 1),
    }
    if inputs[0].joined is not None:
        batch["joined"] = pad([window.joined or [] for window in inputs], 0)
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
