"""Which labels of another tagger are which of ours, and as what both are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from sukien.errors import DataError, nearest
from sukien.files import read_text
from sukien.ontology import LabelSet
from sukien.schema import Article, Entity, Prediction
from sukien.text.bio import bare_type

# Corpora that other taggers are trained on label cities and countries as locations.
COMPARED = {"PER": "PER", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC"}
# Names that leave no doubt. MISC is a different thing in every corpus.
_BY_NAME = {
    "per": "PER", "person": "PER", "org": "ORG", "organization": "ORG", "organisation": "ORG",
    "loc": "LOC", "location": "LOC", "gpe": "GPE", "misc": None, "miscellaneous": None,
}  # fmt: skip
_SHAPE = "theirs: {B-PER: PER, LOC: LOC, MISC: null}, ours: {PER: PER, GPE: LOC, LOC: LOC}"


@dataclass(frozen=True, slots=True)
class LabelMap:
    """Labels of another tagger to ours, and ours to the types that are compared.

    Attributes:
        theirs: of each of their types or tags one of ours, None to leave it out; None as a whole: by usual names.
        ours: of each of our types the one it is compared as; the others are not compared.
    """

    theirs: Mapping[str, str | None] | None = None
    ours: Mapping[str, str] = field(default_factory=COMPARED.copy)

    def of(self, types: Iterable[str], name: str) -> dict[str, str]:
        """Of each of another tagger's types ours, without those that are left out.

        Raises DataError for types that the map lacks or names twice, for labels in the map that are none of the
        tagger's, and when none is left.
        """
        types = list(types)
        found: dict[str, str] = {}
        faults = [
            f"{name}: theirs: {label!r} is no label of it{nearest(label, types)} ({', '.join(types)}); take it out"
            for label, ours in (self.theirs or {}).items()
            if not {label, bare_type(label)} & set(types) and (label, ours) != ("O", None)
        ]
        for label in types:
            mapped = self._mapped(label)
            if not mapped:
                faults.append(f"{name}: its label {label!r} is not in the map; add `{label}: ` and a type, or null")
            elif len(mapped) > 1:
                faults.append(f"{name}: its label {label!r} is mapped to {' and '.join(map(str, mapped))}; name one")
            elif (ours := mapped[0]) is not None and ours in self.ours:
                found[label] = ours
        if faults:
            raise DataError([*faults, f"a label map is a YAML file such as: {_SHAPE}"])
        if not found:
            raise DataError(f"{name}: not one of its labels is mapped to a type that is compared ({_SHAPE})")
        return found

    def _mapped(self, label: str) -> list[str | None]:
        if self.theirs is None:
            return [_BY_NAME[label.casefold()]] if label.casefold() in _BY_NAME else []
        named = {ours for theirs, ours in self.theirs.items() if label in (theirs, bare_type(theirs))}
        return sorted(named, key=str)


def read_label_map(path: Path | None) -> LabelMap:
    """A YAML file with `theirs` and `ours`, see `LabelMap`; what it leaves out, and None, is the default.

    Raises DataError for any other shape, and for a type under `theirs` that `ours` does not have.
    """
    if path is None:
        return LabelMap()
    try:
        values = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise DataError(f"{path}: no valid YAML: {error}") from error
    if not isinstance(values, dict) or not values or not set(values) <= {"theirs", "ours"}:
        raise DataError(f"{path}: a label map has the keys theirs and ours, such as: {_SHAPE}")
    faults = [
        f"{path}: {side}: {key!r}: {value!r}: a label and a type are wanted{' or null' if side == 'theirs' else ''}"
        for side, pairs in values.items()
        for key, value in (pairs.items() if isinstance(pairs, dict) and pairs else [("", pairs)])
        if not key or not isinstance(key, str) or not _is_type(value, may_be_none=side == "theirs")
    ]
    if faults:
        raise DataError(faults)
    ours = values.get("ours", COMPARED)
    strange = sorted({value for value in values.get("theirs", {}).values() if value is not None and value not in ours})
    if strange:
        raise DataError(
            f"{path}: theirs: {value!r} is no type under `ours`{nearest(value, list(ours))} ({', '.join(ours)});"
            " null leaves a label out"
            for value in strange
        )
    return LabelMap(values.get("theirs"), ours)


def _is_type(value: object, may_be_none: bool) -> bool:
    return (value is None and may_be_none) or (isinstance(value, str) and bool(value))


def compared_labels(compared: Mapping[str, str]) -> LabelSet:
    """The label set of reduced articles and predictions: entities alone."""
    return LabelSet(tuple(dict.fromkeys(compared.values())), ())


def reduce_articles(articles: Iterable[Article], compared: Mapping[str, str]) -> list[Article]:
    """Labelled articles with the entities that are compared, as the type they are compared as, and without events."""
    return [replace(article, entities=_reduced(article.entities, compared), events=()) for article in articles]


def reduce_predictions(predictions: Iterable[Prediction], compared: Mapping[str, str]) -> list[Prediction]:
    """The same of predictions, ours or another tagger's."""
    return [
        replace(prediction, entities=_reduced(prediction.entities, compared), events=(), event_types={})
        for prediction in predictions
    ]


def _reduced(entities: Iterable[Entity], compared: Mapping[str, str]) -> tuple[Entity, ...]:
    return tuple(replace(entity, label=compared[entity.label]) for entity in entities if entity.label in compared)
