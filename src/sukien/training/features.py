"""Labelled articles as training examples: the same words, pieces and windows as at inference, with gold tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, Sampler
from transformers.trainer_pt_utils import get_length_grouped_indices

from sukien.models.decoding import Probabilities
from sukien.models.inputs import PreparedArticle, Reader, WindowInput, collate, pad
from sukien.models.network import IGNORED
from sukien.schema import Article, Span
from sukien.text.bio import bio_tags, encode_bio
from sukien.text.words import Word


@dataclass(frozen=True, slots=True)
class Example:
    """One window. `tags[head]` holds a tag id for each word of `window`, or a teacher's probabilities of all tags.

    *Shapes:* (W,) or (W, L)
    """

    window: WindowInput
    tags: Mapping[str, list[int] | Probabilities]


@dataclass(slots=True)
class Examples(Dataset[Example]):
    """Training windows of some articles.

    Attributes:
        cut: gold spans, of `n_spans`, that begin or end inside a word of ours: no tagger of words can find them.
        inside: gold spans that begin or end inside what word segmentation has joined. They can be found, since tags
            are by syllable, but the encoder sees both sides of their border as one.
        transitions: of each head how often tag j stands behind tag i in a sentence, which opens as after O. *Shape:*
            (L, L)
    """

    examples: list[Example] = field(default_factory=list)
    n_spans: int = 0
    cut: list[str] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)
    transitions: dict[str, NDArray[np.int64]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Example:
        return self.examples[index]


def make_examples(articles: Sequence[Article], reader: Reader, head_types: dict[str, list[str]]) -> Examples:
    """Labelled sentences, several neighbours in one window as far as the window reaches; each once without overlap."""
    made = Examples()
    for prepared in reader.read(articles):
        tags = {head: _tag_ids(prepared, head, types, made) for head, types in head_types.items()}
        for window in prepared.windows:
            cut = {head: ids[window.first : window.last] for head, ids in tags.items()}
            made.examples.append(Example(reader.window_input(prepared, window), cut))
    return made


def _tag_ids(prepared: PreparedArticle, head: str, types: list[str], made: Examples) -> list[int]:
    index = {tag: place for place, tag in enumerate(bio_tags(types))}
    spans: Sequence[Span] = prepared.article.entities if head == "entities" else prepared.article.events
    counts = made.transitions.setdefault(head, np.zeros((len(index), len(index)), np.int64))
    ids: list[int] = []
    place = 0
    for sentence, words in zip(prepared.article.sentences, prepared.words, strict=True):
        first = place
        while place < len(spans) and spans[place].start < sentence.end:
            place += 1
        tags, n_cut = encode_bio(words, spans[first:place])
        made.cut += [span.text for span in spans[first:place] if is_cut(span, words)][:n_cut]
        joined = prepared.joined[len(ids) : len(ids) + len(words)]
        made.inside += [span.text for span in spans[first:place] if is_inside(span, words, joined)]
        ids.extend(index[tag] for tag in tags)
        mine = ids[len(ids) - len(tags) :]
        np.add.at(counts, ([0, *mine[:-1]][: len(mine)], mine), 1)
    made.n_spans += len(spans)
    return ids


def is_cut(span: Span, words: Sequence[Word]) -> bool:
    return not ({span.start} <= {word.start for word in words} and {span.end} <= {word.end for word in words})


def is_inside(span: Span, words: Sequence[Word], joined: Sequence[bool]) -> bool:
    """Whether one border of the span lies between two words that segmentation has joined."""
    return any(flag and word.start in {span.start, span.end} for word, flag in zip(words, joined, strict=True)) or any(
        flag and before.end == span.end for before, flag in zip(words, joined[1:], strict=False)
    )


@dataclass(frozen=True, slots=True)
class Collator:
    """Examples to one padded batch with the tags of each head. *Shapes:* see `SukienModel.forward`."""

    pad_id: int

    def __call__(self, examples: Sequence[Example]) -> dict[str, Tensor]:
        batch = collate([example.window for example in examples], self.pad_id)
        for head in examples[0].tags:
            batch[head] = _pad_tags([example.tags[head] for example in examples])
        return batch


def _pad_tags(rows: Sequence[list[int] | Probabilities]) -> Tensor:
    """Tag ids, or probabilities of all tags as soon as one row has them. *Shape:* (B, W) or (B, W, L)"""
    soft = [row for row in rows if isinstance(row, np.ndarray)]
    if not soft:
        return pad([row for row in rows if isinstance(row, list)], IGNORED)
    padded = torch.zeros(len(rows), max(map(len, rows)), soft[0].shape[1])
    for row, given in zip(padded, rows, strict=True):
        if isinstance(given, np.ndarray):
            row[: len(given)] = torch.from_numpy(given)
        else:
            row[: len(given)] = torch.nn.functional.one_hot(torch.tensor(given), row.shape[1])
    return padded


class LengthGroupedEpochs(Sampler[int]):
    """Windows of like length together, in an order that follows from seed and epoch alone.

    The Trainer's own sampler draws from the global generator, whose state differs between processes and after a resume.
    This one gives every process the same order, and a resumed run the order of the uninterrupted one.
    """

    def __init__(self, examples: Examples, batch_size: int, seed: int) -> None:
        self._lengths = [len(example.window.input_ids) for example in examples.examples]
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by the Trainer before each epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self._seed * 10_007 + self._epoch)
        return iter(get_length_grouped_indices(self._lengths, self._batch_size, generator=generator))
