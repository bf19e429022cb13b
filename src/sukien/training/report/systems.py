"""The tagger beside what else could be taken: floors, other taggers, itself with another seed."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean, stdev
from typing import Any

from sukien.ontology import LabelSet
from sukien.schema import Article, Prediction
from sukien.training.scoring import compare, score

LAYERS = ("entities", "triggers", "sentence_event_types", "article_event_types")


def layers_of(scores: dict[str, Any]) -> list[str]:
    """The layers that a result of `score` has."""
    return [layer for layer in LAYERS if layer in scores]


def over_seeds(results: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """Mean and sample standard deviation of the scores of one run with several seeds.

    *Keys:* `models`; per layer `micro` and `macro`, of triggers also `identification`, each `values`, `mean`, `sd`
    (None for one value).
    """
    kinds = ("micro", "macro", "identification")
    return {
        "models": [name for name, _ in results],
        "layers": {
            layer: {
                kind: _spread([scores[layer][kind]["f1"] for _, scores in results])
                for kind in kinds
                if kind in results[0][1][layer]
            }
            for layer in layers_of(results[0][1])
        },
    }


def _spread(values: Sequence[float]) -> dict[str, Any]:
    return {"values": list(values), "mean": mean(values), "sd": stdev(values) if len(values) > 1 else None}


def against(
    name: str,
    articles: Sequence[Article],
    ours: Sequence[Prediction],
    theirs: Sequence[Prediction],
    labels: LabelSet,
    *,
    n_bootstrap: int,
    seed: int,
) -> dict[str, Any]:
    """One other system: per layer the micro F1 of both and what the paired bootstrap says of their difference.

    *Keys:* `name`, `types` that are compared, `layers`: of each `ours`, `theirs`, `their_interval`,
    `difference` (ours less theirs), `interval`, `p_value`.
    """
    mine = score(articles, ours, labels, n_bootstrap=0)
    other = score(articles, theirs, labels, n_bootstrap=n_bootstrap, seed=seed)
    differences = compare(articles, ours, theirs, labels, n_bootstrap=n_bootstrap, seed=seed)
    return {
        "name": name,
        "types": [*labels.entity_types, *labels.event_types],
        "layers": {
            layer: {
                "ours": mine[layer]["micro"]["f1"],
                "theirs": other[layer]["micro"]["f1"],
                "their_interval": other[layer]["micro"]["interval"],
                **differences[layer],
            }
            for layer in layers_of(mine)
        },
    }
