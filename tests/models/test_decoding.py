"""Probabilities to spans."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sukien.models.decoding import BORDER_COST, any_of, best_tags, decode, softmax, transition_scores
from sukien.text.bio import bio_tags

TYPES = ["A", "B"]
TAGS = bio_tags(TYPES)


def _allowed(path: tuple[str, ...]) -> bool:
    before = ("O", *path)
    return all(not tag.startswith("I-") or last[2:] == tag[2:] for last, tag in itertools.pairwise(before))


def _border(before: str, tag: str) -> bool:
    return tag.startswith("B-") or (before != "O" and not (tag.startswith("I-") and before[2:] == tag[2:]))


@given(st.integers(0, 10_000), st.integers(1, 4), st.booleans(), st.lists(st.booleans(), min_size=4, max_size=4))
def test_best_tags_is_the_best_allowed_sequence(seed: int, n_words: int, moved: bool, flags: list[bool]) -> None:
    random = np.random.default_rng(seed)
    probabilities = softmax(random.normal(size=(n_words, len(TAGS))).astype(np.float32) * 2)
    transitions = random.normal(size=(len(TAGS), len(TAGS))) if moved else None
    inside = [False, *flags[1:n_words]] if n_words > 1 else [False]

    def value(path: tuple[int, ...]) -> float:
        total = 0.0
        for word, (last, tag) in enumerate(itertools.pairwise((0, *path))):
            total += np.log(probabilities[word, tag]) + (0.0 if transitions is None else transitions[last, tag])
            total -= BORDER_COST * (inside[word] and _border(TAGS[last], TAGS[tag]))
        return total

    paths = itertools.product(range(len(TAGS)), repeat=n_words)
    best = max((path for path in paths if _allowed(tuple(TAGS[tag] for tag in path))), key=value)
    assert best_tags(probabilities, TYPES, transitions, inside) == [TAGS[tag] for tag in best]


def test_both_syllables_of_a_word_are_taken_or_none() -> None:
    logits = np.log(np.array([[0.45, 0.5, 0.01, 0.03, 0.01], [0.52, 0.01, 0.45, 0.01, 0.01]], np.float32))
    assert decode(logits, TYPES)[0][0] == (0, 0, "A")
    assert decode(logits, TYPES, inside=[False, True]) == []
    logits[1, [0, 2]] = np.log([0.49, 0.48])
    [(span, score)] = decode(logits, TYPES, inside=[False, True])
    assert span == (0, 1, "A")
    assert np.isclose(score, 0.48, atol=0.01)


def test_transitions_say_what_training_saw_and_leave_the_rest_possible() -> None:
    counts = np.array([[80, 20, 0], [0, 0, 20], [20, 0, 0]])
    scores = transition_scores(counts, 0.5)
    assert np.isclose(scores[1, 2], 0.5 * np.log(1 / (20.1 / 140.3)), atol=0.01)
    assert scores[0, 2] < 0 < scores[2, 0]
    assert -8.0 <= scores.min() < -1.0
    assert not transition_scores(np.zeros((3, 3), np.int64), 1.0).any()
    assert not transition_scores(counts, 0.0).any()


def test_softmax_gives_probabilities_even_for_huge_logits() -> None:
    assert softmax(np.array([[1000.0, 0.0]], np.float32)).tolist() == [[1.0, 0.0]]
    assert np.allclose(softmax(np.zeros((2, 4), np.float32)), 0.25)


def test_a_span_is_as_sure_as_its_least_certain_word() -> None:
    probabilities = np.full((3, 5), 0.01, np.float32)
    probabilities[0, 1], probabilities[1, 2], probabilities[2, 0] = 0.9, 0.6, 0.8  # B-A I-A O
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    [(span, score)] = decode(np.log(probabilities), TYPES)
    assert span == (0, 1, "A")
    assert np.isclose(score, 0.6 / 0.64)
    [(warm, lower)] = decode(np.log(probabilities), TYPES, temperature=2.0)
    assert warm == span
    assert lower < score


def test_an_empty_sentence_has_no_spans() -> None:
    assert decode(np.zeros((0, 5), np.float32), TYPES) == []


def test_any_of_is_the_chance_of_at_least_one() -> None:
    assert any_of([]) == 0.0
    assert np.isclose(any_of([0.5, 0.5]), 0.75)
