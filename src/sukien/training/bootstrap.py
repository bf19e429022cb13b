"""Percentile bootstrap of F1 over articles, of one system and of the difference of two.

Articles, not spans, are drawn: spans of one article depend on each other, so drawing spans would give
intervals that are too narrow. Method: Efron and Tibshirani 1993, chapters 13 and 16; for the difference of two
systems on one test set Berg-Kirkpatrick, Burkett and Klein 2012.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
_TINY = 1e-12  # what rounding may move an F1 by
_MAX_WEIGHTS = 1 << 22  # weights held at a time: 32 MB, however many articles there are

Floats = NDArray[np.float64]
Interval = list[float] | None


@dataclass(frozen=True, slots=True)
class Intervals:
    """95% intervals of F1, each `[low, high]`; None where the draws cannot tell."""

    micro: Interval
    macro: Interval
    types: list[Interval]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Micro F1 of one system less that of another on the same articles.

    `interval` (95%) and `p_value` (two-sided) are None where the draws cannot tell.
    """

    difference: float
    interval: Interval
    p_value: float | None


def f1_of(totals: NDArray[Any]) -> Floats:
    """F1 from (matched, predicted, gold) on the last axis; NaN where nothing is predicted or gold.

    *Shape:* (..., 3) -> (...).
    """
    matched, spans = totals[..., 0], totals[..., 1] + totals[..., 2]
    f1: Floats = np.full(spans.shape, np.nan)
    np.divide(2.0 * matched, spans, out=f1, where=spans > 0)
    return f1


def macro_f1_of(totals: NDArray[Any]) -> Floats:
    """Mean F1 over the types that have gold; NaN where none has.

    *Shape:* (..., n_types, 3) -> (...).
    """
    has_gold = totals[..., 2] > 0
    n_types = has_gold.sum(axis=-1)
    total = np.where(has_gold, np.nan_to_num(f1_of(totals)), 0.0).sum(axis=-1)
    mean: Floats = np.full(n_types.shape, np.nan)
    np.divide(total, n_types, out=mean, where=n_types > 0)
    return mean


def resampled_totals(counts: NDArray[np.int64], n_samples: int, seed: int) -> Floats:
    """Totals of `n_samples` draws of as many articles as there are, with replacement.

    *Shape:* counts (n_articles, n_types, 3) -> (n_samples, n_types, 3).
    """
    n_articles, n_types, _ = counts.shape
    rng = np.random.default_rng(seed)
    flat = counts.reshape(n_articles, -1).astype(np.float64)  # whole numbers: the products stay exact
    probabilities = np.full(n_articles, 1.0 / n_articles)
    step = max(1, _MAX_WEIGHTS // n_articles)
    totals = np.empty((n_samples, flat.shape[1]))
    for first in range(0, n_samples, step):
        size = min(step, n_samples - first)
        weights = rng.multinomial(n_articles, probabilities, size=size)
        totals[first : first + size] = weights.astype(np.float64) @ flat
    return totals.reshape(n_samples, n_types, 3)


def bootstrap_intervals(counts: NDArray[np.int64], n_samples: int, seed: int) -> Intervals:
    """Intervals of micro F1, macro F1 and the F1 of each type.

    *Shape:* counts (n_articles, n_types, 3) of (matched, predicted, gold), one row per article.

    A draw in which a type neither occurs nor is predicted says nothing about its F1 and is left out. Where
    fewer than two articles hold a type, or all draws agree, the interval would be a single value, a false
    certainty: it is None.
    """
    if n_samples < 1:
        return Intervals(None, None, [None] * counts.shape[1])
    totals = resampled_totals(counts, n_samples, seed)
    spans = counts[..., 1] + counts[..., 2]
    n_telling = (spans > 0).sum(axis=0)
    by_type = f1_of(totals)
    return Intervals(
        micro=_interval(f1_of(totals.sum(axis=1)), int(spans.any(axis=1).sum())),
        macro=_interval(macro_f1_of(totals), int(counts[..., 2].any(axis=1).sum())),
        types=[_interval(by_type[:, index], int(count)) for index, count in enumerate(n_telling)],
    )


def paired_bootstrap(a: NDArray[np.int64], b: NDArray[np.int64], n_samples: int, seed: int) -> Comparison:
    """How sure the difference in micro F1 of two systems is, from the same draws of articles for both.

    *Shape:* a, b (n_articles, n_types, 3) of (matched, predicted, gold), one row per article, in one order.

    `p_value` is the share of draws whose difference is at least as far from the observed one as that is from 0: were
    the systems equally good, test sets like this one would show such a difference about so often. The observed
    difference counts as one draw more, so p is at least 1 / (n_samples + 1). As `bootstrap_intervals` does, a draw that
    holds nothing is left out, and fewer than two articles that tell, or draws that all agree, give None; but a
    difference of exactly 0 has p 1. Under about 30 articles such intervals are known to be too narrow.

    Raises ValueError when the articles or their gold counts differ.
    """
    if a.shape != b.shape or not np.array_equal(a[..., 2], b[..., 2]):
        raise ValueError(f"two systems are compared on the same labelled articles, found counts {a.shape}, {b.shape}")
    both = np.stack([a.sum(axis=1), b.sum(axis=1)], axis=1)  # (n_articles, 2, 3)
    difference = float(_difference(both.sum(axis=0)))
    if n_samples < 1:
        return Comparison(difference, None, None)
    totals = resampled_totals(both, n_samples, seed)
    drawn = _difference(totals[totals[..., 1:].any(axis=(1, 2))])
    interval = _interval(drawn, int(both[..., 1:].any(axis=(1, 2)).sum()))
    if interval is None and difference != 0:
        return Comparison(difference, None, None)
    n_far = int((np.abs(drawn - difference) >= abs(difference) - _TINY).sum())
    return Comparison(difference, interval, (n_far + 1) / (len(drawn) + 1))


def _difference(totals: NDArray[Any]) -> Floats:
    """F1 of the first less F1 of the second, 0 where one is not defined. *Shape:* (..., 2, 3) -> (...)."""
    f1 = np.nan_to_num(f1_of(totals))
    return f1[..., 0] - f1[..., 1]


def _interval(values: Floats, n_articles: int) -> Interval:
    defined = values[~np.isnan(values)]
    if n_articles < 2 or not defined.size or defined.min() == defined.max():
        return None
    tail = (1 - LEVEL) / 2
    return [float(bound) for bound in np.quantile(defined, [tail, 1 - tail])]
