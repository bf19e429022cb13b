"""Label sets: the default, from a file, from the data."""

import json
from pathlib import Path

import pytest

from sukien.errors import DataError
from sukien.ontology import ENTITY_TYPES, EVENT_TYPES, MODALITIES, LabelSet, from_labels


def test_the_default_is_ours() -> None:
    labels = LabelSet()
    assert (len(labels.entity_types), len(labels.event_types), len(labels.modalities)) == (8, 16, 4)
    assert not set(ENTITY_TYPES) & set(EVENT_TYPES), "a type name tells its layer, in CoNLL and in `spans`"


@pytest.mark.parametrize("labels", [LabelSet(), LabelSet(("TUỔI",), ()), LabelSet((), ("A", "B"), ("x",))])
def test_a_set_reads_back_from_its_file(tmp_path: Path, labels: LabelSet) -> None:
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(labels.to_dict()), encoding="utf-8")
    assert LabelSet.from_file(path) == labels


def test_layers_left_out_of_a_file_do_not_exist(tmp_path: Path) -> None:
    path = tmp_path / "labels.yaml"
    path.write_text("event_types: [ĐÌNH CÔNG]\n", encoding="utf-8")
    assert LabelSet.from_file(path) == LabelSet((), ("ĐÌNH CÔNG",), MODALITIES)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "a label set has the keys entity_types, event_types, modalities"),
        ("[A]", "a label set has the keys"),
        ("entity_type: [A]", "a label set has the keys"),
        ("entity_types: A", "entity_types is not a list of distinct names"),
        ("entity_types: [A, A]", "entity_types is not a list of distinct names"),
        ("entity_types: [no, 1]", "entity_types is not a list of distinct names"),
        ("event_types: ['']", "event_types is not a list of distinct names"),
        ("a: [", "no valid YAML"),
    ],
)
def test_files_that_hold_no_set(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "labels.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        LabelSet.from_file(path)
    assert caught.value.faults[0].startswith(f"{path}: {fault}")


def test_the_set_of_some_data_keeps_our_order() -> None:
    labels = from_labels(["TUỔI", "ORG", "PER", "ORG", "ABC"], [], ["negated", "asserted"])
    assert labels == LabelSet(("PER", "ORG", "ABC", "TUỔI"), (), ("asserted", "negated"))
    assert from_labels([], ["ASSAULT", "AGREE"], []) == LabelSet((), ("AGREE", "ASSAULT"), MODALITIES)
