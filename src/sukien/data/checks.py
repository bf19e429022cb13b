"""Checks that all readers of labels share, so that one fault reads the same in every format."""

from __future__ import annotations

import re
from datetime import date

from sukien.errors import DataError, nearest
from sukien.ontology import LabelSet

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Faults:
    """The faults of one file, in the order of its lines. `line` numbers from 1."""

    def __init__(self, where: object) -> None:
        self.where = where
        self._found: list[tuple[int, str]] = []

    def add(self, line: int, what: str) -> None:
        self._found.append((line, f"{self.where}:{line}: {what}"))

    def raise_any(self) -> None:
        """Raise DataError with all faults, if there is one."""
        if self._found:
            raise DataError(message for _, message in sorted(self._found, key=lambda found: found[0]))


def entity_fault(label: str, labels: LabelSet | None) -> str | None:
    """What is wrong with an entity type; None when it is allowed or `labels` is None (any type is)."""
    if labels is None:
        return None if label.strip() == label != "" else f"{label!r} is no name of an entity type"
    return _fault(label, "entity type", labels.entity_types)


def event_fault(label: str, labels: LabelSet | None) -> str | None:
    """What is wrong with an event type; None when it is allowed or `labels` is None (any type is)."""
    if labels is None:
        return None if label.strip() == label != "" else f"{label!r} is no name of an event type"
    return _fault(label, "event type", labels.event_types)


def modality_fault(modality: str | None, labels: LabelSet | None) -> str | None:
    """What is wrong with a modality; None (not said) is always allowed."""
    if modality is None:
        return None
    if labels is None:
        return None if modality.strip() == modality != "" else f"{modality!r} is no name of a modality"
    return _fault(modality, "modality", labels.modalities)


def span_type_fault(label: str, labels: LabelSet | None) -> str | None:
    """What is wrong with a type where the format does not say the layer: both layers are allowed."""
    if labels is None:
        return entity_fault(label, None)
    return _fault(label, "entity or event type", (*labels.entity_types, *labels.event_types))


def parse_date(value: str) -> tuple[str | None, str | None]:
    """The date of an article as YYYY-MM-DD, or None where it is not stated; and what is wrong with it, or
    None.
    """
    value = value.strip()
    if not value or value.casefold().startswith("not stated"):
        return None, None
    try:
        if _DATE.fullmatch(value):
            return date.fromisoformat(value).isoformat(), None
    except ValueError:
        pass
    return None, f"{value!r} is no date; write YYYY-MM-DD, for example 2022-02-14, or 'not stated'"


def _fault(label: str, kind: str, allowed: tuple[str, ...]) -> str | None:
    if label in allowed:
        return None
    if not allowed:
        return f"{label!r} is no {kind}: this label set has none"
    return f"{label!r} is no {kind}{nearest(label, allowed)} ({', '.join(allowed)})"
