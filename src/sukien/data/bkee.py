"""BKEE (Nguyen et al. 2024): events of 33 types and entities of 13 in news, as a built dataset and a file of roles.

The text keeps its characters and so the corpus's own offsets, but for underscores, which tie the syllables of its
words: they become spaces, since the tagger reads syllables. A sentence is a line of the corpus; lines that a span
crosses are one sentence. What is mended or left out on the way is counted and told.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sukien.data.bkee_files import SOURCE, read_documents
from sukien.data.brat import Annotations, BratEvent, BratSpan, is_exact, place, read_annotations
from sukien.data.dataset import save_built
from sukien.data.jsonl import join_sentences
from sukien.data.stats import count_cut_spans
from sukien.files import write_jsonl
from sukien.ontology import from_labels
from sukien.schema import Article, Entity, Event, Sentence
from sukien.text.words import Word, split_words

TERMS = (
    "BKEE (Nguyen et al., LREC-COLING 2024): CC BY-NC 4.0, https://creativecommons.org/licenses/by-nc/4.0/: name its"
    " authors and say what was changed; not for commercial purposes."
)
BUILT = "built-bkee"
ROLES = "bkee-roles.jsonl"
_ROLE = re.compile(r"(.+?)(?:-Arg)?\d*")
# Roles that say who acts and who is acted on whatever the event; the meaning of all others depends on its type.
_ACTORS = {"Agent", "Attacker", "Giver"}
_RECIPIENTS = {"Victim", "Target", "Recipient"}

_COUNTS = {
    "found": "annotated spans",
    "repaired": "not at their offsets, and put where their text stands",
    "misplaced": "left out: their text is not at their offsets, nor just once nearby",
    "discontinuous": "left out: in fragments with other text between",
    "joined": "in fragments with only a line end between, taken as one span",
    "trimmed": "begin or end with white space or an underscore, which is left outside",
    "widened": "begin or end inside a syllable, and take the whole word",
    "overlapping entities": "entities left out: they overlap a longer one",
    "overlapping triggers": "triggers left out: they overlap a longer one, or stand on the same words",
    "merged": "line ends that a span crosses, and no sentence ends at",
}


class _Placed(NamedTuple):
    id: str
    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its labelled text, and a row of JSON for each role of each event."""

    article: Article
    roles: list[dict[str, Any]]


def build_bkee(archive: Path, output: Path) -> list[str]:
    """Write `built-bkee` and `bkee-roles.jsonl` into `output` from `data.gz`, or from the folder that is in it.

    Returns what to tell. Raises DataError for an archive that is broken, or not all of the official split; then nothing
    is written.
    """
    counts: Counter[str] = Counter()
    documents = {
        split: [read_document(name, *pair, counts) for name, pair in sorted(pairs.items())]
        for split, pairs in read_documents(archive).items()
    }
    splits = {split: [document.article for document in found] for split, found in documents.items()}
    articles = [article for split in splits.values() for article in split]
    labels = from_labels(
        (entity.label for article in articles for entity in article.entities),
        (event.label for article in articles for event in article.events),
        (),
    )
    roles = [role for found in documents.values() for document in found for role in document.roles]
    save_built(output / BUILT, splits, labels)
    write_jsonl(output / ROLES, roles)
    return [
        f"{len(articles):,} documents, {sum(len(article.sentences) for article in articles):,} sentences,"
        f" {sum(len(article.entities) for article in articles):,} entities of {len(labels.entity_types)} types,"
        f" {sum(len(article.events) for article in articles):,} triggers of {len(labels.event_types)} types,"
        f" {count_cut_spans(articles)} cut by words; built in {output / BUILT}",
        *(f"{counts[key]:>7,} {meaning}" for key, meaning in _COUNTS.items()),
        *(
            f"{_n_seen(splits, name):>7,} documents of {name} have the text of a training document, as published"
            for name in ("validation", "test")
        ),
        f"{len(roles):,} roles of events in {output / ROLES}, {sum(role['entity'] is None for role in roles)} of them"
        " of entities that were left out",
    ]


def read_document(name: str, text: str, ann: str, counts: Counter[str]) -> Document:
    """One document from its two files; what is mended or left out is added to `counts`."""
    found = read_annotations(ann, f"{name}.ann")
    triggers = {event.trigger for event in found.events.values()}
    words = split_words(text)[0]
    placed = [one for span in found.spans.values() if (one := _placed(text, span, words, counts))]
    entities = _longest([one for one in placed if one.id not in triggers], "overlapping entities", counts)
    events = _longest([one for one in placed if one.id in triggers], "overlapping triggers", counts)
    text = text.replace("_", " ")
    lines = _lines(text)
    sentences = join_sentences(
        lines,
        [*(_entity(text, one) for one in entities), *(_entity(text, one) for one in events)],
    )
    counts["merged"] += len(lines) - len(sentences)
    index = {one.id: number for number, one in enumerate(entities)}
    of_trigger = {event.trigger: event for event in found.events.values()}
    article = Article(
        name,
        text,
        sentences,
        tuple(_entity(text, one) for one in entities),
        tuple(_event(text, one, of_trigger[one.id], index) for one in events),
        SOURCE,
    )
    return Document(article, _roles(name, found, {one.id: one for one in placed}, entities, events))


