"""How far two people, or two readings, label the same text alike.

Agreement is the F1 of one labelling against the other, by the rule that scores taggers: it is the same whichever of the
two is called gold. (Chance-corrected measures such as kappa need a count of the places that nobody marked, which spans
do not have; Hripcsak and Rothschild 2005 show that kappa goes to F1 as that count grows.)

`read_labelling` takes a file without text, so that agreement on text that is not ours to pass on can be computed again:

    {"article": "…", "sentences": [
        {"length": 42, "entities": [[0, 2, "GPE"]], "events": [[3, 7, "AID", "asserted", [0], []]]}]}

one article a line, positions as in `data.standoff`, `length` in the same characters.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sukien.data.checks import modality_fault
from sukien.errors import DataError
from sukien.files import read_text
from sukien.ontology import LabelSet
from sukien.schema import Article, Entity, Event, Prediction, Sentence
from sukien.training.scoring import score

_MOST = 100_000  # characters of a sentence


def agreement(first: Sequence[Article], second: Sequence[Article], labels: LabelSet) -> dict[str, Any]:
    """Agreement of two labellings of the same articles.

    *Keys*, JSON-ready: `articles` and `sentences`; the F1 of `entities`, `triggers` (place and type),
    `triggers_place` and `sentence_types`; of triggers with one place and type in both, the F1 of `participants` (who,
    and whether actor or recipient) and the share with one `modality`, None without such triggers; `intervals`, 95%
    over articles, of the scored layers; and `types`, of each type its `f1` and its count in the `first` and `second`.

    Raises DataError where the articles or their texts differ.
    """
    predicted = [Prediction(one.id, one.text, one.entities, one.events) for one in second]
    scores = score(first, predicted, labels)
    triggers = scores["triggers"]
    layers = {
        "entities": scores["entities"]["micro"],
        "triggers": triggers["micro"],
        "triggers_place": triggers["identification"],
        "sentence_types": scores["sentence_event_types"]["micro"],
    }
    types = {**scores["entities"]["types"], **triggers["types"]}
    return {
        "articles": len(first),
        "sentences": sum(len(article.sentences) for article in first),
        **{name: layer["f1"] for name, layer in layers.items()},
        **_of_shared_triggers(first, second),
        "intervals": {name: layer["interval"] for name, layer in layers.items()},
        "types": {
            name: {"f1": one["f1"], "first": one["support"], "second": one["predicted"]} for name, one in types.items()
        },
    }


def read_labelling(path: Path) -> list[Article]:
    """The labelled articles of a file without text; their text is a row of dots. Raises DataError for its faults."""
    articles = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        try:
            articles.append(_article(json.loads(line)))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise DataError(f"{path}:{number}: no labelled article ({error})") from None
    return articles


def _article(row: dict[str, Any]) -> Article:
    text = ""
    sentences: list[Sentence] = []
    entities: list[Entity] = []
    events: list[Event] = []
    for sentence in row["sentences"]:
        if not 0 < sentence["length"] <= _MOST:
            raise ValueError(f"a sentence of {sentence['length']} characters")
        begin, before = len(text), len(entities)
        text += "." * sentence["length"] + "\n"
        sentences.append(Sentence(begin, len(text) - 1))
        for start, end, label in sentence["entities"]:
            entities.append(Entity(begin + start, begin + end, "." * (end - start), label))
        for start, end, label, modality, *sides in sentence["events"]:
            actors, recipients = (tuple(before + place for place in side) for side in sides)
            if fault := modality_fault(modality, LabelSet()):
                raise ValueError(fault)
            words = "." * (end - start)
            events.append(Event(begin + start, begin + end, words, label, modality, actors, recipients))
    return Article(row["article"], text, tuple(sentences), tuple(entities), tuple(events))


def _of_shared_triggers(first: Sequence[Article], second: Sequence[Article]) -> dict[str, float | None]:
    other = {article.id: article for article in second}
    n_triggers = n_alike = n_shared = n_both = 0
    for article in first:
        there = {(event.start, event.end, event.label): event for event in other[article.id].events}
        for event in article.events:
            if not (match := there.get((event.start, event.end, event.label))):
                continue
            n_triggers += 1
            n_alike += event.modality == match.modality
            here, also = set(_participants(article, event)), set(_participants(other[article.id], match))
            n_shared += len(here & also)
            n_both += len(here) + len(also)
    return {
        "participants": 2 * n_shared / n_both if n_both else None,
        "modality": n_alike / n_triggers if n_triggers else None,
    }


def _participants(article: Article, event: Event) -> Iterator[tuple[str, int, int]]:
    for role, places in (("actor", event.actors), ("recipient", event.recipients)):
        for place in places:
            entity = article.entities[place]
            yield role, entity.start, entity.end
