"""Score tables for the terminal, readable without colour and within 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

FEW = 30  # gold spans under which the F1 of a type says little
_LAYERS = {
    "entities": "entities",
    "triggers": "triggers",
    "sentence_event_types": "sentence types",
    "article_event_types": "article types",
}
_DETAILED = {"entities": "Entities", "triggers": "Triggers"}
_NONE = "–"


def score_table(scores: dict[str, Any], floor: dict[str, Any] | None, title: str) -> RenderableType:
    """The result of `scoring.score` for people: a row per layer, a row per type, what the numbers mean.

    `floor` is the score of the lexicon on the same articles; its micro F1 stands beside.
    """
    floor = floor or {}
    parts: list[RenderableType] = [Text(title, style="bold"), _headline(scores, floor)]
    for layer, name in _DETAILED.items():
        if layer in scores:
            parts += [Text(f"{name} by type", style="bold"), _types(scores[layer], floor.get(layer))]
    parts += [Padding(Text(note, style="dim"), (0, 1)) for note in _notes(scores, bool(floor))]
    return Group(*parts)


def _headline(scores: dict[str, Any], floor: dict[str, Any]) -> Table:
    table = _table(["", "P", "R", "F1", "95% range", "macro", "gold", "found"], bool(floor))
    for layer, name in _LAYERS.items():
        if layer in scores:
            micro, macro = scores[layer]["micro"], scores[layer]["macro"]
            cells = _cells(micro)
            cells.insert(4, Text(percent(macro["f1"] if macro["n_types"] else None)))
            table.add_row(Text(name), *cells, *_floor_cell(floor, layer))
    return table


def _types(layer: dict[str, Any], floor: dict[str, Any] | None) -> Table:
    table = _table(["", "P", "R", "F1", "95% range", "gold", "found"], bool(floor), " ")
    for label, values in layer["types"].items():
        beside = [Text(_f1(floor["types"].get(label)))] if floor else []
        few = values["support"] < FEW
        note = Text("few" if few else "", style="dim")
        table.add_row(Text(label, style="dim" if few else ""), *_cells(values), *beside, note)
    return table


def _table(columns: list[str], has_floor: bool, *more: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 0, 0, 1), header_style="bold")
    for column in [*columns, *(["floor"] if has_floor else []), *more]:
        table.add_column(column, justify="right" if column.strip() else "left", no_wrap=True)
    return table


def _cells(values: dict[str, Any]) -> list[Text]:
    """P, R, F1, interval, gold, found. What has no denominator is a dash, not a zero."""
    low, high = values["interval"] or (None, None)
    precision = values["precision"] if values["predicted"] else None
    recall = values["recall"] if values["support"] else None
    return [
        Text(percent(precision)),
        Text(percent(recall)),
        Text(_f1(values), style="bold"),
        Text(f"{percent(low)}–{percent(high)}" if values["interval"] else _NONE),
        Text(f"{values['support']:,}"),
        Text(f"{values['predicted']:,}"),
    ]


def _floor_cell(floor: dict[str, Any], layer: str) -> list[Text]:
    return [Text(_f1(floor[layer]["micro"] if layer in floor else None))] if floor else []


def _f1(values: dict[str, Any] | None) -> str:
    defined = values is not None and values["support"] + values["predicted"] > 0
    return percent(values["f1"] if values and defined else None)


def percent(value: float | None) -> str:
    return _NONE if value is None else f"{100 * value:.1f}"


def _notes(scores: dict[str, Any], has_floor: bool) -> Iterator[str]:
    n_articles, n_sentences = scores["n_articles"], scores["n_sentences"]
    yield (
        f"Scored on {n_articles:,} article{'s' if n_articles != 1 else ''}, {n_sentences:,} labelled"
        f" sentence{'s' if n_sentences != 1 else ''}. Numbers are percentages; gold and found are counts."
    )
    yield scores["rule"]
    yield (
        "95% range: where the F1 would fall had other articles of this kind been drawn"
        f" (bootstrap over articles); {_NONE} where too few articles hold anything to tell."
        f" Macro F1: mean over the types that occur. few: under {FEW} gold spans."
    )
    if has_floor:
        yield "floor: the words that were labelled in training, tagged wherever they occur again."