def _placed(text: str, span: BratSpan, words: Sequence[Word], counts: Counter[str]) -> _Placed | None:
    """The span at its certain place, from the start of a word to the end of one."""
    counts["found"] += 1
    at = place(text, span)
    if at is None:
        counts["misplaced" if len(span.fragments) == 1 else "discontinuous"] += 1
        return None
    counts["joined"] += len(span.fragments) > 1
    counts["repaired"] += not is_exact(text, span)
    bare = _trimmed(text, *at)
    counts["trimmed"] += bare != at
    wide = _whole_words(text, *bare, words)
    counts["widened"] += wide != bare
    return _Placed(span.id, *wide, span.label)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without the white space and underscores at either end, unless there is nothing else."""
    while end - start > 1 and (text[start].isspace() or text[start] == "_"):
        start += 1
    while end - start > 1 and (text[end - 1].isspace() or text[end - 1] == "_"):
        end -= 1
    return start, end


def _whole_words(text: str, start: int, end: int, words: Sequence[Word]) -> tuple[int, int]:
    """A border inside a syllable is a slip of the mouse: the word of the corpus was meant, up to its white space.

    So is a span that is nothing but the underscore of a word.
    """
    if text[start:end] == "_" or _is_inside(start, words):
        while start > 0 and not text[start - 1].isspace():
            start -= 1
    if text[start:end].endswith("_") or _is_inside(end, words):
        while end < len(text) and not text[end].isspace():
            end += 1
    return start, end


def _is_inside(border: int, words: Sequence[Word]) -> bool:
    at = bisect_left(words, border, key=lambda word: word.end)
    return at < len(words) and words[at].start < border < words[at].end


def _longest(spans: Iterable[_Placed], what: str, counts: Counter[str]) -> list[_Placed]:
    """Spans without overlap, in the order of the text: of those that overlap the longest, else the first."""
    kept: list[_Placed] = []
    for span in sorted(spans, key=lambda one: (one.start - one.end, one.start)):
        if any(one.start < span.end and span.start < one.end for one in kept):
            counts[what] += 1
        else:
            kept.append(span)
    return sorted(kept, key=lambda one: one.start)


def _lines(text: str) -> list[Sentence]:
    """The lines that hold anything, without the white space at their ends."""
    sentences, start = [], 0
    for line in text.split("\n"):
        if bare := line.strip():
            first = start + line.index(bare)
            sentences.append(Sentence(first, first + len(bare)))
        start += len(line) + 1
    return sentences


def _entity(text: str, span: _Placed) -> Entity:
    return Entity(span.start, span.end, text[span.start : span.end], span.label)


def _event(text: str, span: _Placed, event: BratEvent, index: Mapping[str, int]) -> Event:
    def played(names: set[str]) -> tuple[int, ...]:
        found = {index[target] for role, target in event.roles if _role(role) in names and target in index}
        return tuple(sorted(found))

    surface = text[span.start : span.end]
    return Event(span.start, span.end, surface, event.label, None, played(_ACTORS), played(_RECIPIENTS))


def _role(name: str) -> str:
    """`Agent` of `Agent-Arg2`: brat numbers the roles that an event has more than once."""
    match = _ROLE.fullmatch(name)
    return match[1] if match else name


def _roles(
    name: str, found: Annotations, placed: Mapping[str, _Placed], entities: list[_Placed], events: list[_Placed]
) -> list[dict[str, Any]]:
    """A row for each role. `event` and `entity` are places in the article, null where the span was left out of it."""
    n_event = {one.id: number for number, one in enumerate(events)}
    n_entity = {one.id: number for number, one in enumerate(entities)}

    def span(id: str) -> list[Any] | None:
        one = placed.get(found.events[id].trigger if id in found.events else id)
        return [one.start, one.end, one.label] if one else None

    return [
        {
            "article": name,
            "event": n_event.get(event.trigger),
            "role": _role(role),
            "name": role,
            "entity": n_entity.get(target),
            "trigger": span(event.trigger),
            "argument": span(target),
        }
        for event in found.events.values()
        for role, target in event.roles
    ]


def _n_seen(splits: Mapping[str, list[Article]], name: str) -> int:
    trained_on = {article.text for article in splits["train"]}
    return sum(article.text in trained_on for article in splits[name])
