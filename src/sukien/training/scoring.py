"""Strict span scores and multi-label event-type scores, with 95% intervals over articles.

This is the only place where a score of the project is computed. It works on `Article` and `Prediction`, so
what is scored is the output of the decoder that ships, never tags or logits.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sukien.errors import DataError, nearest
from sukien.ontology import LabelSet
from sukien.schema import Article, Prediction, Sentence, Span
from sukien.training.bootstrap import Interval, bootstrap_intervals, f1_of, macro_f1_of, paired_bootstrap

RULE = (
    "A predicted span is right when its start, its end and its type all equal those of a labelled span;"
    " a sentence or an article has the event types of its triggers;"
    " predictions outside the labelled sentences are not counted."
)
_N_NAMED = 3  # articles named in one fault

# What is compared is a set of items per article. The last part of an item is its type, the rest its place.
Item = tuple[int | str, ...]
Layers = dict[str, set[Item]]


def score(
    gold: Sequence[Article],
    predicted: Sequence[Prediction],
    labels: LabelSet,
    *,
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Score predictions against labelled articles of the same ids and texts, in any order.

    *Keys*, JSON-ready: `n_articles`, `n_sentences`, `rule` and the layers `entities`, `triggers`,
    `sentence_event_types` and `article_event_types`; a layer without types in `labels` is left out. Of each
    layer:

    - `micro`: `precision`, `recall`, `f1`, `support` (gold), `predicted`, `interval` (95%, of the F1);
    - `macro`: `f1`, `interval`, `n_types`: the mean over the `n_types` types that have gold;
    - `types`: of each type the same as `micro`;
    - `identification`, of triggers alone: the same as `micro` where a span is right whatever its type.

    Precision, recall and F1 are 0.0 where their denominator is 0, so nothing predicted where nothing is gold
    never scores 1; `support` and `predicted` tell this case apart. An interval is None where fewer than two
    articles say anything about the score, where all draws agree, or with `n_bootstrap=0`.

    A predicted span that touches no gold sentence is ignored, since nobody labelled there. One that crosses a
    border of a gold sentence is wrong; its type belongs to the first gold sentence that it touches.

    Raises DataError for no articles, duplicate ids, ids or texts that differ, and labels outside `labels`.
    """
    items = _scored_items(gold, predicted, labels)
    result: dict[str, Any] = {}
    for layer, names in _types_of_layers(labels).items():
        result[layer] = _layer_scores(_counts_of_layer(items, layer, names), names, n_bootstrap, seed)
    if labels.event_types:
        counts = _counts(((_untyped(t["triggers"]), _untyped(f["triggers"])) for t, f in items), len(items), ("",))
        result["triggers"]["identification"] = _layer_scores(counts, ("",), n_bootstrap, seed)["micro"]
    n_sentences = sum(len(article.sentences) for article in gold)
    return {"n_articles": len(gold), "n_sentences": n_sentences, "rule": RULE, **result}


