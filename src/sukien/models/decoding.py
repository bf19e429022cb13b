"""Tag probabilities to spans: the decoder that ships is the one that is scored."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sukien.text.bio import TagSpan, bio_tags, decode_bio

Probabilities = NDArray[np.float32]


def softmax(logits: NDArray[np.float32]) -> Probabilities:
    """Probabilities over the last axis. *Shape:* (..., L) in and out."""
    scaled = logits.astype(np.float32)
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)


def best_tags(probabilities: Probabilities, types: Sequence[str]) -> list[str]:
    """The most probable tag sequence of a sentence among those that IOB2 allows (Viterbi).

    Args:
        probabilities: of each word's tags, in the order of `bio_tags(types)`. *Shape:* (W, L)
    """
    tags = bio_tags(types)
    greedy = probabilities.argmax(axis=1)
    if _is_valid(greedy):
        return [tags[index] for index in greedy]  # the unconstrained optimum is allowed, so it is the optimum
    scores = np.log(np.maximum(probabilities, 1e-30)).astype(np.float64)
    allowed = _transitions(len(tags))
    total = np.where(allowed[0], scores[0], -np.inf)  # a sentence opens as after O
    back = np.zeros(scores.shape, dtype=np.int64)
    for word in range(1, len(scores)):
        paths = np.where(allowed, total[:, None], -np.inf)
        back[word] = paths.argmax(axis=0)
        total = paths.max(axis=0) + scores[word]
    path = [int(total.argmax())]
    for word in range(len(scores) - 1, 0, -1):
        path.append(int(back[word, path[-1]]))
    return [tags[index] for index in reversed(path)]


def _is_valid(path: NDArray[np.int64]) -> bool:
    inside = (path > 0) & (path % 2 == 0)
    before = np.concatenate(([0], path[:-1]))
    return bool(np.all(~inside | (before == path) | (before == path - 1)))


def _transitions(n_tags: int) -> NDArray[np.bool_]:
    """allowed[i, j]: tag j may follow tag i. I-X (even index) follows only B-X and I-X."""
    allowed = np.ones((n_tags, n_tags), dtype=bool)
    for inside in range(2, n_tags, 2):
        allowed[:, inside] = False
        allowed[[inside - 1, inside], inside] = True
    return allowed


def decode(probabilities: Probabilities, types: Sequence[str]) -> list[tuple[TagSpan, float]]:
    """Spans of one sentence, each with its probability.

    A span's score is the probability of its least certain word. *Shape:* probabilities (W, L)
    """
    if not len(probabilities):
        return []
    tags = best_tags(probabilities, types)
    index = {tag: place for place, tag in enumerate(bio_tags(types))}
    scored = []
    for span in decode_bio(tags):
        words = range(span.first, span.last + 1)
        scored.append((span, min(float(probabilities[word, index[tags[word]]]) for word in words)))
    return scored


def any_of(scores: Sequence[float]) -> float:
    """Probability that at least one of some mentions is real, taken as independent (noisy-or)."""
    return 1.0 - float(np.prod([1.0 - score for score in scores]))
