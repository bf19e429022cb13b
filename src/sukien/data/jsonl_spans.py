"""The spans of one JSONL object: every check that needs the text, and spans in the order of the text."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeGuard

from sukien.data.checks import entity_fault, event_fault, modality_fault, span_type_fault
from sukien.ontology import LabelSet
from sukien.schema import Entity, Event

_SPAN_FORM = '{"start": 0, "end": 2, "label": "GPE"} or [0, 2, "GPE"]'
Fault = Callable[[str], None]


class _Raw(NamedTuple):
    """A span that has been checked by itself. `place` is its index in the file's list."""

    start: int
    end: int
    label: str
    place: int
    row: dict[str, Any]


def read_layers(
    row: dict[str, Any], text: str, labels: LabelSet | None, fault: Fault
) -> tuple[tuple[Entity, ...], tuple[Event, ...]]:
    """Entities and events of an object with `spans`, or with `entities` and `events`."""
    if "spans" in row:
        spans = _spans(row, "spans", text, lambda label: span_type_fault(label, labels), fault)
        event_types = labels.event_types if labels else ()
        raw_entities = [span for span in spans if span.label not in event_types]
        raw_events = [span for span in spans if span.label in event_types]
    else:
        raw_entities = _spans(row, "entities", text, lambda label: entity_fault(label, labels), fault)
        raw_events = _spans(row, "events", text, lambda label: event_fault(label, labels), fault)
    for raw in (raw_entities, raw_events):
        _check_overlaps(raw, text, fault)
    entities = tuple(Entity(span.start, span.end, text[span.start : span.end], span.label) for span in raw_entities)
    place_of = {span.place: place for place, span in enumerate(raw_entities)}
    events = tuple(_event(span, text, place_of, labels, fault) for span in raw_events)
    return entities, events


def _spans(
    row: dict[str, Any], key: str, text: str, type_fault: Callable[[str], str | None], fault: Fault
) -> list[_Raw]:
    """The sound spans of one list, in the order of the text."""
    values = row.get(key, [])
    if not isinstance(values, list):
        fault(f"'{key}' is no list of spans; each span is {_SPAN_FORM}")
        return []
    found: list[_Raw | None] = []
    for index, value in enumerate(values):
        wrong: list[str] = []
        found.append(_span(value, index, text, type_fault, wrong.append))
        for what in wrong:
            fault(f"{key}[{index}]: {what}")
    return sorted((span for span in found if span), key=lambda span: (span.start, span.end))


def _span(value: object, index: int, text: str, type_fault: Callable[[str], str | None], fault: Fault) -> _Raw | None:
    if isinstance(value, list) and len(value) == 3:
        value = dict(zip(("start", "end", "label"), value, strict=True))
    row = value if isinstance(value, dict) else {}
    start, end, label = row.get("start"), row.get("end"), row.get("label")
    if not is_count(start) or not is_count(end) or not isinstance(label, str):
        fault(f"{json.dumps(value, ensure_ascii=False)} is no span; write {_SPAN_FORM}")
        return None
    wrong = _offset_fault(text, start, end, row.get("text"))
    if wrong or (wrong := type_fault(label)):
        fault(wrong)
        return None
    return _Raw(start, end, label, index, row)


def is_count(value: object) -> TypeGuard[int]:
    """Whether a JSON value is an integer; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def _offset_fault(text: str, start: int, end: int, given: object) -> str | None:
    if given is not None and (not isinstance(given, str) or text[max(start, 0) : max(end, 0)] != given):
        unit = _other_unit(text, start, end, given) if isinstance(given, str) else None
        hint = f"; they fit when counted in {unit}: count Unicode characters" if unit else ""
        return f"its text is {given!r}, but text[{start}:{end}] is {text[max(start, 0) : max(end, 0)]!r}{hint}"
    if not 0 <= start <= end <= len(text):
        return f"{start} to {end} is outside of the text, which has {len(text)} characters"
    surface = text[start:end]
    if not surface.strip():
        return f"{start} to {end} marks no text ({surface!r}); end is exclusive"
    if surface != surface.strip():
        return f"{surface!r} ({start} to {end}) begins or ends with a space; leave the space outside"
    return None


def _other_unit(text: str, start: int, end: int, given: str) -> str | None:
    """The unit in which the offsets are right: the usual ones of JavaScript and Java, and of C and Go."""
    if start < 0 or end < start:
        return None
    for codec, width, unit in (("utf-16-le", 2, "UTF-16 units"), ("utf-8", 1, "UTF-8 bytes")):
        part = text.encode(codec)[start * width : end * width]
        if part.decode(codec, errors="replace") == given:
            return unit
    return None


def _check_overlaps(spans: Sequence[_Raw], text: str, fault: Fault) -> None:
    last: _Raw | None = None
    for span in spans:
        if last and span.start < last.end:
            a, b = text[last.start : last.end], text[span.start : span.end]
            fault(
                f"{a!r} ({last.start} to {last.end}, {last.label}) and {b!r} ({span.start} to {span.end},"
                f" {span.label}) overlap; spans of one layer never do, keep the longer one"
            )
        if not last or span.end > last.end:
            last = span


def _event(span: _Raw, text: str, place_of: dict[int, int], labels: LabelSet | None, fault: Fault) -> Event:
    surface = text[span.start : span.end]
    modality = span.row.get("modality")
    if not isinstance(modality, str | None):
        fault(f"the modality {modality!r} of {surface!r} is no name")
        modality = None
    elif wrong := modality_fault(modality, labels):
        fault(f"{wrong} (of {surface!r})")
    sides: list[tuple[int, ...]] = []
    for side in ("actors", "recipients"):
        indices = span.row.get(side) or []
        if not isinstance(indices, list) or not all(is_count(index) and index in place_of for index in indices):
            fault(f"the {side} {indices!r} of {surface!r} must be a list of places in 'entities', counted from 0")
            indices = []
        sides.append(tuple(place_of[index] for index in indices))
    return Event(span.start, span.end, surface, span.label, modality, sides[0], sides[1])
