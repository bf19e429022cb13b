"""Articles through the network to predictions. Validation, test, batch and service all call `ArticleTagger`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sukien.models.decoding import any_of, decode
from sukien.models.inputs import PreparedArticle, Reader, WindowInput, collate
from sukien.models.network import SukienModel
from sukien.models.pieces import owners
from sukien.schema import Article, Entity, Event, Prediction
from sukien.text.bio import TagSpan
from sukien.text.segmentation import load_segmenter
from sukien.text.words import Word

BATCH_PIECES = 4096  # of one batch, padding included: enough to keep two cores busy, small enough for any memory
CHUNK_CHARACTERS = 400_000  # of the articles that are read together: bounds memory, fills batches of like length

Scored = list[tuple[TagSpan, float]]


def best_device() -> str:
    """Where to compute: "cuda" or "mps" where there is one, else "cpu"."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def bf16_is_fast(device: str) -> bool:
    """Whether a kind of device ("cuda", "cpu", "mps") multiplies bfloat16 matrices in hardware."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device == "cpu" and bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


class ArticleTagger:
    """A network with its tokenizer, ready to tag articles whose sentences are known.

    Attributes:
        temperatures: what the logits of each head are divided by, from the model's configuration; empty, the scores
            are as the network was trained to give them. The spans do not depend on it.
    """

    def __init__(self, model: SukienModel, tokenizer: Any) -> None:
        self.model = model
        self.temperatures: dict[str, float] = dict(model.config.temperatures)
        self._transitions = {head: np.asarray(rows) for head, rows in model.config.transitions.items()}
        self.reader = Reader(
            tokenizer,
            model.config.window,
            model.config.overlap,
            model.index,
            load_segmenter(model.config.segmentation),
        )

    def tag(self, articles: Iterable[Article]) -> Iterator[Prediction]:
        """Predictions in the order of the articles. Labels that the articles carry are not looked at."""
        for read, logits in self.word_logits(articles):
            yield self.prediction(read, logits)

    def word_logits(
        self, articles: Iterable[Article]
    ) -> Iterator[tuple[PreparedArticle, dict[str, NDArray[np.float32]]]]:
        """Each article as it was read, with what the heads say of its words. *Shape:* per head (W, L)"""
        for chunk in _chunks(articles):
            reads = self.reader.read(chunk)
            yield from zip(reads, self._word_logits(reads), strict=True)

    @torch.inference_mode()
    def _word_logits(self, reads: Sequence[PreparedArticle]) -> list[dict[str, NDArray[np.float32]]]:
        """Logits of every word. *Shape:* per article and head (W, L)"""
        n_tags = {head: 2 * len(names) + 1 for head, names in self.model.config.head_types().items()}
        was_training = self.model.training
        self.model.eval()
        logits = logits_of_words(self.reader, reads, n_tags, self._run)
        self.model.train(was_training)
        return logits

    def _run(self, inputs: list[WindowInput]) -> list[dict[str, NDArray[np.float32]]]:
        device = self.model.device
        batch = {name: value.to(device) for name, value in collate(inputs, self.reader.encoder.pad_id).items()}
        with self._precision(device.type):
            heads = self.model(**batch).head_logits
        arrays = {head: values.float().cpu().numpy() for head, values in heads.items()}
        return [{head: values[row] for head, values in arrays.items()} for row in range(len(inputs))]

    def _precision(self, device: str) -> AbstractContextManager[Any]:
        return torch.autocast(device, dtype=torch.bfloat16) if bf16_is_fast(device) else nullcontext()

    def spans(
        self, read: PreparedArticle, logits: dict[str, NDArray[np.float32]]
    ) -> Iterator[tuple[str, list[Word], int, Scored]]:
        """For each sentence and head: the head, the sentence's words, the place of the first among the article's words,
        and the spans found, each with its score."""
        types = self.model.config.head_types()
        inside = self.reader.inside(read)
        for words, (first, last) in zip(read.words, pairwise(read.borders), strict=True):
            for head, values in logits.items():
                yield (
                    head,
                    words,
                    first,
                    decode(
                        values[first:last],
                        types[head],
                        temperature=self.temperatures.get(head, 1.0),
                        transitions=self._transitions.get(head),
                        inside=inside[first:last],
                    ),
                )

    def prediction(self, read: PreparedArticle, logits: dict[str, NDArray[np.float32]]) -> Prediction:
        """What follows from what `word_logits` gave for one article, with the temperatures as they are now."""
        article = read.article
        entities: list[Entity] = []
        events: list[Event] = []
        for head, words, _, spans in self.spans(read, logits):
            places = [(*_place(article.text, words, span), span.label, score) for span, score in spans]
            if head == "entities":
                entities += [Entity(*place) for place in places]
            else:
                events += [Event(*place[:-1], score=place[-1]) for place in places]
        return Prediction(
            id=article.id,
            text=article.text,
            entities=tuple(entities),
            events=tuple(events),
            event_types=type_probabilities(events),
            sentences=article.sentences,
            n_windows=len(read.windows),
        )


def logits_of_words(
    reader: Reader,
    reads: Sequence[PreparedArticle],
    n_tags: Mapping[str, int],
    run: Callable[[list[WindowInput]], list[dict[str, NDArray[np.float32]]]],
) -> list[dict[str, NDArray[np.float32]]]:
    """Logits of every word, each from the window that owns it.

    Args:
        n_tags: of each head.
        run: a batch of windows through a network. *Shape:* per window and head (W, L), padding after the words

    Returns: *Shape:* per article and head (W, L)
    """
    logits = [{head: np.zeros((len(read.pieces), n), np.float32) for head, n in n_tags.items()} for read in reads]
    jobs = [
        (index, place, reader.window_input(read, window))
        for index, read in enumerate(reads)
        for place, window in enumerate(read.windows)
    ]
    owner = [np.asarray(owners(read.windows, len(read.pieces))) for read in reads]
    for batch in _batches(jobs):
        for (index, place, _), heads in zip(batch, run([job[2] for job in batch]), strict=True):
            first, last = reads[index].windows[place]
            mine = owner[index][first:last] == place
            for head, values in heads.items():
                logits[index][head][first:last][mine] = values[: last - first][mine]
    return logits


def type_probabilities(events: Iterable[Event]) -> dict[str, float]:
    """For each type of the events the probability that at least one of its mentions is real, highest first."""
    scores: dict[str, list[float]] = {}
    for event in events:
        scores.setdefault(event.label, []).append(event.score if event.score is not None else 1.0)
    probabilities = {label: any_of(values) for label, values in scores.items()}
    return dict(sorted(probabilities.items(), key=lambda item: (-item[1], item[0])))


def _place(text: str, words: Sequence[Word], span: TagSpan) -> tuple[int, int, str]:
    start, end = words[span.first].start, words[span.last].end
    return start, end, text[start:end]


def _chunks(articles: Iterable[Article]) -> Iterator[list[Article]]:
    chunk: list[Article] = []
    size = 0
    for article in articles:
        if chunk and size + len(article.text) > CHUNK_CHARACTERS:
            yield chunk
            chunk, size = [], 0
        chunk.append(article)
        size += len(article.text)
    if chunk:
        yield chunk


def _batches(jobs: list[tuple[int, int, WindowInput]]) -> Iterator[list[tuple[int, int, WindowInput]]]:
    """Windows of like length together, longest first, so that little is spent on padding."""
    batch: list[tuple[int, int, WindowInput]] = []
    for job in sorted(jobs, key=lambda job: -len(job[2].input_ids)):
        if batch and (len(batch) + 1) * len(batch[0][2].input_ids) > BATCH_PIECES:
            yield batch
            batch = []
        batch.append(job)
    if batch:
        yield batch
