"""Bring the text of a public corpus to this computer, and lay our labels over it.

Only git is needed. A fetch that was interrupted goes on where it stopped when it is started again: every step can
be repeated, and the joined file appears when all of it is there.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sukien.data.inline import read_inline, write_inline
from sukien.data.standoff import detach, join, read_standoff
from sukien.errors import DataError, SukienError, nearest
from sukien.files import write_jsonl, write_text
from sukien.ontology import LabelSet


@dataclass(frozen=True, slots=True)
class Corpus:
    """A public corpus. `labels` is our stand-off file, below data/; its hashes pin what the labels were made on."""

    name: str
    source: str
    url: str
    labels: str


CORPORA = {
    "vietnews": Corpus(
        name="vietnews",
        source="ThanhChinhBK/vietnews",
        url="https://github.com/ThanhChinhBK/vietnews",
        labels="standoff/vietnews.jsonl",
    )
}

_FETCHED = "refs/heads/fetched"
_EXACT = ["-c", "core.autocrlf=false"]  # line ends are part of what is hashed


def fetch(
    name: str, data: Path, origin: str | None = None, *, everything: bool = False, overwrite: bool = False
) -> tuple[Path, int]:
    """Fetch the labelled files of a corpus and write `data/local/<name>.txt`, our labels over its text.

    Args:
        name: a key of CORPORA.
        data: folder that holds `standoff/`; text lands in its `local/`, which git ignores.
        origin: an existing clone or unpacked download instead of the network.
        everything: fetch the whole corpus, as pre-training needs it, not only the labelled files.
        overwrite: replace a joined file that differs from the labels, be it by hand or by an earlier version.

    Returns the joined file and its number of articles. Raises DataError for an unknown name, for files that are missing
    or not those that were labelled; SukienError where git or the network fails.
    """
    corpus = _corpus(name)
    if not (data / corpus.labels).is_file():
        raise DataError(f"{data / corpus.labels}: no such file; run this in a checkout of sukien, or name its --data")
    labels = read_standoff(data / corpus.labels)
    paths = [article.path for article in labels]
    folder = _files(corpus, data / "local" / name, origin, None if everything else paths)
    articles = join(labels, folder, LabelSet(), corpus.source)
    joined = data / "local" / f"{name}.txt"
    text = write_inline(articles)
    if joined.is_file() and not overwrite and joined.read_text(encoding="utf-8") != text:
        raise DataError(
            f"{joined}: differs from the labels in {data / corpus.labels}; keep what was corrected by hand with --save,"
            " or give it up with --overwrite"
        )
    write_text(joined, text)
    return joined, len(articles)


def save_labels(name: str, data: Path, origin: str | None = None) -> tuple[Path, int]:
    """The way back: write the labels of `data/local/<name>.txt`, corrected by hand, to the stand-off file.

    Returns the stand-off file and its number of articles. Raises DataError for faults of the labels, and where a
    sentence is not in the corpus.
    """
    corpus = _corpus(name)
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


def _files(corpus: Corpus, folder: Path, origin: str | None, paths: Sequence[str] | None) -> Path:
    """The folder that the corpus's paths start from, with at least `paths` (None: all) in it."""
    if origin is None:
        _checkout(corpus.url, folder, paths)
        return folder
    clone = Path(origin)
    if not clone.is_dir():
        raise DataError(f"{clone}: no such folder; --from wants a clone or an unpacked download of {corpus.url}")
    if (clone / "data").is_dir():
        return clone
    if _git(["-C", str(clone), "rev-parse", "--git-dir"], check=False).returncode:
        raise DataError(f"{clone}: has no folder 'data' and is no git repository; is it {corpus.url}?")
    _unpack(clone, folder, paths, corpus)
    return folder


def _checkout(url: str, folder: Path, paths: Sequence[str] | None) -> None:
    """A clone of one commit, of a few files only where few are wanted: megabytes instead of hundreds of them."""
    folder.mkdir(parents=True, exist_ok=True)
    # Named outright: else git would take the repository around this folder where this one is half made.
    here = [f"--git-dir={folder / '.git'}", f"--work-tree={folder}"]
    _git([*here, "init", "--quiet"])
    if _git([*here, "cat-file", "-e", _FETCHED], check=False).returncode:
        lazily = [] if paths is None else ["--filter=blob:none"]
        _git([*here, "fetch", "--quiet", "--depth=1", *lazily, url, "HEAD"], told=f"cannot fetch {url}")
        _git([*here, "update-ref", _FETCHED, "FETCH_HEAD"])
    # Files of a sparse checkout come in one request, those of a pathspec one by one.
    _git([*here, "config", "core.sparseCheckout", "true"])
    wanted = ["/*"] if paths is None else [f"/{path}" for path in paths]
    write_text(folder / ".git/info/sparse-checkout", "".join(f"{line}\n" for line in wanted))
    _git([*here, "read-tree", "--reset", "-u", _FETCHED], told=f"cannot check out {folder}")


def _unpack(clone: Path, folder: Path, paths: Sequence[str] | None, corpus: Corpus) -> None:
    """Files out of a repository without a work tree, which stays as it is."""
    done = _git(["-C", str(clone), "archive", "HEAD", "--", *(paths or [])], check=False)
    if done.returncode:
        raise DataError(f"{clone}: lacks files of {corpus.url}: {_said(done)}; is it the right repository?")
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")


def _git(
    arguments: Sequence[str], *, check: bool = True, told: str = "git failed", stdin: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    if shutil.which("git") is None:
        raise SukienError(
            "git is not installed, and it brings the corpus; install it, or download the corpus by other means and"
            " name its folder with --from"
        )
    done = subprocess.run(["git", *_EXACT, *arguments], input=stdin, capture_output=True, check=False)
    if check and done.returncode:
        raise SukienError(
            f"{told}: {_said(done)}; without a network name a clone with --from; run the command again to go on"
        )
    return done


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"
