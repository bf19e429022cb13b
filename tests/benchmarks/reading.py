"""What reading costs beside the encoder, and what word segmentation does to labels. Not a test: run it by hand.

python tests/benchmarks/reading.py [MODEL] [LABELS ...]
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import torch

from sukien.data.reading import read_labels
from sukien.models.inputs import Reader
from sukien.models.pretrained import load_tagger
from sukien.models.tagging import ArticleTagger
from sukien.schema import Article
from sukien.text.segmentation import SEGMENTERS, load_segmenter
from sukien.training.features import make_examples

N_SENTENCES = 1_000
REPEATS = 3


def main() -> None:
    """Print both tables."""
    model, *paths = sys.argv[1:] or ["news-small"]
    articles, _ = read_labels([Path(path) for path in paths or ["data/labels"]])
    overhead(model, articles)
    borders(model, articles)


def overhead(name: str, articles: list[Article]) -> None:
    """Seconds for words, pieces, windows, batches and decoding, and for the encoder alone, on the same text."""
    some: list[Article] = []
    while sum(len(article.sentences) for article in some) < N_SENTENCES:
        some.append(articles[len(some) % len(articles)])
    tagger = ArticleTagger(*load_tagger(name))
    encoder = tagger.model.encoder
    usual = encoder.forward
    spent = [0.0]

    def timed(*arguments: object, **settings: object) -> object:
        start = time.perf_counter()
        result = usual(*arguments, **settings)
        spent[0] += time.perf_counter() - start
        return result

    encoder.forward = timed
    everything = best(lambda: list(tagger.tag(some)))
    spent[0] = 0.0
    list(tagger.tag(some))
    reading = best(lambda: [tagger.reader.window_input(r, w) for r in fresh(tagger).read(some) for w in r.windows])
    n_sentences = sum(len(article.sentences) for article in some)
    print(f"{n_sentences} sentences, {torch.get_num_threads()} threads: {everything:.2f} s, encoder {spent[0]:.2f} s")
    print(f"words, pieces, alignment, windows: {reading:.3f} s, {reading / spent[0]:.1%} of the encoder's time")


def fresh(tagger: ArticleTagger) -> Reader:
    """A reader that remembers no pieces yet."""
    return tagger.reader.with_window(tagger.model.config.window, tagger.model.config.overlap)


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
        try:
            back_end = load_segmenter(segmenter)
        except Exception as missing:
            print(f"{segmenter}: {missing}")
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
