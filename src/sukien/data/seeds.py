"""Labelled sentences back into the raw article that they were taken from."""

from __future__ import annotations

import difflib
from dataclasses import replace
from pathlib import Path

from sukien.errors import DataError
from sukien.schema import Article, Entity, Event, Sentence
from sukien.text.sentences import split_sentences


def seed_file(seeds: Path, article_id: str) -> Path | None:
    """The published text of an article, `seeds/<id>.txt`, or None if there is none."""
    path = seeds / f"{article_id}.txt"
    # An id with a slash is a path of another corpus and must not lead out of the folder.
    return path if path.name == f"{article_id}.txt" and path.is_file() else None


def anchor(article: Article, raw: str, where: str) -> Article:
    """The same labels over the published text `raw`, with all offsets shifted to it.

    Each sentence is looked for behind the end of the one before, so a repeated sentence is found as often as
    it is labelled. Raises DataError with one fault for each sentence that is not there; `where` begins every
    fault.
    """
    shifts: list[int] = []
    faults: list[str] = []
    place = 0
    whole = split_sentences(raw)
    for sentence in article.sentences:
        text = article.text[sentence.start : sentence.end]
        # A whole sentence first: "Nga" alone on a line is not the first word of the line above it.
        starts = (s.start for s in whole if s.start >= place and raw[s.start : s.end] == text)
        found = next(starts, raw.find(text, place))
        if found < 0:
            faults.append(f"{where}: {_not_found(text, raw)}")
            continue
        shifts.append(found - sentence.start)
        place = found + len(text)
    if faults:
        raise DataError(faults)
    return _shifted(article, raw, shifts)


def _not_found(text: str, raw: str) -> str:
    earlier = raw.find(text)
    if earlier >= 0:
        line = raw.count("\n", 0, earlier) + 1
        return (
            f"the sentence {text!r} stands earlier in the published text, at line {line}, than the"
            " sentences above it;"
            " put labelled sentences in the order of the text, each as often as it is there"
        )
    near = difflib.get_close_matches(text, raw.splitlines(), n=1, cutoff=0.0)
    shown = f"; the nearest line is {near[0]!r}" if near else ""
    return (
        f"the sentence {text!r} is not in the published text{shown}; labels must hold the text character for character"
    )


def _shifted(article: Article, raw: str, shifts: list[int]) -> Article:
    def shift_at(start: int) -> int:
        return next(
            shift
            for sentence, shift in zip(article.sentences, shifts, strict=True)
            if sentence.start <= start < sentence.end
        )

    def move_entity(entity: Entity) -> Entity:
        shift = shift_at(entity.start)
        return replace(entity, start=entity.start + shift, end=entity.end + shift)

    def move_event(event: Event) -> Event:
        shift = shift_at(event.start)
        return replace(event, start=event.start + shift, end=event.end + shift)

    return replace(
        article,
        text=raw,
        sentences=tuple(
            Sentence(sentence.start + shift, sentence.end + shift)
            for sentence, shift in zip(article.sentences, shifts, strict=True)
        ),
        entities=tuple(map(move_entity, article.entities)),
        events=tuple(map(move_event, article.events)),
    )
