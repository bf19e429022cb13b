from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.style import Style

from sukien.inference.render import render_prediction
from sukien.schema import Entity, Event, Prediction, Sentence


def predicted(
    text: str,
    entities: tuple[tuple[int, int, str], ...] = (),
    events: tuple[tuple[int, int, str], ...] = (),
    sentences: tuple[Sentence, ...] = (),
    **types: float,
) -> Prediction:
    return Prediction(
        "a",
        text,
        tuple(Entity(start, end, text[start:end], label) for start, end, label in entities),
        tuple(Event(start, end, text[start:end], label) for start, end, label in events),
        types,
        sentences,
    )


def shown(prediction: Prediction, title: str | None = None, width: int = 100) -> str:
    """What a pipe or a file gets."""
    output = io.StringIO()
    Console(file=output, width=width).print(render_prediction(prediction, title))
    return output.getvalue()


def first_line(prediction: Prediction) -> str:
    return shown(prediction).splitlines()[1].strip()


def test_spans_are_readable_without_colour() -> None:
    text = "Joe Biden gặp Putin."
    found = predicted(text, ((0, 9, "PER"), (14, 19, "PER")), ((10, 13, "CONSULT"),), CONSULT=0.873)
    output = shown(found, "seeds/000.txt")
    assert "\x1b" not in output
    assert "[Joe Biden|PER] {gặp|CONSULT} [Putin|PER]." in output
    assert output.startswith("seeds/000.txt ")
    row = next(line for line in output.splitlines() if line.strip().startswith("CONSULT"))
    assert "87%" in row
    assert "meet" in row
    assert "2 entities, 1 event, 0 sentences" in output


@pytest.mark.parametrize(
    ("entity", "event", "expected"),
    [
        ((0, 8), (3, 5), "[ab {cd|AID} ef|PER] gh"),
        ((3, 5), (0, 8), "{ab [cd|PER] ef|AID} gh"),
        ((0, 5), (3, 8), "[ab {cd|PER] ef|AID} gh"),
        ((3, 8), (0, 5), "{ab [cd|AID} ef|PER] gh"),
        ((0, 5), (0, 2), "[{ab|AID} cd|PER] ef gh"),
        ((3, 5), (0, 5), "{ab [cd|PER]|AID} ef gh"),
        ((0, 2), (0, 2), "[{ab|AID}|PER] cd ef gh"),
        ((0, 2), (3, 5), "[ab|PER] {cd|AID} ef gh"),
        ((6, 8), (9, 11), "ab cd [ef|PER] {gh|AID}"),
    ],
)
def test_nested_and_overlapping_spans(entity: tuple[int, int], event: tuple[int, int], expected: str) -> None:
    assert first_line(predicted("ab cd ef gh", ((*entity, "PER"),), ((*event, "AID"),))) == expected


def test_modality_is_shown_unless_asserted() -> None:
    events = (Event(0, 2, "ab", "AID", "asserted"), Event(3, 5, "cd", "AID", "future"))
    assert first_line(Prediction("a", "ab cd", (), events)) == "{ab|AID} {cd|AID|future}"


def test_markup_in_text_labels_and_title_is_literal() -> None:
    found = predicted("[bold]a[/bold] [red]", ((6, 7, "[x]"),), x=0.5)
    output = shown(found, "[bold]title")
    assert "[bold][a|[x]][/bold] [red]" in output
    assert "[bold]title" in output


def test_control_characters_reach_no_terminal() -> None:
    output = shown(predicted("a\x1b[31mb\x07\u202ec\r", ((0, 7, "PER"),)), "t\x1b]0;")
    assert not any(unicodedata.category(char) == "Cc" and char != "\n" for char in output)
    assert "\u202e" not in output
    assert "[a\ufffd[31mb|PER]" in output


def test_paragraphs_are_kept_one_blank_line_apart() -> None:
    lines = [line.strip() for line in shown(predicted("\n\na\r\nb\n\n \n\nc\n\n")).splitlines()]
    assert lines[1 + lines[1:].index("a") :][:4] == ["a", "b", "", "c"]


def test_residue_is_dim_and_triggers_stand_out_in_colour() -> None:
    text = "ab cd\nPOWERED"
    found = predicted(text, (), ((0, 2, "AID"),), (Sentence(0, 5),))
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system="standard")
    pieces: dict[str, Style | None] = {}
    for piece in console.render(render_prediction(found)):
        pieces.setdefault(piece.text.strip(), piece.style)
    trigger, body, residue = pieces["ab"], pieces["cd"], pieces["POWERED"]
    assert trigger is not None
    assert trigger.underline
    assert trigger.bold
    assert residue is not None
    assert residue.dim
    assert body is None or not body.dim


def test_only_certainty_is_shown_as_100() -> None:
    output = shown(predicted("a", A=1.0, B=0.9999, C=0.0))
    assert [line.split()[2] for line in output.splitlines() if line.split()[:1] and line.split()[0] in "ABC"] == [
        "100%",
        "99%",
        "0%",
    ]


def test_types_of_other_label_sets_and_narrow_terminals() -> None:
    entities = tuple((n, n + 1, f"TYPE{n}") for n in range(12))
    found = predicted("x" * 12, entities, ((0, 1, "MERGER"),), MERGER=0.5)
    lines = shown(found, width=40).splitlines()
    assert max(map(len, lines)) <= 40
    assert any(line.split()[:3] == ["MERGER", "━━━━━─────", "50%"] for line in lines)


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=60), st.data())
def test_any_text_and_spans_can_be_shown(text: str, data: st.DataObject) -> None:
    borders = sorted(data.draw(st.sets(st.integers(0, len(text)))))
    spans = list(zip(borders[::2], borders[1::2], strict=False))
    entities = tuple((start, end, "PER") for start, end in spans)
    others = tuple((start, end, "AID") for start, end in zip(borders[1::2], borders[2::2], strict=False))
    output = shown(
        predicted(text, entities, others, tuple(Sentence(0, len(text)) for _ in range(bool(text)))), width=2000
    )  # so wide that no label is broken at a line end
    assert output.count("|PER]") >= len(entities)
    assert output.count("|AID}") >= len(others)
