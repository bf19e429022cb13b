"""The built dataset: three Parquet files, one row an article, and the label set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sukien.data.reading import DEFAULT_LABELS, read_labels
from sukien.data.splits import SPLITS
from sukien.errors import DataError, nearest
from sukien.files import write_folder, write_json
from sukien.ontology import LabelSet
from sukien.schema import Article, Entity, Event, Sentence

if TYPE_CHECKING:
    from datasets import DatasetDict, Features

LABELS_FILE = "labels.json"
CARD_FILES = ("README.md", "stats.json")  # that `build` puts beside the data
Splits = Mapping[str, Sequence[Article]]


def to_dataset_dict(splits: Splits) -> DatasetDict:
    """Splits as a Hugging Face `DatasetDict`, one row an article.

    *Columns:* id, source, date (or null), text, sentences, entities, events (lists of records with character
    offsets into text; actors and recipients are places in entities), event_types.
    """
    from datasets import Dataset, DatasetDict

    features = _features()
    return DatasetDict(
        {
            name: Dataset.from_list([article_to_row(article) for article in articles], features=features)
            for name, articles in splits.items()
        }
    )


def save_built(folder: Path, splits: Splits, labels: LabelSet) -> None:
    """Write `train.parquet`, `validation.parquet`, `test.parquet` and `labels.json`, all of them or nothing.

    Raises SukienError when the place cannot be written, DataError when `folder` holds something else.
    """
    known = {LABELS_FILE, *CARD_FILES, *(_file(folder, name).name for name in SPLITS)}
    if folder.exists() and not (folder.is_dir() and all(path.name in known for path in folder.iterdir())):
        raise DataError(f"{folder}: holds other files than a built dataset; name a new folder, or empty this one")
    import pyarrow.parquet

    tables = to_dataset_dict(splits)

    def fill(beside: Path) -> None:
        for name, table in tables.items():
            # Not Dataset.to_parquet, which shows a progress bar for each file.
            pyarrow.parquet.write_table(table.data.table, _file(beside, name))
        write_json(beside / LABELS_FILE, labels.to_dict())

    write_folder(folder, fill)


def load_built(folder: Path) -> tuple[dict[str, list[Article]], LabelSet]:
    """The articles of all splits and the label set, always from the files as they are now.

    Raises DataError for a missing folder, split or column, and for rows whose offsets do not fit their text.
    """
    if not folder.exists():
        raise DataError(f"{folder}: no such folder; run `sukien build` first")
    if not is_built(folder):
        raise DataError(f"{folder}: no built dataset ({LABELS_FILE} is missing); run `sukien build` first")
    missing = [_file(folder, name).name for name in SPLITS if not _file(folder, name).is_file()]
    if missing:
        raise DataError(f"{folder}: {', '.join(missing)} missing; run `sukien build` again")
    labels = LabelSet.from_file(folder / LABELS_FILE)
    return {name: _read_parquet(_file(folder, name)) for name in SPLITS}, labels


def load_articles(
    path: Path,
    split: str | None = None,
    *,
    labels: LabelSet | None = DEFAULT_LABELS,
    seeds: Path | None = None,
    encoding: str = "utf-8",
) -> tuple[list[Article], LabelSet]:
    """Articles from a built dataset (one split, or all of them in turn) or from labelled files, with their
    label set.

    `split` is for built datasets only, and `labels`, `seeds` and `encoding` for labelled files only: see
    `read_labels`.
    """
    if not is_built(path):
        return read_labels([path], labels, seeds, encoding)
    if split is not None and split not in SPLITS:
        raise DataError(f"{path}: {split!r} is no split{nearest(split, SPLITS)} ({', '.join(SPLITS)})")
    splits, found = load_built(path)
    names = SPLITS if split is None else (split,)
    return [article for name in names for article in splits[name]], found


def is_built(folder: Path) -> bool:
    """Whether a folder looks like a built dataset."""
    return (folder / LABELS_FILE).is_file()


def article_to_row(article: Article) -> dict[str, Any]:
    """An article as a row of plain values."""
    return article.to_dict() | {"event_types": list(article.event_types())}


def row_to_article(row: Mapping[str, Any]) -> Article:
    """The inverse of `article_to_row`. Raises ValueError, KeyError or TypeError for a row that is none."""
    return Article(
        id=row["id"],
        text=row["text"],
        sentences=tuple(Sentence(**sentence) for sentence in row["sentences"]),
        entities=tuple(Entity(**entity) for entity in row["entities"]),
        events=tuple(
            Event(**{**event, "actors": tuple(event["actors"]), "recipients": tuple(event["recipients"])})
            for event in row["events"]
        ),
        source=row["source"],
        date=row["date"],
    )


def _features() -> Features:
    from datasets import Features, List, Value

    place = {"start": Value("int32"), "end": Value("int32")}
    span = place | {"label": Value("string"), "text": Value("string")}
    participants = List(Value("int32"))
    trigger = span | {"modality": Value("string"), "actors": participants, "recipients": participants}
    return Features(
        {
            "id": Value("string"),
            "source": Value("string"),
            "date": Value("string"),
            "text": Value("string"),
            "sentences": List(place),
            "entities": List(span),
            "events": List(trigger),
            "event_types": List(Value("string")),
        }
    )


def _file(folder: Path, split: str) -> Path:
    return folder / f"{split}.parquet"


def _read_parquet(path: Path) -> list[Article]:
    import pyarrow
    import pyarrow.parquet

    try:
        rows = pyarrow.parquet.read_table(path).to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{path}: no readable Parquet file ({error}); run `sukien build` again") from error
    articles = []
    for number, row in enumerate(rows):
        try:
            articles.append(row_to_article(row))
        except KeyError as error:
            columns = ", ".join(_features())
            raise DataError(f"{path}: column {error} is missing; a built dataset has {columns}") from None
        except (ValueError, TypeError) as error:
            raise DataError(f"{path}: row {number} is no labelled article: {error}") from error
    return articles
