"""The inline form of labelled text: one sentence a line, marked up as `sukien.data.markup` says.

    # doc: an id of its own
    # source: who published it
    # date: 2022-02-14
    [[Tổng thống|TITLE]] [[Biden|PER|1]] đã {{điện đàm|CONSULT|asserted|1,2>}} với [[Putin|PER|2]].

Blank lines and all other lines that begin with `#` are left out. The text of an article is its sentences,
joined by line ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from sukien.data.checks import Faults, parse_date
from sukien.data.markup import Line, parse_line, render_line
from sukien.errors import DataError
from sukien.files import read_text
from sukien.ontology import LabelSet
from sukien.schema import Article, Entity, Event, Sentence

META = re.compile(r"#\s*(doc|source|date):(.*)", re.DOTALL)


@dataclass
class Draft:
    """An article while its lines are read. `line` is where it begins."""

    id: str
    line: int
    source: str = ""
    date: str | None = None
    sentences: list[Line] = field(default_factory=list)

    def article(self) -> Article:
        """The article over its sentences, joined by line ends."""
        start = 0
        places: list[Sentence] = []
        entities: list[Entity] = []
        events: list[Event] = []
        for sentence in self.sentences:
            places.append(Sentence(start, start + len(sentence.text)))
            events += [_shifted(event, start, len(entities)) for event in sentence.events]
            entities += [
                replace(entity, start=entity.start + start, end=entity.end + start) for entity in sentence.entities
            ]
            start += len(sentence.text) + 1
        text = "\n".join(sentence.text for sentence in self.sentences)
        return Article(self.id, text, tuple(places), tuple(entities), tuple(events), self.source, self.date)


def read_inline(path: Path, labels: LabelSet | None, encoding: str = "utf-8") -> list[Article]:
    """The articles of a file. Without any `# doc:` line it is one article, named after the file.

    `labels` None takes the types as they come. Raises DataError with every fault of the file as `path:line:
    ...`.
    """
    faults = Faults(path)
    drafts = _drafts(path, read_text(path, encoding), labels, faults)
    for draft in drafts:
        if not draft.sentences:
            faults.add(draft.line, f"the article {draft.id!r} has no sentence")
    faults.raise_any()
    return [draft.article() for draft in drafts]


def write_inline(articles: Iterable[Article]) -> str:
    """Articles in the inline form; text outside their sentences is not written.

    Raises DataError, naming article and sentence, for what the form cannot say: see `sukien.data.markup`. A
    sentence can also not begin with `#`, be blank or hold a line end, nor can a span cross sentences.
    """
    return "\n".join("".join(f"{line}\n" for line in _lines(article)) for article in articles)


def _drafts(path: Path, text: str, labels: LabelSet | None, faults: Faults) -> list[Draft]:
    drafts: list[Draft] = []
    lines = text.split("\n")
    is_one = not any((meta := META.match(line)) and meta[1] == "doc" for line in lines)
    if is_one:
        drafts.append(Draft(path.stem, 1))
    for number, line in enumerate(lines, start=1):
        line = line.removesuffix("\r")  # noqa: PLW2901
        if meta := META.match(line):
            read_meta(meta[1], meta[2].strip(), number, drafts, faults)
        elif line.startswith("#") or not line.strip():
            continue
        elif not drafts:
            faults.add(number, "a sentence before the first '# doc: id' line; every sentence needs an article")
        else:
            drafts[-1].sentences.append(parse_line(line, labels, partial(faults.add, number)))
    return drafts


def read_meta(key: str, value: str, number: int, drafts: list[Draft], faults: Faults) -> None:
    """Take one `# doc:`, `# source:` or `# date:` line into the drafts."""
    if key == "doc":
        earlier = next((draft for draft in drafts if draft.id == value), None)
        if not value:
            faults.add(number, "'# doc:' without an id")
        elif earlier:
            faults.add(number, f"the article {value!r} is there already, at line {earlier.line}; ids are unique")
        drafts.append(Draft(value, number))
    elif not drafts:
        faults.add(number, f"'# {key}:' before the first '# doc: id' line; write it below the line of its article")
    elif drafts[-1].sentences:
        faults.add(number, f"'# {key}:' after a sentence; write it above the sentences of its article")
    elif key == "source":
        drafts[-1].source = value
    else:
        drafts[-1].date, wrong = parse_date(value)
        if wrong:
            faults.add(number, wrong)


def _shifted(event: Event, start: int, n_entities: int) -> Event:
    return replace(
        event,
        start=event.start + start,
        end=event.end + start,
        actors=tuple(index + n_entities for index in event.actors),
        recipients=tuple(index + n_entities for index in event.recipients),
    )


def _lines(article: Article) -> list[str]:
    where = f"article {article.id!r}"
    lines = [f"# doc: {article.id}"]
    lines += [f"# source: {article.source}"] if article.source else []
    lines += [f"# date: {article.date}"] if article.date else []
    if any("\n" in line or "\r" in line or line.strip() != line for line in lines) or not article.id.strip():
        raise DataError(f"{where}: id, source and date must be one line each, with no space around")
    if article.date and parse_date(article.date)[1]:
        raise DataError(f"{where}: {parse_date(article.date)[1]}")
    if not article.sentences:
        raise DataError(f"{where}: no sentences, so nothing that the inline form could hold")
    for number, place in enumerate(article.sentences, start=1):
        try:
            lines.append(_sentence_line(article, place))
        except DataError as error:
            raise DataError(f"{where}, sentence {number}: {error}") from None
    return lines


def _sentence_line(article: Article, place: Sentence) -> str:
    text = article.text[place.start : place.end]
    if not text.strip() or "\n" in text or "\r" in text:
        raise DataError(f"blank, or holds a line end: {text!r}; the inline form has one sentence a line")
    index_of: dict[int, int] = {}
    entities: list[Entity] = []
    for index, entity in enumerate(article.entities):
        if place.start <= entity.start < place.end:
            index_of[index] = len(entities)
            entities.append(replace(entity, start=entity.start - place.start, end=entity.end - place.start, score=None))
    events = [
        _local(event, place.start, index_of) for event in article.events if place.start <= event.start < place.end
    ]
    line = render_line(Line(text, tuple(entities), tuple(events)))
    if line.startswith("#"):
        raise DataError(f"begins with '#', which the inline form reads as a comment: {text!r}")
    return line


def _local(event: Event, start: int, index_of: dict[int, int]) -> Event:
    if any(index not in index_of for index in (*event.actors, *event.recipients)):
        raise DataError(f"a participant of {event.text!r} is in another sentence; ids are local to the line")
    return replace(
        event,
        start=event.start - start,
        end=event.end - start,
        actors=tuple(index_of[index] for index in event.actors),
        recipients=tuple(index_of[index] for index in event.recipients),
        score=None,
    )
