from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from sukien.data.inline import read_inline, write_inline
from sukien.data.standoff import Standoff, detach, join, read_standoff
from sukien.errors import DataError
from sukien.files import write_jsonl
from sukien.ontology import LabelSet

TOKENS = """\
Mỹ cảnh_báo Nga

" Chúng_tôi phản_đối " , ông Biden nói .
Ảnh : AFP
"""
INLINE = """\
# doc: corpus/data/train/1.txt.seg
# source: someone/corpus
[[Mỹ|GPE|1]] {{cảnh báo|THREATEN|asserted|1>2}} [[Nga|GPE|2]]
" Chúng tôi {{phản đối|ACCUSE|asserted|>}} ", ông [[Biden|PER]] nói .
Ảnh: [[AFP|ORG]]
"""
LABELS = LabelSet()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus/data/train/1.txt.seg"
    path.parent.mkdir(parents=True)
    path.write_text(TOKENS, encoding="utf-8")
    return tmp_path / "corpus"


@pytest.fixture
def labels(tmp_path: Path, corpus: Path) -> list[Standoff]:
    file = tmp_path / "labels.txt"
    file.write_text(INLINE, encoding="utf-8")
    return detach(read_inline(file, LABELS), corpus)


def test_stand_off_labels_hold_no_text(labels: list[Standoff]):
    (article,) = labels
    assert article.path == "data/train/1.txt.seg"
    assert article.sentences == (
        {"line": 1, "entities": [[0, 2, "GPE"], [9, 12, "GPE"]], "events": [[2, 9, "THREATEN", "asserted", [0], [1]]]},
        {"line": 3, "entities": [[21, 26, "PER"]], "events": [[9, 16, "ACCUSE", "asserted", [], []]]},
        {"line": 4, "entities": [[4, 7, "ORG"]], "events": []},
    )


def test_joined_labels_lie_over_the_text_as_printed(labels: list[Standoff], corpus: Path):
    (article,) = join(labels, corpus, LABELS, "someone/corpus")
    assert article.id == "corpus/data/train/1.txt.seg"
    assert article.text == 'Mỹ cảnh báo Nga\n"Chúng tôi phản đối", ông Biden nói.\nẢnh: AFP'
    assert [entity.text for entity in article.entities] == ["Mỹ", "Nga", "Biden", "AFP"]
    assert [(event.text, event.actors, event.recipients) for event in article.events] == [
        ("cảnh báo", (0,), (1,)),
        ("phản đối", (), ()),
    ]


def test_labels_survive_file_join_and_detaching(labels: list[Standoff], corpus: Path, tmp_path: Path):
    file = tmp_path / "labels.jsonl"
    write_jsonl(file, (article.to_dict() for article in labels))
    articles = join(read_standoff(file), corpus, LABELS, "someone/corpus")
    (tmp_path / "again.txt").write_text(write_inline(articles), encoding="utf-8")
    again = detach(read_inline(tmp_path / "again.txt", LABELS), corpus)
    assert [article.to_dict() for article in again] == [article.to_dict() for article in labels]


def test_positions_do_not_depend_on_how_letters_were_stored(labels: list[Standoff], corpus: Path, tmp_path: Path):
    path = corpus / "data/train/1.txt.seg"
    path.write_text(unicodedata.normalize("NFD", TOKENS), encoding="utf-8")
    file = tmp_path / "labels.txt"
    assert detach(read_inline(file, LABELS), corpus)[0].sentences == labels[0].sentences


def test_same_line_twice_is_found_in_order(corpus: Path, tmp_path: Path):
    (corpus / "data/train/1.txt.seg").write_text("Mỹ\nNga\nMỹ\n", encoding="utf-8")
    file = tmp_path / "two.txt"
    file.write_text("# doc: c/data/train/1.txt.seg\nMỹ\n[[Nga|GPE]]\n[[Mỹ|GPE]]\n", encoding="utf-8")
    (article,) = detach(read_inline(file, LABELS), corpus)
    assert [sentence["line"] for sentence in article.sentences] == [1, 2, 3]


