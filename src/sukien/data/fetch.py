"""Bring a public corpus to this computer: text for our labels, or a benchmark with labels of its own.

Our labels are laid over the text of vietnews. PhoNER_COVID19 and BKEE become built datasets with their official split.
What is not ours to pass on lands in `local/`, which git ignores.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sukien.data import bkee, bkee_files, phoner
from sukien.data.inline import read_inline, write_inline
from sukien.data.repository import bring
from sukien.data.standoff import detach, join, read_standoff
from sukien.errors import DataError, nearest
from sukien.files import write_jsonl, write_text
from sukien.ontology import LabelSet


@dataclass(frozen=True, slots=True)
class Corpus:
    """A public corpus. `labels` is our stand-off file, below data/; its hashes pin what the labels were made on.

    A corpus without one is a benchmark: `build` makes datasets from its `paths`, under its `terms`.
    """

    name: str
    source: str
    url: str
    labels: str = ""
    terms: str = ""
    paths: tuple[str, ...] = ()
    build: Callable[[Path, Path], list[str]] | None = None


CORPORA = {
    "vietnews": Corpus(
        name="vietnews",
        source="ThanhChinhBK/vietnews",
        url="https://github.com/ThanhChinhBK/vietnews",
        labels="standoff/vietnews.jsonl",
    ),
    "phoner": Corpus(
        name="phoner",
        source=phoner.SOURCE,
        url=phoner.URL,
        terms=phoner.TERMS,
        paths=phoner.PATHS,
        build=phoner.build_phoner,
    ),
    "bkee": Corpus(
        name="bkee",
        source=bkee_files.SOURCE,
        url=bkee_files.URL,
        terms=bkee.TERMS,
        paths=(bkee_files.ARCHIVE,),
        build=bkee.build_bkee,
    ),
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetch has made: the joined file or the folder of datasets, where the text lies, and what to tell."""

    made: Path
    text: Path
    told: list[str]


def fetch(
    name: str, data: Path, origin: str | None = None, *, everything: bool = False, overwrite: bool = False
) -> Fetched:
    """Fetch a corpus into `data/local/`: of vietnews our labels over its text, of a benchmark its built datasets.

    Args:
        name: a key of CORPORA.
        data: folder that holds `standoff/`; text lands in its `local/`, which git ignores.
        origin: an existing clone, with or without work tree, or an unpacked download instead of the network; of BKEE
            also its archive. Text that lies there as files is read in place and not copied.
        everything: fetch the whole corpus, as pre-training needs it, not only the labelled files.
        overwrite: replace a joined file that differs from the labels, be it by hand or by an earlier version.

    Raises DataError for an unknown name, for files that are missing or not those that were labelled; SukienError where
    git or the network fails. What an earlier fetch has made then stays.
    """
    corpus = _corpus(name)
    if corpus.labels:
        return _fetch_labelled(corpus, data, origin, everything=everything, overwrite=overwrite)
    if everything:
        raise DataError(f"--all is for a corpus of which we labelled a part; all that {name} needs comes without it")
    return _fetch_benchmark(corpus, data / "local", origin)


def _fetch_labelled(corpus: Corpus, data: Path, origin: str | None, *, everything: bool, overwrite: bool) -> Fetched:
    if not (data / corpus.labels).is_file():
        raise DataError(f"{data / corpus.labels}: no such file; run this in a checkout of sukien, or name its --data")
    labels = read_standoff(data / corpus.labels)
    own = data / "local" / corpus.name
    folder = bring(corpus.url, own, origin, [article.path for article in labels], everything=everything)
    articles = join(labels, folder, LabelSet(), corpus.source)
    joined = data / "local" / f"{corpus.name}.txt"
    text = write_inline(articles)
    if joined.is_file() and not overwrite and joined.read_text(encoding="utf-8") != text:
        raise DataError(
            f"{joined}: differs from the labels in {data / corpus.labels}; keep what was corrected by hand with --save,"
            " or give it up with --overwrite"
        )
    write_text(joined, text)
    told = [f"{len(articles)} labelled articles written to {joined}; `sukien build` takes them in"]
    if everything:
        told.append(f"the text of the corpus is in {folder}")
        if folder != own:
            told.append(f"it was not copied: pre-train with corpus.paths='[{folder}]'")
    return Fetched(joined, folder, told)


def _fetch_benchmark(corpus: Corpus, local: Path, origin: str | None) -> Fetched:
    assert corpus.build
    found = bkee_files.archive_at(Path(origin)) if origin and corpus.name == "bkee" else None
    if found is None:
        folder = bring(corpus.url, local / corpus.name, origin, corpus.paths)
        found = folder / bkee_files.ARCHIVE if corpus.name == "bkee" else folder
    return Fetched(local, found, [corpus.terms, *corpus.build(found, local)])


def save_labels(name: str, data: Path, origin: str | None = None) -> tuple[Path, int]:
    """The way back: write the labels of `data/local/<name>.txt`, corrected by hand, to the stand-off file.

    Returns the stand-off file and its number of articles. Raises DataError for faults of the labels, and where a
    sentence is not in the corpus.
    """
    corpus = _corpus(name)
    if not corpus.labels:
        raise DataError(f"--save is for corpora that we labelled; the labels of {name} are its authors'")
    joined = data / "local" / f"{name}.txt"
    articles = read_inline(joined, LabelSet())
    folder = Path(origin) if origin else data / "local" / name
    labels = detach(articles, folder)
    known = read_standoff(data / corpus.labels) if (data / corpus.labels).is_file() else []
    if lost := sorted({one.path for one in known} - {one.path for one in labels}):
        raise DataError(f"{joined}: lacks {len(lost)} labelled articles, such as {lost[0]}; fetch them again first")
    write_jsonl(data / corpus.labels, (article.to_dict() for article in labels))
    return data / corpus.labels, len(labels)


def _corpus(name: str) -> Corpus:
    if name not in CORPORA:
        raise DataError(f"{name!r} is no corpus that we know{nearest(name, list(CORPORA))} ({', '.join(CORPORA)})")
    return CORPORA[name]
