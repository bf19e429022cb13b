"""The floor that a tagger has to stand above: a list of the word sequences that were labelled in training."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sukien.models.tagging import type_probabilities
from sukien.ontology import LabelSet
from sukien.schema import Article, Entity, Event, Prediction, Span
from sukien.text.words import Word, split_words

MIN_RATIO = 0.5

Phrase = tuple[str, ...]


class Entry(NamedTuple):
    """What a phrase is tagged with. `score` is the share of its training occurrences that carry `label`."""

    label: str
    score: float


class Match(NamedTuple):
    start: int
    end: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Tags what it has seen labelled, longest match first. Phrases are in normal form, with their case."""

    entities: Mapping[Phrase, Entry]
    triggers: Mapping[Phrase, Entry]

    @classmethod
    def fit(cls, articles: Sequence[Article], labels: LabelSet) -> Lexicon:
        """Keep every word sequence that was labelled at least as often as it occurred unlabelled.

        An occurrence inside a longer labelled span counts as neither: the longer one is what is tagged there.
        Labels outside `labels` are passed over. No articles give a lexicon that tags nothing.
        """
        sentences = [(article, words) for article in articles for words in _words(article)]
        return cls(
            _entries([(words, article.entities) for article, words in sentences], labels.entity_types),
            _entries([(words, article.events) for article, words in sentences], labels.event_types),
        )

    def predict(self, article: Article) -> Prediction:
        """Tag the sentences of an article; its labels are not looked at.

        The probability of an event type is that of at least one trigger being right, taken as independent.
        """
        text, sentences = article.text, _words(article)
        entities = [
            Entity(start, end, text[start:end], entry.label, score=entry.score)
            for start, end, entry in _matches(sentences, self.entities)
        ]
        events = [
            Event(start, end, text[start:end], entry.label, score=entry.score)
            for start, end, entry in _matches(sentences, self.triggers)
        ]
        return Prediction(
            id=article.id,
            text=text,
            entities=tuple(entities),
            events=tuple(events),
            event_types=type_probabilities(events),
            sentences=article.sentences,
        )


def _words(article: Article) -> list[list[Word]]:
    return split_words(article.text, article.sentences)


def _phrase(words: Sequence[Word]) -> Phrase:
    return tuple(word.text for word in words)


def _entries(sentences: Sequence[tuple[list[Word], Sequence[Span]]], types: Sequence[str]) -> dict[Phrase, Entry]:
    labelled: defaultdict[Phrase, Counter[str]] = defaultdict(Counter)
    placed = [(words, _placed(words, spans, types)) for words, spans in sentences]
    for words, spans in placed:
        for (first, last), label in spans.items():
            labelled[_phrase(words[first:last])][label] += 1
    longest = max(map(len, labelled), default=0)
    seen = Counter(
        phrase for words, spans in placed for phrase in _occurrences(words, spans, longest) if phrase in labelled
    )
    entries = {}
    for phrase, counts in labelled.items():
        label, count = counts.most_common(1)[0]
        if counts.total() >= MIN_RATIO * seen[phrase]:
            entries[phrase] = Entry(label, count / seen[phrase])
    return entries


def _placed(words: Sequence[Word], spans: Iterable[Span], types: Sequence[str]) -> dict[tuple[int, int], str]:
    """The spans that whole words cover, as word ranges with exclusive end."""
    starts = {word.start: index for index, word in enumerate(words)}
    ends = {word.end: index + 1 for index, word in enumerate(words)}
    return {
        (starts[span.start], ends[span.end]): span.label
        for span in spans
        if span.start in starts and span.end in ends and span.label in types
    }


def _occurrences(words: Sequence[Word], spans: Iterable[tuple[int, int]], longest: int) -> Iterator[Phrase]:
    phrase = _phrase(words)
    owner: dict[int, tuple[int, int]] = {place: span for span in spans for place in range(*span)}
    for first in range(len(phrase)):
        for last in range(first + 1, min(first + longest, len(phrase)) + 1):
            span = owner.get(first)
            if span is None or span == (first, last) or span != owner.get(last - 1):
                yield phrase[first:last]


def _matches(sentences: Iterable[Sequence[Word]], entries: Mapping[Phrase, Entry]) -> Iterator[Match]:
    longest = max(map(len, entries), default=0)
    for words in sentences:
        phrase, first = _phrase(words), 0
        while first < len(words):
            lengths = range(min(longest, len(words) - first), 0, -1)
            size = next((size for size in lengths if phrase[first : first + size] in entries), 0)
            if size:
                entry = entries[phrase[first : first + size]]
                yield Match(words[first].start, words[first + size - 1].end, entry)
            first += size or 1
