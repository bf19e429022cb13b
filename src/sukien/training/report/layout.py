"""Words and tables of the report, and how numbers are written, for the page and the terminal alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sukien.training.tables import percent

LAYER_NAMES = {
    "entities": "entities",
    "triggers": "triggers",
    "sentence_event_types": "sentence types",
    "article_event_types": "article types",
}
DASH = "–"
UNKNOWN = "not known"
NOT_MEASURED = "not measured"
SCORE_COLUMNS = ("P", "R", "F1", "95% range", "gold", "found")


@dataclass(frozen=True, slots=True)
class Row:
    """`few`: too little stands behind the numbers, which are shown dim and marked in words."""

    cells: tuple[str, ...]
    few: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """`n_text`: so many columns at the left are words; the rest are numbers. `wide`: does not fit a terminal."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    n_text: int = 1
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    title: str
    words: tuple[str, ...]
    tables: tuple[Table, ...] = field(default=())


def facts(caption: str, rows: Iterable[tuple[str, object]]) -> Table:
    """A table of names and values, without a heading."""
    return Table(caption, ("", ""), tuple(Row((name, shown(value))) for name, value in rows), n_text=2)


def score_row(name: str, values: dict[str, Any], *macro: str) -> Row:
    """What has no denominator is a dash, not a zero."""
    support, predicted = values["support"], values["predicted"]
    cells = (
        percent(values["precision"] if predicted else None),
        percent(values["recall"] if support else None),
        percent(values["f1"] if predicted is not None and support + predicted else None),
        shown_interval(values["interval"]),
        *macro,
        shown(support),
        shown(predicted),
    )
    return Row((name, *cells))


def shown_macro(macro: dict[str, Any]) -> str:
    """In percent; a dash where no type has gold."""
    return percent(macro["f1"] if macro["n_types"] else None)


def shown_interval(interval: Sequence[float] | None) -> str:
    """In percent: 61.2–70.0."""
    return DASH if interval is None else f"{percent(interval[0])}–{percent(interval[1])}"


def signed_interval(interval: Sequence[float] | None) -> str:
    """In percent: −8.6 to +0.9."""
    return DASH if interval is None else f"{signed(interval[0])} to {signed(interval[1])}"


def signed(value: float | None) -> str:
    """In percent with its sign."""
    return DASH if value is None else f"{round(100 * value, 1) + 0.0:+.1f}".replace("-", "−")


def shown(value: object) -> str:
    """Whole numbers with commas, None as a dash, others as they are."""
    return DASH if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def share_of(count: int, total: int) -> str:
    """Count, total and percent."""
    return f"{count:,} of {total:,}" + (f" ({100 * count / total:.1f}%)" if total else "")
