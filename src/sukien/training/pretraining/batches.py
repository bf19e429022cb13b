"""Blocks of the token file as batches of sequences with hidden pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from sukien.training.pretraining.tokens import TokenFile

Block = tuple[int, NDArray[np.int64], NDArray[np.bool_]]


class Blocks(Dataset[Block]):
    """The token file in blocks of `size` pieces; an item is the block's number, its pieces, and which go on a word.

    Args:
        chosen: numbers of the blocks that are read; None: all. *Shape:* (n,)
    """

    def __init__(self, tokens: TokenFile, size: int, chosen: NDArray[np.int64] | None = None) -> None:
        self._tokens = tokens
        self._size = size
        self._chosen = np.arange(len(tokens) // size) if chosen is None else chosen

    def __len__(self) -> int:
        return len(self._chosen)

    def __getitem__(self, index: int) -> Block:
        number = int(self._chosen[index])
        place = slice(number * self._size, (number + 1) * self._size)
        return number, self._tokens.ids[place].astype(np.int64), np.array(self._tokens.goes_on[place])


class ShuffledEpochs(Sampler[int]):
    """All blocks in an order that follows from seed and epoch alone: the same in every process and on a resumption."""

    def __init__(self, size: int, seed: int) -> None:
        self._size = size
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by the Trainer before each epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[int]:
        order = np.random.default_rng([self._seed, self._epoch]).permutation(self._size)
        return iter(order.tolist())


class Masking:
    """Blocks to one batch: cut to the length that falls to it, framed by special pieces, a share of it hidden.

    The length and the hidden pieces follow from the seed and the first block, so that any process can make any batch.
    """

    def __init__(
        self, lengths: dict[int, float], share: float, first: int, last: int, *, whole_words: bool, seed: int
    ) -> None:
        self._lengths = sorted(lengths)
        self._odds = np.array([lengths[length] for length in self._lengths]) / sum(lengths.values())
        self._share = share
        self._first, self._last = first, last
        self._whole_words = whole_words
        self._seed = seed

    def __call__(self, blocks: Sequence[Block]) -> dict[str, Tensor]:
        """*Shapes:* input_ids (B, T); masked (B, K), the places of hidden pieces, as many in each sequence"""
        chance = np.random.default_rng([self._seed, blocks[0][0]])
        length = int(chance.choice(self._lengths, p=self._odds))
        ids = np.stack([ids for _, ids, _ in blocks]).reshape(-1, length)
        goes_on = np.stack([goes_on for _, _, goes_on in blocks]).reshape(-1, length).copy()
        ids[:, 0], ids[:, -1] = self._first, self._last
        if not self._whole_words:
            goes_on[:] = False
        return {"input_ids": torch.from_numpy(ids), "masked": torch.from_numpy(self._hidden(ids, goes_on, chance))}

    def _hidden(
        self, ids: NDArray[np.int64], goes_on: NDArray[np.bool_], chance: np.random.Generator
    ) -> NDArray[np.int64]:
        """Whole words at random until the share is reached: one random number a word, the lowest are taken."""
        word = np.cumsum(~goes_on, axis=1, dtype=np.int64)
        drawn = np.take_along_axis(chance.random((ids.shape[0], ids.shape[1] + 1)), word, axis=1)
        drawn[(ids == self._first) | (ids == self._last)] = 2.0
        n_hidden = max(1, round(self._share * ids.shape[1]))
        return np.argpartition(drawn, n_hidden, axis=1)[:, :n_hidden]
