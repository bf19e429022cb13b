"""JSONL files: one object a line, either a text with spans or a labelled article.

    {"id": "a", "text": "Mỹ cảnh báo Nga", "spans": [{"start": 0, "end": 2, "label": "GPE"}, [12, 15, "GPE"]]}
    {"id": "b", "text": "...", "entities": [...], "events": [...], "sentences": [{"start": 0, "end": 80}]}

Offsets count Unicode characters from 0, `end` is exclusive. `id`, `source`, `date` and `sentences` may be
left out; so may the `text` of a span, which is checked where it is given. What `sukien predict` writes is refused:
scored against itself, a tagger would be perfect.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sukien.data.checks import Faults, parse_date
from sukien.data.jsonl_spans import Fault, is_count, read_layers
from sukien.errors import nearest
from sukien.files import read_text
from sukien.ontology import LabelSet
from sukien.schema import Article, Entity, Event, Sentence
from sukien.text.sentences import split_sentences

_SPAN_KEYS = ("spans", "entities", "events")
_SENTENCE_FORM = '{"start": 0, "end": 80} or [0, 80]'


def read_jsonl(path: Path, labels: LabelSet | None, encoding: str = "utf-8") -> list[Article]:
    """The articles of a file. In `spans`, types of `labels.event_types` are events, all others entities.

    `labels` None takes the types as they come, all of `spans` as entities. Raises DataError with every fault
    of the file as `path:line: ...`.
    """
    faults = Faults(path)
    articles: list[Article] = []
    lines_of: dict[str, int] = {}
    for number, line in enumerate(read_text(path, encoding).split("\n"), start=1):
        if not line.strip():
            continue
        article = _read_line(line, f"{path.stem}-{number:04d}", labels, partial(faults.add, number))
        if article is None:
            continue
        if article.id in lines_of:
            faults.add(
                number,
                f"the id {article.id!r} is there already, at line {lines_of[article.id]}; ids are unique",
            )
        lines_of.setdefault(article.id, number)
        articles.append(article)
    faults.raise_any()
    return articles


def _read_line(line: str, default_id: str, labels: LabelSet | None, fault: Fault) -> Article | None:
    """The article of one line, or None after a fault."""
    faults: list[str] = []
    row = _object(line, faults.append)
    article = None
    if row is not None:
        text: str = row["text"]
        entities, events = read_layers(row, text, labels, faults.append)
        date = _checked_date(row, faults.append)
        sentences = _sentences(row, text, [*entities, *events], faults.append)
        if not faults:
            article_id, source = row.get("id"), row.get("source")
            article = Article(
                default_id if article_id is None else str(article_id),
                text, sentences, entities, events, source or "", date,
            )  # fmt: skip
    for what in faults:
        fault(what)
    return article


def _object(line: str, fault: Fault) -> dict[str, Any] | None:
    """The JSON object of a line with a text and spans, or None after a fault."""
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        fault(f"no valid JSON: {error.msg} at character {error.colno}; one object a line is needed")
        return None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, lists in lists in lists
        fault(f"no usable JSON: {error}; one object a line is needed")
        return None
    if not isinstance(row, dict):
        fault(f"a JSON {type(row).__name__}, not an object with 'text' and 'spans'")
        return None
    wrong = _text_fault(row) or _keys_fault(row) or _prediction_fault(row)
    if wrong:
        fault(wrong)
        return None
    _check_names(row, fault)
    return row


def _text_fault(row: dict[str, Any]) -> str | None:
    if not isinstance(row.get("text"), str) or not row["text"].strip():
        return "no 'text' (a string that is not blank)" + ("" if "text" in row else nearest("text", list(row)))
    if not _is_unicode(row["text"]):
        return "'text' holds half of a surrogate pair, which is no character; export the file again as UTF-8"
    return None


def _keys_fault(row: dict[str, Any]) -> str | None:
    given = [key for key in _SPAN_KEYS if key in row]
    if not given:
        return f"no 'spans'{nearest('spans', list(row))}; an empty list says that the text has none"
    if "spans" in given and len(given) > 1:
        return f"both 'spans' and '{given[1]}'; give all in 'spans', or each layer by itself"
    return None


def _prediction_fault(row: dict[str, Any]) -> str | None:
    """What tells a prediction: a labelled article has its event types as a list, and no scores."""
    spans = [span for key in _SPAN_KEYS if isinstance(row.get(key), list) for span in row[key]]
    found = [
        *(["event_types"] if isinstance(row.get("event_types"), dict) else []),
        *(["n_windows"] if "n_windows" in row else []),
        *(["score"] if any(isinstance(span, dict) and span.get("score") is not None for span in spans) else []),
    ]
    if not found:
        return None
    return (
        f"holds predictions, not labels; give the labelled text, or take out {', '.join(map(repr, found))} once a"
        " person has corrected the spans"
    )


def _check_names(row: dict[str, Any], fault: Fault) -> None:
    article_id = row.get("id")
    if isinstance(article_id, bool) or not isinstance(article_id, str | int | None) or article_id == "":
        fault(f"the id {article_id!r} is no name or number")
    if not isinstance(row.get("source"), str | None):
        fault(f"the source {row['source']!r} is no name")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _checked_date(row: dict[str, Any], fault: Fault) -> str | None:
    value = row.get("date")
    date, wrong = parse_date(value) if isinstance(value, str) else (None, None)
    if wrong or not isinstance(value, str | None):
        fault(wrong or f"the date {value!r} is no string YYYY-MM-DD")
    return date


def _sentences(row: dict[str, Any], text: str, spans: Sequence[Entity | Event], fault: Fault) -> tuple[Sentence, ...]:
    """The given sentences, or those of the splitter, joined where a span crosses their border."""
    given = row.get("sentences")
    if not given:
        return join_sentences(split_sentences(text), spans)
    sentences = []
    last = 0
    for value in given if isinstance(given, list) else [given]:
        ends = [value.get("start"), value.get("end")] if isinstance(value, dict) else value
        if not isinstance(ends, list) or len(ends) != 2 or not all(map(is_count, ends)):
            fault(f"{json.dumps(value, ensure_ascii=False)} in 'sentences' is no sentence; write {_SENTENCE_FORM}")
            return ()
        if not last <= ends[0] < ends[1] <= len(text):
            fault(f"the sentence {ends[0]} to {ends[1]} is empty, out of order or outside of the text")
            return ()
        last = ends[1]
        sentences.append(Sentence(*ends))
    starts = [sentence.start for sentence in sentences]
    for span in spans:
        place = bisect_right(starts, span.start) - 1
        if place < 0 or span.end > sentences[place].end:
            fault(f"{span.text!r} ({span.start} to {span.end}) lies in no sentence; widen or join 'sentences'")
    return tuple(sentences)


def join_sentences(sentences: Sequence[Sentence], spans: Sequence[Entity | Event]) -> tuple[Sentence, ...]:
    """Sentences and spans as one cover: pieces that overlap are joined, so that every span lies in a
    sentence.
    """
    pieces = sorted([(sentence.start, sentence.end) for sentence in sentences] + [(s.start, s.end) for s in spans])
    joined: list[list[int]] = []
    for start, end in pieces:
        if joined and start < joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return tuple(Sentence(start, end) for start, end in joined)
