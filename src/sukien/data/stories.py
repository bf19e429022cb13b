"""Which articles tell the same story, so that a split can keep them on one side.

Thresholds were chosen by reading the nearest pairs of 314 Vietnamese news articles (6,308 sentences).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from sukien.schema import Article

# Cosine of TF-IDF word and bigram vectors. At 0.25 and above 13 of the 15 nearest pairs tell one event or one
# visit; from 0.22 on pairs share an issue or only a genre (two official visits). The lower value is taken
# because in a small collection, where words weigh less, two reports of one telephone call (among the seeds)
# reach 0.23 only, and a few pairs too many cost nothing but freedom: the largest of 279 groups has 4
# articles. At 0.20 one of 14 builds up.
SAME_STORY = 0.22
# Jaccard of word trigrams. Above it all pairs were one sentence reworded; at 0.50 "Putin và người đồng cấp
# Iran" pairs with "... Israel".
SAME_SENTENCE = 0.52
MIN_WORDS = 8  # a shorter sentence is repeated by chance: captions, by-lines
N_GRAM = 3
MIN_SENTENCES = 3  # the cosines were judged on whole articles; of single sentences they tell the genre only
# A trigram of more sentences than this is a phrase of the genre: it costs much and tells nothing.
COMMON = 200

_WORD = re.compile(r"\w+")

Place = tuple[int, int]  # index of an article, index of a sentence in it


def story_groups(articles: Sequence[Article]) -> list[list[int]]:
    """Groups of indices into `articles`: the same story, or a sentence in common. Every article is in one
    group.

    Groups and their members are in the order of `articles`.
    """
    parent = list(range(len(articles)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    shared = ((a, b) for (a, _), (b, _) in shared_sentences(articles))
    for a, b in (*_same_story(articles), *shared):
        parent[max(root(a), root(b))] = min(root(a), root(b))
    groups: dict[int, list[int]] = defaultdict(list)
    for index in range(len(articles)):
        groups[root(index)].append(index)
    return list(groups.values())


def same_story_as(held_out: Sequence[Article], articles: Sequence[Article]) -> set[int]:
    """Indices of those of `articles` that tell the story of a held-out one, or share a text or a sentence with one.

    Compares the two sides only: memory grows with the number of `articles`, not with its square.
    """
    both, first = [*held_out, *articles], len(held_out)
    known = {article.fingerprint() for article in held_out}
    shared = ((a, b) for (a, _), (b, _) in shared_sentences(both, first))
    found = {b - first for _, b in (*_same_story(both, first), *shared)}
    return found | {index for index, article in enumerate(articles) if article.fingerprint() in known}


def _same_story(articles: Sequence[Article], first: int | None = None) -> list[tuple[int, int]]:
    """Pairs of indices; with `first` those pairs only of which one article is before it and one is not."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    whole = [index for index, article in enumerate(articles) if len(article.sentences) >= MIN_SENTENCES]
    texts = [" ".join(_words(_labelled_text(articles[index]))) for index in whole]
    if not any(texts):
        return []
    vectorizer = TfidfVectorizer(token_pattern=r"\S+", ngram_range=(1, 2), sublinear_tf=True)
    vectors = vectorizer.fit_transform(texts)
    left = vectors if first is None else vectors[: sum(index < first for index in whole)]
    similar = (left @ vectors.T).tocoo()
    # Rounded, so that the last bit of a sum, which differs between machines, cannot move an article.
    return [
        (whole[int(a)], whole[int(b)])
        for a, b, cosine in zip(similar.row, similar.col, similar.data, strict=True)
        if a < b and whole[int(b)] >= (first or 0) and round(float(cosine), 6) >= SAME_STORY
    ]


def shared_sentences(articles: Sequence[Article], first: int | None = None) -> Iterator[tuple[Place, Place]]:
    """Pairs of near-duplicate sentences of different articles, earlier first; through an index of trigrams.

    With `first` those pairs only of which one article is before it and one is not.
    """
    sentences = [(place, grams) for index, article in enumerate(articles) for place, grams in _trigrams(index, article)]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, (place, grams) in enumerate(sentences):
        shared: Counter[int] = Counter()
        for gram in grams:
            if len(holders[gram]) < COMMON:
                if first is None or place[0] >= first:
                    shared.update(holders[gram])
                if first is None or place[0] < first:
                    holders[gram].append(number)
        for other, n_shared in shared.items():
            other_place, other_grams = sentences[other]
            if other_place[0] != place[0] and n_shared >= SAME_SENTENCE * (len(grams) + len(other_grams) - n_shared):
                yield other_place, place


def is_comparable(text: str) -> bool:
    """Whether a sentence is long enough for `shared_sentences`."""
    return len(_words(text)) >= MIN_WORDS


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _trigrams(index: int, article: Article) -> Iterator[tuple[Place, set[tuple[str, ...]]]]:
    for number, sentence in enumerate(article.sentences):
        words = _words(article.text[sentence.start : sentence.end])
        if len(words) >= MIN_WORDS:
            yield (index, number), set(zip(*(words[shift:] for shift in range(N_GRAM)), strict=False))


def _labelled_text(article: Article) -> str:
    """Its sentences only: the residue of a web page is alike in all articles of an outlet."""
    return "\n".join(article.text[sentence.start : sentence.end] for sentence in article.sentences)
