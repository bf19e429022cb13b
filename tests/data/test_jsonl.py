from __future__ import annotations

import json

import pytest

from sukien.data.dataset import article_to_row
from sukien.data.jsonl import read_jsonl
from sukien.ontology import LabelSet
from sukien.schema import Entity, Event, Prediction, Sentence

OWN = LabelSet(("GPE", "PER"), ("CONSULT",), ("asserted",))
TEXT = "Mỹ gặp Nga. Họ về."


def test_spans_as_objects_and_lists_in_any_order(save):
    rows = [
        {"text": TEXT,
         "spans": [{"start": 7, "end": 10, "label": "GPE", "text": "Nga"}, [3, 6, "CONSULT"], [0, 2, "GPE"]]},
        {"id": 7, "source": "s", "date": "2022-02-14", "text": "Không.", "spans": []},
    ]  # fmt: skip
    first, second = read_jsonl(save("x.jsonl", "\n".join(map(json.dumps, rows)) + "\n\n"), OWN)
    assert [e.text for e in first.entities] == ["Mỹ", "Nga"]
    assert [(e.text, e.label) for e in first.events] == [("gặp", "CONSULT")]
    assert [TEXT[s.start : s.end] for s in first.sentences] == ["Mỹ gặp Nga.", "Họ về."]
    assert (first.id, second.id, second.source, second.date) == ("x-0001", "7", "s", "2022-02-14")


def test_sentences_that_a_span_crosses_are_joined(save):
    row = {"text": f"{TEXT} Hết.", "spans": [[7, 17, "GPE"]]}
    (article,) = read_jsonl(save("x.jsonl", json.dumps(row)), OWN)
    assert article.sentences == (Sentence(0, 18), Sentence(19, 23))


def test_the_participants_follow_their_entities(save):
    row = {
        "id": "p",
        "text": TEXT,
        "entities": [
            {"start": 7, "end": 10, "text": "Nga", "label": "GPE", "score": None},
            {"start": 0, "end": 2, "text": "Mỹ", "label": "GPE"},
        ],
        "events": [
            {"start": 3, "end": 6, "text": "gặp", "label": "CONSULT", "modality": "asserted", "actors": [1],
             "recipients": [0]}
        ],
        "event_types": ["CONSULT"],
        "sentences": [{"start": 0, "end": 11}, {"start": 12, "end": 18}],
    }  # fmt: skip
    (article,) = read_jsonl(save("x.jsonl", json.dumps(row)), OWN)
    # The entities come in the order of the text, so their places change, and the participants with them.
    assert (article.events[0].actors, article.events[0].recipients) == ((0,), (1,))
    assert article.entities[0].score is None
    for labelled in (article.to_dict(), article_to_row(article)):
        assert read_jsonl(save("y.jsonl", json.dumps(labelled)), OWN) == [article]


def test_predictions_are_no_labels(save, faults_of):
    entity = Entity(0, 2, "Mỹ", "GPE", score=0.9)
    found = Prediction("p", TEXT, (entity,), (Event(3, 6, "gặp", "CONSULT", score=0.8),), {"CONSULT": 0.8}).to_dict()
    silent = Prediction("q", TEXT, (), ()).to_dict()
    named = {"id": "r", "text": TEXT, "spans": [{"start": 0, "end": 2, "label": "GPE", "score": 0}]}
    path = save("x.jsonl", "\n".join(map(json.dumps, (found, silent, named))))
    faults = faults_of(read_jsonl, path, OWN)
    keys = ("'event_types', 'n_windows', 'score'", "'event_types', 'n_windows'", "'score'")
    told = "holds predictions, not labels; give the labelled text, or take out {} once a person has corrected the spans"
    assert list(faults) == [f"{path}:{line}: " + told.format(named) for line, named in enumerate(keys, start=1)]


