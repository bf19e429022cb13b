"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Encoding = Annotated[str, typer.Option(help="Encoding of the text files.")]
Overrides = Annotated[list[str] | None, typer.Argument(help="key.path=value ...")]
Resume = Annotated[bool, typer.Option("--resume", help="Continue an interrupted run.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an earlier run of this name.")]
Seeds = Annotated[
    Path | None, typer.Option(help="Folder of raw articles that labels are anchored in; default: seeds, if any.")
]
LabelSetName = Annotated[
    str, typer.Option(help="sukien (the default types), data (types as they come), or a YAML file.")
]
