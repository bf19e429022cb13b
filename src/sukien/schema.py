"""The middle form between all stages: articles with spans, and predictions.

Every `start` and `end` is a character offset into the article's text exactly as the caller gave it, start inclusive
and end exclusive, and `text[span.start:span.end] == span.text` holds for every span ever built: it is checked once,
at construction. Offsets count Python characters (Unicode code points), not bytes and not UTF-16 units.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Entity:
    """A named entity. `score` is the probability of this span with this label; None for labelled text."""

    start: int
    end: int
    text: str
    label: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A trigger: the word or phrase that names an act.

    `actors` and `recipients` are indices into the entities of the same article. `modality` is None where nobody has
    said it. `score` is the probability of this span with this label; None for labelled text.
    """

    start: int
    end: int
    text: str
    label: str
    modality: str | None = None
    actors: tuple[int, ...] = ()
    recipients: tuple[int, ...] = ()
    score: float | None = None


Span = Entity | Event


@dataclass(frozen=True, slots=True)
class Sentence:
    """The unit that is labelled and scored. Spans never cross its borders."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Article:
    """One article, labelled or not.

    `sentences` are in order and do not overlap. Text outside them (web-page residue, unlabelled parts) is context that
    nobody labelled: it is neither trained on nor scored.
    """

    id: str
    text: str
    sentences: tuple[Sentence, ...]
    entities: tuple[Entity, ...] = ()
    events: tuple[Event, ...] = ()
    source: str = ""
    date: str | None = None

    def __post_init__(self) -> None:
        where = f"article {self.id}"
        _check_order(self.sentences, len(self.text), f"{where}, sentences")
        _check_spans(self.text, self.entities, self.sentences, f"{where}, entities")
        _check_spans(self.text, self.events, self.sentences, f"{where}, events")
        _check_participants(self.events, len(self.entities), where)

    def fingerprint(self) -> str:
        """The first 16 hex digits of the SHA-256 of its text: to know an article again without holding it."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form of a labelled article. Scores are left out: these are labels."""
        return {
            "id": self.id,
            "source": self.source,
            "date": self.date,
            "text": self.text,
            "sentences": [{"start": sentence.start, "end": sentence.end} for sentence in self.sentences],
            "entities": [_span_to_dict(entity) for entity in self.entities],
            "events": [
                _span_to_dict(event)
                | {
                    "modality": event.modality,
                    "actors": list(event.actors),
                    "recipients": list(event.recipients),
                }
                for event in self.events
            ],
        }

    def event_types(self) -> tuple[str, ...]:
        """The distinct types of its triggers, sorted: the article's event types."""
        return tuple(sorted({event.label for event in self.events}))


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the tagger found in one article. `to_dict` is the JSON form that is written to files.

    `event_types` maps each type found to the probability that the article has at least one such event.
    `n_windows` is the number of overlapping windows that the article was read in.
    """

    id: str
    text: str
    entities: tuple[Entity, ...]
    events: tuple[Event, ...]
    event_types: Mapping[str, float] = field(default_factory=dict)
    sentences: tuple[Sentence, ...] = ()
    n_windows: int = 1

    def __post_init__(self) -> None:
        where = f"prediction {self.id}"
        _check_spans(self.text, self.entities, self.sentences, f"{where}, entities")
        _check_spans(self.text, self.events, self.sentences, f"{where}, events")
        _check_participants(self.events, len(self.entities), where)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form. *Keys:* id, text, entities, events, event_types, sentences, n_windows."""
        return {
            "id": self.id,
            "text": self.text,
            "entities": [asdict(entity) for entity in self.entities],
            "events": [asdict(event) for event in self.events],
            "event_types": dict(self.event_types),
            "sentences": [asdict(sentence) for sentence in self.sentences],
            "n_windows": self.n_windows,
        }

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Prediction:
        """The inverse of `to_dict`."""
        return cls(
            id=row["id"],
            text=row["text"],
            entities=tuple(Entity(**entity) for entity in row["entities"]),
            events=tuple(event_from_dict(event) for event in row["events"]),
            event_types=dict(row["event_types"]),
            sentences=tuple(Sentence(**sentence) for sentence in row["sentences"]),
            n_windows=row["n_windows"],
        )


def _span_to_dict(span: Span) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "label": span.label, "text": span.text}


def event_from_dict(row: Mapping[str, Any]) -> Event:
    """An event from its JSON form, in which actors and recipients are lists."""
    values = dict(row)
    values["actors"] = tuple(values.get("actors") or ())
    values["recipients"] = tuple(values.get("recipients") or ())
    return Event(**values)


def _check_order(spans: Iterable[Span | Sentence], limit: int, where: str) -> None:
    last = 0
    for span in spans:
        if not last <= span.start < span.end <= limit:
            raise ValueError(f"{where}: {span} is empty, out of order, overlapping or beyond {limit} characters")
        last = span.end


def _check_spans(text: str, spans: Sequence[Span], sentences: Sequence[Sentence], where: str) -> None:
    _check_order(spans, len(text), where)
    place = 0
    for span in spans:
        if text[span.start : span.end] != span.text:
            raise ValueError(f"{where}: {span} is not text[start:end] = {text[span.start : span.end]!r}")
        if not sentences:
            continue
        while place < len(sentences) - 1 and sentences[place].end < span.end:
            place += 1
        if not sentences[place].start <= span.start < span.end <= sentences[place].end:
            raise ValueError(f"{where}: {span} lies in no sentence")


def _check_participants(events: Iterable[Event], n_entities: int, where: str) -> None:
    for event in events:
        for index in (*event.actors, *event.recipients):
            if not 0 <= index < n_entities:
                raise ValueError(f"{where}: {event} names entity {index} of {n_entities}")
