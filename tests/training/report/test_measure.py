"""The whole report of unusual taggers and text: an error or a stated zero, never a crash."""

from __future__ import annotations

import io
import json
import shutil
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from sukien.errors import DataError, SukienError
from sukien.models.network import SukienConfig, SukienModel
from sukien.models.pretrained import load_encoder, save_tagger
from sukien.models.tagging import ArticleTagger
from sukien.schema import Article, Prediction, Sentence
from sukien.training.comparison import OtherTagger
from sukien.training.evaluation import check_folder
from sukien.training.report import output, rivals
from sukien.training.report.measure import measure
from sukien.training.report.output import FILES, write_report
from sukien.training.report.page import render_page
from sukien.training.report.request import PAGE, Request
from sukien.training.report.terminal import report_tables

REQUEST = Request("tiny", "data", n_bootstrap=20)


def shown(scores: dict[str, Any]) -> str:
    """The terminal form; the page is made too, to see that it can be."""
    assert "</html>" in render_page(scores)
    printed = io.StringIO()
    Console(file=printed, width=80, no_color=True).print(report_tables(scores))
    return printed.getvalue()


@pytest.fixture(scope="module")
def one_layer(tiny_encoder: Path) -> dict[str, ArticleTagger]:
    """Taggers of entities alone and of triggers alone, which predict next to nothing."""
    encoder, tokenizer = load_encoder(str(tiny_encoder))
    types = {"entities": {"entity_types": ["PER"]}, "triggers": {"event_types": ["AID"]}}
    return {
        layer: ArticleTagger(SukienModel(SukienConfig(encoder=encoder.config.to_dict(), **names), encoder), tokenizer)
        for layer, names in types.items()
    }


def test_one_article_without_labels_is_a_stated_zero(tagger: ArticleTagger) -> None:
    plain = Article("a", "Trời mưa ở Huế.", (Sentence(0, 15),))
    scores, predictions = measure(REQUEST, tagger, [plain], [])
    assert len(predictions) == 1
    assert scores["entities"]["micro"]["support"] == 0
    assert scores["entities"]["micro"]["f1"] == 0.0
    assert scores["report"]["data"]["n_labelled_sentences"] == 0
    text = shown(scores)
    assert "period" in text
    assert "0 of 0" in text


@pytest.mark.parametrize("layer", ["entities", "triggers"])
def test_a_tagger_of_one_layer_that_finds_nothing(one_layer: dict[str, ArticleTagger], make: Any, layer: str) -> None:
    gold = [make.article((0, 2, "PER"), (3, 5, "AID"), id=name) for name in "ab"]
    scores, _ = measure(REQUEST, one_layer[layer], gold, gold)
    report = scores["report"]
    assert list(report["matching"]) == [layer]
    assert report["data"]["overlap"]["n_same_text"] == 2
    assert report["data"]["overlap"]["n_exact"] == 4
    assert "not calibrated" in " ".join(shown(scores).split())


def test_articles_without_sentences_and_unknown_types(tagger: ArticleTagger, make: Any) -> None:
    empty = Article("a", "", ())
    scores, _ = measure(REQUEST, tagger, [empty, make.article((0, 2, "PER"), id="b")], [])
    assert scores["report"]["data"]["n_articles"] == 2
    strange = replace(make.article(), id="c", entities=(replace(make.article((0, 2, "PER")).entities[0], label="WHO"),))
    with pytest.raises(DataError, match="WHO"):
        measure(REQUEST, tagger, [strange], [])
    with pytest.raises(DataError, match="no labelled articles"):
        measure(REQUEST, tagger, [], [])


def test_the_tagger_is_as_it_was_and_steps_are_told(tagger: ArticleTagger, make: Any) -> None:
    before = dict(tagger.temperatures)
    assert before
    told: list[str] = []
    measure(REQUEST, tagger, [make.article((0, 2, "PER"))], [], told.append)
    assert told[0] == "tagging 1 articles"
    assert len(told) > 3
    assert tagger.temperatures == before


