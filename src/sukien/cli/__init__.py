"""Commands: parse, call, print. Exit codes: 0 done, 1 some articles failed, 2 nothing could be done."""

from __future__ import annotations

import io
import os
import sys
from importlib import metadata
from typing import Annotated

import typer

from sukien.cli import data, runs, tagging
from sukien.errors import SukienError

_INTERRUPTED = 130  # exit code of Ctrl-C

app = typer.Typer(
    help="Entities and political events in Vietnamese news, as exact spans of the published text.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """The `sukien` command. Faults that the user can mend go to standard error, without a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Vietnamese on any terminal, and JSON that is always UTF-8; names of files may be no text at all.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except SukienError as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)
        raise SystemExit(2) from None
    except OSError as error:
        # Standard output on a full disk, or its reader has gone, as in `sukien predict ... | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the rest must not fail again at exit
        if isinstance(error, BrokenPipeError):
            raise SystemExit(1) from None
        print(f"{error.filename or 'standard output'}: {error.strerror or error}", file=sys.stderr)
        raise SystemExit(2) from None
    except (KeyboardInterrupt, SystemExit) as stop:
        if isinstance(stop, SystemExit) and stop.code != _INTERRUPTED:  # typer makes one of the other
            raise
        if os.environ.get("RANK", "0") == "0":
            goes_on = sys.argv[1:2] in (["train"], ["pretrain"])
            start = "\n" if sys.stderr.isatty() else ""  # behind a progress bar and ^C
            print(
                f"{start}interrupted" + "; with --resume it goes on from its last checkpoint" * goes_on, file=sys.stderr
            )
        raise SystemExit(_INTERRUPTED) from None


def _version(wanted: bool) -> None:
    if wanted:
        print(f"sukien {metadata.version('sukien')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    pass


for command in (
    data.fetch,
    data.build,
    data.check_labels,
    data.select,
    runs.check,
    runs.vectors,
    runs.pretrain,
    runs.train,
    runs.evaluate,
    runs.benchmarks,
    tagging.info,
    tagging.predict,
    tagging.show,
):
    app.command()(command)
