"""Words to encoder pieces, and articles to windows.

Each word is cut into pieces by itself, so the alignment of words and pieces is exact for every tokenizer, fast or
slow, and needs no offsets from it. Words that a segmenter joins are cut as one; then offsets say which piece is whose.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from sukien.errors import ModelError
from sukien.models.phobert import fold_ids

MAX_PIECES = 32  # of one word: its vector is that of its first piece, so the rest of a 10,000-letter word tells nothing
MIN_ROOM = 16  # pieces
_CACHE_LIMIT = 200_000  # words


class WordPieces(NamedTuple):
    """Pieces that begin in a word. `shared`: the word itself begins inside the piece before them."""

    ids: list[int]
    shared: bool


class PieceEncoder:
    """Piece ids of words, remembered: news repeats its words.

    Attributes:
        prefix, suffix: ids of the special tokens before and after every window.
        room: most pieces of one window beside the special tokens.
    """

    def __init__(self, tokenizer: Any, limit: int) -> None:
        self._tokenizer = tokenizer
        self._cache: dict[str, list[int]] = {}
        self._joined: dict[tuple[str, tuple[int, ...]], list[WordPieces]] = {}
        self._unknown: int = tokenizer.unk_token_id if tokenizer.unk_token_id is not None else 0
        self.pad_id: int = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
        self.prefix, self.suffix = _special_ids(tokenizer)
        self.room = limit - len(self.prefix) - len(self.suffix)
        if self.room < MIN_ROOM:
            raise ModelError(f"a window of {limit} pieces is too small; give at least {limit - self.room + MIN_ROOM}")
        self._most = min(MAX_PIECES, self.room // 2)

    def encode(self, words: Sequence[str]) -> list[list[int]]:
        """Ids of each word's pieces; at least one, at most MAX_PIECES."""
        unseen = list(dict.fromkeys(word for word in words if word not in self._cache))
        if unseen:
            if len(self._cache) > _CACHE_LIMIT:
                self._cache.clear()
                unseen = list(dict.fromkeys(words))
            # A piece of more than 32 letters is none of a language's: 1,024 letters give MAX_PIECES of any word.
            # A caller's text may hold half of a surrogate pair, which no tokenizer takes.
            cut = [[word[:1024].encode(errors="replace").decode()] for word in unseen]
            ids = self._tokenizer(cut, is_split_into_words=True, add_special_tokens=False)["input_ids"]
            for word, pieces in zip(unseen, ids, strict=True):
                self._cache[word] = fold_ids(self._tokenizer, pieces[: self._most]) or [self._unknown]
        return [self._cache[word] for word in words]

    def encode_joined(self, text: str, starts: Sequence[int]) -> list[WordPieces]:
        """Pieces of several words that are one to the encoder: `starts` says where each begins in `text`."""
        key = (text, tuple(starts))
        if key not in self._joined:
            if len(self._joined) > _CACHE_LIMIT:
                self._joined.clear()
            self._joined[key] = self._dealt(text, starts)
        return self._joined[key]

    def _dealt(self, text: str, starts: Sequence[int]) -> list[WordPieces]:
        ids = self.encode([text])[0]
        if len(ids) == self._most:  # more than one word may have: each syllable by itself
            words = [text[start:after].strip("_") for start, after in pairwise([*starts, len(text)])]
            return [WordPieces(alone, shared=False) for alone in self.encode([word or "_" for word in words])]
        begins = [0] * len(ids)  # where the first letter of each piece is
        if self._tokenizer.is_fast:
            settings = {"is_split_into_words": True, "add_special_tokens": False, "return_offsets_mapping": True}
            offsets = self._tokenizer([[text.encode(errors="replace").decode()]], **settings)["offset_mapping"][0]
            # The underscore between two words is not a letter of either.
            begins = [_first_letter(text, start, end) for start, end in offsets][: len(ids)] or begins
        dealt = []
        for start, after in pairwise([*starts, len(text) + 1]):
            mine = [number for number, begin in zip(ids, begins, strict=True) if start <= begin < after]
            dealt.append(WordPieces(mine, shared=start > 0 and start not in begins))
        return dealt


