from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sukien.training import bootstrap
from sukien.training.bootstrap import bootstrap_intervals, f1_of, macro_f1_of, resampled_totals


def simulated(rng: np.random.Generator, n_articles: int, recall: float = 0.8) -> NDArray[np.int64]:
    """Counts of articles with as many wrong as missed spans, so that the true F1 is `recall`."""
    gold = rng.integers(1, 12, size=(n_articles, 1))
    matched = rng.binomial(gold, recall)
    return np.stack([matched, gold, gold], axis=-1)


def test_f1_of_counts() -> None:
    totals = np.array([[2, 3, 5], [0, 4, 0], [0, 0, 0]])
    np.testing.assert_allclose(f1_of(totals), [0.5, 0.0, np.nan])
    assert macro_f1_of(totals) == 0.5  # only the first type has gold
    assert np.isnan(macro_f1_of(totals[1:]))


def test_a_draw_keeps_articles_whole_and_their_number() -> None:
    # Article k has one span of type k, so a total is how often the article was drawn.
    counts = np.zeros((4, 4, 3), dtype=np.int64)
    counts[range(4), range(4)] = 1
    totals = resampled_totals(counts, 50, seed=1)
    assert (totals[..., 0] == totals[..., 2]).all()
    assert (totals[..., 0].sum(axis=1) == 4).all()
    assert totals[..., 0].max() > 1


def test_memory_bound_changes_nothing_but_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = simulated(np.random.default_rng(0), 30)
    whole = resampled_totals(counts, 20, seed=5)
    monkeypatch.setattr(bootstrap, "_MAX_WEIGHTS", 100)  # three draws at a time
    np.testing.assert_array_equal(resampled_totals(counts, 20, seed=5), whole)


def test_interval_matches_the_plain_bootstrap() -> None:
    counts = simulated(np.random.default_rng(2), 40)
    low, high = bootstrap_intervals(counts, 2000, seed=0).micro or [0.0, 0.0]
    rng = np.random.default_rng(9)
    plain = [float(f1_of(counts[rng.integers(40, size=40)].sum(axis=(0, 1)))) for _ in range(2000)]
    np.testing.assert_allclose([low, high], np.quantile(plain, [0.025, 0.975]), atol=0.01)


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(4)
    intervals = [bootstrap_intervals(simulated(rng, 40), 200, seed=n).micro for n in range(200)]
    covered = np.mean([found is not None and found[0] <= 0.8 <= found[1] for found in intervals])
    assert 0.88 <= covered <= 0.99


def test_no_interval_where_draws_cannot_tell() -> None:
    counts = np.zeros((5, 3, 3), dtype=np.int64)
    counts[0, 0] = (1, 2, 2)  # a type in one article
    counts[:, 1] = (3, 3, 3)  # a type that is always right
    counts[:, 2, 1:] = 1
    counts[2, 2, 0] = 1
    found = bootstrap_intervals(counts, 100, seed=0)
    assert found.types[:2] == [None, None]
    assert found.types[2] is not None
    assert found.micro is not None
    assert bootstrap_intervals(counts[:1], 100, seed=0).micro is None
    assert bootstrap_intervals(counts, 0, seed=0).micro is None
