"""CoNLL files in IOB2: one token a line, its tag in the last column, a blank line after each sentence.

Columns are separated by tabs, or else by spaces; those between the token and the tag are left out. A
`-DOCSTART-` line or a `# doc: id` line begins an article; without any of them every sentence is an article of
its own. The text is made from the tokens, joined by one space, and the sentences, joined by line ends: a
token with `_` keeps it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from sukien.data.checks import Faults, span_type_fault
from sukien.data.inline import META, Draft, read_meta
from sukien.data.markup import Line
from sukien.files import read_text
from sukien.ontology import LabelSet
from sukien.schema import Article, Entity, Event
from sukien.text.bio import decode_bio

TAG = re.compile(r"O|[BI]-\S+")
_DOCSTART = "-DOCSTART-"


class _Token(NamedTuple):
    text: str
    tag: str
    line: int


def read_conll(path: Path, labels: LabelSet | None, encoding: str = "utf-8") -> list[Article]:
    """The articles of a file. Types of `labels.event_types` become events without modality, all others
    entities.

    `labels` None takes the types as they come, all as entities. Raises DataError with every fault of the file
    as `path:line: ...`: ragged lines, tags that are no IOB2, unknown types.
    """
    faults = Faults(path)
    lines = [line.rstrip("\r") for line in read_text(path, encoding).split("\n")]
    is_marked = any(line.startswith(_DOCSTART) or _doc_line(line) for line in lines)
    drafts: list[Draft] = []
    tokens: list[_Token] = []
    n_columns = 0
    for number, line in enumerate([*lines, ""], start=1):
        columns = split_columns(line)
        if columns and not _is_meta(line, columns, n_columns):
            n_columns = n_columns or len(columns)
            token = _token(columns, number, n_columns, faults)
            tokens += [token] if token else []
            continue
        if tokens:
            _draft_for_sentence(path, drafts, is_marked, tokens[0].line).sentences.append(
                _sentence(tokens, labels, faults)
            )
            tokens = []
        _take_meta(path, line, number, drafts, faults)
    faults.raise_any()
    return [draft.article() for draft in drafts if draft.sentences]


def split_columns(line: str) -> list[str]:
    """The columns of a line, none if it is blank."""
    if not line.strip():
        return []
    if "\t" in line:
        return [column.strip(" ") for column in line.rstrip(" ").split("\t")]
    return [column for column in line.split(" ") if column]


def _doc_line(line: str) -> bool:
    meta = META.match(line)
    return bool(meta and meta[1] == "doc")


def _is_meta(line: str, columns: list[str], n_columns: int) -> bool:
    """Whether a line is a comment or begins an article. A token `#` with its tag is neither."""
    if line.startswith(_DOCSTART) or META.match(line):
        return True
    return line.startswith("#") and not (len(columns) == (n_columns or 2) and TAG.fullmatch(columns[-1]))


def _take_meta(path: Path, line: str, number: int, drafts: list[Draft], faults: Faults) -> None:
    if line.startswith(_DOCSTART):
        drafts.append(Draft(_numbered(path, drafts), number))
    elif meta := META.match(line):
        # -DOCSTART- and then `# doc: id` begin one article, not two.
        if meta[1] == "doc" and drafts and not drafts[-1].sentences:
            drafts.pop()
        elif meta[1] != "doc" and not drafts:
            drafts.append(Draft(_numbered(path, drafts), number))
        read_meta(meta[1], meta[2].strip(), number, drafts, faults)


def _draft_for_sentence(path: Path, drafts: list[Draft], is_marked: bool, line: int) -> Draft:
    if not drafts or (not is_marked and drafts[-1].sentences):
        drafts.append(Draft(_numbered(path, drafts), line))
    return drafts[-1]


def _numbered(path: Path, drafts: list[Draft]) -> str:
    return f"{path.stem}-{len(drafts) + 1:04d}"


def _token(columns: list[str], number: int, n_columns: int, faults: Faults) -> _Token | None:
    if len(columns) < 2:
        faults.add(number, f"{columns[0]!r} stands alone; write the token, a tab or a space, and its tag")
    elif len(columns) != n_columns:
        faults.add(number, f"{len(columns)} columns where the lines above have {n_columns}: {' '.join(columns)!r}")
    elif not columns[0]:
        faults.add(number, "no token before the tab")
    elif not TAG.fullmatch(columns[-1]):
        faults.add(number, f"{columns[-1]!r} is no IOB2 tag; write O, B-TYPE or I-TYPE in the last column")
    else:
        return _Token(columns[0], columns[-1], number)
    return None


def _sentence(tokens: list[_Token], labels: LabelSet | None, faults: Faults) -> Line:
    starts, end = [], 0
    for before, token in zip([None, *tokens], tokens, strict=False):
        starts.append(end)
        end += len(token.text) + 1
        _check_tag(token, before.tag if before else "O", labels, faults)
    text = " ".join(token.text for token in tokens)
    entities: list[Entity] = []
    events: list[Event] = []
    for span in decode_bio([token.tag for token in tokens]):
        start, stop = starts[span.first], starts[span.last] + len(tokens[span.last].text)
        if labels is not None and span.label in labels.event_types:
            events.append(Event(start, stop, text[start:stop], span.label))
        else:
            entities.append(Entity(start, stop, text[start:stop], span.label))
    return Line(text, tuple(entities), tuple(events))


def _check_tag(token: _Token, before: str, labels: LabelSet | None, faults: Faults) -> None:
    if token.tag == "O":
        return
    if token.tag.startswith("I-") and before[2:] != token.tag[2:]:
        faults.add(
            token.line,
            f"{token.tag!r} of {token.text!r} continues no {token.tag[2:]} (the tag above is {before!r});"
            f" IOB2 opens every span with B-: write 'B-{token.tag[2:]}'",
        )
    elif token.tag.startswith("B-") and (wrong := span_type_fault(token.tag[2:], labels)):
        faults.add(token.line, wrong)
