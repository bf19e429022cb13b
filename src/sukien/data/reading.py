"""Labelled files of any supported form, one or many, as articles and the label set that they use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from sukien.data.conll import TAG, read_conll, split_columns
from sukien.data.inline import read_inline
from sukien.data.jsonl import read_jsonl
from sukien.data.seeds import anchor, seed_file
from sukien.errors import DataError
from sukien.files import read_text
from sukien.ontology import LabelSet, from_labels
from sukien.schema import Article
from sukien.text.article import read_article

DEFAULT_LABELS = LabelSet()
CONLL_SUFFIXES = (".conll", ".iob2", ".bio", ".tsv")
SUFFIXES = (".txt", ".jsonl", *CONLL_SUFFIXES)
_FORMS = f"{', '.join(SUFFIXES)}: inline form, CoNLL (IOB2) or JSONL"
Reader = Callable[[Path, LabelSet | None, str], list[Article]]


def read_labels(
    paths: Sequence[Path],
    labels: LabelSet | None = DEFAULT_LABELS,
    seeds: Path | None = None,
    encoding: str = "utf-8",
) -> tuple[list[Article], LabelSet]:
    """The articles of labelled files, in the order given, and their label set.

    A folder stands for its labelled files in name order. With `labels` None the label set is what the files
    use. With `seeds`, an article whose id names a file `seeds/<id>.txt` is laid over that published text, and
    takes its date if the labels state none. Raises DataError with the faults of all files together.
    """
    if seeds is not None and not seeds.is_dir():
        raise DataError(f"{seeds}: no such folder of seed articles")
    faults: list[str] = []
    articles: list[Article] = []
    file_of: dict[str, Path] = {}
    for path in _expand(paths, faults):
        try:
            found = _read_file(path, labels, seeds, encoding)
        except DataError as error:
            faults += error.faults
            continue
        for article in found:
            if article.id in file_of:
                faults.append(f"{path}: the article {article.id!r} is also in {file_of[article.id]}; ids are unique")
            file_of.setdefault(article.id, path)
        articles += found
    if faults:
        raise DataError(faults)
    if not any(article.entities or article.events for article in articles):
        raise DataError(f"{', '.join(map(str, paths))}: not one labelled span in {len(articles)} articles")
    return articles, labels or _labels_of(articles)


def _expand(paths: Sequence[Path], faults: list[str]) -> list[Path]:
    """The files of paths and folders, each once."""
    files: list[Path] = []
    if not paths:
        faults.append(f"no labelled files given; name files or folders ({_FORMS})")
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        inside = sorted(
            file
            for file in path.iterdir()
            if file.suffix.lower() in SUFFIXES and file.stem.upper() != "README" and file.is_file()
        )
        if not inside:
            faults.append(f"{path}: no labelled files in this folder ({_FORMS})")
        files += inside
    return list(dict.fromkeys(files))


def _read_file(path: Path, labels: LabelSet | None, seeds: Path | None, encoding: str) -> list[Article]:
    text = read_text(path, encoding)
    if not text.strip():
        raise DataError(f"{path}: is empty; labelled text is needed ({_FORMS})")
    articles = _reader(path, text)(path, labels, encoding)
    if not articles:
        raise DataError(f"{path}: no sentences in it, only blank lines and comments ({_FORMS})")
    if seeds is None:
        return articles
    anchored: list[Article] = []
    faults: list[str] = []
    for article in articles:
        try:
            anchored.append(_over_seed(article, seeds, path))
        except DataError as error:
            faults += error.faults
    if faults:
        raise DataError(faults)
    return anchored


def _reader(path: Path, text: str) -> Reader:
    suffix = path.suffix.lower()
    if suffix == ".jsonl":
        return read_jsonl
    if suffix in CONLL_SUFFIXES or (suffix == ".txt" and _looks_like_conll(text)):
        return read_conll
    if suffix == ".txt":
        return read_inline
    raise DataError(f"{path}: {suffix or 'no suffix'} tells no form of labels; rename it to one of {_FORMS}")


def _looks_like_conll(text: str) -> bool:
    for line in text.split("\n"):
        columns = split_columns(line.rstrip("\r"))
        if line.startswith("-DOCSTART-"):
            return True
        if columns and not (line.startswith("#") and not TAG.fullmatch(columns[-1])):
            return len(columns) > 1 and bool(TAG.fullmatch(columns[-1])) and "[[" not in line and "{{" not in line
    return False


def _over_seed(article: Article, seeds: Path, path: Path) -> Article:
    seed = seed_file(seeds, article.id)
    if seed is None:
        return article
    raw = read_text(seed)
    anchored = anchor(article, raw, f"{path}: article {article.id!r}, published text {seed}")
    return anchored if anchored.date else replace(anchored, date=read_article(raw).date)


def _labels_of(articles: Sequence[Article]) -> LabelSet:
    events = [event for article in articles for event in article.events]
    return from_labels(
        (entity.label for article in articles for entity in article.entities),
        (event.label for event in events),
        (event.modality for event in events if event.modality is not None),
    )