def compare(
    gold: Sequence[Article],
    predicted_a: Sequence[Prediction],
    predicted_b: Sequence[Prediction],
    labels: LabelSet,
    *,
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """How much better the first of two systems is than the second, by the rule of `score` and on the same articles.

    *Keys*, JSON-ready: the layers of `score`, each with `difference` (micro F1 of the first less that of the second),
    `interval` (95%) and `p_value` (two-sided), see `paired_bootstrap`. Each p stands for its layer alone: of many
    comparisons some come out small by chance.

    Raises DataError as `score` does.
    """
    return compare_runs(gold, [predicted_a], [predicted_b], labels, n_bootstrap=n_bootstrap, seed=seed)


def compare_runs(
    gold: Sequence[Article],
    runs_a: Sequence[Sequence[Prediction]],
    runs_b: Sequence[Sequence[Prediction]],
    labels: LabelSet,
    *,
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """As `compare`, of two systems that were trained with several seeds each: their spans are counted together.

    Draws are of articles and the runs stay as they are, so interval and p hold the chance of the text, not that of the
    seeds. The two sides may have different numbers of runs.
    """
    sides = [[_scored_items(gold, run, labels) for run in runs] for runs in (runs_a, runs_b)]
    differences = {}
    for layer, names in _types_of_layers(labels).items():
        a, b = (np.sum([_counts_of_layer(items, layer, names) for items in side], axis=0) for side in sides)
        # Each side as often as the other has runs, so that both have the same gold.
        found = paired_bootstrap(a * len(runs_b), b * len(runs_a), n_bootstrap, seed)
        differences[layer] = asdict(found)
    return differences


def _types_of_layers(labels: LabelSet) -> dict[str, tuple[str, ...]]:
    """The layers that are scored, each with its types."""
    types = {
        "entities": labels.entity_types,
        "triggers": labels.event_types,
        "sentence_event_types": labels.event_types,
        "article_event_types": labels.event_types,
    }
    return {layer: names for layer, names in types.items() if names}


def _scored_items(
    gold: Sequence[Article], predicted: Sequence[Prediction], labels: LabelSet
) -> list[tuple[Layers, Layers]]:
    """Of each article, in the order of `gold`, what is labelled and what is predicted; refused if they do not fit."""
    pairs = _paired(gold, predicted)
    _check_labels(pairs, labels)
    return [(_gold_items(article), _predicted_items(article, prediction)) for article, prediction in pairs]


def _counts_of_layer(items: Sequence[tuple[Layers, Layers]], layer: str, types: Sequence[str]) -> NDArray[np.int64]:
    """*Shape:* (n_articles, n_types, 3) of (matched, predicted, gold)."""
    return _counts(((truth[layer], found[layer]) for truth, found in items), len(items), types)


def _gold_items(article: Article) -> Layers:
    return _items(article.entities, article.events, article.sentences)


def _predicted_items(article: Article, prediction: Prediction) -> Layers:
    return _items(prediction.entities, prediction.events, article.sentences)


def _items(entities: Iterable[Span], events: Iterable[Span], sentences: Sequence[Sentence]) -> Layers:
    triggers = list(placed(events, sentences))
    return {
        "entities": {(span.start, span.end, span.label) for _, span in placed(entities, sentences)},
        "triggers": {(span.start, span.end, span.label) for _, span in triggers},
        "sentence_event_types": {(index, span.label) for index, span in triggers},
        "article_event_types": {(span.label,) for _, span in triggers},
    }


def _untyped(items: Iterable[Item]) -> set[Item]:
    return {(*item[:-1], "") for item in items}


def placed(spans: Iterable[Span], sentences: Sequence[Sentence]) -> Iterator[tuple[int, Span]]:
    """The spans that touch a sentence, each with the index of the first one that it touches."""
    ends = [sentence.end for sentence in sentences]
    for span in spans:
        index = bisect_right(ends, span.start)
        if index < len(sentences) and sentences[index].start < span.end:
            yield index, span


def _counts(items: Iterable[tuple[set[Item], set[Item]]], n_articles: int, types: Sequence[str]) -> NDArray[np.int64]:
    """*Shape:* (n_articles, n_types, 3) of (matched, predicted, gold)."""
    counts = np.zeros((n_articles, len(types), 3), dtype=np.int64)
    index = {label: place for place, label in enumerate(types)}
    for row, (gold, predicted) in enumerate(items):
        for column, found in enumerate((gold & predicted, predicted, gold)):
            for item in found:
                counts[row, index[str(item[-1])], column] += 1
    return counts


def _layer_scores(counts: NDArray[np.int64], types: Sequence[str], n_bootstrap: int, seed: int) -> dict[str, Any]:
    intervals = bootstrap_intervals(counts, n_bootstrap, seed)
    totals = counts.sum(axis=0)
    return {
        "micro": span_scores(totals.sum(axis=0), intervals.micro),
        "macro": {
            "f1": float(np.nan_to_num(macro_f1_of(totals))),
            "interval": intervals.macro,
            "n_types": int((totals[:, 2] > 0).sum()),
        },
        "types": {
            label: span_scores(total, interval)
            for label, total, interval in zip(types, totals, intervals.types, strict=True)
        },
    }


def span_scores(total: NDArray[np.int64], interval: Interval) -> dict[str, Any]:
    """Scores of (matched, predicted, gold), with the interval beside them; 0.0 where there is no denominator."""
    matched, predicted, support = (int(count) for count in total)
    return {
        "precision": matched / predicted if predicted else 0.0,
        "recall": matched / support if support else 0.0,
        "f1": float(np.nan_to_num(f1_of(total))),
        "support": support,
        "predicted": predicted,
        "interval": interval,
    }


def _paired(gold: Sequence[Article], predicted: Sequence[Prediction]) -> list[tuple[Article, Prediction]]:
    if not gold:
        raise DataError("no labelled articles to score against; check the split and the dataset")
    faults = [*_duplicates(gold, "labelled articles"), *_duplicates(predicted, "predictions")]
    articles = {article.id: article for article in gold}
    predictions = {prediction.id: prediction for prediction in predicted}
    missing = [article.id for article in gold if article.id not in predictions]
    unknown = [prediction.id for prediction in predicted if prediction.id not in articles]
    if missing:
        faults.append(f"{_named(missing)} labelled but not predicted; predict every article that is scored")
    if unknown:
        faults.append(f"{_named(unknown)} predicted but not labelled; score against the same articles")
    pairs = [(article, predictions[id]) for id, article in articles.items() if id in predictions]
    differing = [article.id for article, prediction in pairs if article.text != prediction.text]
    if differing:
        faults.append(f"{_named(differing)} predicted from another text than the labelled one; predict again")
    unplaced = [article.id for article in gold if not article.sentences and (article.entities or article.events)]
    if unplaced:
        faults.append(f"{_named(unplaced)} labelled but without sentences, so nothing says what was labelled")
    if faults:
        raise DataError(faults)
    return pairs


def _duplicates(items: Sequence[Article] | Sequence[Prediction], what: str) -> Iterator[str]:
    seen: set[str] = set()
    repeated = []
    for item in items:
        if item.id in seen:
            repeated.append(item.id)
        seen.add(item.id)
    if repeated:
        yield f"{_named(repeated)} more than once among the {what}; ids must be distinct"


def _check_labels(pairs: Iterable[tuple[Article, Prediction]], labels: LabelSet) -> None:
    """A layer without types is not scored, so its spans may carry any label."""
    found: dict[tuple[str, str, str], int] = {}
    for article, prediction in pairs:
        for where, source in (("gold", article), ("predictions", prediction)):
            for layer, spans in (("entity", source.entities), ("event", source.events)):
                for span in spans:
                    key = (where, layer, span.label)
                    found[key] = found.get(key, 0) + 1
    allowed_of = {"entity": labels.entity_types, "event": labels.event_types}
    faults = [
        f"{where}: {label!r} ({count} spans) is no {layer} type{nearest(label, allowed)} ({', '.join(allowed)})"
        for (where, layer, label), count in found.items()
        if (allowed := allowed_of[layer]) and label not in allowed
    ]
    if faults:
        raise DataError(faults)


def _named(ids: Sequence[str]) -> str:
    names = ", ".join(ids[:_N_NAMED])
    rest = f" and {len(ids) - _N_NAMED} more" if len(ids) > _N_NAMED else ""
    return f"{len(ids)} article{'s' if len(ids) > 1 else ''} ({names}{rest})"
