"""Files of a public repository, from the network or from what of it is here already.

Only git is needed. A fetch that was interrupted goes on where it stopped when it is started again: every step can be
repeated.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sukien.errors import DataError, SukienError
from sukien.files import write_text

_FETCHED = "refs/heads/fetched"
_EXACT = ["-c", "core.autocrlf=false"]  # line ends are part of what is hashed
# Messages that `_said` can read, and no question for a password where a repository is gone.
_ENVIRONMENT = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
_N_NAMED = 3  # missing files named in one fault


def bring(url: str, folder: Path, origin: str | None, paths: Sequence[str], *, everything: bool = False) -> Path:
    """The folder in which all `paths` of a repository are.

    Args:
        folder: where files from the network, or from a repository without work tree, are put.
        origin: a clone (bare or not) or an unpacked download instead of the network. One that has the files in its
            work tree is read where it lies: nothing is copied.
        paths: the files that are needed.
        everything: bring all other files too.

    Raises DataError where `origin` is something else or lacks files, before anything is written; SukienError where
    git or the network fails.
    """
    if origin is None:
        _checkout(url, folder, None if everything else paths)
        return folder
    clone = Path(origin)
    if not clone.is_dir():
        what = "is a file" if clone.exists() else "no such folder"
        raise DataError(f"{clone}: {what}; --from wants a clone or an unpacked download of {url}")
    missing = [path for path in paths if not (clone / path).is_file()]
    if not missing:
        return clone
    found = _git(["-C", str(clone), "rev-parse", "--show-prefix"], check=False)
    if found.returncode or found.stdout.strip():  # a prefix: some repository around this folder
        reason = "is no git repository" if "not a git repository" in _said(found) or not found.returncode else ""
        raise DataError(
            f"{clone}: lacks {_named(missing)} and {reason or f'git cannot read it ({_said(found)})'}; is it {url},"
            " and all of it?"
        )
    _unpack(clone, folder, paths, url, everything=everything)
    return folder


def _checkout(url: str, folder: Path, paths: Sequence[str] | None) -> None:
    """A clone of one commit, of a few files only where few are wanted: megabytes instead of hundreds of them."""
    folder.mkdir(parents=True, exist_ok=True)
    # Named outright: else git would take the repository around this folder where this one is half made.
    here = [f"--git-dir={folder / '.git'}", f"--work-tree={folder}"]
    _git([*here, "init", "--quiet"])
    if _git([*here, "cat-file", "-e", _FETCHED], check=False).returncode:
        lazily = [] if paths is None else ["--filter=blob:none"]
        _git([*here, "fetch", "--quiet", "--depth=1", *lazily, url, "HEAD"], told=f"cannot fetch {url}", locks=folder)
        _git([*here, "update-ref", _FETCHED, "FETCH_HEAD"], locks=folder)
    # Files of a sparse checkout come in one request, those of a pathspec one by one.
    _git([*here, "config", "core.sparseCheckout", "true"], locks=folder)
    wanted = ["/*"] if paths is None else [f"/{path}" for path in paths]
    write_text(folder / ".git/info/sparse-checkout", "".join(f"{line}\n" for line in wanted))
    _git([*here, "read-tree", "--reset", "-u", _FETCHED], told=f"cannot check out {folder}", locks=folder)


def _unpack(clone: Path, folder: Path, paths: Sequence[str], url: str, *, everything: bool) -> None:
    """Files out of a repository without them in its work tree, which stays as it is."""
    listed = _git(["-C", str(clone), "ls-tree", "-r", "-z", "--name-only", "HEAD", "--", *paths], check=False)
    if listed.returncode:
        raise DataError(f"{clone}: lacks files of {url}: {_said(listed)}; is it the right repository?")
    here = set(listed.stdout.decode(errors="replace").split("\0"))
    if missing := [path for path in paths if path not in here]:
        raise DataError(f"{clone}: lacks {_named(missing)} of {url}; is it the right repository?")
    command = ["git", *_EXACT, "-C", str(clone), "archive", "HEAD", "--", *([] if everything else paths)]
    folder.mkdir(parents=True, exist_ok=True)
    # Straight from the pipe to the files: a whole corpus would not fit into memory.
    with tempfile.TemporaryFile() as errors:
        environment = {**os.environ, **_ENVIRONMENT}
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environment) as archiver:
            broken = None
            try:
                assert archiver.stdout
                with tarfile.open(fileobj=archiver.stdout, mode="r|") as archive:
                    archive.extractall(folder, filter="data")
                while archiver.stdout.read(1 << 16):  # its padding: git must not find the pipe closed
                    pass
            except tarfile.TarError as error:
                broken = str(error)
            except OSError as error:
                archiver.kill()
                raise SukienError(f"{folder}: cannot be written: {error.strerror or error}") from error
        errors.seek(0)
        if broken or archiver.returncode:
            said = _first_fault(errors.read()) or broken or f"exit code {archiver.returncode}"
            raise DataError(f"{clone}: cannot be unpacked: {said}; is it complete? Clone it again")


def _git(
    arguments: Sequence[str], *, check: bool = True, told: str = "git failed", locks: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """`locks`: our own copy, in which an earlier git that was killed may have left its locks."""
    if shutil.which("git") is None:
        raise SukienError(
            "git is not installed, and it brings the corpus; install it, or download the corpus by other means and"
            " name its folder with --from"
        )
    environment = {**os.environ, **_ENVIRONMENT}
    done = subprocess.run(["git", *_EXACT, *arguments], env=environment, capture_output=True, check=False)
    if check and done.returncode:
        left = sorted((locks / ".git").rglob("*.lock")) if locks else []
        if left:
            raise SukienError(
                f"{told}: {_said(done)}; {', '.join(map(str, left))}: a git that was interrupted has left"
                f" {'it' if len(left) == 1 else 'them'}: unless one is at work there now, delete"
                f" {'it' if len(left) == 1 else 'them'} and run the command again"
            )
        raise SukienError(
            f"{told}: {_said(done)}; without a network name a clone with --from; run the command again to go on"
        )
    return done


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    return _first_fault(done.stderr) or f"exit code {done.returncode}"


def _first_fault(stderr: bytes) -> str:
    """What git says is wrong; hints and advice come after it."""
    lines = stderr.decode(errors="replace").strip().splitlines()
    return next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[-1] if lines else "")


def _named(paths: Sequence[str]) -> str:
    rest = f" and {len(paths) - _N_NAMED} more files" if len(paths) > _N_NAMED else ""
    return f"{', '.join(paths[:_N_NAMED])}{rest}"
