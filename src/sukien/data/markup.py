"""One line of the inline form: marked-up text to plain text with spans, and back.

    [[surface|TYPE]]  [[surface|TYPE|id]]  {{surface|TYPE|modality|actors>recipients}}

The last one or two fields of an event may be left out, and an empty modality means that nobody has said it.
Ids are local to the line. Single brackets, braces and bars outside markup are text. In a run of three opening
brackets the last two open the markup, so `[[[Mỹ|GPE]]]` is the text `[Mỹ]`. Text cannot hold `[[`, `]]`, `{{`
or `}}`, a surface cannot hold `|`: there is no escape.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sukien.data.checks import entity_fault, event_fault, modality_fault
from sukien.errors import DataError
from sukien.ontology import LabelSet
from sukien.schema import Entity, Event

_MARKS = re.compile(r"\[\[(?!\[)|\{\{(?!\{)|\]\]|\}\}")
_CLOSES = {"[[": "]]", "{{": "}}"}
_ID = re.compile(r"\w+")
_ENTITY_FORM = "[[surface|TYPE]] or [[surface|TYPE|id]]"
_EVENT_FORM = "{{surface|TYPE|modality|actors>recipients}}"


class Line(NamedTuple):
    """Plain text of one line, with offsets into it and participants as indices into its entities."""

    text: str
    entities: tuple[Entity, ...]
    events: tuple[Event, ...]


class _Item(NamedTuple):
    opener: str
    start: int
    end: int
    fields: list[str]


@dataclass
class _Reading:
    """What has been read of a line so far."""

    text: str = ""
    entities: list[Entity] = field(default_factory=list)
    triggers: list[tuple[Event, str]] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)


def parse_line(line: str, labels: LabelSet | None, fault: Callable[[str], None]) -> Line:
    """Read one line; every fault goes to `fault`, and what it spoils is left out of the result."""
    reading = _Reading()
    place = 0
    for item in _items(line, fault):
        reading.text += line[place : item.start]
        place = item.end
        add = _add_entity if item.opener == "[[" else _add_event
        add(item.fields, labels, reading, fault)
    reading.text += line[place:]
    events = tuple(_with_participants(event, who, reading.ids, fault) for event, who in reading.triggers)
    return Line(reading.text, tuple(reading.entities), events)


def render_line(line: Line) -> str:
    """Write one line; entities that take part in an event get ids from 1.

    Raises DataError for a line that this form cannot say, which is tried by reading it back.
    """
    named = sorted({index for event in line.events for index in (*event.actors, *event.recipients)})
    ids = {index: str(n) for n, index in enumerate(named, start=1)}
    marks: list[tuple[int, int, str]] = [
        (entity.start, entity.end, _entity_mark(entity, ids.get(index))) for index, entity in enumerate(line.entities)
    ]
    marks += [(event.start, event.end, _event_mark(event, ids)) for event in line.events]
    out, place = "", 0
    for start, end, mark in sorted(marks):
        out += line.text[place:start] + mark
        place = end
    out += line.text[place:]
    faults: list[str] = []
    # A round trip is the one test that no forgotten special case can pass.
    if parse_line(out, None, faults.append) != line or faults:
        raise DataError(
            "the inline form cannot say this sentence: no '[[', ']]', '{{' or '}}' in the text, no '|' or"
            " outer space"
            " in a span, no span inside or across another, nobody twice in one event: " + repr(line.text)
        )
    return out


def _items(line: str, fault: Callable[[str], None]) -> Iterator[_Item]:
    """The top-level markup of a line, in order. Unclosed markup is reported, and reading goes on behind its
    opener.
    """
    place = 0
    while opener := _MARKS.search(line, place):
        if opener[0] not in _CLOSES:
            fault(f"{opener[0]!r} at character {opener.start() + 1} closes nothing that was opened")
            place = opener.end()
            continue
        end, nested, crossed = _closing(line, opener)
        if end is None:
            fault(f"{opener[0]!r} at character {opener.start() + 1} is never closed by {_CLOSES[opener[0]]!r}")
            place = opener.end()
            continue
        place = end
        shown = line[opener.start() : end]
        if nested:
            fault(f"markup inside or across other markup: {shown!r}; spans never nest or overlap, keep the longer one")
        elif crossed:
            fault(f"{shown!r} is opened by {opener[0]!r}, so it is closed by {_CLOSES[opener[0]]!r}")
        else:
            yield _Item(opener[0], opener.start(), end, shown[2:-2].split("|"))


def _closing(line: str, opener: re.Match[str]) -> tuple[int | None, bool, bool]:
    """Where the markup ends (None if never), whether markup begins inside it, whether it ends with the other
    mark.
    """
    stack = [opener[0]]
    nested = crossed = False
    for mark in _MARKS.finditer(line, opener.end()):
        if mark[0] in _CLOSES:
            stack.append(mark[0])
            nested = True
            continue
        crossed |= _CLOSES[stack.pop()] != mark[0]
        if not stack:
            return mark.end(), nested, crossed
    return None, nested, crossed


def _add_entity(
    fields: Sequence[str], labels: LabelSet | None, reading: _Reading, fault: Callable[[str], None]
) -> None:
    shown = "[[" + "|".join(fields) + "]]"
    surface = fields[0]
    start = len(reading.text)
    reading.text += surface
    if len(fields) not in (2, 3):
        fault(f"{shown!r} has {len(fields)} fields; write {_ENTITY_FORM}")
        return
    if not _surface_ok(surface, shown, fault):
        return
    if labels is not None and fields[1] in labels.event_types and fields[1] not in labels.entity_types:
        fault(f"{fields[1]!r} in {shown!r} is an event type; write a trigger as {_EVENT_FORM}")
    elif wrong := entity_fault(fields[1], labels):
        fault(wrong)
    if len(fields) == 3:
        _add_id(fields[2], shown, reading, fault)
    reading.entities.append(Entity(start, start + len(surface), surface, fields[1]))


def _add_id(name: str, shown: str, reading: _Reading, fault: Callable[[str], None]) -> None:
    if not _ID.fullmatch(name):
        fault(f"{name!r} in {shown!r} is no id; write a number that is its own in this line, or leave '|{name}' out")
    elif name in reading.ids:
        fault(f"the id {name!r} in {shown!r} is taken by {reading.entities[reading.ids[name]].text!r} in this line")
    else:
        reading.ids[name] = len(reading.entities)


def _add_event(fields: Sequence[str], labels: LabelSet | None, reading: _Reading, fault: Callable[[str], None]) -> None:
    shown = "{{" + "|".join(fields) + "}}"
    surface = fields[0]
    start = len(reading.text)
    reading.text += surface
    if len(fields) not in (2, 3, 4):
        fault(f"{shown!r} has {len(fields)} fields; write {_EVENT_FORM}")
        return
    if not _surface_ok(surface, shown, fault):
        return
    modality = fields[2] if len(fields) > 2 and fields[2] else None
    if labels is not None and fields[1] in labels.entity_types and fields[1] not in labels.event_types:
        fault(f"{fields[1]!r} in {shown!r} is an entity type; write an entity as {_ENTITY_FORM}")
    elif wrong := event_fault(fields[1], labels):
        fault(wrong)
    if wrong := modality_fault(modality, labels):
        fault(wrong)
    event = Event(start, start + len(surface), surface, fields[1], modality)
    reading.triggers.append((event, fields[3] if len(fields) == 4 else ">"))


def _surface_ok(surface: str, shown: str, fault: Callable[[str], None]) -> bool:
    if not surface.strip():
        fault(f"{shown!r} marks no text")
    elif surface.strip() != surface:
        fault(f"{shown!r} begins or ends with a space; put the space outside the markup")
    else:
        return True
    return False


def _with_participants(event: Event, who: str, ids: dict[str, int], fault: Callable[[str], None]) -> Event:
    if who.count(">") != 1:
        fault(f"{who!r} of {event.text!r} are no participants; write actors>recipients: '1>2', '1,2>', '>2' or '>'")
        return event
    actors, recipients = (side.split(",") if side else [] for side in who.split(">"))
    names = [*actors, *recipients]
    for name in dict.fromkeys(name for name in names if name not in ids):
        known = ", ".join(ids) if ids else "none"
        fault(f"{name!r} of {event.text!r} is the id of no entity in this line (ids here: {known})")
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        fault(f"{name!r} is named twice in {who!r} of {event.text!r}; an entity has one part in an event")
    return Event(
        event.start, event.end, event.text, event.label, event.modality,
        tuple(ids[name] for name in actors if name in ids),
        tuple(ids[name] for name in recipients if name in ids),
    )  # fmt: skip


def _entity_mark(entity: Entity, name: str | None) -> str:
    return f"[[{entity.text}|{entity.label}{'' if name is None else '|' + name}]]"


def _event_mark(event: Event, ids: dict[int, str]) -> str:
    actors = ",".join(ids[index] for index in event.actors)
    recipients = ",".join(ids[index] for index in event.recipients)
    fields = [event.text, event.label]
    if event.modality is not None or event.actors or event.recipients:
        fields += [event.modality or "", f"{actors}>{recipients}"]
    return "{{" + "|".join(fields) + "}}"
