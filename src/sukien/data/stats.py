"""Counts of a built dataset, for people and for the dataset card."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sukien.ontology import LabelSet
from sukien.schema import Article
from sukien.text.bio import encode_bio
from sukien.text.words import split_words

_WORD = re.compile(r"\w+")


def statistics(splits: Mapping[str, Sequence[Article]], labels: LabelSet) -> dict[str, Any]:
    """Counts by split and over all, by type and by source. JSON-ready, in a fixed order.

    *Units:* words are runs of letters and digits (Vietnamese syllables), characters are Unicode code points;
    both are of labelled sentences only. Types of the label set that do not occur count 0.
    """
    everything = [article for articles in splits.values() for article in articles]
    sources = sorted({article.source for article in everything})
    return {
        "labels": labels.to_dict(),
        "splits": {name: _counts(articles, labels) for name, articles in splits.items()},
        "all": _counts(everything, labels),
        "sources": {
            source or "not stated": _totals([article for article in everything if article.source == source])
            for source in sources
        },
    }


def count_cut_spans(articles: Iterable[Article]) -> int:
    """Spans that begin or end inside a word of the tagger, which then cannot find them."""
    count = 0
    for article in articles:
        words = [word for sentence in split_words(article.text, article.sentences) for word in sentence]
        count += encode_bio(words, article.entities)[1] + encode_bio(words, article.events)[1]
    return count


def _counts(articles: Sequence[Article], labels: LabelSet) -> dict[str, Any]:
    events = [event for article in articles for event in article.events]
    return {
        **_totals(articles),
        "entity_types": _per(
            labels.entity_types, (entity.label for article in articles for entity in article.entities)
        ),
        "event_types": _per(labels.event_types, (event.label for event in events)),
        "modalities": _per(labels.modalities, (event.modality for event in events if event.modality is not None)),
        "participants": {
            "actors": sum(len(event.actors) for event in events),
            "recipients": sum(len(event.recipients) for event in events),
        },
    }


def _totals(articles: Sequence[Article]) -> dict[str, Any]:
    sentences = [article.text[place.start : place.end] for article in articles for place in article.sentences]
    dates = sorted(article.date for article in articles if article.date is not None)
    return {
        "articles": len(articles),
        "sentences": len(sentences),
        "words": sum(len(_WORD.findall(text)) for text in sentences),
        "characters": sum(len(text) for text in sentences),
        "entities": sum(len(article.entities) for article in articles),
        "events": sum(len(article.events) for article in articles),
        "dated": len(dates),
        "first_date": dates[0] if dates else None,
        "last_date": dates[-1] if dates else None,
    }


def _per(names: Iterable[str], found: Iterable[str]) -> dict[str, int]:
    counts = Counter(found)
    return {name: counts[name] for name in names}
