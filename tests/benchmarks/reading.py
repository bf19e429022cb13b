"""What reading costs beside the encoder, what windows change, and what word segmentation does to labels.

Not a test: run it by hand.

python tests/benchmarks/reading.py [MODEL] [LABELS ...]
"""

from __future__ import annotations

import functools
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import torch

from sukien.data.reading import read_labels
from sukien.models.inputs import Reader, collate
from sukien.models.pretrained import load_tagger, window_limit
from sukien.models.tagging import ArticleTagger
from sukien.schema import Article, Prediction
from sukien.text.segmentation import SEGMENTERS, Segmenter, joined_to_previous, load_segmenter
from sukien.text.words import split_words
from sukien.training.features import make_examples

N_SENTENCES = 500
N_SHORT = 4  # sentences of an article that fits into the smallest window
REPEATS = 3
Span = tuple[int, int, int, str]  # number of the article, start, end, label
WINDOWS = (256, 512, 1_024)  # pieces


def main() -> None:
    """Print the tables."""
    model, *paths = sys.argv[1:] or ["news-small"]
    articles, _ = read_labels([Path(path) for path in paths or ["data/labels"]])
    some: list[Article] = []
    while sum(len(article.sentences) for article in some) < N_SENTENCES:
        some.append(articles[len(some) % len(articles)])
    costs(model, some)
    windows(model, some)
    borders(model, articles)


def costs(name: str, articles: list[Article]) -> None:
    """Seconds of every step from articles to predictions, and each as a share of the encoder's."""
    runs = [_spent(name, articles) for _ in range(REPEATS)]
    spent = min(runs, key=lambda run: run["everything"])
    encoder = spent["encoder"]
    n_sentences = sum(len(article.sentences) for article in articles)
    print(f"{n_sentences} sentences, {torch.get_num_threads()} threads: {spent['everything']:.2f} s")
    beside = spent["everything"] - spent["network"]
    shown = {
        "encoder": encoder,
        "layers above it": spent["network"] - encoder,
        "word segmentation": spent["segmentation"],
        "words, pieces, matches, windows": spent["read"] - spent["segmentation"],
        "piece ids of windows": spent["window_input"],
        "batches": spent["collate"],
        "decoding": spent["decoding"],
        "all but the network": beside,
    }
    for step, seconds in shown.items():
        print(f"  {step:<34}{seconds:7.3f} s  {seconds / encoder:6.1%} of the encoder")
    for segmenter in SEGMENTERS[1:]:
        if back_end := _back_end(segmenter):
            seconds = best(functools.partial(_segment, articles, back_end))
            print(f"  with {segmenter:<29}{seconds:7.3f} s  {seconds / encoder:6.1%} of the encoder")


def _spent(name: str, articles: list[Article]) -> dict[str, float]:
    """Seconds by step, by a tagger that remembers no pieces yet."""
    tagger = ArticleTagger(*load_tagger(name))
    spent = dict.fromkeys(("segmentation", "read", "window_input", "collate", "network", "encoder", "decoding"), 0.0)

    def timed(step: str, usual: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(usual)
        def run(*arguments: object, **settings: object) -> Any:
            start = time.perf_counter()
            result = usual(*arguments, **settings)
            spent[step] += time.perf_counter() - start
            return result

        return run

    reader = tagger.reader
    for owner, method, step in (
        (tagger.model.encoder, "forward", "encoder"),
        (tagger.model, "forward", "network"),
        (reader, "read", "read"),
        (reader, "window_input", "window_input"),
        (tagger, "prediction", "decoding"),
    ):
        setattr(owner, method, timed(step, getattr(owner, method)))
    if reader._segmenter:
        reader._segmenter = timed("segmentation", reader._segmenter)
    with mock.patch("sukien.models.tagging.collate", timed("collate", collate)):
        start = time.perf_counter()
        list(tagger.tag(articles))
        spent["everything"] = time.perf_counter() - start
    return spent


def windows(name: str, articles: list[Article]) -> None:
    """What a larger window costs and changes; a short article must be tagged the same."""
    tagger = ArticleTagger(*load_tagger(name))
    limit = window_limit(tagger.model.encoder) or max(WINDOWS)
    short = [Article(one.id, one.text[: one.sentences[:N_SHORT][-1].end], one.sentences[:N_SHORT]) for one in articles]
    first: list[set[Span]] = []
    print("window  windows  seconds  same spans, whole articles  short articles tagged the same")
    for size in WINDOWS:
        if size > limit:
            print(f"{size:6}  more than the {limit} pieces of this encoder")
            continue
        tagger.reader = tagger.reader.with_window(size, tagger.model.config.overlap)
        start = time.perf_counter()
        whole = list(tagger.tag(articles))
        seconds = time.perf_counter() - start
        found = [_spans([one]) for one in tagger.tag(short)]
        every = _spans(whole)
        first = first or [every, *found]
        same = len(every & first[0]) / max(1, len(every | first[0]))
        as_first = sum(one == other for one, other in zip(found, first[1:], strict=True))
        n_windows = sum(one.n_windows for one in whole)
        print(f"{size:6}  {n_windows:7}  {seconds:7.2f}  {same:26.1%}  {as_first:21} of {len(short)}")


def _spans(predictions: Sequence[Prediction]) -> set[Span]:
    found: set[Span] = set()
    for place, one in enumerate(predictions):
        found |= {(place, span.start, span.end, span.label) for span in one.entities}
        found |= {(place, span.start, span.end, span.label) for span in one.events}
    return found


def _back_end(name: str) -> Segmenter | None:
    try:
        return load_segmenter(name)
    except Exception as missing:
        print(f"{name}: {missing}")
        return None


def _segment(articles: list[Article], back_end: Segmenter) -> None:
    """As a reader does: of sentences, to a flag for each word."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        joined_to_previous(
            [one for article in articles for one in split_words(article.text, article.sentences)], back_end
        )


def best(run: Callable[[], object]) -> float:
    """The shortest of a few runs, in seconds: the one that others disturbed least."""
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def borders(name: str, articles: list[Article]) -> None:
    """How many gold spans begin or end inside what each back-end joins."""
    model, tokenizer = load_tagger(name)
    for segmenter in SEGMENTERS[1:]:
        back_end = _back_end(segmenter)
        if back_end is None:
            continue
        with warnings.catch_warnings(record=True) as changed:
            warnings.simplefilter("always")
            made = make_examples(articles, Reader(tokenizer, 256, 0, segmenter=back_end), model.config.head_types())
        share = len(made.inside) / made.n_spans
        print(
            f"{segmenter}: across a border of {len(made.inside)} of {made.n_spans} gold spans ({share:.2%}),", end=" "
        )
        print(f"{len(changed)} articles with changed text; such as {', '.join(map(repr, made.inside[:8]))}")


if __name__ == "__main__":
    main()
