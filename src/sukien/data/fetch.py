"""Bring a public corpus to this computer: text for our labels, or a benchmark with labels of its own.

Our labels are laid over the text of vietnews. PhoNER_COVID19 and BKEE become built datasets with their official split.
What is not ours to pass on lands in `local/`, which git ignores.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sukien.data import bkee, bkee_files, phoner
from sukien.data.inline import read_inline, write_inline
from sukien.data.repository import bring
from sukien.data.standoff import Standoff, detach, join, read_standoff, refuse_reserved
from sukien.errors import DataError, nearest
from sukien.files import read_json, read_text, write_json, write_jsonl, write_text
from sukien.ontology import LabelSet


@dataclass(frozen=True, slots=True)
class Corpus:
    """A public corpus. `labels` is our stand-off file, below data/; its hashes pin what the labels were made on.

    `reserved` lists the files that are kept for tests to come. A corpus without labels is a benchmark: `build` makes
    datasets from its `paths`, under its `terms`.
    """

    name: str
    source: str
    url: str
    labels: str = ""
    reserved: str = ""
    terms: str = ""
    paths: tuple[str, ...] = ()
    build: Callable[[Path, Path], list[str]] | None = None


CORPORA = {
    "vietnews": Corpus(
        name="vietnews",
        source="ThanhChinhBK/vietnews",
        url="https://github.com/ThanhChinhBK/vietnews",
        labels="standoff/vietnews.jsonl",
        reserved="standoff/reserved.txt",
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
        overwrite: replace a joined file that was corrected by hand. One that nobody has touched since it was fetched
            is replaced without.

    Raises DataError for an unknown name, for files that are missing or not those that were labelled, and for a joined
    file with corrections; SukienError where git or the network fails. What an earlier fetch has made then stays.
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
    if not labels:
        raise DataError(f"{data / corpus.labels}: labels no article; bring the file back (git checkout)")
    _refuse_reserved(labels, data, corpus)
    own = data / "local" / corpus.name
    folder = bring(corpus.url, own, origin, [article.path for article in labels], everything=everything)
    articles = join(labels, folder, LabelSet(), corpus.source)
    joined = _Joined(data, corpus)
    text = write_inline(articles)
    if not overwrite and joined.corrected(text):
        raise DataError(f"{joined.path}: {joined.advice()}")
    write_text(joined.path, text)
    joined.stamp()
    told = [f"{len(articles)} labelled articles written to {joined.path}; `sukien build` takes them in"]
    if everything:
        told.append(f"the text of the corpus is in {folder}")
        if folder != own:
            told.append(f"it was not copied: pre-train with corpus.paths='[{folder}]'")
    return Fetched(joined.path, folder, told)


def _fetch_benchmark(corpus: Corpus, local: Path, origin: str | None) -> Fetched:
    assert corpus.build
    found = bkee_files.archive_at(Path(origin)) if origin and corpus.name == "bkee" else None
    if found is None:
        folder = bring(corpus.url, local / corpus.name, origin, corpus.paths)
        found = folder / bkee_files.ARCHIVE if corpus.name == "bkee" else folder
    return Fetched(local, found, [corpus.terms, *corpus.build(found, local)])


class _Joined:
    """Labels over text in `data/local/`, with a stamp that tells later what they were made from, and whether edited."""

    def __init__(self, data: Path, corpus: Corpus) -> None:
        self.path = data / "local" / f"{corpus.name}.txt"
        self._labels = data / corpus.labels
        self._stamp = self.path.with_suffix(".stamp.json")

    def corrected(self, text: str) -> bool:
        """Whether writing `text` would lose what somebody changed by hand."""
        if not self.path.is_file() or read_text(self.path) == text:
            return False
        return self._stamped("text") != _sha256(self.path)

    def outdated(self) -> bool:
        """Whether the stand-off file may hold newer labels than this one, which then must not replace them."""
        return self._labels.is_file() and self._stamped("labels") != _sha256(self._labels)

    def advice(self) -> str:
        if self.outdated():
            return (
                f"has corrections, but {self._why_outdated()}: keep a copy of the file outside"
                f" {self.path.parent}, fetch with --overwrite, and make the corrections again"
            )
        return (
            f"differs from the labels in {self._labels}; keep what was corrected by hand with --save, or give it up"
            " with --overwrite"
        )

    def refuse_outdated(self) -> None:
        """Raise DataError where saving could replace newer labels."""
        if self.outdated():
            raise DataError(
                f"{self._labels}: its labels would be lost, and {self._why_outdated()}; keep a copy of {self.path}"
                " elsewhere, fetch with --overwrite, and make the corrections again (--save --overwrite writes the file"
                " as it is)"
            )

    def _why_outdated(self) -> str:
        if self._stamped("labels"):
            return f"{self._labels} has changed since {self.path.name} was fetched"
        return f"nothing tells whether {self.path.name} was made from the labels as they are now"

    def stamp(self) -> None:
        """Note that the file and the stand-off file say the same now."""
        write_json(self._stamp, {"labels": _sha256(self._labels), "text": _sha256(self.path)})

    def _stamped(self, key: str) -> object:
        try:
            value = read_json(self._stamp)
        except DataError:  # none, or broken: then nobody knows
            return None
        return value.get(key) if isinstance(value, dict) else None


def save_labels(name: str, data: Path, origin: str | None = None, *, overwrite: bool = False) -> tuple[Path, int]:
    """The way back: write the labels of `data/local/<name>.txt`, corrected by hand, to the stand-off file.

    Returns the stand-off file and its number of articles. Raises DataError for faults of the labels, where a sentence
    is not in the corpus or an article is reserved, and, unless `overwrite`, where labelled sentences are gone or the
    stand-off file may have changed since the text was fetched: its newer labels would be lost.
    """
    corpus = _corpus(name)
    if not corpus.labels:
        raise DataError(f"--save is for corpora that we labelled; the labels of {name} are its authors'")
    joined = _Joined(data, corpus)
    articles = read_inline(joined.path, LabelSet())
    if not overwrite:
        joined.refuse_outdated()
    labels = detach(articles, Path(origin) if origin else data / "local" / name)
    _refuse_reserved(labels, data, corpus)
    known = read_standoff(data / corpus.labels) if (data / corpus.labels).is_file() else []
    n_sentences = {one.path: len(one.sentences) for one in labels}
    if lost := sorted({one.path for one in known} - set(n_sentences)):
        raise DataError(
            f"{joined.path}: lacks {len(lost)} labelled articles, such as {lost[0]}; fetch them again first"
        )
    if fewer := [one for one in known if n_sentences[one.path] < len(one.sentences)] if not overwrite else []:
        raise DataError(
            f"{joined.path}: {fewer[0].path} has {n_sentences[fewer[0].path]} sentences, but {len(fewer[0].sentences)}"
            " were labelled; put them back, or drop their labels with --save --overwrite"
        )
    write_jsonl(data / corpus.labels, (article.to_dict() for article in labels))
    joined.stamp()
    return data / corpus.labels, len(labels)


def _refuse_reserved(labels: Sequence[Standoff], data: Path, corpus: Corpus) -> None:
    if not (data / corpus.reserved).is_file():
        raise DataError(
            f"{data / corpus.reserved}: no such file, and without it reserved articles may be labelled; bring it back"
            " (git checkout)"
        )
    refuse_reserved([article.path for article in labels], data / corpus.reserved)


def _sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _corpus(name: str) -> Corpus:
    if name not in CORPORA:
        raise DataError(f"{name!r} is no corpus that we know{nearest(name, list(CORPORA))} ({', '.join(CORPORA)})")
    return CORPORA[name]
