"""brat stand-off annotation: a `.txt` file and beside it an `.ann` file of spans and events over its characters.

    T1<TAB>PER 0 8<TAB>ông Minh                two fragments: `T1<TAB>PER 0 3;9 14<TAB>ông Bình`
    E1<TAB>Meet:T2 Entity-Arg:T1 Entity-Arg2:T3

Format: https://brat.nlplab.org/standoff.html. Relations, attributes and notes are passed over. Offsets count every
character of the `.txt` file, line ends and a byte-order mark included.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sukien.data.checks import Faults
from sukien.errors import DataError

NEAR = 16  # characters to either side of a place at which the text of a span is looked for
_LINE = re.compile(r"(?:[TERAMN]\d+|#\w*|\*)\t")
_SPAN = re.compile(r"(T\d+)\t(\S+) (\d+ \d+(?:;\d+ \d+)*)(?:\t(.*))?", re.DOTALL)
_EVENT = re.compile(r"(E\d+)\t(\S+?):(T\d+)((?: +\S+?:[TE]\d+)*) *")


@dataclass(frozen=True, slots=True)
class BratSpan:
    """A span as the file has it. `text` is what the file says is there, for `place` to check."""

    id: str
    label: str
    fragments: tuple[tuple[int, int], ...]
    text: str

    @property
    def start(self) -> int:
        return self.fragments[0][0]

    @property
    def end(self) -> int:
        return self.fragments[-1][1]


@dataclass(frozen=True, slots=True)
class BratEvent:
    """An event: the id of its trigger, and its roles with the ids of spans or events, in the order of the file."""

    id: str
    label: str
    trigger: str
    roles: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Annotations:
    """Spans and events of one file by their ids."""

    spans: dict[str, BratSpan]
    events: dict[str, BratEvent]


def read_annotations(ann: str, where: object) -> Annotations:
    """The spans and events of an `.ann` file; `where` names it in errors.

    A line that begins with no id goes on the text of the span above, which was broken at a line end. Raises DataError
    with every fault as `where:line: ...`: lines that are no annotation, ids given twice or not at all.
    """
    faults = Faults(where)
    found = Annotations({}, {})
    for number, line in _whole_lines(ann.removeprefix("\ufeff"), faults):
        if line.startswith("T"):
            _take_span(line, number, found, faults)
        elif line.startswith("E"):
            _take_event(line, number, found, faults)
    faults.raise_any()
    dangling = [
        f"{where}: {event.id} names {target}, which is not in the file; is it complete?"
        for event in found.events.values()
        for target in (event.trigger, *(target for _, target in event.roles))
        if target not in found.spans and target not in found.events
    ]
    if dangling:
        raise DataError(dangling)
    return found


def _whole_lines(ann: str, faults: Faults) -> list[tuple[int, str]]:
    """Annotations with the numbers of their first lines."""
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(ann.replace("\r\n", "\n").split("\n"), start=1):
        if _LINE.match(line):
            lines.append((number, line))
        elif line.strip() and lines and lines[-1][1].startswith("T"):
            lines[-1] = (lines[-1][0], f"{lines[-1][1]}\n{line}")
        elif line.strip():
            faults.add(number, f"{line[:40]!r} is no annotation; brat writes an id, a tab and what it says")
    return lines


def _take_span(line: str, number: int, found: Annotations, faults: Faults) -> None:
    match = _SPAN.fullmatch(line)
    if not match:
        faults.add(number, f"{line[:40]!r} is no span; write T1, a tab, TYPE START END, a tab and the text")
        return
    pairs = (pair.split() for pair in match[3].split(";"))
    span = BratSpan(match[1], match[2], tuple((int(start), int(end)) for start, end in pairs), match[4] or "")
    places = [place for pair in span.fragments for place in pair]
    if places != sorted(places) or any(start == end for start, end in span.fragments):
        faults.add(number, f"{match[3]!r} of {span.id} is empty or out of order")
    if span.id in found.spans:
        faults.add(number, f"{span.id} is there already; ids are unique")
    found.spans[span.id] = span


def _take_event(line: str, number: int, found: Annotations, faults: Faults) -> None:
    match = _EVENT.fullmatch(line)
    if not match:
        faults.add(number, f"{line[:40]!r} is no event; write E1, a tab, TYPE:T1 and ROLE:T2 for each role")
        return
    roles = (role.rpartition(":") for role in match[4].split())
    event = BratEvent(match[1], match[2], match[3], tuple((name, target) for name, _, target in roles))
    if event.id in found.events:
        faults.add(number, f"{event.id} is there already; ids are unique")
    found.events[event.id] = event


def place(text: str, span: BratSpan) -> tuple[int, int] | None:
    """Start and end of a span in the text, where that is certain; None where it is not.

    A span in fragments with only white space between is one. A span whose text is not at its offsets is where that text
    stands instead, if that is exactly once within NEAR characters of its start.
    """
    gaps = [text[one[1] : two[0]] for one, two in zip(span.fragments, span.fragments[1:], strict=False)]
    if any(gap.strip() for gap in gaps):
        return None
    if is_exact(text, span):
        return span.start, span.end
    first = max(0, span.start - NEAR)
    near = text[first : span.start + NEAR + len(span.text)]
    at = near.find(span.text) if span.text.strip() else -1
    if at < 0 or near.find(span.text, at + 1) >= 0:
        return None
    return first + at, first + at + len(span.text)


def is_exact(text: str, span: BratSpan) -> bool:
    """Whether the text of a span is at its offsets; amounts and kinds of white space are free."""
    return span.text.split() == text[span.start : span.end].split() != []
