"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Encoding = Annotated[str, typer.Option(help="Encoding of the text files.")]