def test_other_seeds_and_taggers(
    tagger: ArticleTagger, one_layer: dict[str, ArticleTagger], make: Any, tmp_path: Path
) -> None:
    for name, one in (("twin", tagger), ("entities", one_layer["entities"])):
        save_tagger(tmp_path / name, one.model, one.reader._tokenizer, "card")
    shutil.copytree(tmp_path / "twin", tmp_path / "stranger")
    config = json.loads((tmp_path / "stranger/config.json").read_text())
    (tmp_path / "stranger/config.json").write_text(json.dumps({**config, "trained_on": ["0" * 16]}))
    twin, entities = str(tmp_path / "twin"), str(tmp_path / "entities")
    gold = [make.article((0, 2, "PER"), (3, 5, "AID"), id=name) for name in "ab"]
    scores, _ = measure(replace(REQUEST, replicas=[twin], against=[twin, entities]), tagger, gold, [])
    report = scores["report"]
    assert report["seeds"]["models"] == ["tiny", twin]
    assert [one["name"] for one in report["systems"]] == [twin, entities]
    assert list(report["systems"][1]["layers"]) == ["entities"]
    assert "AGREE" in report["systems"][1]["note"]
    for replicas, told in (
        ([entities], "no other seed"),
        ([str(tmp_path / "stranger")], "other training articles"),
        ([twin, twin], "counted already"),
    ):
        with pytest.raises(SukienError, match=told):
            measure(replace(REQUEST, replicas=replicas), tagger, gold, [])
    with pytest.raises(SukienError, match="cannot be compared"):
        measure(replace(REQUEST, against=[twin]), one_layer["entities"], gold, [])


def test_a_label_map_needs_something_to_map() -> None:
    with pytest.raises(SukienError, match="--against-hf"):
        Request("tiny", "data", label_map=Path("map.yaml"))


def test_all_three_files_or_none(scores: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "render_page", lambda scores: "page")
    folder = tmp_path / "new" / "report"
    write_report(folder, scores, [Prediction("a", "x", (), ())])
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    (folder / "mine.txt").write_text("keep")
    check_folder(folder, [], PAGE)
    write_report(folder, scores, [])
    assert (folder / "predictions.jsonl").read_text() == ""
    assert (folder / "mine.txt").read_text() == "keep"
    blocked = tmp_path / "blocked"
    (blocked / "report.html").mkdir(parents=True)
    with pytest.raises(SukienError, match="is a folder"):
        write_report(blocked, scores, [])
    assert [path.name for path in blocked.iterdir()] == ["report.html"]


def test_folders_that_are_no_place_for_results(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file/below"):
        with pytest.raises(SukienError, match=r"is a file|is no folder"):
            check_folder(place, [], PAGE)
    (tmp_path / "data").mkdir()
    with pytest.raises(SukienError, match="is what is read"):
        check_folder(tmp_path / "data", ["x", str(tmp_path / "data")])
    (tmp_path / "data/config.json").write_text("{}")
    with pytest.raises(SukienError, match="holds a model"):
        check_folder(tmp_path / "data", [])
    (tmp_path / "run").mkdir()
    (tmp_path / "run/metrics.json").write_text("{}")
    check_folder(tmp_path / "run", [])  # an earlier evaluation
    with pytest.raises(SukienError, match="of a run"):
        check_folder(tmp_path / "run", [], PAGE)
    (tmp_path / "run/metrics.json").write_text('{"run": {}}')
    with pytest.raises(SukienError, match="of a run"):
        check_folder(tmp_path / "run", [])


def test_other_peoples_taggers_are_compared_by_common_types(
    tagger: ArticleTagger, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold = [make.article((0, 2, "PER"), (3, 5, "GPE"), (6, 8, "AID"), id=name) for name in "abc"]
    asked: list[object] = []

    def tag(articles: Iterable[Article]) -> Iterator[Prediction]:
        for one in articles:
            places = [replace(entity, label="LOC" if entity.label == "GPE" else "PER") for entity in one.entities]
            yield Prediction(one.id, one.text, tuple(places), ())
        warnings.warn("other lost 1 of 6 sentences", stacklevel=1)

    other = OtherTagger("other", ("PER", "LOC"), {"PER": "PER", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC"}, tag)
    monkeypatch.setattr(rivals, "load_token_classifier", lambda *given: asked.append(given) or other)
    monkeypatch.setattr(rivals, "load_underthesea", lambda: other)
    request = replace(REQUEST, against_hf=["folder"], label_map=Path("map.yaml"), against_underthesea=True)
    scores, _ = measure(request, tagger, gold, [])
    assert asked == [("folder", Path("map.yaml"))]
    assert [one["name"] for one in scores["report"]["systems"]] == ["other", "other"]
    one = scores["report"]["systems"][0]
    assert sorted(one["types"]) == ["LOC", "PER"]
    assert list(one["layers"]) == ["entities"]
    assert one["layers"]["entities"]["theirs"] == 1.0
    assert one["layers"]["entities"]["difference"] == one["layers"]["entities"]["ours"] - 1.0
    assert "GPE as LOC" in one["note"]
    assert "other lost 1 of 6 sentences" in one["note"]
