"""The same predictions under four rules, the kinds of error, and which types are taken for which."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from nervaluate import Evaluator

from sukien.training.report.cases import ERRORS, RIGHT, Case, Layer, Pair, Place

SCHEMES = {"strict": "strict", "exact": "exact", "partial": "partial", "ent_type": "type"}
NONE = "O"  # no span: the name that such tables have by custom


def four_ways(layer: Layer) -> dict[str, dict[str, Any]]:
    """Precision, recall, F1 and counts under each of SCHEMES, by nervaluate (SemEval-2013 task 9.1).

    Its ends are those of tokens and inclusive, ours are exclusive: one character is taken off. *Keys* of each scheme:
    `correct`, `incorrect`, `partial`, `missed`, `spurious`, `precision`, `recall`, `f1`.
    """
    places = sorted({case.place for case in (*layer.gold, *layer.predicted)})
    gold, predicted = (_documents(cases, places) for cases in (layer.gold, layer.predicted))
    found = Evaluator(gold, predicted, tags=list(layer.types), loader="dict").evaluate()["overall"]
    keys = ("correct", "incorrect", "partial", "missed", "spurious", "precision", "recall", "f1")
    return {
        name: {key: getattr(found[scheme], key) if found else 0 for key in keys} for scheme, name in SCHEMES.items()
    }


def _documents(cases: Sequence[Case], places: Sequence[Place]) -> list[list[dict[str, Any]]]:
    spans: defaultdict[Place, list[dict[str, Any]]] = defaultdict(list)
    for case in cases:
        span = case.span
        spans[case.place].append({"label": span.label, "start": span.start, "end": span.end - 1})
    return [spans[place] for place in places]


def error_classes(pairs: Sequence[Pair]) -> dict[str, Any]:
    """*Keys:* `n_right`, `n_errors`, `classes`: of each of ERRORS `count` and `share` of all errors."""
    counts = Counter(pair.kind for pair in pairs)
    n_errors = counts.total() - counts[RIGHT]
    return {
        "n_right": counts[RIGHT],
        "n_errors": n_errors,
        "classes": {
            kind: {"count": counts[kind], "share": counts[kind] / n_errors if n_errors else 0.0} for kind in ERRORS
        },
    }


def confusion(pairs: Sequence[Pair], types: Sequence[str]) -> dict[str, Any]:
    """Pairs by labelled type (rows) and predicted type (columns), NONE last; spans of one place or overlapping.

    *Keys:* `types`, `counts` (a list of rows). The diagonal holds right types, wrong borders included; nothing is
    counted where both sides are NONE.
    """
    names = [*types, NONE]
    place = {name: index for index, name in enumerate(names)}
    counts = [[0] * len(names) for _ in names]
    for pair in pairs:
        counts[place[_label(pair.gold)]][place[_label(pair.predicted)]] += 1
    return {"types": names, "counts": counts}


def _label(case: Case | None) -> str:
    return case.span.label if case else NONE
