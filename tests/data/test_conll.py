from __future__ import annotations

import pytest

from sukien.data.conll import read_conll
from sukien.ontology import LabelSet
from sukien.schema import Sentence

OWN = LabelSet(("PATIENT", "LOCATION"), (), ())


def test_spaces_without_article_marks_make_each_sentence_an_article(save):
    text = "Bệnh_nhân O\n91 B-PATIENT\n: O\n\n\nTP. B-LOCATION\nHCM I-LOCATION\nHà_Nội B-LOCATION\n"
    first, second = read_conll(save("dev.conll", text), OWN)
    assert (first.id, first.text) == ("dev-0001", "Bệnh_nhân 91 :")
    assert [(e.text, e.label, e.start) for e in first.entities] == [("91", "PATIENT", 10)]
    assert (second.id, second.text) == ("dev-0002", "TP. HCM Hà_Nội")
    assert [e.text for e in second.entities] == ["TP. HCM", "Hà_Nội"]


def test_tabs_more_columns_and_events(save):
    text = "Mỹ\tNp\tB-GPE\r\ngặp gỡ\tV\tB-CONSULT\r\n#\tX\tO\r\n"
    (article,) = read_conll(save("x.tsv", text), LabelSet())
    assert article.text == "Mỹ gặp gỡ #"
    assert [e.text for e in article.entities] == ["Mỹ"]
    assert [(e.text, e.label, e.modality) for e in article.events] == [("gặp gỡ", "CONSULT", None)]


@pytest.mark.parametrize("labels", [None, LabelSet(("GPE", "CONSULT"), ())])
def test_types_outside_the_event_types_are_entities(save, labels):
    (article,) = read_conll(save("x.conll", "gặp B-CONSULT\nMỹ B-GPE\n"), labels)
    assert [e.label for e in article.entities] == ["CONSULT", "GPE"]
    assert article.events == ()


def test_docstart_and_doc_lines_begin_articles(save):
    text = (
        "-DOCSTART- O\n\nA O\n\nB O\n\n-DOCSTART- O\n# doc: bài 2\n# source: s\n# date: 2020-03-01\n"
        "# một lời ghi\nC O\n"
    )
    first, second = read_conll(save("x.conll", text), OWN)
    assert (first.id, first.text, first.sentences) == ("x-0001", "A\nB", (Sentence(0, 1), Sentence(2, 3)))
    assert (second.id, second.text, second.source, second.date) == ("bài 2", "C", "s", "2020-03-01")


def test_every_fault_with_its_line(save, faults_of):
    text = "A B-PATIENT\nB\nC x O\nD B-\nE I-LOCATION\nF B-LOCATON\nG I-LOCATON\nH B-PATIENT\nI I-LOCATION\n"
    path = save("x.conll", text)
    expected = {
        2: "'B' stands alone",
        3: "3 columns where the lines above have 2: 'C x O'",
        4: "'B-' is no IOB2 tag; write O, B-TYPE or I-TYPE",
        5: "'I-LOCATION' of 'E' continues no LOCATION (the tag above is 'B-PATIENT'); IOB2 opens every span",
        6: "'LOCATON' is no entity or event type; did you mean LOCATION? (PATIENT, LOCATION)",
        9: "'I-LOCATION' of 'I' continues no LOCATION",
    }
    faults = faults_of(read_conll, path, OWN)
    assert len(faults) == len(expected)
    for fault, (line, what) in zip(faults, expected.items(), strict=True):
        assert fault.startswith(f"{path}:{line}: {what}")


def test_a_span_cannot_continue_from_the_sentence_before(save, faults_of):
    (fault,) = faults_of(read_conll, save("x.conll", "A B-PATIENT\n\nB I-PATIENT\n"), OWN)
    assert ":3: 'I-PATIENT' of 'B' continues no PATIENT (the tag above is 'O')" in fault


def test_doc_ids_are_unique(save, faults_of):
    (fault,) = faults_of(read_conll, save("x.conll", "# doc: a\nA O\n\n# doc: a\nB O\n"), OWN)
    assert ":4: the article 'a' is there already, at line 1" in fault