def _first_letter(text: str, start: int, end: int) -> int:
    return next((place for place in range(start, end) if text[place] != "_"), max(start - 1, 0))


def _special_ids(tokenizer: Any) -> tuple[list[int], list[int]]:
    plain = tokenizer([["a"]], is_split_into_words=True, add_special_tokens=False)["input_ids"][0]
    full = tokenizer([["a"]], is_split_into_words=True, add_special_tokens=True)["input_ids"][0]
    for start in range(len(full) - len(plain) + 1):
        if full[start : start + len(plain)] == plain:
            return full[:start], full[start + len(plain) :]
    raise ModelError("this tokenizer changes a word's pieces when it adds special tokens; it cannot be used")


class Window(NamedTuple):
    """Words `first` (included) to `last` (excluded) of an article, counted over all its sentences."""

    first: int
    last: int


def split_windows(sentence_sizes: Sequence[Sequence[int]], room: int, overlap: int) -> list[Window]:
    """Cut an article into windows of whole sentences.

    Args:
        sentence_sizes: for each sentence, the number of pieces of each of its words, none above room / 2.
        room: most pieces of a window, special tokens not counted.
        overlap: most pieces of earlier sentences that are repeated as context at the start of the next window;
            at most half of `room` is used, so that every window holds something new.

    Returns:
        Windows in order that together hold every word. A sentence that is longer than `room` is cut at words, with
        the same overlap.
    """
    overlap = min(overlap, room // 2)
    windows: list[Window] = []
    start = 0  # first word of the sentence at hand
    open_sentences: list[tuple[int, int]] = []  # (first word, pieces) of the sentences in the open window
    fresh = False  # whether the open window holds a sentence that no window holds yet
    for sizes in sentence_sizes:
        n_pieces, end = sum(sizes), start + len(sizes)
        held = sum(pieces for _, pieces in open_sentences)
        if fresh and held + n_pieces > room:
            windows.append(Window(open_sentences[0][0], start))
            open_sentences, fresh = _tail(open_sentences, min(overlap, room - n_pieces)), False
        if n_pieces > room:
            windows.extend(_cut_sentence(sizes, start, room, overlap))
            open_sentences = []
        elif sizes:
            open_sentences.append((start, n_pieces))
            fresh = True
        start = end
    if fresh:
        windows.append(Window(open_sentences[0][0], start))
    return windows


def _tail(sentences: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """The last sentences that together have at most `most` pieces."""
    kept: list[tuple[int, int]] = []
    for first, pieces in reversed(sentences):
        most -= pieces
        if most < 0:
            break
        kept.insert(0, (first, pieces))
    return kept


def _cut_sentence(sizes: Sequence[int], offset: int, room: int, overlap: int) -> Iterable[Window]:
    first = 0
    while True:
        last, used = first, 0
        while last < len(sizes) and used + sizes[last] <= room:
            used += sizes[last]
            last += 1
        yield Window(offset + first, offset + last)
        if last == len(sizes):
            return
        back, first = 0, last
        while first > 0 and back + sizes[first - 1] <= overlap:
            first -= 1
            back += sizes[first]


def owners(windows: Sequence[Window], n_words: int) -> list[int]:
    """For each word the window in which it has most context: the one where its nearer edge is farthest away."""
    best = [-1] * n_words
    distance = [-1] * n_words
    for index, (first, last) in enumerate(windows):
        for word in range(first, last):
            # The edge of the article is no loss of context: nothing lies beyond it.
            left = word - first if first > 0 else n_words
            right = last - 1 - word if last < n_words else n_words
            if min(left, right) > distance[word]:
                best[word], distance[word] = index, min(left, right)
    return best
