"""Agreement of two labellings: by hand, against what is committed, and faulty files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sukien.data.inline import read_inline
from sukien.errors import DataError
from sukien.files import read_json
from sukien.ontology import LabelSet
from sukien.training.agreement import agreement, read_labelling

FIRST = """\
# doc: a
[[Mỹ|GPE|1]] {{cảnh báo|THREATEN|asserted|1>2}} [[Nga|GPE|2]] và {{gặp|CONSULT|future|1>}} [[Anh|GPE]].
[[Paris|GPE]] yên tĩnh.
"""
SECOND = """\
# doc: a
[[Mỹ|GPE|1]] {{cảnh báo|THREATEN|hypothetical|1>}} [[Nga|GPE]] và {{gặp|AGREE|future|1>}} [[Anh|LOC]].
[[Paris|GPE]] {{yên tĩnh|RETREAT|asserted|>}}.
"""
LABELS = LabelSet()


def _both(tmp_path: Path, first: str = FIRST, second: str = SECOND):
    for name, text in (("first", first), ("second", second)):
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    return (read_inline(tmp_path / f"{name}.txt", LABELS) for name in ("first", "second"))


def test_by_hand_and_the_same_either_way_round(tmp_path: Path) -> None:
    first, second = _both(tmp_path)
    told = agreement(first, second, LABELS)
    assert (told["articles"], told["sentences"]) == (1, 2)
    assert told["entities"] == pytest.approx(3 / 4)  # of four each, [Anh] differs in type
    assert told["triggers"] == pytest.approx(2 * 1 / (2 + 3))
    assert told["triggers_place"] == pytest.approx(2 * 2 / (2 + 3))
    assert told["sentence_types"] == pytest.approx(2 * 1 / (2 + 3))
    assert told["participants"] == pytest.approx(2 * 1 / (2 + 1))  # of {cảnh báo} alone: the types of {gặp} differ
    assert told["modality"] == 0.0
    assert told["types"]["GPE"] == {"f1": pytest.approx(2 * 3 / (4 + 3)), "first": 4, "second": 3}
    assert told["types"]["RETREAT"] == {"f1": 0.0, "first": 0, "second": 1}
    back = agreement(second, first, LABELS)
    for layer in ("entities", "triggers", "triggers_place", "sentence_types", "participants", "modality"):
        assert back[layer] == pytest.approx(told[layer])


def test_without_triggers_that_agree_nothing_is_said_of_participants(tmp_path: Path) -> None:
    first, second = _both(tmp_path, second="# doc: a\nMỹ cảnh báo Nga và gặp Anh.\nParis yên tĩnh.\n")
    told = agreement(first, second, LABELS)
    assert (told["participants"], told["modality"], told["triggers"]) == (None, None, 0.0)


def test_other_text_is_refused(tmp_path: Path) -> None:
    first, second = _both(tmp_path, second=SECOND.replace("yên tĩnh", "ồn ào"))
    with pytest.raises(DataError, match="text"):
        agreement(first, second, LABELS)


def test_what_is_committed_is_what_both_labellings_say(root: Path) -> None:
    first, second = (read_labelling(root / f"data/agreement/{name}.jsonl") for name in ("first", "second"))
    committed = read_json(root / "data/agreement.json")
    told = agreement(first, second, LABELS)
    assert told == {key: committed[key] for key in told}
    reserved = (root / "data/standoff/reserved.txt").read_text(encoding="utf-8").split()
    assert not {article.id.removeprefix("vietnews/") for article in first} & set(reserved)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "no labelled article"),
        ("[]", "no labelled article"),
        ('{"article": "a"}', "sentences"),
        ('{"article": "a", "sentences": [{"length": 1000000000000000, "entities": [], "events": []}]}', "characters"),
        ('{"article": "a", "sentences": [{"length": 3, "entities": [[0, 9, "GPE"]], "events": []}]}', "entities"),
        ('{"article": "a", "sentences": [{"length": 3, "entities": [[0, 2]], "events": []}]}', "no labelled article"),
        (
            '{"article": "a", "sentences": [{"length": 3, "entities": [], "events": [[0, 2, "AID", null, [0], []]]}]}',
            "names entity 0 of 0",
        ),
        (
            '{"article": "a", "sentences": [{"length": 3, "entities": [], "events": [[0, 2, "AID", "sure", [], []]]}]}',
            "modality",
        ),
    ],
)
def test_faulty_files_are_told_with_their_line(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "first.jsonl"
    path.write_text(json.dumps({"article": "b", "sentences": []}) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=told) as caught:
        read_labelling(path)
    assert f"{path}:2" in str(caught.value)
