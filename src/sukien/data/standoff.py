"""Labels without their text, for corpora that may be read but not passed on.

One JSON object a line, one line an article:

    {"path": "data/train_tokenized/029143.txt.seg", "sha256": "…", "sentences": [
        {"line": 1, "entities": [[23, 28, "GPE"]], "events": [[0, 7, "THREATEN", "asserted", [0], []]]}]}

`path` is the file in the corpus and `sha256` of its bytes; `line` counts from 1. Positions count the line's
characters in NFC without spaces and underscores (`detokenise.skeleton`), so they hold whatever a detokeniser does.
Actors and recipients are indices into the entities of the sentence.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from posixpath import normpath
from typing import Any

from sukien.data.checks import entity_fault, event_fault, modality_fault
from sukien.data.detokenise import detokenise, skeleton
from sukien.data.inline import Draft
from sukien.data.markup import Line
from sukien.errors import DataError
from sukien.files import decode, read_text
from sukien.ontology import LabelSet
from sukien.schema import Article, Entity, Event

_KEYS = ("path", "sha256", "sentences")
_SENTENCE = '{"line": 1, "entities": [[0, 2, "GPE"]], "events": [[3, 7, "AID", "asserted", [0], []]]}'


@dataclass(frozen=True, slots=True)
class Standoff:
    """The labels of one article. `sentences` is the JSON form, see above; `where` names the line in errors."""

    path: str
    sha256: str
    sentences: tuple[dict[str, Any], ...]
    where: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The JSON form of one line."""
        return {"path": self.path, "sha256": self.sha256, "sentences": list(self.sentences)}


def read_standoff(path: Path) -> list[Standoff]:
    """The articles of a file. Raises DataError with every fault as `path:line: ...`."""
    faults: list[str] = []
    found: list[Standoff] = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        where = f"{path}:{number}"
        try:
            row = json.loads(line)
            if not isinstance(row["path"], str) or not all(map(_is_sentence, row["sentences"])):
                raise TypeError
            found.append(Standoff(row["path"], row["sha256"], tuple(row["sentences"]), where))
        except (ValueError, TypeError, RecursionError):
            faults.append(f"{where}: no labels of an article: a sentence is {_SENTENCE}")
        except KeyError as missing:
            faults.append(f"{where}: has no {missing}; an article needs {', '.join(_KEYS)}")
    names = [article.path for article in found]
    faults += [
        f"{path}: the file {name} is labelled twice" for name in sorted({n for n in names if names.count(n) > 1})
    ]
    if faults:
        raise DataError(faults)
    return found


def _is_sentence(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("line"), int)
        and _are_spans(value.get("entities"), (int, int, str))
        and _are_spans(value.get("events"), (int, int, str, str, list, list))
    )


def _are_spans(values: Any, types: tuple[type, ...]) -> bool:
    return isinstance(values, list) and all(
        isinstance(span, list) and [type(part) for part in span] == list(types) for span in values
    )


def refuse_reserved(paths: Iterable[str], reserved: Path) -> None:
    """Raise DataError where a labelled file is one of those in `reserved`, a list of paths; without the list, none is.

    They are kept unread for tests that nobody can have trained on, so they are never labelled and never trained on.
    """
    kept = set(map(normpath, read_text(reserved).split())) if reserved.is_file() else set()
    if found := sorted(kept.intersection(map(normpath, paths))):
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        raise DataError(f"{found[0]}{more}: reserved by {reserved}; take the labels of reserved files out")


def totals(labels: Iterable[Standoff]) -> dict[str, Any]:
    """Counts that need no text: articles, sentences, entities and events by type, modalities."""
    articles = list(labels)
    sentences = [sentence for article in articles for sentence in article.sentences]
    return {
        "articles": len(articles),
        "sentences": len(sentences),
        "entity_types": dict(Counter(span[2] for sentence in sentences for span in sentence["entities"])),
        "event_types": dict(Counter(span[2] for sentence in sentences for span in sentence["events"])),
        "modalities": dict(Counter(span[3] for sentence in sentences for span in sentence["events"])),
    }


def join(labels: Iterable[Standoff], corpus: Path, label_set: LabelSet, source: str) -> list[Article]:
    """Lay labels over the text that they were made for.

    Args:
        corpus: folder that the paths start from.
        source: `Article.source`; its part after "/" begins the ids.

    Raises DataError naming every file that is missing, has changed since (its hash differs), or that a label does
    not fit.
    """
    faults: list[str] = []
    articles = []
    for article in labels:
        try:
            lines = _source_lines(article, corpus)
            articles.append(_joined(article, lines, label_set, source))
        except DataError as error:
            faults += error.faults
    if faults:
        raise DataError(faults)
    return articles


