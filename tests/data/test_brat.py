from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sukien.data.brat import BratEvent, BratSpan, is_exact, place, read_annotations

ANN = """\
T1\tPER 0 8\tông Minh
T2\tMeet 9 12\tgặp
#1\tAnnotatorNotes T1\tai?
T3\tORG 13 17;18 20\tCông ty
E1\tMeet:T2 Entity-Arg:T1 Entity-Arg2:T3
E2\tMeet:T2\x20
"""


def test_spans_events_and_roles_are_read():
    found = read_annotations(ANN, "a.ann")
    assert found.spans["T3"] == BratSpan("T3", "ORG", ((13, 17), (18, 20)), "Công ty")
    assert (found.spans["T3"].start, found.spans["T3"].end) == (13, 20)
    assert found.events == {
        "E1": BratEvent("E1", "Meet", "T2", (("Entity-Arg", "T1"), ("Entity-Arg2", "T3"))),
        "E2": BratEvent("E2", "Meet", "T2", ()),
    }


def test_the_text_of_a_span_may_go_on_in_the_next_line():
    found = read_annotations("\ufeffT1\tORG 0 13\tTP.\r\nNam Định HCM\r\n\n", "a.ann")
    assert found.spans["T1"].text == "TP.\nNam Định HCM"


def test_an_empty_file_has_no_annotations():
    assert read_annotations("", "a.ann").spans == {}


def test_every_fault_is_told_with_its_line(faults_of: Callable[..., tuple[str, ...]]):
    faults = faults_of(read_annotations, "x\nT1\tPER 5\nT2\tPER 4 4\ta\nE1\tMeet T1\nT2\tPER 0 2\tb\n", "a.ann")
    assert [fault.split(": ", 1)[0] for fault in faults] == ["a.ann:1", "a.ann:2", "a.ann:3", "a.ann:4", "a.ann:5"]
    assert "ids are unique" in faults[4]
    (fault,) = faults_of(read_annotations, "T1\tMeet 0 2\tab\nE1\tMeet:T1 Who:T9\n", "a.ann")
    assert fault == "a.ann: E1 names T9, which is not in the file; is it complete?"


TEXT = "Ông Minh ở TP.\nHà Nội gặp bà Lan. Bà Lan vui."


def at(surface: str, *fragments: tuple[int, int]) -> tuple[int, int] | None:
    return place(TEXT, BratSpan("T1", "X", fragments, surface))


@pytest.mark.parametrize(
    ("surface", "fragments", "expected"),
    [
        ("Ông Minh", [(0, 8)], (0, 8)),
        ("TP. Hà Nội", [(11, 21)], (11, 21)),  # white space differs
        ("TP. Hà Nội", [(11, 14), (15, 21)], (11, 21)),  # only a line end between the fragments
        ("Ông TP.", [(0, 3), (11, 14)], None),  # other text between
        ("Hà Nội", [(14, 20)], (15, 21)),  # slipped by one
        ("Lan", [(31, 34)], None),  # twice nearby
        ("Minh", [(28, 32)], None),  # too far away
        ("Huế", [(0, 3)], None),  # nowhere
        ("", [(8, 9)], None),
    ],
)
def test_a_span_is_placed_only_where_that_is_certain(
    surface: str, fragments: list[tuple[int, int]], expected: tuple[int, int] | None
):
    assert at(surface, *fragments) == expected


@given(st.text(alphabet="ab c\n", min_size=1, max_size=40), st.data())
def test_what_is_placed_reads_as_the_file_says(text: str, data: st.DataObject):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    shift = data.draw(st.integers(0, 3))
    span = BratSpan("T1", "X", ((start + shift, end + shift),), text[start:end])
    if found := place(text, span):
        assert text[slice(*found)].split() == text[start:end].split()
    elif shift == 0:
        assert not text[start:end].strip()
    assert is_exact(text, BratSpan("T1", "X", ((start, end),), text[start:end])) == bool(text[start:end].strip())
