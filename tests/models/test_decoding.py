"""Probabilities to spans."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sukien.models.decoding import any_of, best_tags, decode, softmax
from sukien.text.bio import bio_tags

TYPES = ["A", "B"]
TAGS = bio_tags(TYPES)


def _allowed(path: tuple[str, ...]) -> bool:
    before = ("O", *path)
    return all(not tag.startswith("I-") or last[2:] == tag[2:] for last, tag in itertools.pairwise(before))


@given(st.integers(0, 10_000), st.integers(1, 4))
def test_best_tags_is_the_best_allowed_sequence(seed: int, n_words: int) -> None:
    probabilities = softmax(np.random.default_rng(seed).normal(size=(n_words, len(TAGS))).astype(np.float32) * 2)
    paths = list(itertools.product(range(len(TAGS)), repeat=n_words))
    allowed = [path for path in paths if _allowed(tuple(TAGS[tag] for tag in path))]
    best = max(allowed, key=lambda path: sum(np.log(probabilities[word, tag]) for word, tag in enumerate(path)))
    assert best_tags(probabilities, TYPES) == [TAGS[tag] for tag in best]


def test_softmax_gives_probabilities_even_for_huge_logits() -> None:
    assert softmax(np.array([[1000.0, 0.0]], np.float32)).tolist() == [[1.0, 0.0]]
    assert np.allclose(softmax(np.zeros((2, 4), np.float32)), 0.25)


def test_a_span_is_as_sure_as_its_least_certain_word() -> None:
    probabilities = np.full((3, 5), 0.01, np.float32)
    probabilities[0, 1], probabilities[1, 2], probabilities[2, 0] = 0.9, 0.6, 0.8  # B-A I-A O
    [(span, score)] = decode(probabilities, TYPES)
    assert span == (0, 1, "A")
    assert np.isclose(score, 0.6)


def test_an_empty_sentence_has_no_spans() -> None:
    assert decode(np.zeros((0, 5), np.float32), TYPES) == []


def test_any_of_is_the_chance_of_at_least_one() -> None:
    assert any_of([]) == 0.0
    assert np.isclose(any_of([0.5, 0.5]), 0.75)