def detach(articles: Iterable[Article], corpus: Path) -> list[Standoff]:
    """The stand-off form of articles whose ids end with a path of the corpus. Raises DataError for other text."""
    return [_detached(article, corpus) for article in articles]


def _source_lines(article: Standoff, corpus: Path) -> list[str]:
    path = corpus / article.path
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file, but {article.where} labels it; is this the right corpus?") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    if hashlib.sha256(raw).hexdigest() != article.sha256:
        raise DataError(f"{path}: is not the file that {article.where} labels (its SHA-256 differs); fetch it again")
    return decode(raw, str(path)).split("\n")


def _joined(article: Standoff, lines: Sequence[str], labels: LabelSet, source: str) -> Article:
    draft = Draft(f"{source.rpartition('/')[2]}/{article.path}", 1, source)
    numbers = [sentence.get("line") for sentence in article.sentences]
    if not numbers or len(set(map(str, numbers))) < len(numbers):
        raise DataError(f"{article.where}: {article.path}: labels no line, or one line twice")
    for sentence in article.sentences:
        try:
            if sentence["line"] < 1:
                raise ValueError("lines count from 1")
            draft.sentences.append(_laid_over(sentence, lines[sentence["line"] - 1], labels))
        except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
            reason = str(error) if isinstance(error, DataError) else f"a label does not fit ({error})"
            raise DataError(f"{article.where}: {article.path}, line {sentence.get('line')}: {reason}") from None
    try:
        return draft.article()
    except ValueError as error:  # overlaps, participants that are none
        raise DataError(f"{article.where}: {article.path}: the labels do not fit each other: {error}") from None


def _laid_over(sentence: dict[str, Any], line: str, labels: LabelSet) -> Line:
    text = detokenise(line)
    places = [place for place, character in enumerate(text) if not character.isspace()]

    def span(start: int, end: int) -> tuple[int, int, str]:
        if not 0 <= start < end <= len(places):
            raise ValueError(f"positions {start} to {end} of {len(places)}")
        first, last = places[start], places[end - 1] + 1
        return first, last, text[first:last]

    entities = [Entity(*span(start, end), label) for start, end, label in sentence["entities"]]
    events = [
        Event(*span(start, end), label, modality, tuple(actors), tuple(recipients))
        for start, end, label, modality, actors, recipients in sentence["events"]
    ]
    wrong = [entity_fault(entity.label, labels) for entity in entities]
    wrong += [event_fault(event.label, labels) or modality_fault(event.modality, labels) for event in events]
    if faults := [fault for fault in wrong if fault]:
        raise DataError(faults)
    return Line(text, tuple(entities), tuple(events))


def _detached(article: Article, corpus: Path) -> Standoff:
    _, found_data, rest = article.id.partition("data/")
    path = found_data + rest
    raw = (corpus / path).read_bytes() if path and (corpus / path).is_file() else None
    if raw is None:
        raise DataError(
            f"article {article.id!r}: there is no {corpus / path}; its id must end with a path of the corpus"
        )
    lines = [skeleton(line) for line in decode(raw, path).split("\n")]
    sentences: list[dict[str, Any]] = []
    last = 0
    for place in article.sentences:
        bare = skeleton(article.text[place.start : place.end])
        found = [n for n, line in enumerate(lines, start=1) if line == bare and n not in {s["line"] for s in sentences}]
        if not found:
            said = "no line" if bare not in lines else "no further line"
            raise DataError(f"article {article.id!r}: {said} of {path} reads {article.text[place.start : place.end]!r}")
        last = next((n for n in found if n > last), found[0])
        sentences.append({"line": last, **_positions(article, place.start, place.end)})
    return Standoff(path, hashlib.sha256(raw).hexdigest(), tuple(sentences))


def _positions(article: Article, start: int, end: int) -> dict[str, Any]:
    def place(span: Entity | Event) -> list[Any]:
        before = len(skeleton(article.text[start : span.start]))
        return [before, before + len(skeleton(span.text)), span.label]

    inside = {n: entity for n, entity in enumerate(article.entities) if start <= entity.start < end}
    index = {n: local for local, n in enumerate(inside)}
    events = [event for event in article.events if start <= event.start < end]
    return {
        "entities": [place(entity) for entity in inside.values()],
        "events": [
            [*place(event), event.modality, [index[n] for n in event.actors], [index[n] for n in event.recipients]]
            for event in events
        ],
    }