def test_without_a_label_set_all_spans_are_entities(save):
    (article,) = read_jsonl(save("x.jsonl", json.dumps({"text": TEXT, "spans": [[3, 6, "CONSULT"]]})), None)
    assert [e.label for e in article.entities] == ["CONSULT"]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("{", "no valid JSON"),
        ("[" * 100_000, "no usable JSON"),
        ([], "a JSON list, not an object"),
        ({"spans": []}, "no 'text'"),
        ({"Text": "a", "spans": []}, "no 'text' (a string that is not blank); did you mean Text?"),
        ({"text": "  ", "spans": []}, "no 'text' (a string that is not blank)"),
        ({"text": "a"}, "no 'spans'; an empty list says that the text has none"),
        ({"text": "a", "span": []}, "no 'spans'; did you mean span?"),
        ({"text": "a", "spans": [], "entities": []}, "both 'spans' and 'entities'"),
        ({"text": "a", "spans": {}}, "'spans' is no list of spans"),
        ({"text": "a\ud83d", "spans": []}, "half of a surrogate pair"),
        ({"text": "a", "spans": [], "id": [1]}, "the id [1] is no name or number"),
        ({"text": "a", "spans": [], "source": 1}, "the source 1 is no name"),
        ({"text": "a", "spans": [], "date": "hôm qua"}, "'hôm qua' is no date; write YYYY-MM-DD"),
        ({"text": "a", "spans": [], "date": 2022}, "the date 2022 is no string YYYY-MM-DD"),
        ({"text": TEXT, "spans": [[0, 2]]}, "spans[0]: [0, 2] is no span; write {"),
        ({"text": TEXT, "spans": [[0.0, 2, "GPE"]]}, "is no span; write {"),
        ({"text": TEXT, "spans": [[0, 19, "GPE"]]},
         "0 to 19 is outside of the text, which has 18 characters"),
        ({"text": TEXT, "spans": [[-2, 2, "GPE"]]}, "-2 to 2 is outside of the text"),
        ({"text": TEXT, "spans": [[2, 2, "GPE"]]}, "2 to 2 marks no text"),
        ({"text": TEXT, "spans": [[0, 3, "GPE"]]}, "'Mỹ ' (0 to 3) begins or ends with a space"),
        ({"text": TEXT, "spans": [[0, 2, "GPEE"]]}, "'GPEE' is no entity or event type; did you mean GPE?"),
        ({"text": TEXT, "spans": [[0, 2, "GPE"], [0, 6, "PER"]]},
         "'Mỹ' (0 to 2, GPE) and 'Mỹ gặp' (0 to 6, PER) overlap"),
        ({"text": TEXT, "spans": [{"start": 0, "end": 2, "label": "GPE", "text": "Nga"}]},
         "its text is 'Nga', but text[0:2] is 'Mỹ'"),
        ({"text": f"😀 {TEXT}", "spans": [{"start": 3, "end": 5, "label": "GPE", "text": "Mỹ"}]},
         "they fit when counted in UTF-16 units"),
        ({"text": f"ở {TEXT}", "spans": [{"start": 4, "end": 8, "label": "GPE", "text": "Mỹ"}]},
         "they fit when counted in UTF-8 bytes"),
        ({"text": TEXT, "entities": [[0, 2, "CONSULT"]]}, "entities[0]: 'CONSULT' is no entity type"),
        ({"text": TEXT, "events": [[0, 2, "GPE"]]}, "events[0]: 'GPE' is no event type"),
        ({"text": TEXT, "events": [{"start": 3, "end": 6, "label": "CONSULT", "modality": "assert"}]},
         "'assert' is no modality; did you mean asserted?"),
        ({"text": TEXT, "entities": [], "events": [{"start": 3, "end": 6, "label": "CONSULT",
         "actors": [0]}]},
         "the actors [0] of 'gặp' must be a list of places in 'entities'"),
        ({"text": TEXT, "spans": [], "sentences": [[5, 2]]},
         "the sentence 5 to 2 is empty, out of order or outside"),
        ({"text": TEXT, "spans": [], "sentences": [5]}, "5 in 'sentences' is no sentence"),
        ({"text": TEXT, "spans": [[7, 10, "GPE"]], "sentences": [[0, 8]]},
         "'Nga' (7 to 10) lies in no sentence"),
    ],
)  # fmt: skip
def test_each_fault_names_line_and_remedy(save, faults_of, row, what):
    good = json.dumps({"text": TEXT, "spans": [[0, 2, "GPE"]]})
    path = save("x.jsonl", f"{good}\n{row if isinstance(row, str) else json.dumps(row)}\n")
    (fault,) = faults_of(read_jsonl, path, OWN)
    assert fault.startswith(f"{path}:2: ")
    assert what in fault


def test_all_faults_of_a_file_come_at_once(save, faults_of):
    rows = [
        {"id": "a", "text": "b", "spans": [[0, 9, "GPE"], [0, 1, "X"]]},
        {"id": "a", "text": "b", "spans": []},
    ]
    rows.append(rows[1])
    faults = faults_of(read_jsonl, save("x.jsonl", "\n".join(map(json.dumps, rows))), OWN)
    assert [int(fault.split(":")[1]) for fault in faults] == [1, 1, 3]
    assert "the id 'a' is there already, at line 2" in faults[2]


def test_written_articles_read_back_the_same(save, articles):
    written = "\n".join(json.dumps(article.to_dict()) for article in articles)
    assert read_jsonl(save("x.jsonl", written), LabelSet()) == articles
