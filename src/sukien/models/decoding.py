"""Tag probabilities to spans: the decoder that ships is the one that is scored."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sukien.text.bio import TagSpan, bio_tags, decode_bio

Probabilities = NDArray[np.float32]
Scores = NDArray[np.float64]

# Both chosen by cross-validation on articles that are in no test split; training/README.md has the figures.
BORDER_COST = 2.0  # of a span that begins or ends inside a word, in units of log probability
TRANSITION_WEIGHT = {"entities": 0.4, "triggers": 0.1}  # triggers are rare: their transitions mostly say so
_MOST = 8.0  # of one transition: what training never saw stays possible
_LEAST = 1e-5  # probability below which a type is out of the question


def softmax(logits: NDArray[np.float32]) -> Probabilities:
    """Probabilities over the last axis. *Shape:* (..., L) in and out."""
    scaled = logits.astype(np.float32)
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)


def best_tags(
    probabilities: Probabilities,
    types: Sequence[str],
    transitions: Scores | None = None,
    inside: Sequence[bool] | None = None,
) -> list[str]:
    """The most probable tag sequence of a sentence among those that IOB2 allows (Viterbi).

    The network says of each word by itself what it is. Two things that it does not say are added here, since a tagger
    that is unsure of both syllables of "triển khai" else takes one of them:

    Args:
        probabilities: of each word's tags, in the order of `bio_tags(types)`. *Shape:* (W, L)
        transitions: added to the log probability of tag j behind tag i, see `transition_scores`. *Shape:* (L, L)
        inside: whether a word is the second, third ... syllable of a longer word; a span that begins there, or ended
            before it, costs BORDER_COST. *Length:* W
    """
    tags = bio_tags(types)
    if transitions is None and not any(inside or ()):
        greedy = probabilities.argmax(axis=1)
        if _is_valid(greedy):
            return [tags[index] for index in greedy]  # the unconstrained optimum is allowed, so it is the optimum
    kept = _plausible(probabilities)
    scores = np.log(np.maximum(probabilities[:, kept], 1e-30)).astype(np.float64)
    step = np.where(_allowed(len(tags)), 0.0 if transitions is None else transitions, -np.inf)[np.ix_(kept, kept)]
    cut = step - BORDER_COST * _borders(len(tags))[np.ix_(kept, kept)]
    total = step[0] + scores[0]  # a sentence opens as after O
    back = np.zeros(scores.shape, dtype=np.int64)
    for word in range(1, len(scores)):
        paths = total[:, None] + (cut if inside and inside[word] else step)
        back[word] = paths.argmax(axis=0)
        total = paths.max(axis=0) + scores[word]
    path = [int(total.argmax())]
    for word in range(len(scores) - 1, 0, -1):
        path.append(int(back[word, path[-1]]))
    return [tags[kept[place]] for place in reversed(path)]


def transition_scores(counts: NDArray[np.int64], weight: float) -> Scores:
    """How much likelier tag j is behind tag i than anywhere, as `weight` times the logarithm of the ratio, limited.

    A hidden Markov model's transitions divided by what the network knows already, as in hybrid systems for speech
    (Bourlard and Morgan 1994). *Shapes:* counts (L, L) of tag j behind tag i in training; result (L, L)
    """
    usual = (counts.sum(axis=0) + 0.1) / (counts.sum() + 0.1 * len(counts))
    behind = (counts + 0.1 * usual) / (counts.sum(axis=1, keepdims=True) + 0.1)
    return np.asarray(np.clip(weight * np.log(behind / usual), -_MOST, _MOST))


def _is_valid(path: NDArray[np.int64]) -> bool:
    inside = (path > 0) & (path % 2 == 0)
    before = np.concatenate(([0], path[:-1]))
    return bool(np.all(~inside | (before == path) | (before == path - 1)))


@cache
def _allowed(n_tags: int) -> NDArray[np.bool_]:
    """[i, j]: tag j may follow tag i. I-X (even index) follows only B-X and I-X."""
    allowed = np.ones((n_tags, n_tags), dtype=bool)
    for inside in range(2, n_tags, 2):
        allowed[:, inside] = False
        allowed[[inside - 1, inside], inside] = True
    return allowed


@cache
def _borders(n_tags: int) -> NDArray[np.bool_]:
    """[i, j]: between tags i and j a span begins or ends."""
    goes_on = _allowed(n_tags).copy()
    goes_on[:, 0] = goes_on[:, 1::2] = False
    goes_on[0, 0] = True
    return ~goes_on


def _plausible(probabilities: Probabilities) -> list[int]:
    """The tags of O and of types that any word may have: most types are out of the question in most sentences."""
    most = probabilities.max(axis=0)
    types = np.flatnonzero(np.maximum(most[1::2], most[2::2]) >= _LEAST)
    return [0, *(place for index in types for place in (int(2 * index + 1), int(2 * index + 2)))]


def decode(
    logits: NDArray[np.float32],
    types: Sequence[str],
    *,
    temperature: float = 1.0,
    transitions: Scores | None = None,
    inside: Sequence[bool] | None = None,
) -> list[tuple[TagSpan, float]]:
    """Spans of one sentence, each with its probability; `transitions` and `inside` as in `best_tags`.

    A span's score is the probability of its least certain word under the temperature, which moves scores only, not
    spans. *Shape:* logits (W, L)
    """
    if not len(logits):
        return []
    tags = best_tags(softmax(logits), types, transitions, inside)
    index = {tag: place for place, tag in enumerate(bio_tags(types))}
    probabilities = softmax(logits / np.float32(temperature))
    scored = []
    for span in decode_bio(tags):
        words = range(span.first, span.last + 1)
        scored.append((span, min(float(probabilities[word, index[tags[word]]]) for word in words)))
    return scored


def any_of(scores: Sequence[float]) -> float:
    """Probability that at least one of some mentions is real, taken as independent (noisy-or)."""
    return 1.0 - float(np.prod([1.0 - score for score in scores]))
