"""Articles from files and standard input; a bad one is a fault of its own, not of the batch."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from sukien.errors import DataError
from sukien.files import decode, read_text
from sukien.schema import Prediction, Span

Document = tuple[str, str]  # id, text


def read_documents(
    paths: Sequence[str],
    encoding: str,
    report: Callable[[str], None],
    stdin: Callable[[], bytes] | None = None,
) -> Iterator[Document]:
    """(id, text) of every article in text files, JSONL files (`id`, `text`) and, for `-`, standard input.

    What cannot be read is passed to `report` as one line that says where and why, and left out.
    """
    seen: dict[str, int] = {}
    for path in paths:
        try:
            for id, text in _read(path, encoding, report, stdin or sys.stdin.buffer.read):
                yield _distinct(id, path, seen), text
        except DataError as error:
            for fault in error.faults:
                report(fault)
        except OSError as error:  # such as a name that is too long: a text given in place of a file
            report(f"{path[:100]}: cannot be read: {error.strerror}")


def _distinct(id: str, path: str, seen: dict[str, int]) -> str:
    """An id that no article before has, and that every output can hold: a file name may be no valid text."""
    name, again = (text.encode("utf-8", "replace").decode() for text in (id, f"{path}:{id}"))
    if name in seen:
        name = again
    while name in seen:
        seen[again] += 1
        name = f"{again}-{seen[again]}"
    seen[name] = 1
    return name


def _read(path: str, encoding: str, report: Callable[[str], None], stdin: Callable[[], bytes]) -> Iterable[Document]:
    if path == "-":
        text = decode(stdin(), "standard input", encoding)
        if re.match(r'\s*\{\s*"', text):
            return _read_jsonl(text, "standard input", report)
        return [_document("stdin", text, "standard input")]
    if Path(path).is_dir():
        raise DataError(f"{path}: is a folder; name its files, such as {Path(path) / '*.txt'}")
    text = read_text(Path(path), encoding)
    if Path(path).suffix.lower() in (".jsonl", ".ndjson"):
        return _read_jsonl(text, path, report)
    return [_document(Path(path).stem, text, path)]


def _document(id: str, text: str, where: str) -> Document:
    if not text.strip():
        raise DataError(f"{where}: is empty")
    return id, text


def _read_jsonl(text: str, where: str, report: Callable[[str], None]) -> Iterator[Document]:
    if not text.strip():
        raise DataError(f"{where}: is empty")
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield _parse(line, f"{where}:{number}", f"{Path(where).stem}-{number}")
            except DataError as error:
                report(str(error))


def _parse(line: str, where: str, default_id: str) -> Document:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: no valid JSON: {error}") from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise DataError(f'{where}: an article is an object with a "text", such as {{"id": "a1", "text": "..."}}')
    id = row.get("id", default_id)
    if not isinstance(id, str | int) or isinstance(id, bool):
        raise DataError(f'{where}: "id" is a text or a number, found {id!r}')
    if any("\ud800" <= letter <= "\udfff" for letter in row["text"]):
        raise DataError(f"{where}: the text holds half of a surrogate pair; the file was cut inside a character")
    return _document(str(id), row["text"], where)


def read_predictions(path: Path) -> Iterator[Prediction]:
    """Predictions from the file that `sukien predict --output` wrote. Raises DataError for any other content."""
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if line.strip():
            try:
                prediction = Prediction.from_dict(json.loads(line))
                _check_types(prediction)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise DataError(f"{path}:{number}: is no prediction ({type(error).__name__}: {error})") from None
            yield prediction


def _check_types(prediction: Prediction) -> None:
    spans: list[Span] = [*prediction.entities, *prediction.events]
    labels = [span.label for span in spans]
    if not all(isinstance(name, str) for name in (prediction.id, *labels, *prediction.event_types)):
        raise TypeError("id and labels are texts")
    if not all(0 <= probability <= 1 for probability in prediction.event_types.values()):
        raise ValueError("probabilities of event types lie between 0 and 1")


def counted(predictions: Iterator[Prediction]) -> Iterator[Prediction]:
    """Count the articles on standard error while they are tagged, where somebody is looking."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("tagging, articles done:"), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)
        for prediction in predictions:
            progress.advance(task)
            yield prediction