def test_missing_and_changed_files_are_all_named(labels: list[Standoff], corpus: Path):
    path = corpus / "data/train/1.txt.seg"
    path.write_text(TOKENS + "x", encoding="utf-8")
    gone = Standoff("data/train/2.txt.seg", "0", (), "labels.jsonl:2")
    with pytest.raises(DataError) as raised:
        join([*labels, gone], corpus, LABELS, "someone/corpus")
    changed, missing = raised.value.faults
    assert "SHA-256 differs" in changed
    assert "no such file" in missing
    assert "labels.jsonl:2" in missing


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ({"line": 1, "entities": [[0, 99, "GPE"]], "events": []}, "0 to 99"),
        ({"line": 1, "entities": [[0, 2, "GEP"]], "events": []}, "did you mean GPE"),
        ({"line": 0, "entities": [], "events": []}, "count from 1"),
        ({"line": 99, "entities": [], "events": []}, "does not fit"),
        ({"line": 1, "entities": [[0, 2]], "events": []}, "does not fit"),
        ({"line": 1, "entities": [], "events": [[2, 9, "THREATEN", "maybe", [], []]]}, "modality"),
        ({"line": 1, "entities": [[0, 3, "GPE"], [1, 5, "GPE"]], "events": []}, "do not fit each other"),
        ({"line": 1, "entities": [[0, 2, ["GPE"]]], "events": []}, "does not fit"),
    ],
)
def test_labels_that_do_not_fit_are_told(labels: list[Standoff], corpus: Path, sentence: dict[str, object], told: str):
    bad = Standoff(labels[0].path, labels[0].sha256, (sentence,), "labels.jsonl:1")
    with pytest.raises(DataError, match=told):
        join([bad], corpus, LABELS, "someone/corpus")


def test_one_line_cannot_be_labelled_twice(labels: list[Standoff], corpus: Path):
    twice = Standoff(labels[0].path, labels[0].sha256, labels[0].sentences * 2, "labels.jsonl:1")
    for bad in (twice, Standoff(labels[0].path, labels[0].sha256, (), "labels.jsonl:1")):
        with pytest.raises(DataError, match="no line, or one line twice"):
            join([bad], corpus, LABELS, "someone/corpus")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "no labels of an article"),
        ("[]", "no labels of an article"),
        ('{"path": "a"}', "has no 'sentences'"),
        ('{"path": 5, "sha256": "0", "sentences": []}', "no labels of an article"),
        ('{"path": "a", "sha256": "0", "sentences": [1]}', "no labels of an article"),
        ('{"path": "a", "sha256": "0", "sentences": [{"line": 1}]}', "no labels of an article"),
        ('{"path": "a", "sha256": "0", "sentences": [{"line": 1, "entities": [[0]], "events": []}]}', "no labels"),
        ('{"path": "a", "sha256": "0", "sentences": [{"line": 1, "entities": [], "events": [[0, 2, "AID"]]}]}', "no l"),
    ],
)
def test_broken_lines_are_told_with_their_number(tmp_path: Path, line: str, told: str):
    file = tmp_path / "labels.jsonl"
    file.write_text(json.dumps({"path": "a", "sha256": "0", "sentences": []}) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=rf"labels\.jsonl:2: .*{told}"):
        read_standoff(file)


def test_a_file_labelled_twice_is_told(tmp_path: Path):
    file = tmp_path / "labels.jsonl"
    file.write_text((json.dumps({"path": "a", "sha256": "0", "sentences": []}) + "\n") * 2, encoding="utf-8")
    with pytest.raises(DataError, match="a is labelled twice"):
        read_standoff(file)


def test_text_that_is_not_in_the_corpus_cannot_be_detached(corpus: Path, tmp_path: Path):
    file = tmp_path / "labels.txt"
    file.write_text("# doc: c/data/train/1.txt.seg\nTrung Quốc\n", encoding="utf-8")
    with pytest.raises(DataError, match="no line of"):
        detach(read_inline(file, LABELS), corpus)
    file.write_text("# doc: c/data/train/3.txt.seg\nTrung Quốc\n", encoding="utf-8")
    with pytest.raises(DataError, match="must end with a path"):
        detach(read_inline(file, LABELS), corpus)
