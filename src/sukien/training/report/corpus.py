"""What the tagger is scored on, and how much of it is like the text that it was trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

from sukien.data.stats import statistics
from sukien.data.stories import is_comparable, shared_sentences
from sukien.ontology import LabelSet
from sukien.schema import Article, Sentence, Span
from sukien.text.normalise import normalise

Surface = tuple[str, str]


def describe_corpus(articles: Sequence[Article], train: Sequence[Article], labels: LabelSet) -> dict[str, Any]:
    """Counts of the scored articles, and their overlap with `train`.

    *Keys:* `n_articles`, `n_sentences`, `n_labelled_sentences`, `n_words`, `entity_types`, `event_types` (spans of
    each), `n_dated`, `first_date`, `last_date`, `sources` (name to `n_articles`, `n_sentences`), `overlap`: see
    `overlap_with`, None where no training text is given: then it is not known.
    """
    counts = statistics({"scored": articles}, labels)
    whole = counts["all"]
    return {
        "n_articles": whole["articles"],
        "n_sentences": whole["sentences"],
        "n_labelled_sentences": sum(map(_n_with_labels, articles)),
        "n_words": whole["words"],
        "entity_types": whole["entity_types"],
        "event_types": whole["event_types"],
        "n_dated": whole["dated"],
        "first_date": whole["first_date"],
        "last_date": whole["last_date"],
        "sources": {
            name: {"n_articles": total["articles"], "n_sentences": total["sentences"]}
            for name, total in counts["sources"].items()
        },
        "overlap": overlap_with(articles, train) if train else None,
    }


def _n_with_labels(article: Article) -> int:
    starts = [span.start for span in article.entities] + [span.start for span in article.events]
    return sum(any(one.start <= start < one.end for start in starts) for one in article.sentences)


def overlap_with(articles: Sequence[Article], train: Sequence[Article]) -> dict[str, Any]:
    """How much of `articles` stands in `train` too.

    *Keys:* `n_train_articles`, `n_train_sentences`; `n_same_text` (articles); `n_exact` sentences and `n_near` others
    that repeat one of training in like words (`data.stories`; looked for among the `n_comparable` sentences that are
    long enough and not exact); `entities` and `triggers`: `n_spans`, `n_seen` spans whose text and type were
    labelled in training.
    """
    known = {_plain(text) for article in train for text in _sentences(article)}
    plain = {
        (index, number): _plain(text)
        for index, article in enumerate(articles)
        for number, text in enumerate(_sentences(article))
    }
    exact = {place for place, text in plain.items() if text in known}
    first = len(train)
    near = {
        (index - first, number)
        for (other, _), (index, number) in shared_sentences([_bare(article) for article in (*train, *articles)])
        if other < first <= index
    }
    texts = {article.fingerprint() for article in train}
    labelled = known_surfaces(train)
    return {
        "n_train_articles": len(train),
        "n_train_sentences": sum(len(article.sentences) for article in train),
        "n_same_text": sum(article.fingerprint() in texts for article in articles),
        "n_exact": len(exact),
        "n_near": len(near - exact),
        "n_comparable": sum(is_comparable(text) for place, text in plain.items() if place not in exact),
        "entities": _seen(_entities(articles), labelled),
        "triggers": _seen(_events(articles), labelled),
    }


def surface(span: Span) -> Surface:
    """The text of a span in normal form, with its case, and its type."""
    return _plain(span.text), span.label


def known_surfaces(articles: Sequence[Article]) -> set[Surface]:
    """The surfaces of all labelled spans."""
    return {surface(span) for spans in (_entities(articles), _events(articles)) for span in spans}


def _seen(spans: Iterable[Span], known: set[Surface]) -> dict[str, int]:
    counts = Counter(surface(span) in known for span in spans)
    return {"n_spans": counts.total(), "n_seen": counts[True]}


def _entities(articles: Sequence[Article]) -> Iterable[Span]:
    return (span for article in articles for span in article.entities)


def _events(articles: Sequence[Article]) -> Iterable[Span]:
    return (span for article in articles for span in article.events)


def _sentences(article: Article) -> list[str]:
    return [article.text[one.start : one.end] for one in article.sentences]


def _bare(article: Article) -> Article:
    """The sentences in normal form and no labels: the same letters may be composed here and not there."""
    texts = [_plain(text) for text in _sentences(article)]
    ends = list(accumulate(len(text) + 1 for text in texts))
    places = tuple(Sentence(end - 1 - len(text), end - 1) for text, end in zip(texts, ends, strict=True))
    return Article(article.id, "\n".join(texts), places)


def _plain(text: str) -> str:
    return " ".join(normalise(text).text.split())
