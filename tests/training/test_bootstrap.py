from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sukien.training import bootstrap
from sukien.training.bootstrap import bootstrap_intervals, f1_of, macro_f1_of, paired_bootstrap, resampled_totals


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


def test_a_draw_that_holds_nothing_is_left_out() -> None:
    counts = np.zeros((300, 1, 3), dtype=np.int64)
    counts[:2] = [[(1, 1, 1)], [(0, 1, 1)]]
    for seed in range(20):  # one draw; about one of seven holds neither article
        assert bootstrap_intervals(counts, 1, seed).micro is None
        assert paired_bootstrap(counts, counts * [0, 0, 1], 1, seed).interval is None


def paired(rng: np.random.Generator, n_articles: int, share: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Two systems: some articles are hard for both, and the second finds `share` of what the first would.

    With as many wrong as missed spans the true F1 are 0.8 and 0.8 `share`.
    """
    gold = rng.integers(1, 12, size=(n_articles, 1))
    ease = rng.beta(8, 2, size=(n_articles, 1))
    a, b = rng.binomial(gold, ease), rng.binomial(gold, share * ease)
    return np.stack([a, gold, gold], axis=-1), np.stack([b, gold, gold], axis=-1)


def counts_of(*rows: tuple[int, int, int]) -> NDArray[np.int64]:
    return np.array(rows, dtype=np.int64)[:, None, :]


def test_difference_by_hand() -> None:
    # Draws of the articles (1, 1), (1, 2), (2, 1), (2, 2) differ by 1, 0.5, 0.5 and 0: half of them are as far
    # from the observed 0.5 as that is from 0.
    a, b = counts_of((1, 1, 1), (1, 1, 1)), counts_of((0, 1, 1), (1, 1, 1))
    found = paired_bootstrap(a, b, 4000, seed=1)
    assert found.difference == 0.5
    assert found.interval == [0.0, 1.0]
    assert found.p_value == pytest.approx(0.5, abs=0.03)


def test_p_value_and_interval_match_all_draws_written_out() -> None:
    a = counts_of((3, 4, 5), (1, 2, 1), (0, 1, 2), (4, 4, 4))
    b = counts_of((2, 4, 5), (1, 1, 1), (1, 3, 2), (2, 5, 4))
    every = [list(draw) for draw in product(range(4), repeat=4)]
    drawn = np.array([f1_of(a[draw].sum(axis=(0, 1))) - f1_of(b[draw].sum(axis=(0, 1))) for draw in every])
    difference = float(f1_of(a.sum(axis=(0, 1))) - f1_of(b.sum(axis=(0, 1))))
    found = paired_bootstrap(a, b, 20_000, seed=0)
    assert found.difference == pytest.approx(difference)
    assert found.p_value == pytest.approx(np.mean(np.abs(drawn - difference) >= abs(difference)), abs=0.01)
    np.testing.assert_allclose(found.interval or [], np.quantile(drawn, [0.025, 0.975]), atol=0.02)


def test_p_is_never_zero() -> None:
    a, b = paired(np.random.default_rng(0), 200, share=0.5)
    found = paired_bootstrap(a, b, 99, seed=0)
    assert found.p_value == 1 / 100
    assert found.interval is not None
    assert found.interval[0] > 0


COUNTS = st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 3), st.integers(0, 4), st.integers(0, 4)).map(
    # of two systems on one article: gold, matched by each, predicted by each
    lambda one: ((min(one[1], one[0]), one[1] + one[3], one[0]), (min(one[2], one[0]), one[2] + one[4], one[0]))
)
ARTICLES = st.lists(st.lists(COUNTS, min_size=2, max_size=2), min_size=1, max_size=6)


@settings(max_examples=100, deadline=None)
@given(ARTICLES)
def test_a_system_does_not_differ_from_itself_and_order_only_turns_the_sign(
    articles: list[list[tuple[tuple[int, int, int], tuple[int, int, int]]]],
) -> None:
    both = np.array(articles, dtype=np.int64)  # (n_articles, n_types, 2, 3)
    a, b = both[:, :, 0], both[:, :, 1]
    for one in (a, b):
        same = paired_bootstrap(one, one, 50, seed=3)
        assert (same.difference, same.interval, same.p_value) == (0.0, None, 1.0)
    there, back = paired_bootstrap(a, b, 50, seed=3), paired_bootstrap(b, a, 50, seed=3)
    assert there.difference == -back.difference
    assert there.p_value == back.p_value
    assert there.p_value is None or 0 < there.p_value <= 1
    if there.interval and back.interval:
        assert there.interval == pytest.approx([-back.interval[1], -back.interval[0]])
    else:
        assert there.interval is back.interval is None


def test_one_article_or_no_draws_tell_nothing_about_a_difference() -> None:
    a, b = counts_of((1, 1, 1), (0, 0, 0)), counts_of((0, 1, 1), (0, 0, 0))
    for n_samples in (0, 100):
        found = paired_bootstrap(a, b, n_samples, seed=0)
        assert (found.difference, found.interval, found.p_value) == (1.0, None, None)
    assert paired_bootstrap(a, a, 0, seed=0).p_value is None


def test_two_systems_need_the_same_gold() -> None:
    with pytest.raises(ValueError, match="same labelled articles"):
        paired_bootstrap(counts_of((1, 1, 1)), counts_of((1, 1, 2)), 10, seed=0)
    with pytest.raises(ValueError, match="same labelled articles"):
        paired_bootstrap(counts_of((1, 1, 1)), counts_of((1, 1, 1), (1, 1, 1)), 10, seed=0)


def test_interval_of_the_difference_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    found = [paired_bootstrap(*paired(rng, 40, share=0.9), 200, seed=n).interval or [1.0, 1.0] for n in range(200)]
    covered = np.mean([low <= 0.08 <= high for low, high in found])
    assert 0.90 <= covered <= 0.99


def test_equal_systems_are_seldom_told_apart_and_unequal_ones_mostly() -> None:
    rng = np.random.default_rng(8)
    equal = [paired_bootstrap(*paired(rng, 40, share=1.0), 200, seed=n).p_value or 1.0 for n in range(200)]
    unequal = [paired_bootstrap(*paired(rng, 40, share=0.8), 200, seed=n).p_value or 1.0 for n in range(50)]
    assert 0.01 <= np.mean([p < 0.05 for p in equal]) <= 0.10
    assert np.mean([p < 0.05 for p in unequal]) > 0.9


def test_the_paired_interval_is_narrower_than_two_apart() -> None:
    a, b = paired(np.random.default_rng(3), 100, share=1.0)
    b[..., 0] = np.maximum(a[..., 0] - (a[..., 0] > 9), 0)  # it finds what the first finds, but for a few
    low, high = paired_bootstrap(a, b, 500, seed=0).interval or [0.0, 0.0]
    apart = [resampled_totals(one, 500, seed).sum(axis=1) for seed, one in enumerate((a, b))]
    wide = np.quantile(f1_of(apart[0]) - f1_of(apart[1]), [0.025, 0.975])
    assert high - low < 0.5 * (wide[1] - wide[0])
