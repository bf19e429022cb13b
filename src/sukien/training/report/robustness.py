"""The same articles written otherwise: how much of each score is left."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sukien.ontology import LabelSet
from sukien.schema import Article, Prediction
from sukien.text.variants import VARIANTS, vary
from sukien.training.scoring import score

MOST_SENTENCES = 2_000  # every variant is one more pass of the network

Tag = Callable[[Iterable[Article]], Iterator[Prediction]]


def describe_robustness(
    tag: Tag, articles: Sequence[Article], labels: LabelSet, *, seed: int, most: int = MOST_SENTENCES
) -> dict[str, Any]:
    """Micro F1 of each layer on each of `VARIANTS`, and the difference to the text as it is.

    Of more than `most` sentences whole articles are drawn with `seed`. *Keys:* `n_articles`, `n_sentences`, `seed`,
    `is_sample`, `original` (layer to F1, None where nothing is labelled or predicted), `variants` (name to layer to
    `f1` and `difference`).
    """
    drawn = draw(articles, most, seed)
    original = _f1(tag, drawn, labels)
    variants = {}
    for name in VARIANTS:
        found = _f1(tag, [vary(article, name) for article in drawn], labels)
        variants[name] = {layer: {"f1": f1, "difference": _minus(f1, original[layer])} for layer, f1 in found.items()}
    return {
        "n_articles": len(drawn),
        "n_sentences": sum(len(article.sentences) for article in drawn),
        "is_sample": len(drawn) < len(articles),
        "seed": seed,
        "original": original,
        "variants": variants,
    }


def draw(articles: Sequence[Article], most: int, seed: int) -> list[Article]:
    """Articles in random order, as long as there is room for their sentences; at least one; all in their order."""
    order = list(range(len(articles)))
    random.Random(seed).shuffle(order)
    chosen: list[int] = []
    room = most
    for index in order:
        room -= len(articles[index].sentences)
        if room >= 0 or not chosen:
            chosen.append(index)
        if room <= 0:
            break
    return [articles[index] for index in sorted(chosen)]


def _f1(tag: Tag, articles: Sequence[Article], labels: LabelSet) -> dict[str, float | None]:
    scores = score(articles, list(tag(articles)), labels, n_bootstrap=0)
    return {
        layer: values["micro"]["f1"] if values["micro"]["support"] + values["micro"]["predicted"] else None
        for layer, values in scores.items()
        if isinstance(values, dict)
    }


def _minus(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b
