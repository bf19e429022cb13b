"""Vectors of whole words beside the encoder's pieces, matched in the text (SoftLexicon, Ma et al. 2020, section 3).

Vietnamese writes a word of several syllables with spaces between, so what a syllable means depends on the word around
it. Every word of a vocabulary that covers a syllable tells it so: as a word of its own, or as the beginning, inside or
end of a longer one. The vectors come from counts over a large corpus, which takes minutes, while an encoder needs
days to see as many words; a small encoder gains most from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from sukien.errors import ModelError
from sukien.files import read_text, write_text
from sukien.text.noise import new_tone_marks

VOCABULARY = "words.txt"
WEIGHTS = "vectors.safetensors"
LONGEST = 4  # syllables of a word
MOST = 8  # matches that are kept for a syllable
BEGINNING, INSIDE, END, WHOLE = range(4)
N_ROLES = 4


class WordIndex:
    """Finds the words of a vocabulary in running text. Numbers count from 1; 0 is no word."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = list(words)
        self._number = {word: number for number, word in enumerate(self.words, start=1)}

    def __len__(self) -> int:
        return len(self.words)

    def match(self, syllables: Sequence[str]) -> list[list[int]]:
        """For each syllable of a sentence the words that cover it, at most MOST, each as 4 * number + role."""
        keys = [new_tone_marks(syllable.lower()) for syllable in syllables]
        found: list[list[int]] = [[] for _ in keys]
        for start, first in enumerate(keys):
            if number := self._number.get(first):
                found[start].append(4 * number + WHOLE)
            key = first
            for end in range(start + 1, min(start + LONGEST, len(keys))):
                key += f"_{keys[end]}"
                if number := self._number.get(key):
                    found[start].append(4 * number + BEGINNING)
                    found[end].append(4 * number + END)
                    for inside in range(start + 1, end):
                        found[inside].append(4 * number + INSIDE)
        return [matches[:MOST] for matches in found]


class WordVectors(nn.Module):
    """Mean vector of the words in each role, side by side. The table is not trained: rare words keep their meaning."""

    table: Tensor

    def __init__(self, n_words: int, width: int) -> None:
        super().__init__()
        self.register_buffer("table", torch.zeros(n_words + 1, width))

    @property
    def width(self) -> int:
        """Of what `forward` returns."""
        return N_ROLES * self.table.shape[1]

    def forward(self, matches: Tensor) -> Tensor:
        """*Shapes:* matches (B, W, K), 0 where there is none; result (B, W, 4 * width of a vector)"""
        roles = nn.functional.one_hot(matches % N_ROLES, N_ROLES) * (matches > 0)[..., None]  # (B, W, K, 4)
        shares = (roles / roles.sum(2, keepdim=True).clamp(min=1)).to(self.table.dtype)
        return torch.einsum("bwkd,bwkr->bwrd", self.table[matches // N_ROLES], shares).flatten(2)


def load_word_vectors(folder: Path) -> tuple[WordIndex, Tensor]:
    """Vocabulary and vectors of a folder. *Shape:* (words, width). Raises ModelError when they do not fit."""
    index = load_index(folder)
    try:
        vectors = load_file(folder / WEIGHTS)["vectors"].float()
    except (OSError, KeyError, SafetensorError) as error:
        raise ModelError(f"{folder / WEIGHTS}: cannot be loaded: {error}") from error
    if vectors.ndim != 2 or len(vectors) != len(index):
        raise ModelError(f"{folder}: has {len(index)} words but vectors of shape {tuple(vectors.shape)}")
    return index, vectors


def load_index(folder: Path) -> WordIndex:
    """The vocabulary of a folder, one word a line, its syllables joined by underscores."""
    if not (folder / VOCABULARY).is_file():
        raise ModelError(f"{folder}: has no {VOCABULARY}, so it holds no word vectors")
    return WordIndex(read_text(folder / VOCABULARY).split("\n")[:-1])


def save_index(folder: Path, index: WordIndex) -> None:
    """The inverse of `load_index`."""
    write_text(folder / VOCABULARY, "".join(f"{word}\n" for word in index.words))


def save_word_vectors(folder: Path, index: WordIndex, vectors: Tensor) -> None:
    """Write vocabulary and vectors (bf16) into an existing folder."""
    save_index(folder, index)
    save_file({"vectors": vectors.to(torch.bfloat16).contiguous()}, folder / WEIGHTS)
