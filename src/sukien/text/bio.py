"""Spans over words to BIO tags (IOB2) and back: the one place where the tagging scheme is written.

Scheme: Ramshaw and Marcus 1995, in the IOB2 form: `B-X` opens every span, `I-X` continues it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

_TAG = re.compile(r"([BIMELSU])-(.+)", re.DOTALL)
_GO_ON, _END = "IMEL", "ELSU"


class HasOffsets(Protocol):
    """Anything with character offsets: a word, an entity, an event."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class Labelled(HasOffsets, Protocol):
    @property
    def label(self) -> str: ...


class TagSpan(NamedTuple):
    """Words `first` to `last`, both included, carry `label`."""

    first: int
    last: int
    label: str


def bio_tags(types: Sequence[str]) -> list[str]:
    """The tags of some types, `O` first, then `B-X`, `I-X` of each type: tag 0 is `O`, type k has 2k+1 and 2k+2."""
    return ["O", *(f"{prefix}-{label}" for label in types for prefix in "BI")]


def encode_bio(words: Sequence[HasOffsets], spans: Iterable[Labelled]) -> tuple[list[str], int]:
    """Tags of `words` for `spans` (both in order, spans without overlap), and how many spans a word boundary cuts.

    A span takes every word that it touches, so that a cut span still teaches its words. A word that two spans touch
    belongs to the first; a span left without any word is lost and counted as cut.
    """
    tags = ["O"] * len(words)
    n_cut = 0
    place = 0
    for span in spans:
        while place < len(words) and words[place].end <= span.start:
            place += 1
        first = place
        while place < len(words) and words[place].start < span.end:
            tags[place] = f"{'B' if place == first else 'I'}-{span.label}"
            place += 1
        if first == place or words[first].start != span.start or words[place - 1].end != span.end:
            n_cut += 1
    return tags, n_cut


def decode_bio(tags: Sequence[str]) -> list[TagSpan]:
    """Strict IOB2: a span is a `B-X` with the `I-X` right after it; any other `I-X` belongs to no span."""
    spans: list[TagSpan] = []
    for index, tag in enumerate(tags):
        if tag.startswith("B-"):
            spans.append(TagSpan(index, index, tag[2:]))
        elif tag.startswith("I-") and spans and spans[-1][1:] == (index - 1, tag[2:]):
            spans[-1] = spans[-1]._replace(last=index)
    return spans


def bare_type(tag: str) -> str:
    """The type of a tag of any scheme, `PER` of `B-PER`, `S-PER` and `PER`."""
    found = _TAG.fullmatch(tag)
    return found[2] if found else tag


def as_iob2(tags: Sequence[str]) -> list[str]:
    """Tags of one sentence from another system as IOB2, and leniently: a span may open with any tag.

    Known are IOB1, IOB2, BIOES, BILOU, BMES, and types without prefix (IO): there neighbours of one type are one span.
    """
    found: list[str] = []
    open_type = ""
    for tag in tags:
        if tag == "O":
            found.append(tag)
            open_type = ""
            continue
        parts = _TAG.fullmatch(tag)
        prefix, label = parts.groups() if parts else ("I", tag)
        found.append(f"{'I' if prefix in _GO_ON and label == open_type else 'B'}-{label}")
        open_type = "" if prefix in _END else label
    return found
