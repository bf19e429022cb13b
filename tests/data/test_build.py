from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from huggingface_hub import DatasetCard

from sukien.data.build import build
from sukien.data.dataset import article_to_row, load_articles, load_built, save_built, to_dataset_dict
from sukien.data.reading import read_labels
from sukien.errors import DataError
from sukien.ontology import LabelSet


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The labels of the repository, built once: the folder of the card."""
    folder = tmp_path_factory.mktemp("data")
    _build(folder)
    return folder


def _build(folder) -> dict:
    root = Path(__file__).parents[2]
    return build([root / "data" / "labels"], folder / "built", folder, seeds=root / "seeds")


def _files(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_second_build_gives_the_same_bytes(data, tmp_path):
    _build(tmp_path)
    first = _files(tmp_path)
    _build(tmp_path)
    assert sorted(first) == [
        "README.md", "built/labels.json", "built/test.parquet", "built/train.parquet",
        "built/validation.parquet", "stats.json",
    ]  # fmt: skip
    assert _files(tmp_path) == first == _files(data)


def test_reserved_articles_are_not_built(tmp_path, root):
    (tmp_path / "labels.txt").write_text("# doc: corpus/data/train/1.txt.seg\n[[Mỹ|GPE]]\n", encoding="utf-8")
    (tmp_path / "reserved.txt").write_text("data/train/1.txt.seg\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"data/train/1\.txt\.seg: reserved by"):
        build([tmp_path / "labels.txt"], tmp_path / "b", tmp_path / "c", reserved=tmp_path / "reserved.txt")
    assert not (tmp_path / "b").exists()


def test_a_built_dataset_loads_back_as_it_was_labelled(data, root):
    splits, labels = load_built(data / "built")
    labelled, _ = read_labels([root / "data" / "labels"], seeds=root / "seeds")
    loaded = [article for split in splits.values() for article in split]
    assert sorted(loaded, key=lambda a: a.id) == sorted(labelled, key=lambda a: a.id)
    assert labels == LabelSet()


def test_the_card_that_is_committed_is_of_the_labels_that_are_committed(root, tmp_path):
    data = root / "data"
    build(
        [data / "labels"], tmp_path / "built", tmp_path, labels=LabelSet(), seeds=root / "seeds",
        fixed=data / "splits.json", standoff=data / "standoff/vietnews.jsonl", agreement=data / "agreement.json",
        experiments=data / "experiments.json",
    )  # fmt: skip
    for name in ("README.md", "stats.json"):
        committed = (data / name).read_text(encoding="utf-8")
        assert (tmp_path / name).read_text(encoding="utf-8") == committed, "run `sukien build` without data/local"


def test_statistics_agree_with_the_articles(data):
    stats = json.loads((data / "stats.json").read_text(encoding="utf-8"))
    splits, _ = load_built(data / "built")
    for name, articles in splits.items():
        counts = stats["splits"][name]
        assert counts["articles"] == len(articles)
        assert counts["sentences"] == sum(len(article.sentences) for article in articles)
        assert counts["entities"] == sum(counts["entity_types"].values())
        assert counts["events"] == sum(counts["event_types"].values()) == sum(counts["modalities"].values())
    for key in ("articles", "words", "characters", "entities", "events"):
        assert stats["all"][key] == sum(counts[key] for counts in stats["splits"].values())
        assert stats["all"][key] == sum(counts[key] for counts in stats["sources"].values())
    assert stats["sources"]["written for this project"]["articles"] == 285
    assert len(stats["build"]["seed_articles"]) == 5


def test_the_card_has_hub_metadata_and_the_numbers_of_the_run(data):
    content = (data / "README.md").read_text(encoding="utf-8")
    card = DatasetCard(content)
    meta = yaml.safe_load(content.split("---")[1])
    assert (card.data.language, card.data.license) == ("vi", "other")
    assert meta["task_categories"] == ["token-classification"]
    assert meta["size_categories"] == "n<1K"
    files = meta["configs"][0]["data_files"]
    assert [file["split"] for file in files] == ["train", "validation", "test"]
    assert all((data / file["path"]).is_file() for file in files)
    stats = json.loads((data / "stats.json").read_text(encoding="utf-8"))
    assert f"{stats['all']['entities']:,} entities" in card.text
    assert f"| GPE | {stats['splits']['train']['entity_types']['GPE']:,} |" in card.text
    assert "no human has checked" in card.text
    assert "facts and quotations in them are made up" in card.text.replace("\n", " ")


def test_a_card_of_other_labels_claims_nothing_about_them(save, tmp_path):
    lines = [f"x{n} B-TUỔI\n{n} O\n" for n in range(5)]
    path = save("mine/a.conll", "\n".join(lines))
    stats = build([path], tmp_path / "out" / "built", tmp_path / "card", labels=None)
    content = (tmp_path / "card" / "README.md").read_text(encoding="utf-8")
    meta = yaml.safe_load(content.split("---")[1])
    assert meta["license"] == "other"
    assert "configs" not in meta
    assert "Language-model annotators" not in content
    assert "| TUỔI |" in content
    assert stats["labels"]["event_types"] == []


def test_hugging_face_columns(data):
    splits, _ = load_built(data / "built")
    tables = to_dataset_dict(splits)
    assert list(tables) == ["train", "validation", "test"]
    assert tables["train"].column_names == [
        "id", "source", "date", "text", "sentences", "entities", "events", "event_types",
    ]  # fmt: skip
    assert tables["test"][0] == article_to_row(splits["test"][0])


def test_the_folder_of_the_card_is_a_data_set_of_the_hub_library(data, tmp_path):
    from datasets import load_dataset

    loaded = load_dataset(str(data), cache_dir=str(tmp_path))
    expected = to_dataset_dict(load_built(data / "built")[0])
    assert {name: table.features for name, table in loaded.items()} == {
        name: table.features for name, table in expected.items()
    }
    assert loaded["validation"][:] == expected["validation"][:]


def test_one_split_all_splits_or_labelled_files(data, root):
    splits, _ = load_built(data / "built")
    assert load_articles(data / "built", "test")[0] == splits["test"]
    assert len(load_articles(data / "built")[0]) == 290
    assert len(load_articles(root / "data" / "labels" / "seeds.txt")[0]) == 5
    with pytest.raises(DataError, match="'tests' is no split; did you mean test"):
        load_articles(data / "built", "tests")


def test_a_rebuilt_file_is_noticed(articles, tmp_path):
    folder = tmp_path / "built"
    for part in (articles[:3], articles[3:6]):
        save_built(folder, {"train": part[:1], "validation": part[1:2], "test": part[2:]}, LabelSet())
        assert load_articles(folder)[0] == part


def test_load_errors_say_what_to_do(articles, tmp_path, faults_of):
    import pyarrow
    import pyarrow.parquet

    folder = tmp_path / "built"
    assert faults_of(load_built, folder)[0] == f"{folder}: no such folder; run `sukien build` first"
    folder.mkdir()
    assert "no built dataset (labels.json is missing)" in faults_of(load_built, folder)[0]
    splits = {"train": articles[:1], "validation": articles[1:2], "test": articles[2:3]}
    save_built(folder, splits, LabelSet())
    broken = folder / "test.parquet"
    table = pyarrow.parquet.read_table(broken)
    pyarrow.parquet.write_table(table.drop_columns(["events"]), broken)
    assert "column 'events' is missing; a built dataset has id, source" in faults_of(load_built, folder)[0]
    moved = table.set_column(3, "text", pyarrow.array(["x" * 5000]))
    pyarrow.parquet.write_table(moved, broken)
    assert "row 0 is no labelled article" in faults_of(load_built, folder)[0]
    broken.write_bytes(b"PAR1")
    assert "no readable Parquet file" in faults_of(load_built, folder)[0]
    broken.unlink()
    assert "test.parquet missing; run `sukien build` again" in faults_of(load_built, folder)[0]


def test_a_folder_with_other_files_is_left_alone(articles, save):
    kept = save("home/thesis.txt", "x")
    with pytest.raises(DataError, match="holds other files than a built dataset"):
        save_built(kept.parent, {"train": articles[:1]}, LabelSet())
    assert kept.read_text() == "x"


def test_the_card_tells_of_agreement_audit_and_experiments(tmp_path, root):
    scores = {"mean": 0.9, "sd": 0.01, "intervals": [[0.85, 0.95]]}
    layers = ("entities", "triggers", "sentence_event_types")
    told = {"seeds": [13, 14], "sentences": 1234, "floor": dict.fromkeys(layers, 0.5)} | dict.fromkeys(layers, scores)
    alone = {**told, "seeds": [13], "triggers": {**scores, "sd": None}}
    experiments = tmp_path / "experiments.json"
    experiments.write_text(json.dumps({"all labels": told, "real only": alone}), encoding="utf-8")
    build(
        [root / "data/labels"],
        tmp_path / "built",
        tmp_path / "card",
        seeds=root / "seeds",
        agreement=root / "data/agreement.json",
        experiments=experiments,
    )
    card = (tmp_path / "card/README.md").read_text(encoding="utf-8")
    audit = json.loads((root / "data/agreement.json").read_text(encoding="utf-8"))["audit"]
    assert f"In {audit['model_right'] + audit['neither_right']} sentences the label was wrong" in card
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in card.splitlines() if " labels |" in line]
    assert ["all labels", "1,234", "2", *["90.0 ± 1.0"] * 3, *["50.0"] * 3] in rows
    assert "90.0 [85.0, 95.0]" in card
