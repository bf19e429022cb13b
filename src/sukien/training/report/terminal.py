"""The report on the terminal: the tables of the page, readable without colour and within 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table as RichTable
from rich.text import Text

from sukien.training.report.layout import Table
from sukien.training.report.sections import sections, warning

_N_ERRORS = 10


def report_tables(scores: dict[str, Any]) -> RenderableType:
    """All sections of the result of `measure`; of the errors themselves the ten most confident."""
    parts: list[RenderableType] = []
    if told := warning(scores):
        parts.append(Text(told, style="bold red"))
    for section in sections(scores):
        parts.append(Rule(Text(section.title, style="bold"), align="left"))
        parts += [Padding(Text(words, style="dim"), (0, 1)) for words in section.words]
        for table in section.tables:
            if table.rows and not table.wide:
                parts += [Padding(Text(table.caption, style="bold"), (1, 0, 0, 0)), _rich(table)]
    return Group(*parts, *_errors(scores["report"]["examples"]["confident"]))


def _rich(table: Table) -> RichTable:
    drawn = RichTable(
        box=box.SIMPLE_HEAD if any(table.columns) else None,
        show_header=any(table.columns),
        show_edge=False,
        pad_edge=False,
        padding=(0, 0, 0, 1),
        header_style="bold",
    )
    for place, name in enumerate(table.columns):
        is_text = place < table.n_text or name == "note"
        drawn.add_column(name, justify="left" if is_text else "right", overflow="fold", no_wrap=not is_text)
    for row in table.rows:
        drawn.add_row(*(Text(cell) for cell in row.cells), style="dim" if row.few else "")
    return drawn


def _errors(examples: list[dict[str, Any]]) -> Iterator[RenderableType]:
    if not examples:
        return
    yield Rule(Text("The most confident errors", style="bold"), align="left")
    for one in examples[:_N_ERRORS]:
        gold, predicted = one["gold"], one["predicted"]
        line = Text(f"{predicted['score']:.3f} {one['kind']}: ", style="bold")
        line.append(f"{predicted['label']} {predicted['text']}", style="")
        line.append(f"; labelled {gold['label']} {gold['text']}" if gold else "; nothing labelled", style="")
        yield line
